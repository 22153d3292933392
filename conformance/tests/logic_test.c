#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/yaml.h"
#include "conformance/scenario/logic.h"

static struct arena arena;

static int teardown(void **state)
{
    (void)state;
    arena_end(&arena);
    return 0;
}

static const struct node *parse(const char *text)
{
    const struct node *n = yaml_parse(&arena, str_from(text), "test", NULL);
    struct error err = {0};
    if (!n)
        fail_msg("no YAML: %s", text);
    if (!match_check(n, &err))
        fail_msg("no expectation: %s", text);
    return n;
}

struct pair {
    const char *x, *y;
    bool is;
};

static void expect_pairs(const struct pair *rows, size_t count, const char *what,
                         bool (*fn)(struct arena *a, const struct node *x, const struct node *y))
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        if (fn(&arena, parse(rows[i].x), parse(rows[i].y)) == rows[i].is)
            continue;
        print_error("%s and %s: %s is %s\n", rows[i].x, rows[i].y, what, rows[i].is ? "not proven" : "wrong");
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void disjoint_expectations_exclude_each_other(void **state)
{
    static const struct pair rows[] = {
  /* values */
        {"1",                                            "2",                                                     true },
        {"1",                                            "1.0",                                                   false},
        {"a",                                            "b",                                                     true },
        {"a",                                            "1",                                                     true },
        {"null",                                         "{ $absent: true }",                                     true },
        {"{ $present: true }",                           "null",                                                  false},
        {"$a",                                           "$b",                                                    false},
        {"$a",                                           "{ $absent: true }",                                     true },
        {"$a",                                           "{ $not: $a }",                                          true },
        {"$a",                                           "{ $not: $b }",                                          false},
        {"$a",                                           "{ $type: string, $not: $a }",                           true },
        {"{ $not: 1 }",                                  "{ $not: 2 }",                                           false},
        {"{ $in: [1, 2] }",                              "{ $in: [3, $a] }",                                      false},
        {"{ $in: [1, 2] }",                              "{ $in: [3, 4] }",                                       true },
        {"{ $in: [null, { $absent: true }] }",           "{ $type: string }",                                     true },
        {"{ $in: [null, { $absent: true }] }",           "{ $not: a }",                                           false},
 /* types */
        {"{ $type: string }",                            "{ $type: integer }",                                    true },
        {"{ $type: integer }",                           "{ $type: number }",                                     false},
        {"{ $type: integer }",                           "1.5",                                                   true },
        {"{ $type: integer }",                           "1.0",                                                   false},
        {"{ $type: [string, 'null'] }",                  "{ $not: { $type: string } }",                           false},
        {"{ $type: string }",                            "{ $not: { $type: string } }",                           true },
        {"{ $type: string }",                            "{ a: 1 }",                                              true },
        {"{ $time: any }",                               "5",                                                     true },
        {"{ $time: past }",                              "'2026-05-02T09:00:00Z'",                                false},
        {"{ $time: past }",                              "{ $time: future }",                                     true },
        {"{ $time: past }",                              "{ $time: any }",                                        false},
        {"{ $time: { before: -1h } }",                   "{ $time: future }",                                     true },
        {"{ $time: { before: 1h } }",                    "{ $time: future }",                                     false},
        {"{ $time: { within: 5m } }",                    "{ $time: { after: 1h } }",                              true },
        {"{ $time: { after: '2026-05-02T09:00:00Z' } }", "{ $time: past }",                                       false},
        {"{ $same: /a }",                                "5",                                                     false},
 /* ranges */
        {"{ $gte: 1 }",                                  "0",                                                     true },
        {"{ $gte: 1 }",                                  "1",                                                     false},
        {"{ $gt: 1 }",                                   "{ $lte: 1 }",                                           true },
        {"{ $gte: 1 }",                                  "{ $lte: 1 }",                                           false},
        {"{ $gt: '2026-01-01T00:00:00Z' }",              "{ $lt: '2025-01-01T00:00:00Z' }",                       false},
 /* texts */
        {"{ $matches: '^a' }",                           "b",                                                     true },
        {"{ $matches: '^a' }",                           "{ $matches: '^b' }",                                    false},
        {"{ $matches: '^a' }",                           "{ $matches: '^b', $not: { $matches: '^a' } }",          true },
        {"{ $id_with_prefix: a_ }",                      "a_",                                                    true },
        {"{ $matches: x }",                              "{ $not: { $in: [{ $matches: y }, { $matches: x }] } }", true },
 /* objects are open */
        {"{ a: 1 }",                                     "{ b: 2 }",                                              false},
        {"{ a: 1 }",                                     "{ a: 2 }",                                              true },
        {"{ a: 1 }",                                     "{ a: { $absent: true } }",                              true },
        {"{ a: { b: 1, c: $x } }",                       "{ a: { b: 2, c: $x } }",                                true },
        {"{ a: 1 }",                                     "{ $exact: { b: 2 } }",                                  true },
        {"{ a: { $absent: true } }",                     "{ $exact: { b: 2 } }",                                  false},
        {"{}",                                           "[]",                                                    true },
        {"{}",                                           "{ a: 1 }",                                              false},
 /* lists */
        {"[1]",                                          "[1, 2]",                                                true },
        {"[1, $a]",                                      "[2, $a]",                                               true },
        {"[]",                                           "{ $some: 1 }",                                          true },
        {"[]",                                           "{ $each: 1 }",                                          false},
        {"{ $count: 0 }",                                "{ $some: { a: 1 } }",                                   true },
        {"{ $count: { $gte: 1 } }",                      "{ $count: 0 }",                                         true },
        {"{ $count: { $gte: 1 } }",                      "{ $count: 1 }",                                         false},
        {"{ $some: { id: $a } }",                        "{ $none: { id: $a } }",                                 true },
        {"{ $some: { id: $a } }",                        "{ $none: { id: $b } }",                                 false},
        {"{ $some: { id: $a, s: 1 } }",                  "{ $none: { id: $a } }",                                 true },
        {"{ $some: { id: $a } }",                        "{ $none: { id: $a, s: 1 } }",                           false},
        {"{ $some: 1 }",                                 "{ $some: 2 }",                                          false},
        {"{ $count: 1, $some: 1 }",                      "{ $some: 2 }",                                          false},
        {"{ $some: 1 }",                                 "{ $each: 2 }",                                          true },
        {"{ $each: 1 }",                                 "{ $each: 2 }",                                          false},
        {"{ $each: 1, $count: 2 }",                      "{ $each: 2 }",                                          true },
        {"{ $each: 1, $some: 1 }",                       "{ $none: 1 }",                                          true },
        {"{ $each: { $type: string } }",                 "[1, 2]",                                                true },
        {"{ $none: 1 }",                                 "[1, 2]",                                                true },
        {"{ $none: 3 }",                                 "[1, 2]",                                                false},
        {"{ $type: array }",                             "{ $some: 1 }",                                          false},
 /* a vacuous part does not fail */
        {"{ $some: { l: { $each: 1 } } }",               "{ $none: { l: { $each: 1 } } }",                        false},
        {"{ $not: { $each: 1 } }",                       "[]",                                                    false},
        {"{ $not: { $each: 1 } }",                       "{ $each: 1 }",                                          false},
        {"{ $not: { $some: 1 } }",                       "{ $some: 1 }",                                          true },
    };
    (void)state;
    expect_pairs(rows, COUNT(rows), "disjoint", logic_disjoint);
}

static void one_expectation_implies_another(void **state)
{
    static const struct pair rows[] = {
        {"1",                       "{ $type: integer }",              true },
        {"1",                       "{ $type: string }",               false},
        {"$a",                      "{ $type: string }",               false},
        {"$a",                      "{ $present: true }",              true },
        {"$a",                      "$a",                              true },
        {"{ $in: [1, 2] }",         "{ $gte: 1 }",                     true },
        {"{ $in: [1, $a] }",        "{ $gte: 1 }",                     false},
        {"{ $gt: 5 }",              "{ $gte: 5 }",                     true },
        {"{ $gte: 5 }",             "{ $gt: 5 }",                      false},
        {"{ $type: integer }",      "{ $in: [{ $type: number }, a] }", true },
        {"{ a: 1, b: 2 }",          "{ a: 1 }",                        true },
        {"{ a: 1 }",                "{ a: 1, b: 2 }",                  false},
        {"{ a: 1 }",                "{}",                              true },
        {"[1]",                     "{}",                              false},
        {"{ $exact: { a: 1 } }",    "{ a: 1 }",                        true },
        {"{ a: 1 }",                "{ $exact: { a: 1 } }",            false},
        {"[1, 2]",                  "{ $count: 2 }",                   true },
        {"[1, 2]",                  "{ $some: 2 }",                    true },
        {"[1, 2]",                  "{ $each: { $type: integer } }",   true },
        {"{ $some: 1 }",            "{ $count: { $gte: 1 } }",         false},
        {"{ $count: 3 }",           "{ $count: { $gte: 1 } }",         true },
        {"{ $each: 1 }",            "{ $none: 2 }",                    true },
        {"{ $each: 1 }",            "{ $some: 1 }",                    false},
        {"{ $each: 1, $count: 1 }", "{ $some: 1 }",                    true },
        {"{ $absent: true }",       "{ $not: 1 }",                     false},
        {"2",                       "{ $not: 1 }",                     true },
        {"{ $matches: a }",         "{ $matches: a }",                 true },
        {"{ $matches: a }",         "{ $type: string }",               true },
    };
    (void)state;
    expect_pairs(rows, COUNT(rows), "implied", logic_implies);
}

static void an_expectation_whose_parts_clash_never_holds(void **state)
{
    static const struct {
        const char *x;
        bool never;
    } rows[] = {
        {"{ $type: string, $gte: 5 }",                      true },
        {"{ $type: string, $matches: a }",                  false},
        {"{ $absent: true, $type: string }",                true },
        {"{ $in: [a, b], $not: a }",                        false},
        {"{ $in: [a], $not: a }",                           true },
        {"{ $some: 1, $count: 0 }",                         true },
        {"{ $some: 1, $each: 2 }",                          true },
        {"{ $each: 2, $count: 0 }",                         false},
        {"{ a: { $gt: 5, $lt: 5 } }",                       true },
        {"{ a: { $gte: 5, $lte: 5 } }",                     false},
        {"{ $each: { $gt: 5, $lt: 5 } }",                   false},
        {"[1, { $type: string, $not: { $type: string } }]", true },
        {"{ $in: [{ $gt: 5, $lt: 5 }, 1] }",                false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (logic_never_holds(&arena, parse(rows[i].x)) != rows[i].never)
            fail_msg("%s", rows[i].x);
}

static struct expectation response(int64_t status, const char *headers, const char *body)
{
    int64_t *statuses = arena_array(&arena, int64_t, 1);
    statuses[0] = status;
    return (struct expectation){.given = true,
                                .statuses = statuses,
                                .status_count = status ? 1 : 0,
                                .headers = headers ? parse(headers) : NULL,
                                .body = body ? parse(body) : NULL};
}

static void responses_differ_in_status_header_or_body(void **state)
{
    const struct {
        struct expectation x, y;
        bool disjoint;
    } rows[] = {
        {response(200, NULL,         NULL),                       response(404, NULL,                         NULL),                true },
        {response(200, NULL,         NULL),                       response(200, NULL,                         "{ a: 1 }"),          false},
        {response(0,   NULL,         NULL),                       response(404, NULL,                         NULL),                false},
        {response(200, "{ N-A: a }", NULL),                       response(200, "{ n-a: { $absent: true } }", NULL),                true },
        {response(200, "{ N-A: a }", NULL),                       response(200, "{ N-B: b }",                 NULL),                false},
        {response(200, NULL,         "{ a: 1 }"),                 response(200, NULL,                         "{ a: 2 }"),          true },
        {response(200, NULL,         "{ a: { $absent: true } }"), response(200, NULL,                         "{ $absent: true }"), true },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (logic_responses_disjoint(&arena, &rows[i].x, &rows[i].y) != rows[i].disjoint)
            fail_msg("row %zu", i);
}

static void deep_expectations_are_given_up(void **state)
{
    (void)state;
    struct buf deep = {.arena = &arena};
    for (int i = 0; i < 60; i++)
        buf_text(&deep, "{ $each: ");
    buf_text(&deep, "1");
    for (int i = 0; i < 60; i++)
        buf_text(&deep, ", $count: 1 }");
    assert_false(logic_disjoint(&arena, parse(buf_c(&deep)), parse(buf_c(&deep))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disjoint_expectations_exclude_each_other),
        cmocka_unit_test(one_expectation_implies_another),
        cmocka_unit_test(an_expectation_whose_parts_clash_never_holds),
        cmocka_unit_test(responses_differ_in_status_header_or_body),
        cmocka_unit_test(deep_expectations_are_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
