/* mutate.h changes each value of a document in each way. */
#include "base/array.h"
#include "base/tests/mutate.h"

#include "base/tests/tree.h"

static const struct node *tree(struct arena *a, const char *json)
{
    return json_parse(a, str_from(json), "tree", NULL);
}

static void each_mutation_changes_one_value(void **state)
{
    static const struct {
        size_t place;
        enum mutation how;
        const char *what, *json; /* NULL: not applicable */
    } rows[] = {
        {0, MUTATE_DROP,       "",           NULL                                      },
        {0, MUTATE_EMPTY_LIST, "",           "[]"                                      },
        {1, MUTATE_DROP,       "/a: drop",   "{\"b\":true}"                            },
        {1, MUTATE_RENAME,     "/a: rename", "{\"b\":true,\"a_\":[1,{\"c\":null}]}"    },
        {2, MUTATE_DROP,       "/a/0: drop", "{\"a\":[{\"c\":null}],\"b\":true}"       },
        {2, MUTATE_RENAME,     "",           NULL                                      },
        {3, MUTATE_IN_LIST,    "",           "{\"a\":[1,[{\"c\":null}]],\"b\":true}"   },
        {4, MUTATE_NULL,       "",           NULL                                      },
        {4, MUTATE_MAP,        "",           "{\"a\":[1,{\"c\":{\"x\":1}}],\"b\":true}"},
        {5, MUTATE_BOOL,       "",           "{\"a\":[1,{\"c\":null}],\"b\":false}"    },
        {6, MUTATE_NULL,       "",           NULL                                      },
    };
    struct arena *a = *state;
    const struct node *root = tree(a, "{\"a\":[1,{\"c\":null}],\"b\":true}");
    assert_int_equal(mutate_places(root), 6);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *what;
        const struct node *damaged = mutate(a, root, rows[i].place, rows[i].how, &what);
        assert_int_equal(!damaged, !rows[i].json);
        if (damaged)
            assert_string_equal(json_print(a, damaged), rows[i].json);
        if (*rows[i].what)
            assert_string_equal(what, rows[i].what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_mutation_changes_one_value, tree_setup, tree_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
