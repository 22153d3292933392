#include "base/array.h"
#include "base/diff.h"

#include <string.h>

#include "base/buf.h"
#include "base/tests/tree.h"

struct row {
    const char *expected, *actual, *text;
};

static const struct node *tree_or_absent(struct arena *a, const char *text)
{
    return text ? tree_parse(a, text) : NULL;
}

static void expect_differences(struct arena *a, const struct row *rows, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct diff d;
        diff_nodes(a, tree_or_absent(a, rows[i].expected), tree_or_absent(a, rows[i].actual), &d);
        const char *got = tree_diff_text(a, &d);
        if (strcmp(got, rows[i].text) == 0)
            continue;
        print_error("%s and %s:\n%snot\n%s", rows[i].expected, rows[i].actual, got, rows[i].text);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void equal_values_have_no_differences(void **state)
{
    static const struct row rows[] = {
        {"1",                      "1.0",                    ""},
        {"{\"a\":1,\"b\":[1,{}]}", "{\"b\":[1,{}],\"a\":1}", ""},
        {"[]",                     "[]",                     ""},
        {NULL,                     NULL,                     ""},
    };
    expect_differences(*state, rows, COUNT(rows));
}

static void members_differ_one_by_one(void **state)
{
    static const struct row rows[] = {
        {"1",                         "\"1\"",                     "(whole document): expected 1, got \"1\"\n"  },
        {"{}",                        NULL,                        "(whole document): expected {}, got absent\n"},
        {"{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"b\":3,\"d\":2}}",
         "/a/b: expected 1, got 3\n/a/c: expected 2, got absent\n/a/d: expected absent, got 2\n"                },
        {"{\"a/b\":null}",            "{\"a/b\":false}",           "/a~1b: expected null, got false\n"          },
        {"{\"a\":[1]}",               "{\"a\":{\"b\":1}}",         "/a: expected [1], got {\"b\":1}\n"          },
    };
    expect_differences(*state, rows, COUNT(rows));
}

static void items_are_aligned_with_the_most_similar_ones(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"[1,2,3]",     "[1,4,3]",     "/1: expected 2, got 4\n"},
        {"[1,2,3]",     "[2,3]",       "/0: expected 1, got absent\n"},
        {"[1,3]",       "[1,2,3]",     "/1: expected absent, got 2\n"},
        {"[1,2]",       "[2,1]",       "/0: expected 1, got 2\n/1: expected 2, got 1\n"},
        {"[]",          "[1,2]",       "/0: expected absent, got 1\n/1: expected absent, got 2\n"},
        {"[{\"id\":1,\"s\":\"on\"},{\"id\":2,\"s\":\"on\"}]", "[{\"id\":2,\"s\":\"off\"}]",
         "/0: expected {\"id\":1,\"s\":\"on\"}, got absent\n/0/s: expected \"on\", got \"off\"\n"},
        {"[{\"id\":1,\"s\":\"on\",\"t\":1}]", "[{\"id\":7,\"s\":\"x\",\"t\":1},{\"id\":1,\"s\":\"off\",\"t\":1}]",
         "/0: expected absent, got {\"id\":7,\"s\":\"x\",\"t\":1}\n/1/s: expected \"on\", got \"off\"\n"},
        {"[{\"a\":1}]", "[{\"b\":1}]", "/0: expected {\"a\":1}, got absent\n/0: expected absent, got {\"b\":1}\n"},
    };
    /* clang-format on */
    expect_differences(*state, rows, COUNT(rows));
}

static const struct node *numbers(struct arena *a, int64_t first, size_t count)
{
    const struct node **items = arena_array(a, const struct node *, count);
    for (size_t i = 0; i < count; i++)
        items[i] = node_new_int(a, first + (int64_t)i);
    return node_new_list(a, items, count);
}

static void omitted_differences_are_counted(void **state)
{
    struct arena *a = *state;
    struct diff d;
    diff_nodes(a, numbers(a, 0, 40), numbers(a, 100, 40), &d);
    assert_int_equal(d.count, DIFF_MAX);
    assert_int_equal(d.more, 8);
    assert_non_null(strstr(tree_diff_text(a, &d), "and 8 more\n"));
}

static void long_lists_are_compared_by_index(void **state)
{
    struct arena *a = *state;
    struct diff d;
    diff_nodes(a, numbers(a, 0, 5000), numbers(a, 1, 5000), &d);
    assert_int_equal(d.count + d.more, 5000);
    assert_string_equal(d.items[0].pointer, "/0");
}

/* Forty nested lists of two shared items: 2^40 leaves. */
static void a_value_expanded_by_aliases_is_compared_up_to_the_limit(void **state)
{
    struct arena *a = *state;
    const struct node *x = node_new_int(a, 1), *y = node_new_int(a, 2);
    for (int i = 0; i < 40; i++) {
        struct member xs[] = {
            {.key = "a", .value = x},
            {.key = "b", .value = x}
        };
        struct member ys[] = {
            {.key = "a", .value = y},
            {.key = "b", .value = y}
        };
        x = node_new_map(a, arena_copy(a, xs, sizeof xs), 2);
        y = node_new_map(a, arena_copy(a, ys, sizeof ys), 2);
    }
    struct diff d;
    diff_nodes(a, x, y, &d);
    assert_int_equal(d.count, DIFF_MAX);
    assert_true(d.more > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
    const struct CMUnitTest tests[] = {
        TEST(equal_values_have_no_differences),
        TEST(members_differ_one_by_one),
        TEST(items_are_aligned_with_the_most_similar_ones),
        TEST(omitted_differences_are_counted),
        TEST(long_lists_are_compared_by_index),
        TEST(a_value_expanded_by_aliases_is_compared_up_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
