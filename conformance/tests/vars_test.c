#include "conformance/run/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/json.h"

struct scene {
    struct arena arena;
    struct vars outer, vars;
    const char *env_name, *env_value;
};

static void env_used(void *ctx, const char *name, const char *value)
{
    struct scene *s = ctx;
    s->env_name = name;
    s->env_value = value;
}

static const struct node *parse(struct arena *a, const char *text)
{
    return json_parse(a, str_from(text), "test", NULL);
}

static int set_up(void **state)
{
    static struct scene s;
    s = (struct scene){0};
    struct arena *a = &s.arena;
    s.outer = (struct vars){.arena = a, .env = env_used, .env_ctx = &s};
    s.vars = (struct vars){.arena = a, .outer = &s.outer};
    vars_set(&s.outer, "target", parse(a, "{\"project_a\":\"prj/1 x\",\"list\":[{\"id\":7}],\"none\":null}"));
    vars_set(&s.outer, "user", parse(a, "\"outer\""));
    vars_set(&s.vars, "user", parse(a, "\"inner\""));
    vars_set(&s.vars, "first.id", parse(a, "42"));
    vars_set(&s.vars, "first", parse(a, "{\"id\":0,\"other\":true}"));
    setenv("VARS_TEST_KEY", "of the environment", 1);
    unsetenv("VARS_TEST_NOT_SET");
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    arena_end(&s->arena);
    return 0;
}

static void a_reference_is_replaced_by_its_value(void **state)
{
    static const struct {
        const char *value, *result; /* NULL: a reference has no value */
    } rows[] = {
        {"\"$user\"",                                              "\"inner\""                                 },
        {"\"$first.other\"",                                       "true"                                      },
        {"\"$target.list.0.id\"",                                  "7"                                         },
        {"\"$target.list\"",                                       "[{\"id\":7}]"                              },
        {"\"$target.none\"",                                       "null"                                      },
        {"\"${first.other}\"",                                     "\"true\""                                  },
        {"\"a ${user} b ${target.list.0.id}\"",                    "\"a inner b 7\""                           },
        {"\"costs $$5\"",                                          "\"costs $5\""                              },
        {"\"$$user\"",                                             "\"$user\""                                 },
        {"\"$$${user}\"",                                          "\"$inner\""                                },
        {"\"$env.VARS_TEST_KEY\"",                                 "\"of the environment\""                    },
        {"{\"a\":[\"$user\",{\"b\":\"$first.other\"}],\"c\":1.5}", "{\"a\":[\"inner\",{\"b\":true}],\"c\":1.5}"},
        {"{\"$not\":\"$user\"}",                                   "{\"$not\":\"inner\"}"                      },
        {"\"$no_such.user\"",                                      "\"joofs\""                                 },
        {"\"$no_such.target.project_a\"",                          "\"qsk/2 y\""                               },
        {"\"$no_such.first.id\"",                                  "7000000000"                                },
        {"\"${no_such.user}\"",                                    "\"joofs\""                                 },
        {"\"$no_such.first.other\"",                               NULL                                        },
        {"\"$unknown\"",                                           NULL                                        },
        {"\"$target.nothing\"",                                    NULL                                        },
        {"\"$env.VARS_TEST_NOT_SET\"",                             NULL                                        },
        {"\"all of ${target.list}\"",                              NULL                                        },
    };
    struct scene *s = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *missing = NULL;
        const struct node *got = vars_value(&s->vars, parse(&s->arena, rows[i].value), &missing);
        assert_int_equal(got == NULL, rows[i].result == NULL);
        assert_int_equal(missing == NULL, rows[i].result != NULL);
        if (got)
            assert_string_equal(json_print(&s->arena, got), rows[i].result);
    }
}

static void the_newest_name_of_the_inner_scope_wins(void **state)
{
    struct scene *s = *state;
    assert_int_equal(vars_get(&s->vars, STR("first.id"))->integer, 0);
    vars_set(&s->vars, "first", parse(&s->arena, "{\"id\":1}"));
    assert_int_equal(vars_get(&s->vars, STR("first.id"))->integer, 1);
    assert_string_equal(node_text(vars_get(&s->outer, STR("user"))), "outer");
    assert_null(vars_get(&s->outer, STR("use")));
    assert_null(vars_get(&s->outer, STR("username")));
}

static void a_reference_in_a_path_is_one_segment(void **state)
{
    struct scene *s = *state;
    const char *missing = NULL;
    assert_string_equal(vars_path(&s->vars, "/v1/$target.project_a/x?after=$user", &missing),
                        "/v1/prj%2F1%20x/x?after=inner");
    assert_string_equal(vars_path(&s->vars, "/v1/%2F/${target.list.0.id}.json", &missing), "/v1/%2F/7.json");
    assert_null(missing);
    assert_null(vars_path(&s->vars, "/v1/$target.list", &missing));
    assert_string_equal(missing, "target.list");
}

static void used_environment_variables_are_reported(void **state)
{
    struct scene *s = *state;
    const char *missing = NULL;
    assert_non_null(vars_text(&s->vars, "${env.VARS_TEST_KEY}", &missing));
    assert_string_equal(s->env_name, "VARS_TEST_KEY");
    assert_string_equal(s->env_value, "of the environment");
}

static void a_value_keeps_the_position_of_its_reference(void **state)
{
    struct scene *s = *state;
    const char *missing = NULL;
    const struct node *written = parse(&s->arena, "\n  \"$user\"");
    assert_int_equal(vars_value(&s->vars, written, &missing)->at.line, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_reference_is_replaced_by_its_value, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_newest_name_of_the_inner_scope_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reference_in_a_path_is_one_segment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(used_environment_variables_are_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_value_keeps_the_position_of_its_reference, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
