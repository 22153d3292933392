#include "base/array.h"
#include "base/digest.h"

#include <string.h>

#include "base/tests/tree.h"

static void sha256_matches_the_examples_of_the_standard(void **state)
{
    /* clang-format off */
    static const struct {
        struct str text;
        const char *hex;
    } rows[] = {
        {{"", 0},    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {{NULL, 0},  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {{"abc", 3}, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56},
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned char out[DIGEST_SIZE];
        digest_sha256(rows[i].text, out);
        assert_string_equal(digest_hex(*state, out, sizeof out), rows[i].hex);
    }
}

static void hmac_matches_the_examples_of_rfc_4231(void **state)
{
    static const char twenty[] = "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
                                 "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b";
    static char long_key[131];
    memset(long_key, 0xaa, sizeof long_key);
    /* clang-format off */
    const struct {
        struct str key, text;
        const char *hex;
    } rows[] = {
        {{twenty, 20}, STR("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {STR("Jefe"),  STR("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {{long_key, 131}, STR("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {{NULL, 0},    {NULL, 0},       "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned char out[DIGEST_SIZE];
        digest_hmac_sha256(rows[i].key, rows[i].text, out);
        assert_string_equal(digest_hex(*state, out, sizeof out), rows[i].hex);
    }
}

static void hex_is_lower_case(void **state)
{
    assert_string_equal(digest_hex(*state, (const unsigned char *)"\x00\x0f\xa0\xff", 4), "000fa0ff");
    assert_string_equal(digest_hex(*state, NULL, 0), "");
}

static void base64_encodes_and_decodes(void **state)
{
    static const struct {
        struct str bytes;
        const char *plain, *url;
    } rows[] = {
        {{"", 0},             "",         ""        },
        {{NULL, 0},           "",         ""        },
        {{"f", 1},            "Zg==",     "Zg"      },
        {{"fo", 2},           "Zm8=",     "Zm8"     },
        {{"foo", 3},          "Zm9v",     "Zm9v"    },
        {{"foob", 4},         "Zm9vYg==", "Zm9vYg"  },
        {{"fooba", 5},        "Zm9vYmE=", "Zm9vYmE" },
        {{"foobar", 6},       "Zm9vYmFy", "Zm9vYmFy"},
        {{"\0\0", 2},         "AAA=",     "AAA"     },
        {{"\xfb\xff\xfe", 3}, "+//+",     "-__-"    },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str back = STR("untouched");
        assert_string_equal(digest_base64(*state, rows[i].bytes), rows[i].plain);
        assert_string_equal(digest_base64url(*state, rows[i].bytes), rows[i].url);
        assert_true(digest_base64url_decode(*state, str_from(rows[i].url), &back));
        assert_true(str_eq(back, rows[i].bytes));
    }
}

static void only_canonical_base64url_is_decoded(void **state)
{
    static const char *const bad[] = {
        "A",   "AAAAA", "Zg==",  "Zm8=",   "Zh", /* nonzero spare bits */
        "Zm9", "+//+",  "Zm 9v", "Zm9v\n", "\xc3\xa9",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct str out = STR("untouched");
        if (digest_base64url_decode(*state, str_from(bad[i]), &out) || !str_is(out, "untouched"))
            fail_msg("'%s'", bad[i]);
    }
    struct str out;
    assert_false(digest_base64url_decode(*state, STR("AA\0A"), &out));
}

static void all_bytes_round_trip_through_base64url(void **state)
{
    char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    for (size_t n = 0; n <= sizeof bytes; n++) {
        struct str back, text = str_of(bytes + sizeof bytes - n, n);
        assert_true(digest_base64url_decode(*state, str_from(digest_base64url(*state, text)), &back));
        assert_true(str_eq(back, text));
    }
}

static void digest_equal_compares_length_and_bytes(void **state)
{
    (void)state;
    assert_true(digest_equal(STR("secret"), STR("secret")));
    assert_true(digest_equal((struct str){0}, STR("")));
    assert_false(digest_equal(STR("secret"), STR("secreT")));
    assert_false(digest_equal(STR("secret"), STR("secre")));
    assert_false(digest_equal(STR("a\0b"), STR("a\0c")));
}

static void random_bytes_fill_exactly_the_requested_size(void **state)
{
    (void)state;
    unsigned char x[1000] = {0}, y[1000] = {0};
    digest_random(x, 0);
    assert_int_equal(x[0], 0);
    digest_random(x, 996);
    digest_random(y, 996);
    assert_memory_not_equal(x, y, 996);
    assert_memory_not_equal(x, x + 498, 498);
    assert_memory_equal(x + 996, "\0\0\0\0", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sha256_matches_the_examples_of_the_standard, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(hmac_matches_the_examples_of_rfc_4231, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(hex_is_lower_case, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(base64_encodes_and_decodes, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(only_canonical_base64url_is_decoded, tree_setup, tree_teardown),
        cmocka_unit_test_setup_teardown(all_bytes_round_trip_through_base64url, tree_setup, tree_teardown),
        cmocka_unit_test(digest_equal_compares_length_and_bytes),
        cmocka_unit_test(random_bytes_fill_exactly_the_requested_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
