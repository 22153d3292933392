#include "conformance/run/step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/json.h"

static struct suite load(struct arena *a)
{
    static const char *const paths[] = {TEST_DIR "/missing_names"};
    struct suite suite = {0};
    struct error err = {0};
    if (!suite_load(a, paths, 1, &suite, &err))
        fail_msg("%s", error_text(a, &err));
    error_end(&err);
    return suite;
}

static const struct scenario *find_scenario(const struct suite *suite, const char *name)
{
    for (size_t i = 0; i < suite->scenario_count; i++)
        if (strcmp(suite->scenarios[i]->name, name) == 0)
            return suite->scenarios[i];
    return NULL;
}

static void a_scenario_with_a_missing_name_is_skipped(void **state)
{
    (void)state;
    static const struct {
        const char *scenario, *why;
    } rows[] = {
        {"a-resource-in-vars",   "the target has no resource 'leased'"                     },
        {"a-resource-in-a-step", "the target has no resource 'leased'"                     },
        {"a-resource-in-a-flow", "the target has no resource 'far.away'"                   },
        {"an-actor-in-a-flow",   "the target has no actor 'other'"                         },
        {"an-actor-in-a-case",   "the target has no actor 'stranger'"                      },
        {"the-environment",      "the environment variable 'MISSING_TEST_UNSET' is not set"},
        {"nothing-is-missing",   NULL                                                      },
    };
    static const struct {
        const char *scenario, *why, *variable;
    } of_unset[] = {
        {"a-resource-in-a-step", "resource 'leased' is not available: the environment variable 'THE_LEASE' is not set",
         "THE_LEASE"                                                                                                                        },
        {"an-actor-in-a-case",   "actor 'stranger' is not available: the environment variable 'THE_KEY' is not set",
         "THE_KEY"                                                                                                                          },
        {"the-environment",      "the environment variable 'MISSING_TEST_UNSET' is not set",                            "MISSING_TEST_UNSET"},
    };
    struct arena a = {0};
    const struct actor actor = {.name = "full"};
    struct unset_name unset[] = {
        {"stranger", "THE_KEY",   true },
        {"leased",   "THE_LEASE", false}
    };
    struct target target = {.actors = &actor, .actor_count = 1};
    struct vars root = {.arena = &a};
    struct suite suite = load(&a);
    vars_set(&root, "target", json_parse(&a, STR("{\"near\":\"n\",\"far\":{}}"), "resources", NULL));
    unsetenv("MISSING_TEST_UNSET");
    assert_int_equal(suite.scenario_count, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *variable;
        const char *why = find_missing_name(&root, &target, find_scenario(&suite, rows[i].scenario), &variable);
        if (!why != !rows[i].why || (why && strcmp(why, rows[i].why) != 0))
            fail_msg("%s: %s", rows[i].scenario, why ? why : "nothing");
    }
    target.unset.items = unset;
    target.unset.count = COUNT(unset);
    for (size_t i = 0; i < COUNT(of_unset); i++) {
        const char *variable;
        const char *why = find_missing_name(&root, &target, find_scenario(&suite, of_unset[i].scenario), &variable);
        assert_string_equal(why, of_unset[i].why);
        assert_string_equal(variable, of_unset[i].variable);
    }
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scenario_with_a_missing_name_is_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
