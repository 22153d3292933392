#include "base/array.h"
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int end(void **state)
{
    error_end(*state);
    return 0;
}

static int begin(void **state)
{
    static struct error err;
    *state = &err;
    return 0;
}

static void problems_are_printed_by_location_without_duplicates(void **state)
{
    static const struct {
        struct where at;
        const char *text;
    } rows[] = {
        {{"b.yaml", 1, 1},  "first of b"    },
        {{"a.yaml", 10, 2}, "unknown key"   },
        {{"a.yaml", 9, 40}, "late in 9"     },
        {{"a.yaml", 9, 5},  "z, but earlier"},
        {{"a.yaml", 9, 5},  "a, but later"  },
        {{"a.yaml", 9, 5},  "z, but earlier"},
        {{"a.yaml", 10, 2}, "unknown key"   },
        {{"a.yaml", 10, 3}, "unknown key"   },
        {{NULL, 0, 0},      "no --port"     },
        {{"a.yaml", 0, 0},  "empty file"    },
        {{"a.yaml", 3, 0},  "no column"     },
        {{NULL, 2, 1},      "in no file"    },
    };
    struct error *err = *state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_false(error_add(err, ERROR_INPUT, rows[i].at, "%s", rows[i].text));
    assert_int_equal(err->count, COUNT(rows));

    static const char expected[] = "no --port\n"
                                   "2:1: in no file\n"
                                   "a.yaml: empty file\n"
                                   "a.yaml:3: no column\n"
                                   "a.yaml:9:5: z, but earlier\n"
                                   "a.yaml:9:5: a, but later\n"
                                   "a.yaml:9:40: late in 9\n"
                                   "a.yaml:10:2: unknown key\n"
                                   "a.yaml:10:3: unknown key\n"
                                   "b.yaml:1:1: first of b";
    struct arena a = {0};
    assert_string_equal(error_text(&a, err), expected);
    arena_end(&a);

    char printed[1000] = {0};
    FILE *to = fmemopen(printed, sizeof printed, "w");
    error_print(err, to);
    (void)fclose(to);
    assert_int_equal(strlen(printed), sizeof expected);
    assert_memory_equal(printed, expected, sizeof expected - 1);
    assert_int_equal(printed[sizeof expected - 1], '\n');
}

static void no_problems_print_nothing(void **state)
{
    struct error *err = *state;
    struct arena a = {0};
    char printed[10] = {0};
    FILE *to = fmemopen(printed, sizeof printed, "w");
    error_print(err, to);
    (void)fclose(to);
    assert_string_equal(printed, "");
    assert_string_equal(error_text(&a, err), "");
    assert_false(error_any(err));
    arena_end(&a);
}

static void a_null_error_drops_problems(void **state)
{
    (void)state;
    assert_false(error_add(NULL, ERROR_INPUT, (struct where){0}, "%s", "dropped"));
    assert_false(error_any(NULL));
}

static void the_exit_code_is_3_only_if_the_input_is_valid(void **state)
{
    static const struct {
        size_t count;
        enum error_kind kinds[3];
        int code;
    } rows[] = {
        {0, {0},                                        0},
        {1, {ERROR_USAGE},                              2},
        {1, {ERROR_INPUT},                              2},
        {1, {ERROR_SYSTEM},                             2},
        {1, {ERROR_TARGET},                             3},
        {2, {ERROR_TARGET, ERROR_TARGET},               3},
        {3, {ERROR_TARGET, ERROR_INPUT, ERROR_TARGET},  2},
        {3, {ERROR_SYSTEM, ERROR_TARGET, ERROR_TARGET}, 2},
        {1, {ERROR_LEAK},                               5},
        {2, {ERROR_LEAK, ERROR_TARGET},                 3},
        {2, {ERROR_LEAK, ERROR_SYSTEM},                 2},
    };
    struct error *err = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t k = 0; k < rows[i].count; k++)
            error_add(err, rows[i].kinds[k], (struct where){0}, "problem %zu", k);
        assert_int_equal(error_any(err), rows[i].count > 0);
        assert_int_equal(error_exit_code(err), rows[i].code);
        error_end(err);
        assert_int_equal(err->count, 0);
    }
}

static void problem_texts_are_copied(void **state)
{
    struct error *err = *state;
    char name[600];
    memset(name, 'k', sizeof name);
    name[599] = '\0';
    error_add(err, ERROR_USAGE, (struct where){0}, "unknown '%s'", name);
    memset(name, 'x', 599);
    assert_int_equal(strlen(err->first->text), 599 + strlen("unknown ''"));
    assert_null(strchr(err->first->text, 'x'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(problems_are_printed_by_location_without_duplicates, begin, end),
        cmocka_unit_test_setup_teardown(no_problems_print_nothing, begin, end),
        cmocka_unit_test(a_null_error_drops_problems),
        cmocka_unit_test_setup_teardown(the_exit_code_is_3_only_if_the_input_is_valid, begin, end),
        cmocka_unit_test_setup_teardown(problem_texts_are_copied, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
