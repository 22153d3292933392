#include "base/array.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static const struct str nothing = {0}; /* a NULL pointer */

static void views_compare_by_their_bytes(void **state)
{
    (void)state;
    static const struct {
        struct str x, y;
        bool equal, equal_nocase;
    } rows[] = {
        {{"", 0},         {NULL, 0},       true,  true },
        {{"a", 1},        {NULL, 0},       false, false},
        {{NULL, 0},       {"a", 1},        false, false},
        {{"abc", 3},      {"abc", 3},      true,  true },
        {{"abc", 2},      {"abx", 2},      true,  true },
        {{"abc", 3},      {"ABC", 3},      false, true },
        {{"ab", 2},       {"abc", 3},      false, false},
        {{"a\0b", 3},     {"a\0c", 3},     false, false},
        {{"\xff", 1},     {"a", 1},        false, false},
        {{"[", 1},        {"{", 1},        false, false}, /* only letters have case */
        {{"\xc3\xa9", 2}, {"\xc3\x89", 2}, false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (str_eq(rows[i].x, rows[i].y) != rows[i].equal ||
            str_eq_nocase(rows[i].x, rows[i].y) != rows[i].equal_nocase)
            fail_msg("row %zu: '" STR_FMT "' and '" STR_FMT "'", i, STR_ARG(rows[i].x), STR_ARG(rows[i].y));
    }
    assert_true(str_is(nothing, ""));
    assert_true(str_is(nothing, NULL));
    assert_false(str_is(STR("a\0"), "a"));
}

static void prefixes_suffixes_and_parts_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *x, *part;
        bool starts, ends, has;
    } rows[] = {
        {"",        "",     true,  true,  true },
        {"",        "a",    false, false, false},
        {"a",       "",     true,  true,  true },
        {"abc",     "ab",   true,  false, true },
        {"abc",     "bc",   false, true,  true },
        {"abc",     "abc",  true,  true,  true },
        {"abc",     "abcd", false, false, false},
        {"aab",     "ab",   false, true,  true },
        {"aaab.",   "aab",  false, false, true },
        {"abababc", "babc", false, true,  true },
        {"Abc",     "ab",   false, false, false},
        {"xxa",     "ab",   false, false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str x = str_from(rows[i].x), part = str_from(rows[i].part);
        if (str_starts(x, part) != rows[i].starts || str_ends(x, part) != rows[i].ends ||
            str_has(x, part) != rows[i].has)
            fail_msg("'%s' in '%s'", rows[i].part, rows[i].x);
    }
    assert_true(str_starts_nocase(STR("Bearer x"), STR("bEARER ")));
    assert_false(str_starts_nocase(STR("Bea"), STR("bearer")));
    assert_true(str_starts_nocase(nothing, nothing));
    assert_true(str_starts(nothing, nothing));
    assert_true(str_ends(nothing, nothing));
    assert_true(str_has(nothing, nothing));
    assert_int_equal(str_find(STR("a/b/c"), '/'), 1);
    assert_int_equal(str_find(STR("abc"), '/'), 3);
    assert_int_equal(str_find(nothing, '/'), 0);
}

static void str_cut_returns_the_text_before_each_separator(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *first, *rest;
    } rows[] = {
        {"",      "",    ""   },
        {"abc",   "abc", ""   },
        {"a b c", "a",   "b c"},
        {" a",    "",    "a"  },
        {"a ",    "a",   ""   },
        {" ",     "",    ""   },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str rest = str_from(rows[i].text);
        struct str first = str_cut(&rest, ' ');
        if (!str_is(first, rows[i].first) || !str_is(rest, rows[i].rest))
            fail_msg("'%s': '" STR_FMT "' then '" STR_FMT "'", rows[i].text, STR_ARG(first), STR_ARG(rest));
    }
    struct str empty = nothing;
    assert_int_equal(str_cut(&empty, ' ').n, 0);
}

static void heads_and_tails_stay_within_the_text(void **state)
{
    (void)state;
    assert_true(str_is(str_skip(STR("abc"), 1), "bc"));
    assert_true(str_is(str_skip(STR("abc"), SIZE_MAX), ""));
    assert_true(str_is(str_head(STR("abc"), 2), "ab"));
    assert_true(str_is(str_head(STR("abc"), SIZE_MAX), "abc"));
    assert_int_equal(str_skip(nothing, 3).n, 0);
    assert_int_equal(str_head(nothing, 3).n, 0);
    assert_true(str_is(str_trim(STR(" \t\r\n a b \n")), "a b"));
    assert_true(str_is(str_trim(STR(" \t ")), ""));
    assert_true(str_is(str_trim(STR("\va\v")), "\va\v"));
    assert_int_equal(str_trim(nothing).n, 0);
}

static void copied_text_is_nul_terminated(void **state)
{
    (void)state;
    struct arena a = {0};
    assert_string_equal(str_dup(&a, str_of("abc", 2)), "ab");
    assert_string_equal(str_dup(&a, nothing), "");
    arena_end(&a);
}

static void integers_are_read_exactly_or_rejected(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } rows[] = {
        {"0",                               true,  0        },
        {"-0",                              true,  0        },
        {"007",                             true,  7        },
        {"-42",                             true,  -42      },
        {"9223372036854775807",             true,  INT64_MAX},
        {"-9223372036854775808",            true,  INT64_MIN},
        {"0000000000000000000000000000001", true,  1        },
        {"9223372036854775808",             false, 0        },
        {"-9223372036854775809",            false, 0        },
        {"18446744073709551617",            false, 0        },
        {"99999999999999999999999999",      false, 0        },
        {"",                                false, 0        },
        {"-",                               false, 0        },
        {"--1",                             false, 0        },
        {"+1",                              false, 0        },
        {" 1",                              false, 0        },
        {"1 ",                              false, 0        },
        {"1.0",                             false, 0        },
        {"1e3",                             false, 0        },
        {"0x10",                            false, 0        },
        {"\xd9\xa1",                        false, 0        }, /* an Arabic digit */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t value = 77;
        bool ok = str_to_int(str_from(rows[i].text), &value);
        if (ok != rows[i].ok || value != (ok ? rows[i].value : 77))
            fail_msg("'%s' gave %d, %lld", rows[i].text, ok, (long long)value);
    }
    int64_t value;
    assert_false(str_to_int(STR("1\0"), &value));
    assert_false(str_to_int(nothing, &value));
    assert_true(str_to_int(str_of("123", 2), &value));
    assert_int_equal(value, 12);
}

static void only_well_formed_utf8_is_valid(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        size_t bad; /* equals the length if valid */
    } rows[] = {
        {{"", 0},                                                  0 },
        {{NULL, 0},                                                0 },
        {{"plain ASCII, and \0 too", 22},                          22},
        {{"\x7f", 1},                                              1 },
        {{"\xc2\x80 \xdf\xbf", 5},                                 5 },
        {{"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf", 12}, 12},
        {{"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8},                  8 },
        {{"1234567\xc3\xa9", 9},                                   9 }, /* across a block of eight */
        {{"\x80", 1},                                              0 }, /* not a first byte */
        {{"ab\xbf", 3},                                            2 },
        {{"\xc0\x80", 2},                                          0 }, /* overlong NUL */
        {{"\xc1\xbf", 2},                                          0 },
        {{"\xe0\x9f\xbf", 3},                                      0 }, /* overlong */
        {{"\xf0\x8f\xbf\xbf", 4},                                  0 },
        {{"\xed\xa0\x80", 3},                                      0 }, /* surrogates, alone and in pairs */
        {{"\xed\xbf\xbf", 3},                                      0 },
        {{"x\xed\xa0\xbd\xed\xb8\x80", 7},                         1 },
        {{"\xf4\x90\x80\x80", 4},                                  0 }, /* above U+10FFFF */
        {{"\xf5\x80\x80\x80", 4},                                  0 },
        {{"\xf8\x88\x80\x80\x80", 5},                              0 },
        {{"\xff", 1},                                              0 },
        {{"\xfe\xff", 2},                                          0 },
        {{"ab\xc3", 3},                                            2 }, /* cut short */
        {{"ab\xe2\x82", 4},                                        2 },
        {{"\xf0\x9f\x98", 3},                                      0 },
        {{"\xc3(", 2},                                             0 },
        {{"\xe2\x28\xa1", 3},                                      0 },
        {{"\xe2\x82(", 3},                                         0 },
        {{"\xf0\x9f\x98(", 4},                                     0 },
        {{"12345678\x80", 9},                                      8 },
        {{"1234567\xff"
          "90123456",
          16},
         7                                                           },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        /* A heap copy, so that the sanitizer detects a read past the end. */
        char *copy = malloc(rows[i].text.n + !rows[i].text.n);
        assert_non_null(copy);
        if (rows[i].text.n)
            memcpy(copy, rows[i].text.s, rows[i].text.n);
        size_t bad = rows[i].text.n;
        bool valid = str_utf8_valid(str_of(copy, rows[i].text.n), &bad);
        free(copy);
        if (valid != (rows[i].bad == rows[i].text.n) || bad != rows[i].bad)
            fail_msg("row %zu: %d, %zu", i, valid, bad);
    }
    assert_false(str_utf8_valid(STR("\xff"), NULL));
}

static void hashes_are_the_same_in_every_run(void **state)
{
    (void)state;
    assert_true(str_hash(nothing) == str_hash(STR("")));
    assert_true(str_hash(nothing) == 0xEFD01F60BA992926u);
    assert_true(str_hash(STR("a")) == 0x82A2A958A9BECE5Bu);
    assert_true(str_hash(STR("foobar")) == 0x2C22194922D1672Bu);
    assert_true(str_hash(STR("a\0")) != str_hash(STR("a")));
}

static void the_nearest_word_is_returned_only_if_it_is_close(void **state)
{
    (void)state;
    static const char *const words[] = {"content", "accounts", "status",   "scheduled_at",
                                        "id",      "",         "platform", "platforms"};
    static const struct {
        const char *x, *nearest;
    } rows[] = {
        {"contnet",     "content"     }, /* swapped */
        {"conten",      "content"     }, /* missing */
        {"contentt",    "content"     }, /* doubled */
        {"comtent",     "content"     }, /* replaced */
        {"CONTENT",     "content"     },
        {"STATSU",      "status"      },
        {"scheduledAt", "scheduled_at"},
        {"schedule_at", "scheduled_at"},
        {"platform",    "platform"    },
        {"platfrm",     "platform"    },
        {"platfroms",   "platforms"   },
        {"di",          "id"          },
        {"ID",          "id"          },
        {"i",           NULL          },
        {"x",           NULL          },
        {"xy",          NULL          },
        {"webhook",     NULL          },
        {"",            NULL          },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *nearest = str_nearest(str_from(rows[i].x), words, COUNT(words));
        if (!str_is(str_from(nearest), rows[i].nearest))
            fail_msg("'%s': %s", rows[i].x, nearest ? nearest : "none");
    }
    char text[200];
    memset(text, 'a', sizeof text);
    text[199] = '\0';
    const char *const longest = text;
    assert_null(str_nearest(str_from(text), words, COUNT(words)));
    assert_null(str_nearest(STR("aaaa"), &longest, 1));
    assert_null(str_nearest(STR("content"), NULL, 0));
    assert_null(str_nearest(nothing, words, COUNT(words)));
}

static void sizes_have_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t bytes; /* -1: invalid */
    } rows[] = {
        {"0",                      0               },
        {"20",                     20              },
        {"20B",                    20              },
        {"1kB",                    1000            },
        {"3MB",                    3000000         },
        {"512KiB",                 512 << 10       },
        {"8MiB",                   8 << 20         },
        {"2GiB",                   INT64_C(2) << 30},
        {"",                       -1              },
        {"MiB",                    -1              },
        {"-1KiB",                  -1              },
        {"1 KiB",                  -1              },
        {"1kib",                   -1              },
        {"1M",                     -1              },
        {"1.5MiB",                 -1              },
        {"9223372036854775807KiB", -1              },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t bytes = -1;
        bool ok = str_to_size(str_from(rows[i].text), &bytes);
        assert_int_equal(bytes, rows[i].bytes);
        assert_int_equal(ok, bytes >= 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_compare_by_their_bytes),
        cmocka_unit_test(prefixes_suffixes_and_parts_are_found),
        cmocka_unit_test(str_cut_returns_the_text_before_each_separator),
        cmocka_unit_test(heads_and_tails_stay_within_the_text),
        cmocka_unit_test(copied_text_is_nul_terminated),
        cmocka_unit_test(integers_are_read_exactly_or_rejected),
        cmocka_unit_test(only_well_formed_utf8_is_valid),
        cmocka_unit_test(hashes_are_the_same_in_every_run),
        cmocka_unit_test(the_nearest_word_is_returned_only_if_it_is_close),
        cmocka_unit_test(sizes_have_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
