#include "base/array.h"
#include "base/match.h"

#include <string.h>

#include "base/tests/tree.h"
#include "base/time.h"

#define NOW "2026-05-02T09:00:00Z"

static struct match_context context(struct arena *a)
{
    struct match_context c = {.arena = a};
    assert_true(time_parse(STR(NOW), &c.now_ms));
    return c;
}

/* One line per result: verdict, pointer and matcher; if it fails, also expected and actual. */
static const char *results_text(struct arena *a, const char *expectation, const char *actual)
{
    static const char *const verdicts[] = {"+", "-", "?"};
    struct match_context c = context(a);
    struct match_results results = {0};
    struct buf out = {.arena = a};
    match_run(&c, tree_parse(a, expectation), actual ? tree_parse(a, actual) : NULL, "", &results);
    for (size_t i = 0; i < results.count; i++) {
        const struct match_result *r = &results.items[i];
        buf_printf(&out, "%s%s%s %s", i ? "\n" : "", verdicts[r->verdict], r->pointer, r->matcher);
        if (r->verdict == MATCH_FAILS)
            buf_printf(&out, " %s | %s", r->expected, r->actual);
    }
    return buf_c(&out);
}

struct row {
    const char *expectation, *actual, *results;
};

/* Checks the results of each row, and that match_holds agrees. */
static void expect_results(struct arena *a, const struct row *rows, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        const char *actual = rows[i].actual;
        const char *got = results_text(a, rows[i].expectation, actual);
        struct match_context c = context(a);
        bool fails = got[0] == '-' || strstr(got, "\n-");
        assert_int_equal(!fails,
                         match_holds(&c, tree_parse(a, rows[i].expectation), actual ? tree_parse(a, actual) : NULL));
        if (strcmp(got, rows[i].results) == 0)
            continue;
        print_error("%s on %s:\n%s\nnot\n%s\n", rows[i].expectation, actual ? actual : "nothing", got, rows[i].results);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void plain_values_must_be_equal_and_maps_are_open(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"1",                   "1",                   "+ equals"},
        {"1",                   "1.0",                 "+ equals"},
        {"1",                   "\"1\"",               "- equals 1 | \"1\""},
        {"null",                "null",                "+ equals"},
        {"null",                NULL,                  "- equals null | absent"},
        {"\"a\"",               "\"A\"",               "- equals \"a\" | \"A\""},
        {"{}",                  "{\"a\":1}",           "+ $type"},
        {"{}",                  "[]",                  "- $type object | []"},
        {"{}",                  NULL,                  "- $type object | absent"},
        {"{\"a\":1,\"b\":{\"c\":2}}", "{\"b\":{\"c\":2,\"d\":3},\"a\":1,\"e\":0}", "+/a equals\n+/b/c equals"},
        {"{\"a\":1,\"b\":2}",   "{\"b\":3}",           "-/a equals 1 | absent\n-/b equals 2 | 3"},
        {"{\"a/b\":{\"~\":1}}", "{\"a/b\":{\"~\":1}}", "+/a~1b/~0 equals"},
    };
    /* clang-format on */
    expect_results(*state, rows, COUNT(rows));
}

/* A claim may cite the scalar, so it must fail with its parent. */
static void a_scalar_below_an_absent_value_fails_as_absent(void **state)
{
    static const struct row rows[] = {
        {"{\"a\":{\"b\":{\"c\":1}}}",          "{}",
         "-/a $type object | absent\n-/a/b $type object | absent\n-/a/b/c equals 1 | absent"          },
        {"{\"a\":{\"b\":{\"$absent\":true}}}", "{\"a\":[1]}",  "-/a $type object | [1]\n+/a/b $absent"},
        {"{\"a\":[{\"b\":1}]}",                "{\"a\":null}",
         "-/a equals list length 1 | null\n-/a/0 $type object | absent\n-/a/0/b equals 1 | absent"    },
    };
    expect_results(*state, rows, COUNT(rows));
}

static void a_plain_list_must_be_equal_item_by_item(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"[]",                         "[]",        "+ equals"},
        {"[]",                         "[1]",       "- equals list length 0 | list length 1"},
        {"[]",                         "{}",        "- equals list length 0 | {}"},
        {"[1,{\"$type\":\"string\"}]", "[1,\"x\"]", "+ equals\n+/0 equals\n+/1 $type"},
        {"[1,2]",                      "[2,1]",     "+ equals\n-/0 equals 1 | 2\n-/1 equals 2 | 1"},
        {"[1,2]", "[1]", "- equals list length 2 | list length 1\n+/0 equals\n-/1 equals 2 | absent"},
        {"[1]",                        "[1,2]",     "- equals list length 1 | list length 2\n+/0 equals"},
    };
    /* clang-format on */
    expect_results(*state, rows, COUNT(rows));
}

static void not_and_in_accept_nested_expectations(void **state)
{
    static const struct row rows[] = {
        {"{\"$not\":1}",                               "2",                 "+ $not"                              },
        {"{\"$not\":1}",                               "1",                 "- $not 1 | 1"                        },
        {"{\"$not\":null}",                            NULL,                "- $not null | absent"                },
        {"{\"$not\":{\"a\":1}}",                       "{\"a\":2}",         "+ $not"                              },
        {"{\"$not\":{\"a\":1}}",                       "{\"a\":1,\"b\":2}", "- $not {\"a\":1} | {\"a\":1,\"b\":2}"},
        {"{\"$not\":{\"$each\":1}}",                   "[]",                "? $not"                              },
        {"{\"$in\":[1,\"x\"]}",                        "\"x\"",             "+ $in"                               },
        {"{\"$in\":[1,2]}",                            "3",                 "- $in [1,2] | 3"                     },
        {"{\"$in\":[{\"a\":1},{\"$type\":\"null\"}]}", "null",              "+ $in"                               },
        {"{\"$in\":[{\"$absent\":true},3]}",           NULL,                "+ $in"                               },
        {"{\"$in\":[1,{\"$not\":2}]}",                 NULL,                "- $in [1,{\"$not\":2}] | absent"     },
        {"{\"$in\":[{\"$none\":1},null]}",             "[]",                "? $in"                               },
        {"{\"$in\":[{\"$none\":1},[]]}",               "[]",                "+ $in"                               },
    };
    expect_results(*state, rows, COUNT(rows));
}

static void text_is_matched_by_pattern_or_prefix(void **state)
{
    static const struct row rows[] = {
        {"{\"$matches\":\"^sa_[0-9]+$\"}", "\"sa_12\"",    "+ $matches"                               },
        {"{\"$matches\":\"^sa_[0-9]+$\"}", "\"sa_12\\n\"", "- $matches \"^sa_[0-9]+$\" | \"sa_12\\n\""},
        {"{\"$matches\":\"^.$\"}",         "\"\xc3\xbc\"", "+ $matches"                               },
        {"{\"$matches\":\"1\"}",           "1",            "- $matches \"1\" | 1"                     },
        {"{\"$matches\":\"a(\"}",          "\"a(\"",       "- $matches \"a(\" | \"a(\""               },
        {"{\"$id_with_prefix\":\"sa_\"}",  "\"sa_1\"",     "+ $id_with_prefix"                        },
        {"{\"$id_with_prefix\":\"sa_\"}",  "\"sa_\"",      "- $id_with_prefix \"sa_\" | \"sa_\""      },
        {"{\"$id_with_prefix\":\"sa_\"}",  "\"xsa_1\"",    "- $id_with_prefix \"sa_\" | \"xsa_1\""    },
        {"{\"$id_with_prefix\":\"\"}",     "\"x\"",        "+ $id_with_prefix"                        },
        {"{\"$id_with_prefix\":\"\"}",     "\"\"",         "- $id_with_prefix \"\" | \"\""            },
        {"{\"$id_with_prefix\":\"\"}",     "7",            "- $id_with_prefix \"\" | 7"               },
    };
    expect_results(*state, rows, COUNT(rows));
}

static void types_are_those_of_json_schema(void **state)
{
    static const struct row rows[] = {
        {"{\"$type\":\"integer\"}",           "3",     "+ $type"                               },
        {"{\"$type\":\"integer\"}",           "3.0",   "+ $type"                               },
        {"{\"$type\":\"integer\"}",           "3.5",   "- $type \"integer\" | 3.5"             },
        {"{\"$type\":\"number\"}",            "3",     "+ $type"                               },
        {"{\"$type\":\"number\"}",            "\"3\"", "- $type \"number\" | \"3\""            },
        {"{\"$type\":[\"string\",\"null\"]}", "null",  "+ $type"                               },
        {"{\"$type\":[\"string\",\"null\"]}", "[]",    "- $type [\"string\",\"null\"] | []"    },
        {"{\"$type\":[\"string\",\"null\"]}", NULL,    "- $type [\"string\",\"null\"] | absent"},
        {"{\"$type\":\"boolean\"}",           "false", "+ $type"                               },
        {"{\"$type\":\"object\"}",            "{}",    "+ $type"                               },
        {"{\"$type\":\"array\"}",             "{}",    "- $type \"array\" | {}"                },
    };
    expect_results(*state, rows, COUNT(rows));
}

static void numbers_and_times_are_ordered(void **state)
{
    static const struct row rows[] = {
        {"{\"$type\":\"integer\",\"$gte\":0}",  "0",                             "+ $type\n+ $gte"                   },
        {"{\"$gt\":0}",                         "0",                             "- $gt 0 | 0"                       },
        {"{\"$gt\":0}",                         "0.1",                           "+ $gt"                             },
        {"{\"$lt\":1}",                         "0.9",                           "+ $lt"                             },
        {"{\"$lt\":1}",                         "1",                             "- $lt 1 | 1"                       },
        {"{\"$lte\":1}",                        "1.0",                           "+ $lte"                            },
        {"{\"$gt\":9007199254740992}",          "9007199254740993",              "+ $gt"                             },
        {"{\"$gt\":0}",                         "\"1\"",                         "- $gt 0 | \"1\""                   },
        {"{\"$gt\":0}",                         NULL,                            "- $gt 0 | absent"                  },
        {"{\"$gte\":\"2026-05-02T09:00:00Z\"}", "\"2026-05-02T11:00:00+02:00\"", "+ $gte"                            },
        {"{\"$lt\":\"2026-05-02T09:00:00Z\"}",  "\"2026-05-02T09:00:00Z\"",
         "- $lt \"2026-05-02T09:00:00Z\" | \"2026-05-02T09:00:00Z\""                                                 },
        {"{\"$lt\":\"2026-05-02T09:00:00Z\"}",  "1",                             "- $lt \"2026-05-02T09:00:00Z\" | 1"},
    };
    expect_results(*state, rows, COUNT(rows));
}

static void a_null_value_counts_as_present(void **state)
{
    static const struct row rows[] = {
        {"{\"a\":{\"$absent\":true}}",  "{}",           "+/a $absent"               },
        {"{\"a\":{\"$absent\":true}}",  "{\"a\":null}", "-/a $absent true | null"   },
        {"{\"a\":{\"$present\":true}}", "{\"a\":null}", "+/a $present"              },
        {"{\"a\":{\"$present\":true}}", "{}",           "-/a $present true | absent"},
        {"{\"a\":{\"$not\":1}}",        "{}",           "-/a $not 1 | absent"       },
        {"{\"a\":{\"$none\":1}}",       "{}",           "-/a $none 1 | absent"      },
        {"{\"a\":{\"$count\":0}}",      "{}",           "-/a $count 0 | absent"     },
    };
    expect_results(*state, rows, COUNT(rows));
}

static void some_reports_the_nearest_item(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"{\"$some\":{\"id\":2}}",    "[{\"id\":1},{\"id\":2}]", "+ $some"},
        {"{\"$some\":{\"id\":1}}",    "[]",                      "- $some {\"id\":1} | []"},
        {"{\"$some\":{\"id\":1}}",    "{\"id\":1}",              "- $some a list | {\"id\":1}"},
        {"{\"i\":{\"$some\":{\"id\":2,\"s\":\"on\"}}}", "{\"i\":[{\"id\":1,\"s\":\"off\"},{\"id\":2,\"s\":\"off\"},7]}",
         "-/i $some {\"id\":2,\"s\":\"on\"} | nearest of 3 items is /i/1: /i/1/s equals \"on\", got \"off\""},
        {"{\"$some\":{\"a\":{\"$gt\":1},\"b\":2,\"c\":3,\"d\":4}}", "[{\"a\":1}]",
         "- $some {\"a\":{\"$gt\":1},\"b\":2,\"c\":3,\"d\":4} | nearest of 1 items is /0: /0/a $gt 1, got 1; /0/b "
         "equals 2, got absent; /0/c equals 3, got absent; and 1 more"},
        {"{\"$some\":{\"$each\":1}}", "[[2],[]]",                "? $some"},
        {"{\"$some\":{\"$each\":1}}", "[[],[1]]",                "+ $some"},
    };
    /* clang-format on */
    expect_results(*state, rows, COUNT(rows));
}

static void none_reports_the_matching_item(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"{\"i\":{\"$none\":{\"id\":1}}}", "{\"i\":[{\"id\":2}]}", "+/i $none"},
        {"{\"i\":{\"$none\":{\"id\":1}}}", "{\"i\":[{\"id\":2},{\"id\":1}]}",
         "-/i $none {\"id\":1} | /i/1 matches: {\"id\":1}"},
        {"{\"$none\":1}",                  "[]",                   "? $none"},
        {"{\"$none\":1}",                  "{}",                   "- $none a list | {}"},
        {"{\"$none\":1,\"$some\":2}",      "[2]",                  "+ $none\n+ $some"},
        {"{\"$none\":{\"$each\":1}}",      "[[2],[]]",             "? $none"},
        {"{\"$none\":{\"$each\":1}}",      "[[],[1]]",             "- $none {\"$each\":1} | /1 matches: [1]"},
    };
    /* clang-format on */
    expect_results(*state, rows, COUNT(rows));
}

static void each_reports_the_mismatches_of_every_failing_item(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"{\"$each\":{\"id\":{\"$type\":\"integer\"}}}", "[{\"id\":1},{\"id\":2}]",  "+ $each"},
        {"{\"i\":{\"$each\":{\"id\":1,\"s\":2}}}",       "{\"i\":[{\"id\":1,\"s\":2},{\"id\":1},{\"id\":2,\"s\":2}]}",
         "-/i $each {\"id\":1,\"s\":2} | 2 of 3 items do not match\n-/i/1/s equals 2 | absent\n-/i/2/id equals 1 | 2"},
        {"{\"$each\":1}",                                "[]",                       "? $each"},
        {"{\"$each\":1}",                                "7",                        "- $each a list | 7"},
        {"{\"$each\":{\"t\":{\"$each\":1}}}",            "[{\"t\":[]},{\"t\":[]}]",  "? $each"},
        {"{\"$each\":{\"t\":{\"$each\":1}}}",            "[{\"t\":[]},{\"t\":[1]}]", "+ $each"},
        {"{\"$each\":{\"$each\":1}}",                    "[[1],[1,2]]",
         "- $each {\"$each\":1} | 1 of 2 items do not match\n-/1 $each 1 | 1 of 2 items do not match\n"
         "-/1/1 equals 1 | 2"},
    };
    /* clang-format on */
    expect_results(*state, rows, COUNT(rows));
}

static void each_reports_a_limited_number_of_items(void **state)
{
    struct arena *a = *state;
    struct match_context c = context(a);
    struct match_results results = {0};
    struct buf list = {.arena = a};
    for (int i = 0; i < 1000; i++)
        buf_text(&list, i ? ",1" : "[1");
    buf_text(&list, "]");
    match_run(&c, tree_parse(a, "{\"$each\":2}"), tree_parse(a, buf_c(&list)), "/body", &results);
    assert_int_equal(results.count, 9);
    assert_string_equal(results.items[0].pointer, "/body");
    assert_string_equal(results.items[0].actual, "1000 of 1000 items do not match");
    assert_string_equal(results.items[8].pointer, "/body/7");
}

static void count_accepts_a_number_or_matchers(void **state)
{
    static const struct row rows[] = {
        {"{\"$count\":2}",                      "[1,2]", "+ $count"                                       },
        {"{\"$count\":2}",                      "[1]",   "- $count 2 | list length 1"                     },
        {"{\"$count\":0}",                      "[]",    "+ $count"                                       },
        {"{\"$count\":0}",                      "{}",    "- $count a list | {}"                           },
        {"{\"$count\":{\"$gte\":1,\"$lt\":3}}", "[1,2]", "+ $count"                                       },
        {"{\"$count\":{\"$gte\":1,\"$lt\":2}}", "[1,2]", "- $count {\"$gte\":1,\"$lt\":2} | list length 2"},
    };
    expect_results(*state, rows, COUNT(rows));
}

static void a_member_may_start_with_a_dollar_sign(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"{\"$$ref\":\"a\"}",                 "{\"$ref\":\"a\"}",        "+/$ref equals"},
        {"{\"$$ref\":\"a\"}",                 "{\"$$ref\":\"a\"}",       "-/$ref equals \"a\" | absent"},
        {"{\"$$each\":{\"$gt\":1},\"b\":2}",  "{\"$each\":2,\"b\":2}",     "+/$each $gt\n+/b equals"},
        {"{\"$exact\":{\"$$ref\":1}}",        "{\"$ref\":1}",            "+ $exact\n+/$ref equals"},
        {"{\"$exact\":{\"$$ref\":1}}",        "{\"$ref\":1,\"ref\":1}",
         "- $exact no other members | also has \"ref\"\n+/$ref equals"},
    };
    /* clang-format on */
    expect_results(*state, rows, COUNT(rows));
}

static void exact_closes_every_map_below_it(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"{\"$exact\":{\"a\":1}}",                  "{\"a\":1}",                     "+ $exact\n+/a equals"},
        {"{\"$exact\":{\"a\":1}}",                  "{\"a\":1,\"b\":2,\"c\":3}",
         "- $exact no other members | also has \"b\", \"c\"\n+/a equals"},
        {"{\"$exact\":{}}",                         "{\"a\":1}", "+ $type\n- $exact no other members | also has \"a\""},
        {"{\"$exact\":{\"a\":{\"b\":1}}}",          "{\"a\":{\"b\":1,\"c\":2}}",
         "+ $exact\n-/a $exact no other members | also has \"c\"\n+/a/b equals"},
        {"{\"$exact\":[{\"a\":1}]}",                "[{\"a\":1,\"b\":2}]",
         "+ equals\n-/0 $exact no other members | also has \"b\"\n+/0/a equals"},
        {"{\"$exact\":{\"$each\":{\"a\":1}}}",      "[{\"a\":1,\"b\":2}]",
         "- $each {\"a\":1} | 1 of 1 items do not match\n-/0 $exact no other members | also has \"b\""},
        {"{\"$exact\":{\"$some\":{\"a\":1}}}",      "[{\"a\":1,\"b\":2},{\"a\":1}]", "+ $some"},
        {"{\"x\":{\"$exact\":{\"a\":1}},\"y\":{}}", "{\"x\":{\"a\":1},\"y\":{\"b\":1},\"z\":1}",
         "+/x $exact\n+/x/a equals\n+/y $type"},
        {"{\"$exact\":{\"a\":{\"$absent\":true}}}", "{}",                            "+ $exact\n+/a $absent"},
        {"{\"$exact\":1}",                          NULL,                            "- equals 1 | absent"},
    };
    /* clang-format on */
    expect_results(*state, rows, COUNT(rows));
}

static void same_compares_within_the_document(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"{\"b\":{\"$same\":\"/a\"}}", "{\"a\":1,\"b\":1}", "+/b $same"},
        {"{\"b\":{\"$same\":\"/a\"}}", "{\"a\":1,\"b\":2}", "-/b $same same as /a: 1 | 2"},
        {"{\"b\":{\"$same\":\"/a\"}}", "{\"b\":2}",         "-/b $same same as /a: absent | 2"},
        {"{\"i\":{\"$each\":{\"o\":{\"$same\":\"/o\"}}}}", "{\"o\":5,\"i\":[{\"o\":5},{\"o\":6}]}",
         "-/i $each {\"o\":{\"$same\":\"/o\"}} | 1 of 2 items do not match\n-/i/1/o $same same as /o: 5 | 6"},
    };
    /* clang-format on */
    expect_results(*state, rows, COUNT(rows));
}

/* Now is 09:00:00 in a Date header, so the actual time may be 09:00:00.999. */
static void time_is_compared_with_now(void **state)
{
    static const struct {
        const char *operand, *text;
        bool holds;
    } rows[] = {
        {"\"any\"",                                "2026-05-02T09:00:00Z",          true },
        {"\"any\"",                                "1970-01-01T00:00:00.5Z",        true },
        {"\"any\"",                                "2026-05-02T09:00:00+00:00",     true },
        {"\"any\"",                                "2026-05-02T09:00:00+02:00",     false},
        {"\"any\"",                                "2026-05-02",                    false},
        {"\"any\"",                                "2026-02-30T09:00:00Z",          false},
        {"\"any\"",                                "Sat, 02 May 2026 09:00:00 GMT", false},
        {"\"any\"",                                "1777712400",                    false},
        {"\"any\"",                                "",                              false},
        {"\"past\"",                               "2026-05-02T08:59:59Z",          true },
        {"\"past\"",                               "2026-05-02T09:00:00.999Z",      true },
        {"\"past\"",                               "2026-05-02T09:00:01Z",          false},
        {"\"future\"",                             "2026-05-02T09:00:00.001Z",      true },
        {"\"future\"",                             "2026-05-02T09:00:00Z",          false},
        {"{\"within\":\"5m\"}",                    "2026-05-02T09:05:00.999Z",      true },
        {"{\"within\":\"5m\"}",                    "2026-05-02T09:05:01Z",          false},
        {"{\"within\":\"5m\"}",                    "2026-05-02T08:55:00Z",          true },
        {"{\"within\":\"5m\"}",                    "2026-05-02T08:54:59.999Z",      false},
        {"{\"after\":\"2026-05-02T08:00:00Z\"}",   "2026-05-02T08:00:00.001Z",      true },
        {"{\"after\":\"2026-05-02T08:00:00Z\"}",   "2026-05-02T08:00:00Z",          false},
        {"{\"before\":\"2026-05-02T08:00:00Z\"}",  "2026-05-02T07:59:59.999Z",      true },
        {"{\"before\":\"2026-05-02T08:00:00Z\"}",  "2026-05-02T08:00:00Z",          false},
        {"{\"after\":\"9m\",\"before\":\"11m\"}",  "2026-05-02T09:10:00Z",          true },
        {"{\"after\":\"9m\",\"before\":\"11m\"}",  "2026-05-02T09:09:00Z",          false},
        {"{\"after\":\"9m\",\"before\":\"11m\"}",  "2026-05-02T09:11:01Z",          false},
        {"{\"after\":\"-1h\",\"before\":\"-1m\"}", "2026-05-02T08:30:00Z",          true },
        {"{\"after\":\"-1h\",\"before\":\"-1m\"}", "2026-05-02T09:00:00Z",          false},
    };
    struct arena *a = *state;
    struct match_context c = context(a);
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct node *x = tree_parse(a, arena_printf(a, "{\"$time\":%s}", rows[i].operand));
        if (match_holds(&c, x, node_new_text(a, str_from(rows[i].text))) == rows[i].holds)
            continue;
        print_error("%s on %s should%s hold\n", rows[i].operand, rows[i].text, rows[i].holds ? "" : " not");
        wrong++;
    }
    assert_int_equal(wrong, 0);
    assert_string_equal(results_text(a, "{\"$time\":\"past\"}", "1"), "- $time \"past\", in UTC; now is " NOW " | 1");
}

static void a_unix_time_is_compared_with_now(void **state)
{
    static const struct {
        const char *operand, *actual; /* 1777712400 is now */
        bool holds;
    } rows[] = {
        {"\"any\"",                               "1777712400",               true },
        {"\"any\"",                               "\"1777712400\"",           true },
        {"\"any\"",                               "\"2026-05-02T09:00:00Z\"", false},
        {"\"any\"",                               "1777712400.5",             false},
        {"\"any\"",                               "9223372036854775807",      false},
        {"\"past\"",                              "1777712400",               true },
        {"\"future\"",                            "\"1777712401\"",           true },
        {"\"future\"",                            "1777712400",               false},
        {"{\"after\":\"0s\",\"before\":\"61s\"}", "1777712460",               true },
        {"{\"after\":\"0s\",\"before\":\"61s\"}", "1777712399",               false},
        {"{\"after\":\"0s\",\"before\":\"61s\"}", "1777712460000",            false},
        {"{\"after\":\"0s\",\"before\":\"61s\"}", "60",                       false},
    };
    struct arena *a = *state;
    struct match_context c = context(a);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct node *x = tree_parse(a, arena_printf(a, "{\"$unix_time\":%s}", rows[i].operand));
        if (match_holds(&c, x, tree_parse(a, rows[i].actual)) != rows[i].holds)
            fail_msg("%s on %s should%s hold", rows[i].operand, rows[i].actual, rows[i].holds ? "" : " not");
    }
    assert_string_equal(results_text(a, "{\"$unix_time\":\"past\"}", "1777712401"),
                        "- $unix_time \"past\", as a Unix time in seconds; now is " NOW " | 1777712401");
}

static void an_invalid_expectation_is_rejected_with_its_location(void **state)
{
    /* clang-format off */
    static const char *const rows[][2] = {
        {"{\"$mtches\":\"a\"}",     "test:1:2: unknown matcher '$mtches' (did you mean '$matches'?)"},
        {"{\"$zzzzzzzz\":1}",       "test:1:2: unknown matcher '$zzzzzzzz'"},
        {"{\"$gt\":1,\"a\":2}",     "test:1:10: 'a': an object cannot have both matchers and members"},
        {"{\"a\":2,\"$gt\":1}",     "test:1:8: '$gt': an object cannot have both matchers and members"},
        {"{\"$matches\":\"a(b\"}",  "test:1:13: $matches: missing closing parenthesis (offset 3)"},
        {"{\"$matches\":1}",        "test:1:13: $matches expects a regular expression"},
        {"{\"$type\":\"strng\"}",   "test:1:10: unknown type 'strng' (did you mean 'string'?)"},
        {"{\"$type\":[]}",          "test:1:10: $type expects null, boolean, integer, number, string, array or object"},
        {"{\"$gte\":\"soon\"}", "test:1:9: a comparison expects a number or a time such as \"2026-05-02T09:00:00Z\""},
        {"{\"$absent\":false}",
         "test:1:12: $absent and $present accept only true; use the other matcher for the opposite"},
        {"{\"$not\":{\"$present\":true}}",
         "test:1:9: $not cannot contain $absent or $present; use $present or $absent instead"},
        {"{\"$in\":[]}",            "test:1:8: $in expects an array with at least one item"},
        {"{\"$in\":[{\"$x\":1}]}",  "test:1:10: unknown matcher '$x'"},
        {"{\"$count\":-1}",         "test:1:11: $count expects a number of items or matchers"},
        {"{\"$same\":\"a\"}",       "test:1:10: $same expects a JSON pointer such as \"/data/0/id\""},
        {"{\"$id_with_prefix\":1}", "test:1:20: $id_with_prefix expects a prefix, \"\" for any"},
        {"{\"$time\":\"now\"}",     "test:1:10: expected any, past, future, or an object of after, before and within"},
        {"{\"$time\":{}}",          "test:1:10: expected any, past, future, or an object of after, before and within"},
        {"{\"$time\":{\"until\":\"1h\"}}", "test:1:11: unknown key 'until'; expected after, before or within"},
        {"{\"$time\":{\"after\":\"noon\"}}", "test:1:19: 'after' expects a duration from now or an instant"},
        {"{\"$time\":{\"within\":\"2026-05-02T09:00:00Z\"}}", "test:1:20: 'within' expects a duration"},
    };
    /* clang-format on */
    struct arena *a = *state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        bool ok = match_check(tree_parse(a, rows[i][0]), &err);
        const char *text = error_text(a, &err);
        if (ok || strncmp(text, rows[i][1], strlen(rows[i][1])) != 0) {
            print_error("%s: %s\nnot %s\n", rows[i][0], text, rows[i][1]);
            wrong++;
        }
        error_end(&err);
    }
    assert_int_equal(wrong, 0);
}

static void every_mistake_of_an_expectation_is_reported(void **state)
{
    struct arena *a = *state;
    struct error err = {0};
    assert_false(match_check(tree_parse(a, "{\"a\":{\"$gt\":true},\"b\":[{\"$some\":{\"$eech\":1}},"
                                           "{\"$exact\":{\"c\":{\"$type\":[\"x\",\"y\"]}}}]}"),
                             &err));
    assert_int_equal(err.count, 4);
    error_end(&err);
}

static void an_operand_with_a_reference_is_accepted(void **state)
{
    static const char *const rows[] = {
        "{\"$gte\":\"$first.count\"}",
        "{\"$count\":\"$n\"}",
        "{\"$in\":\"$accepted\"}",
        "{\"$type\":\"$t\"}",
        "{\"$matches\":\"^(${user}$\"}",
        "{\"$same\":\"${where}\"}",
        "{\"$time\":{\"after\":\"$first.createdAt\",\"within\":\"${ttl}\"}}",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        assert_true(match_check(tree_parse(*state, rows[i]), &err));
        assert_int_equal(err.count, 0);
    }
}

static void a_valid_expectation_is_accepted(void **state)
{
    static const char *const rows[] = {
        "1",
        "{}",
        "[]",
        "[{\"$type\":[\"null\",\"array\"]}]",
        "{\"price$\":{\"$gt\":1.5,\"$lte\":\"2026-05-02T09:00:00Z\"}}",
        "{\"$matches\":\"^a$\"}",
        "{\"$matches\":\"$\"}",
        "{\"$same\":\"\"}",
        "{\"$id_with_prefix\":\"\"}",
        "{\"$count\":{\"$in\":[1,2]}}",
        "{\"$time\":{\"after\":\"-1h\",\"before\":\"2026-05-02T09:00:00Z\",\"within\":\"1d\"}}",
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_true(match_check(tree_parse(*state, rows[i]), NULL));
    assert_true(match_check(NULL, NULL));
}

/* Aliases share nodes: twenty nested lists of two are a million values. */
static void an_expectation_expanded_by_aliases_is_rejected(void **state)
{
    struct arena *a = *state;
    struct error err = {0};
    const struct node *n = node_new_int(a, 1);
    for (int i = 0; i < 40; i++) {
        const struct node *twice[] = {n, n};
        n = node_new_list(a, arena_copy(a, twice, sizeof twice), 2);
    }
    assert_false(match_check(n, &err));
    assert_int_equal(err.count, 1);
    error_end(&err);
}

/* A server that answers every request with 200 and {} must fail. */
static void an_empty_object_passes_only_absent(void **state)
{
    static const char *const rows[] = {
        "{\"$not\":1}",
        "{\"$in\":[1]}",
        "{\"$matches\":\"\"}",
        "{\"$type\":\"null\"}",
        "{\"$gt\":0}",
        "{\"$gte\":0}",
        "{\"$lt\":0}",
        "{\"$lte\":0}",
        "{\"$some\":{}}",
        "{\"$none\":{}}",
        "{\"$each\":{}}",
        "{\"$count\":0}",
        "{\"$present\":true}",
        "{\"$exact\":{}}",
        "{\"$same\":\"/x\"}",
        "{\"$id_with_prefix\":\"\"}",
        "{\"$time\":\"any\"}",
        "null",
        "{}",
        "[]",
        "{\"$not\":{\"$in\":[1]}}",
    };
    struct arena *a = *state;
    struct match_context c = context(a);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct node *x = tree_parse(a, arena_printf(a, "{\"x\":%s}", rows[i]));
        if (match_holds(&c, x, tree_parse(a, "{}")))
            fail_msg("%s holds", rows[i]);
    }
    assert_true(match_holds(&c, NULL, NULL));
}

static void a_costly_pattern_stops_without_a_match(void **state)
{
    (void)state;
    char text[4096];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '!';
    assert_false(match_pattern("^(a+)+$", str_of(text, sizeof text)));
    assert_false(match_pattern("^(a|a?)+$", str_of(text, sizeof text)));
    assert_false(match_pattern("^((a*)*)*b", str_of(text, sizeof text)));
    assert_true(match_pattern("^a+!$", str_of(text, sizeof text)));
    /* would match after a million steps; MATCH_MAX_STEPS stops it first */
    assert_false(match_pattern("^(a|a)*c|b$", STR("aaaaaaaaaaaaaaaaaaaab")));
    assert_true(match_pattern("^(a|a)*c|b$", STR("aaaab")));
}

static void a_pattern_beyond_the_limits_is_rejected(void **state)
{
    struct arena *a = *state;
    char *longer = arena_alloc(a, 5000), *deep = arena_alloc(a, 200);
    memset(longer, 'a', 4097);
    memset(deep, '(', 60);
    memset(deep + 60, ')', 60);
    const char *const rows[] = {longer, deep, "a\\C", "\xff", "(((a{1,999}){1,999}){1,999})", "[a"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *why = NULL;
        size_t offset = 0;
        assert_false(match_pattern_check(a, rows[i], &why, &offset));
        assert_true(strlen(why) > 5);
        assert_false(match_pattern(rows[i], STR("a")));
    }
    const char *why = NULL;
    size_t offset = 0;
    assert_false(match_pattern_check(a, "ab[", &why, &offset));
    assert_int_equal(offset, 3);
}

static void a_text_that_is_not_utf8_never_matches(void **state)
{
    (void)state;
    assert_false(match_pattern("a", STR("a\xff")));
    assert_true(match_pattern("", (struct str){0}));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
    const struct CMUnitTest tests[] = {
        TEST(plain_values_must_be_equal_and_maps_are_open),
        TEST(a_scalar_below_an_absent_value_fails_as_absent),
        TEST(a_plain_list_must_be_equal_item_by_item),
        TEST(not_and_in_accept_nested_expectations),
        TEST(text_is_matched_by_pattern_or_prefix),
        TEST(types_are_those_of_json_schema),
        TEST(numbers_and_times_are_ordered),
        TEST(a_null_value_counts_as_present),
        TEST(some_reports_the_nearest_item),
        TEST(none_reports_the_matching_item),
        TEST(each_reports_the_mismatches_of_every_failing_item),
        TEST(each_reports_a_limited_number_of_items),
        TEST(count_accepts_a_number_or_matchers),
        TEST(a_member_may_start_with_a_dollar_sign),
        TEST(exact_closes_every_map_below_it),
        TEST(same_compares_within_the_document),
        TEST(time_is_compared_with_now),
        TEST(a_unix_time_is_compared_with_now),
        TEST(an_invalid_expectation_is_rejected_with_its_location),
        TEST(every_mistake_of_an_expectation_is_reported),
        TEST(an_operand_with_a_reference_is_accepted),
        TEST(a_valid_expectation_is_accepted),
        TEST(an_expectation_expanded_by_aliases_is_rejected),
        TEST(an_empty_object_passes_only_absent),
        TEST(a_costly_pattern_stops_without_a_match),
        TEST(a_pattern_beyond_the_limits_is_rejected),
        TEST(a_text_that_is_not_utf8_never_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
