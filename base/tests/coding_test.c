/* Decoding of request bodies. */
#include "base/http/coding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/array.h"

#define GZIP_BITS 31
#define ZLIB_BITS 15

static struct str pack(struct arena *a, struct str text, int bits)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, text.n);
    char *out = arena_alloc(a, room);
    char *in = str_dup(a, text);
    z.next_in = (Bytef *)in;
    z.avail_in = (uInt)text.n;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return str_of(out, room - z.avail_out);
}

static struct str gzip(struct arena *a, struct str text)
{
    return pack(a, text, GZIP_BITS);
}

static enum coding_result decode(struct arena *a, const char *coding, struct str *body, size_t max, struct str *what)
{
    struct headers h = {0};
    headers_add(a, &h, "X-Other", STR("br"));
    headers_add(a, &h, "content-encoding", str_from(coding));
    return coding_decode(a, &h, max, body, what);
}

static void codings_are_undone_from_the_last_to_the_first(void **state)
{
    static const struct {
        const char *coding;
        int times;
    } rows[] = {
        {"gzip",                                   1},
        {"GZip",                                   1},
        {"x-gzip",                                 1},
        {" gzip , identity",                       1},
        {"gzip, gzip",                             2},
        {"gzip,x-gzip,gzip",                       3},
        {"identity",                               0},
        {"",                                       0},
        {",",                                      0},
        {"Identity, identity, identity, identity", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = {0};
        struct str body = STR("{\"a\":1}"), what;
        for (int n = 0; n < rows[i].times; n++)
            body = gzip(&a, body);
        assert_int_equal(decode(&a, rows[i].coding, &body, 100, &what), CODING_OK);
        assert_true(str_is(body, "{\"a\":1}"));
        arena_end(&a);
    }
}

static void several_headers_are_one_list(void **state)
{
    struct arena a = {0};
    struct headers h = {0};
    struct str body = gzip(&a, gzip(&a, STR("x"))), what;
    (void)state;
    headers_add(&a, &h, "Content-Encoding", STR("gzip"));
    headers_add(&a, &h, "Content-Encoding", STR("gzip"));
    assert_int_equal(coding_decode(&a, &h, 100, &body, &what), CODING_OK);
    assert_true(str_is(body, "x"));
    arena_end(&a);
}

static void several_members_are_one_body(void **state)
{
    struct arena a = {0};
    struct str one = gzip(&a, STR("one ")), two = gzip(&a, STR("")), three = gzip(&a, STR("three")), what;
    struct buf all = {.arena = &a};
    (void)state;
    buf_add(&all, one);
    buf_add(&all, two);
    buf_add(&all, three);
    struct str body = buf_str(&all);
    assert_int_equal(decode(&a, "gzip", &body, 100, &what), CODING_OK);
    assert_true(str_is(body, "one three"));
    arena_end(&a);
}

static void an_unknown_coding_is_named(void **state)
{
    static const struct {
        const char *coding, *what;
    } rows[] = {
        {"br",                  "br"      },
        {"gzip, zstd",          "zstd"    },
        {"deflate, gzip",       "deflate" },
        {"compress",            "compress"},
        {"g zip",               "g zip"   },
        {"gzip;q=1",            "gzip;q=1"},
        {"gzip,gzip,gzip,gzip", "gzip"    },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = {0};
        struct str sent = gzip(&a, STR("x")), body = sent, what = STR("");
        assert_int_equal(decode(&a, rows[i].coding, &body, 100, &what), CODING_UNKNOWN);
        assert_true(str_is(what, rows[i].what));
        assert_true(str_eq(body, sent));
        arena_end(&a);
    }
}

static void damaged_bytes_are_reported_and_left_as_they_are(void **state)
{
    struct arena a = {0};
    struct str whole = gzip(&a, STR("{\"a\":\"0123456789\"}")), what;
    (void)state;
    for (size_t n = 1; n < whole.n; n++) {
        struct str body = str_head(whole, n);
        assert_int_equal(decode(&a, "gzip", &body, 100, &what), CODING_DAMAGED);
        assert_int_equal(body.n, n);
    }
    for (size_t i = whole.n - 8; i < whole.n; i++) { /* the checksum and the length */
        char *copy = str_dup(&a, whole);
        copy[i] ^= 0x10;
        struct str body = str_of(copy, whole.n);
        assert_int_not_equal(decode(&a, "gzip", &body, 100, &what), CODING_OK);
    }
    const struct str bad[] = {STR("{}"), STR("\x1f\x8b"), pack(&a, STR("{}"), ZLIB_BITS),
                              pack(&a, STR("{}"), -ZLIB_BITS),
                              str_from(arena_printf(&a, STR_FMT "x", STR_ARG(STR("\x1f\x8b\x08"))))};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct str body = bad[i];
        assert_int_equal(decode(&a, "gzip", &body, 100, &what), CODING_DAMAGED);
    }
    char *more = arena_alloc(&a, whole.n + 1); /* a byte after the last member */
    memcpy(more, whole.s, whole.n);
    struct str body = str_of(more, whole.n + 1);
    assert_int_equal(decode(&a, "gzip", &body, 100, &what), CODING_DAMAGED);
    arena_end(&a);
}

static void the_output_is_limited(void **state)
{
    struct arena a = {0};
    char *zeros = arena_alloc(&a, 1 << 20);
    struct str small = gzip(&a, str_of(zeros, 1 << 20)), body = small, what;
    (void)state;
    assert_in_range(small.n, 1, 2000);
    assert_int_equal(decode(&a, "gzip", &body, (1 << 20) - 1, &what), CODING_TOO_LARGE);
    assert_true(str_eq(body, small));
    assert_int_equal(decode(&a, "gzip", &body, 1 << 20, &what), CODING_OK);
    assert_int_equal(body.n, 1 << 20);

    body = gzip(&a, small); /* nested */
    assert_int_equal(decode(&a, "gzip, gzip", &body, 100000, &what), CODING_TOO_LARGE);
    arena_end(&a);
}

static void a_body_that_grows_too_much_is_refused(void **state)
{
    struct arena a = {0};
    char *zeros = arena_alloc(&a, 2 << 20);
    struct str body = gzip(&a, str_of(zeros, 2 << 20)), what;
    (void)state;
    assert_in_range(body.n * CODING_RATIO_MAX, 1, 1 << 20);
    assert_int_equal(decode(&a, "gzip", &body, 16 << 20, &what), CODING_TOO_LARGE);
    arena_end(&a);
}

static void an_empty_body_is_not_decoded(void **state)
{
    struct arena a = {0};
    struct str body = STR(""), what;
    (void)state;
    assert_int_equal(decode(&a, "gzip", &body, 100, &what), CODING_OK);
    assert_int_equal(decode(&a, "br", &body, 100, &what), CODING_OK);
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codings_are_undone_from_the_last_to_the_first),
        cmocka_unit_test(several_headers_are_one_list),
        cmocka_unit_test(several_members_are_one_body),
        cmocka_unit_test(an_unknown_coding_is_named),
        cmocka_unit_test(damaged_bytes_are_reported_and_left_as_they_are),
        cmocka_unit_test(the_output_is_limited),
        cmocka_unit_test(a_body_that_grows_too_much_is_refused),
        cmocka_unit_test(an_empty_body_is_not_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
