/* Which scenarios an entry of mutants.yaml can change. */
#include "conformance/prove/reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/yaml.h"
#include "conformance/scenario/operations.h"

/* The scenarios; the rows below have a letter for each that is reached. */
enum { LISTS, READS, USES, REMOVES, LOOKS_UP, OTHER, SCENARIOS };

static const struct operation operations[] = {
    {.name = "list_accounts",  .method = "GET",    .path = "/accounts"        },
    {.name = "read_account",   .method = "GET",    .path = "/accounts/{id}"   },
    {.name = "remove_account", .method = "DELETE", .path = "/accounts/{id}"   },
    {.name = "connect",        .method = "POST",   .path = "/accounts/{id}/go"},
};
static const struct operations all = {.items = operations, .count = COUNT(operations)};

static const struct lookup lookup = {.path = "/accounts"};
static const struct cleanup removal = {.method = "DELETE", .path = "/accounts/$a.id"};
static const struct cleanup found = {.method = "POST", .path = "/accounts/$a.id/go", .lookup = &lookup};
static const struct step read_step = {.kind = STEP_CALL, .method = "GET", .path = "/accounts/$a.id"};
static const struct flow flow = {.steps = &read_step, .step_count = 1};
static const struct step steps[SCENARIOS] = {
    [LISTS] = {.kind = STEP_CALL,     .method = "HEAD",                    .path = "/accounts"  },
    [READS] = {.kind = STEP_CALL,     .method = "GET",                     .path = "/accounts/x"},
    [USES] = {.kind = STEP_USE,      .flow = &flow                      },
    [REMOVES] = {.kind = STEP_ADVANCE, .cleanups = &removal,                  .cleanup_count = 1                     },
    [LOOKS_UP] = {.kind = STEP_ADVANCE,   .cleanups = &found,                  .cleanup_count = 1},
    [OTHER] = {.kind = STEP_CALL,      .method = "GET", .path = "/$anything/here/and/there"                     },
};

static const struct {
    const char *fixture, *reached; /* letters in the order of the scenarios */
} rows[] = {
    {"rules: [ { on: shop.list_accounts } ]",                              "L---UO"},
    {"rules: [ { on: list_accounts } ]",                                   "L---UO"},
    {"rules: [ { on: shop.read_account } ]",                               "-RFM-O"},
    {"rules: [ { on: shop.remove_account } ]",                             "---M-O"},
    {"rules: [ { on: shop.connect } ]",                                    "----UO"},
    {"rules: [ { on: shop.remove_account }, { on: shop.list_accounts } ]", "L--MUO"},
    {"rules: [ { provider: shop } ]",                                      "LRFMUO"},
    {"rules: [ { on: shop.list_accounts }, { event: '*' } ]",              "LRFMUO"},
    {"rules: [ { on: shop.unknown } ]",                                    "LRFMUO"},
    {"{ rules: [ { on: shop.connect } ], timings: { publish: 1s } }",      "LRFMUO"},
    {"hostile: true",                                                      "LRFMUO"},
};

static void rules_of_operations_reach_those_that_call_them(void **state)
{
    (void)state;
    struct arena a = {0};
    struct scenario scenarios[SCENARIOS] = {0};
    struct planned planned[SCENARIOS] = {0};
    for (size_t i = 0; i < SCENARIOS; i++) {
        scenarios[i].steps = &steps[i];
        scenarios[i].step_count = 1;
        planned[i].scenario = &scenarios[i];
    }
    struct plan plan = {.items = planned, .count = SCENARIOS};
    const struct reach reach = reach_of(&a, &plan, &all), unknown = reach_of(&a, &plan, NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct entry e = {.fixture = yaml_parse(&a, str_from(rows[i].fixture), "fixture", NULL)};
        assert_non_null(e.fixture);
        const bool *reached = reach_entry(&a, &reach, &e);
        for (size_t k = 0; k < SCENARIOS; k++)
            if (reached[k] != (rows[i].reached[k] != '-'))
                fail_msg("%s: scenario %zu", rows[i].fixture, k);
        reached = reach_entry(&a, &unknown, &e);
        for (size_t k = 0; k < SCENARIOS; k++)
            assert_true(reached[k]);
    }
    arena_end(&a);
}

/* Claims of the scenarios that it does not change hold on it: it must not pass as a server that is no provider. */
static void a_control_reaches_every_scenario(void **state)
{
    (void)state;
    struct arena a = {0};
    struct scenario scenario = {.steps = &steps[READS], .step_count = 1};
    struct planned planned = {.scenario = &scenario};
    struct plan plan = {.items = &planned, .count = 1};
    const struct reach reach = reach_of(&a, &plan, &all);
    struct entry e = {.fixture = yaml_parse(&a, STR("rules: [ { on: shop.list_accounts } ]"), "fixture", NULL)};
    assert_false(*reach_entry(&a, &reach, &e));
    e.kind = ENTRY_CONTROL;
    assert_true(*reach_entry(&a, &reach, &e));
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_of_operations_reach_those_that_call_them),
        cmocka_unit_test(a_control_reaches_every_scenario),
    };
    return cmocka_run_group_tests_name("reach", tests, NULL, NULL);
}
