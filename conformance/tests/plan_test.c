#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "conformance/plan/plan.h"

static int setup(void **state)
{
    static struct arena arena;
    *state = &arena;
    return chdir(TEST_DIR);
}

static int teardown(void **state)
{
    arena_end(*state);
    return 0;
}

/* --- tags --------------------------------------------------------------------------------- */

static void a_tag_expression_selects_scenarios(void **state)
{
    static const char *const tags[] = {"oauth", "slow", "return-url"};
    static const struct {
        const char *expression;
        bool holds;
    } rows[] = {
        {"oauth",                           true },
        {"lease",                           false},
        {"not lease",                       true },
        {"not not oauth",                   true },
        {"oauth and slow",                  true },
        {"oauth and lease",                 false},
        {"lease or slow",                   true },
        {"lease or oauth and lease",        false},
        {"oauth or lease and lease",        true },
        {"(oauth or lease) and lease",      false},
        {"oauth and not (slow or lease)",   false},
        {"oauth and not (lease or revoke)", true },
        {"not slow or oauth",               true },
        {"  return-url  and(not(lease)) ",  true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct tags *t = tags_parse(*state, rows[i].expression, NULL);
        assert_non_null(t);
        assert_int_equal(tags_hold(t, tags, COUNT(tags)), rows[i].holds);
    }
}

static void an_invalid_tag_expression_is_rejected_at_its_column(void **state)
{
    static const struct {
        const char *expression, *expected;
    } rows[] = {
        {"",          "--tag:1:1: expected a tag, found the end"             },
        {"a and",     "--tag:1:6: expected a tag, found the end"             },
        {"a or or b", "--tag:1:6: expected a tag, found 'or'"                },
        {"a b",       "--tag:1:3: expected 'and', 'or' or the end, found 'b'"},
        {"(a or b",   "--tag:1:8: expected ')', found the end"               },
        {"a)",        "--tag:1:2: expected 'and', 'or' or the end, found ')'"},
        {"a && b",    "--tag:1:3: expected 'and', 'or' or the end, found '&'"},
        {"not",       "--tag:1:4: expected a tag, found the end"             },
        {"()",        "--tag:1:2: expected a tag, found ')'"                 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        assert_null(tags_parse(*state, rows[i].expression, &err));
        assert_string_equal(error_text(*state, &err), rows[i].expected);
        assert_int_equal(error_exit_code(&err), 2);
        error_end(&err);
    }
}

static void a_too_deep_tag_expression_is_rejected(void **state)
{
    struct buf deep = {.arena = *state};
    struct error err = {0};
    for (int i = 0; i < 100000; i++)
        buf_text(&deep, i % 2 ? "(" : "not ");
    assert_null(tags_parse(*state, buf_c(&deep), &err));
    assert_non_null(strstr(error_text(*state, &err), "expected at most 64 nested 'not' and '('"));
    error_end(&err);
}

/* --- plans -------------------------------------------------------------------------------- */

static bool has_capability(const void *ctx, const char *capability)
{
    const char *cannot = ctx;
    return strcmp(capability, cannot) != 0;
}

static struct suite load(struct arena *a)
{
    static const char *const paths[] = {"suite"};
    struct suite suite = {0};
    assert_true(suite_load(a, paths, 1, &suite, &(struct error){0}));
    return suite;
}

/* The names of the selected scenarios, each followed by its missing capability in brackets. */
static const char *selected_names(struct arena *a, struct selection selection, const char *cannot)
{
    struct suite suite = load(a);
    struct plan plan = {0};
    struct error err = {0};
    struct buf out = {.arena = a};
    if (!plan_make(a, &suite, &selection, has_capability, cannot, &plan, &err)) {
        const char *why = error_text(a, &err);
        error_end(&err);
        return why;
    }
    for (size_t i = 0; i < plan.count; i++) {
        const struct planned *p = &plan.items[i];
        buf_printf(&out, "%s%s", out.n ? " " : "", p->scenario->name);
        if (p->missing)
            buf_printf(&out, "[%s]", p->missing);
    }
    return buf_c(&out);
}

#define LIST(...)                                                                                                      \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

static void a_selection_keeps_the_order_of_scenarios(void **state)
{
    const struct {
        struct selection selection;
        const char *chosen;
    } rows[] = {
        {{0},                                                  "the-nearest-flow-is-used everything"},
        {{.tags = "words"},                                    "everything"                         },
        {{.tags = "not words"},                                "the-nearest-flow-is-used"           },
        {{.claims = LIST("X-00*"), .claim_count = 1},          "the-nearest-flow-is-used everything"},
        {{.claims = LIST("X-002"), .claim_count = 1},          "everything"                         },
        {{.claims = LIST("X-C?1"), .claim_count = 1},          "everything"                         },
        {{.claims = LIST("X-003", "X-002"), .claim_count = 2}, "everything"                         },
        {{.claims = LIST("X-003"), .claim_count = 1},          ""                                   }, /* not observable */
        {{.names = LIST("everything"), .name_count = 1},       "everything"                         },
        {{.names = LIST("gone"), .name_count = 1},             ""                                   },
        {{.shard = 1, .shards = 2},                            "the-nearest-flow-is-used"           },
        {{.shard = 2, .shards = 2},                            "everything"                         },
        {{.shard = 3, .shards = 3},                            ""                                   },
        {{.shard = 1, .shards = 2, .tags = "words"},           "everything"                         },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(selected_names(*state, rows[i].selection, "nothing"), rows[i].chosen);
}

static void an_empty_selection_names_the_options_that_excluded_all(void **state)
{
    const struct {
        struct selection selection;
        const char *expected;
    } rows[] = {
        {{.tags = "all and not all"},                                             "--tag 'all and not all'"              },
        {{.tags = "words", .claims = LIST("X-003", "X-00[3]"), .claim_count = 2}, "--claim 'X-003,X-00[3]'"              },
        {{.tags = "not words", .claims = LIST("X-002"), .claim_count = 1},        "--tag 'not words' and --claim 'X-002'"},
        {{.names = LIST(""), .name_count = 1, .failed = "r.json"},                "--failed 'r.json'"                    },
        {{.tags = "words", .shard = 2, .shards = 2},                              "--shard 2/2"                          },
    };
    struct suite suite = load(*state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan plan = {0};
        assert_true(plan_make(*state, &suite, &rows[i].selection, has_capability, "nothing", &plan, NULL));
        assert_string_equal(plan.excluded_by, rows[i].expected);
    }
    struct plan all = {0};
    assert_true(plan_make(*state, &suite, &(struct selection){0}, has_capability, "nothing", &all, NULL));
    assert_null(all.excluded_by);
}

static void failed_scenarios_of_a_report_are_selected(void **state)
{
    struct selection selection = {0};
    assert_true(failed_select(*state, "golden/red.json", &selection, NULL));
    assert_int_equal(selection.name_count, 3);
    assert_string_equal(selection.names[0], "revoke-then-reconnect-mints-a-new-id");
    assert_string_equal(selection.names[1], "list-filters");
    assert_string_equal(selection.names[2], "names-with-odd-letters");
    assert_string_equal(selected_names(*state, selection, "nothing"),
                        "golden/red.json: this report is of other scenarios: the given files have none of its 4");
}

static void a_failed_scenario_that_no_file_has_is_named(void **state)
{
    struct selection selection = {
        .failed = "r.json",
        .names = LIST("everything", "renamed", "gone"),
        .name_count = 3,
        .reported = LIST("everything", "renamed", "gone", "passed"),
        .reported_count = 4,
    };
    assert_string_equal(selected_names(*state, selection, "nothing"),
                        "r.json: the given files lack 2 scenarios that failed or were undecided: renamed, gone");
}

static void a_name_that_the_suite_does_not_have_is_rejected(void **state)
{
    struct selection selection = {
        .tags = "wrds or not (all and gone)",
        .claims = LIST("X-002", "X-020", "Y-*"),
        .claim_count = 3,
    };
    assert_string_equal(selected_names(*state, selection, "nothing"),
                        "--claim: no claim matches 'X-020' (did you mean 'X-002'?)\n"
                        "--claim: no claim matches 'Y-*'\n"
                        "--tag:1:1: unknown tag 'wrds': no scenario has it (did you mean 'words'?)\n"
                        "--tag:1:22: unknown tag 'gone': no scenario has it; expected one of: all, words");
}

static void a_report_in_which_nothing_failed_selects_nothing(void **state)
{
    static const struct {
        const char *report;
        bool green;
    } rows[] = {
        {"golden/all-passed.json",  true },
        {"golden/did-not-run.json", false}, /* that run judged nothing, so it says nothing about the scenarios */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct selection selection = {0};
        assert_true(failed_select(*state, rows[i].report, &selection, NULL));
        assert_string_equal(selected_names(*state, selection, "nothing"), "");
        assert_int_equal(selection.failed_green, rows[i].green);
    }
}

static void an_empty_part_or_a_green_report_leaves_nothing_to_do(void **state)
{
    const struct {
        struct selection selection;
        const char *expected;
    } rows[] = {
        {{.shard = 3, .shards = 3},                                                                                 "nothing to do: part 3 of 3 has no scenario; the other parts have 2"},
        {{.tags = "words", .shard = 2, .shards = 2},
         "nothing to do: part 2 of 2 has no scenario; the other parts have 1"                                                                                                           },
        {{.names = LIST(""), .name_count = 1, .failed = "r.json", .failed_green = true},
         "nothing to do: nothing failed in the run of r.json"                                                                                                                           },
        {{.tags = "all and not all", .shard = 2, .shards = 2},                                                      NULL                                                                },
        {{.names = LIST(""), .name_count = 1, .failed = "r.json"},                                                  NULL                                                                },
        {{.names = LIST(""), .name_count = 1, .failed = "r.json", .failed_green = true, .tags = "all and not all"},
         NULL                                                                                                                                                                           },
        {{.shard = 1, .shards = 2},                                                                                 NULL                                                                },
    };
    struct suite suite = load(*state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan plan = {0};
        assert_true(plan_make(*state, &suite, &rows[i].selection, has_capability, "nothing", &plan, NULL));
        if (rows[i].expected)
            assert_string_equal(plan.nothing_to_do, rows[i].expected);
        else
            assert_null(plan.nothing_to_do);
    }
}

static void an_invalid_report_is_rejected(void **state)
{
    static const struct {
        const char *path, *expected;
    } rows[] = {
        {"golden/gone.json",         "golden/gone.json: No such file or directory"                                  },
        {"golden/red.xml",           "not a JSON report: golden/red.xml (1:1: invalid JSON; expected a value)"      },
        {"golden/empty.json",        "not a JSON report: golden/empty.json (the file is empty)"                     },
        {"/dev/null",                "/dev/null: Is a device; expected a regular file"                              },
        {"golden/not-a-report.json", "not a JSON report: golden/not-a-report.json (the list 'scenarios' is missing)"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        assert_false(failed_select(*state, rows[i].path, &(struct selection){0}, &err));
        assert_string_equal(error_text(*state, &err), rows[i].expected);
        assert_int_equal(error_exit_code(&err), 2);
        error_end(&err);
    }
}

static void an_invalid_selection_is_rejected(void **state)
{
    assert_string_equal(selected_names(*state, (struct selection){.shard = 3, .shards = 2}, ""),
                        "--shard: invalid shard '3/2'; expected I/N with I from 1 to N");
    assert_string_equal(selected_names(*state, (struct selection){.shard = 0, .shards = 2}, ""),
                        "--shard: invalid shard '0/2'; expected I/N with I from 1 to N");
    struct selection two = {.claims = LIST("LA-1,LA-2", ""), .claim_count = 2, .tags = "and"};
    assert_string_equal(selected_names(*state, two, ""),
                        "--claim: invalid claim pattern 'LA-1,LA-2'; expected an id or a glob, for example LA-18*\n"
                        "--claim: invalid claim pattern ''; expected an id or a glob, for example LA-18*\n"
                        "--tag:1:1: expected a tag, found 'and'");
}

static void a_scenario_requires_its_own_capabilities_and_those_of_its_steps(void **state)
{
    struct suite suite = load(*state);
    size_t count;
    const char *const *needs = scenario_needs(*state, suite.scenarios[1], &count);
    static const char *const expected[] = {"lease", "consent", "simulate.token_lost", "clock", "inspect"};
    assert_int_equal(count, COUNT(expected));
    for (size_t i = 0; i < count; i++)
        assert_string_equal(needs[i], expected[i]);
    (void)scenario_needs(*state, suite.scenarios[0], &count);
    assert_int_equal(count, 0);
}

static void a_missing_capability_is_reported(void **state)
{
    assert_string_equal(selected_names(*state, (struct selection){0}, "clock"),
                        "the-nearest-flow-is-used everything[clock]");
    assert_string_equal(selected_names(*state, (struct selection){.tags = "words"}, "simulate.token_lost"),
                        "everything[simulate.token_lost]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_expression_selects_scenarios),
        cmocka_unit_test(an_invalid_tag_expression_is_rejected_at_its_column),
        cmocka_unit_test(a_too_deep_tag_expression_is_rejected),
        cmocka_unit_test(a_selection_keeps_the_order_of_scenarios),
        cmocka_unit_test(an_empty_selection_names_the_options_that_excluded_all),
        cmocka_unit_test(failed_scenarios_of_a_report_are_selected),
        cmocka_unit_test(a_failed_scenario_that_no_file_has_is_named),
        cmocka_unit_test(a_name_that_the_suite_does_not_have_is_rejected),
        cmocka_unit_test(a_report_in_which_nothing_failed_selects_nothing),
        cmocka_unit_test(an_empty_part_or_a_green_report_leaves_nothing_to_do),
        cmocka_unit_test(an_invalid_report_is_rejected),
        cmocka_unit_test(an_invalid_selection_is_rejected),
        cmocka_unit_test(a_scenario_requires_its_own_capabilities_and_those_of_its_steps),
        cmocka_unit_test(a_missing_capability_is_reported),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
