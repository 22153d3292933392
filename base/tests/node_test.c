#include <string.h>

#include "base/array.h"
#include "base/node.h"
#include "base/tests/tree.h"

static void members_and_items_are_found_or_null(void **state)
{
    const struct node *n = tree_parse(*state, "{\"a\":\"x\",\"b\":[1,2],\"\":3}");
    assert_string_equal(node_get_text(n, "a"), "x");
    assert_null(node_get_text(n, "b"));
    assert_null(node_get_text(n, "c"));
    assert_null(node_get(n, "aa"));
    assert_int_equal(node_get(n, "")->integer, 3);
    assert_string_equal(node_text(node_get_str(n, str_head(STR("abc"), 1))), "x");
    assert_null(node_get_str(n, STR("abc")));
    assert_int_equal(node_at(node_get(n, "b"), 1)->integer, 2);
    assert_null(node_at(node_get(n, "b"), 2));
    assert_null(node_at(n, 0));
    assert_null(node_get(node_get(n, "b"), "0"));
    assert_null(node_get(NULL, "a"));
    assert_null(node_at(NULL, 0));
    assert_int_equal(node_count(n), 3);
    assert_int_equal(node_count(node_get(n, "b")), 2);
    assert_int_equal(node_count(node_get(n, "a")), 0);
    assert_int_equal(node_count(NULL), 0);
}

static void a_pointer_finds_a_value_or_nothing(void **state)
{
    static const struct {
        const char *pointer, *json;
    } rows[] = {
        {"/foo",                      "[\"bar\",{\"x\":\"baz\"}]"},
        {"/foo/0",                    "\"bar\""                  },
        {"/foo/1/x",                  "\"baz\""                  },
        {"/",                         "0"                        },
        {"/a~1b",                     "1"                        },
        {"/c%d",                      "2"                        },
        {"/m~0n",                     "3"                        },
        {"/~01",                      "4"                        },
        {"/ ",                        "5"                        },
        {"/foo/2",                    NULL                       },
        {"/foo/-",                    NULL                       },
        {"/foo/00",                   NULL                       },
        {"/foo/-1",                   NULL                       },
        {"/foo/+1",                   NULL                       },
        {"/foo/1x",                   NULL                       },
        {"/foo/",                     NULL                       },
        {"/foo/18446744073709551616", NULL                       },
        {"/foo/0/x",                  NULL                       },
        {"/fo",                       NULL                       },
        {"/fooo",                     NULL                       },
        {"/a/b",                      NULL                       },
        {"foo",                       NULL                       },
        {"/m~n",                      NULL                       },
        {"/m~",                       NULL                       },
    };
    const struct node *n = tree_parse(*state, "{\"foo\":[\"bar\",{\"x\":\"baz\"}],\"\":0,\"a/b\":1,\"c%d\":2,\"m~n\":3,"
                                              "\"~1\":4,\" \":5}");
    assert_ptr_equal(node_pointer(n, ""), n);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct node *found = node_pointer(n, rows[i].pointer);
        if (rows[i].json)
            assert_string_equal(json_print(*state, found), rows[i].json);
        else
            assert_null(found);
    }
    assert_null(node_pointer(NULL, "/a"));
}

static void a_pointer_built_from_keys_finds_them(void **state)
{
    static const struct {
        const char *key, *pointer;
    } rows[] = {
        {"a",     "/x/a"      },
        {"",      "/x/"       },
        {"a/b~c", "/x/a~1b~0c"},
        {"~1",    "/x/~01"    }
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *pointer = node_pointer_add(*state, "/x", str_from(rows[i].key));
        const struct node *value = node_new_int(*state, 7), *inner = node_with(*state, NULL, rows[i].key, value);
        assert_string_equal(pointer, rows[i].pointer);
        assert_true(node_pointer_valid(pointer));
        assert_ptr_equal(node_pointer(node_with(*state, NULL, "x", inner), pointer), value);
    }
}

static void equality_compares_values(void **state)
{
    static const struct {
        const char *x, *y;
        bool equal;
    } rows[] = {
        {"null",                 "null",                   true },
        {"null",                 "false",                  false},
        {"true",                 "true",                   true },
        {"true",                 "false",                  false},
        {"1",                    "1.0",                    true },
        {"1",                    "1.5",                    false},
        {"9007199254740993",     "9007199254740992.0",     false},
        {"9223372036854775807",  "9223372036854775808.0",  false},
        {"-9223372036854775808", "-9223372036854775808.0", true },
        {"1",                    "\"1\"",                  false},
        {"\"a\"",                "\"a\"",                  true },
        {"\"a\"",                "\"A\"",                  false},
        {"[1,2]",                "[1,2]",                  true },
        {"[1,2]",                "[2,1]",                  false},
        {"[1,2]",                "[1,2,3]",                false},
        {"{\"a\":1,\"b\":[2]}",  "{\"b\":[2.0],\"a\":1}",  true },
        {"{\"a\":1}",            "{\"a\":1,\"b\":2}",      false},
        {"{\"a\":1,\"b\":2}",    "{\"a\":1,\"c\":2}",      false},
        {"{\"a\":null}",         "{}",                     false},
        {"{}",                   "[]",                     false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct node *x = tree_parse(*state, rows[i].x), *y = tree_parse(*state, rows[i].y);
        assert_int_equal(node_equal(x, y), rows[i].equal);
        assert_int_equal(node_equal(y, x), rows[i].equal);
    }
    assert_true(node_equal(NULL, NULL));
    assert_false(node_equal(NULL, tree_parse(*state, "null")));
}

static void a_member_is_replaced_or_added_last(void **state)
{
    static const struct {
        const char *key, *with, *without;
    } rows[] = {
        {"a", "{\"a\":9,\"b\":2,\"c\":3}",         "{\"b\":2,\"c\":3}"        },
        {"b", "{\"a\":1,\"b\":9,\"c\":3}",         "{\"a\":1,\"c\":3}"        },
        {"c", "{\"a\":1,\"b\":2,\"c\":9}",         "{\"a\":1,\"b\":2}"        },
        {"d", "{\"a\":1,\"b\":2,\"c\":3,\"d\":9}", "{\"a\":1,\"b\":2,\"c\":3}"},
    };
    static const char text[] = "{\"a\":1,\"b\":2,\"c\":3}";
    const struct node *n = tree_parse(*state, text), *nine = node_new_int(*state, 9);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(json_print(*state, node_with(*state, n, rows[i].key, nine)), rows[i].with);
        assert_string_equal(json_print(*state, node_without(*state, n, rows[i].key)), rows[i].without);
    }
    assert_string_equal(json_print(*state, n), text);
    assert_string_equal(json_print(*state, node_with(*state, NULL, "a", nine)), "{\"a\":9}");
}

static void a_tree_can_be_built(void **state)
{
    struct arena *a = *state;
    const struct node *items[] = {node_new_null(a), node_new_bool(a, true), node_new_int(a, -3),
                                  node_new_text(a, str_head(STR("abc"), 2))};
    const struct member members[] = {
        {.key = "x", .value = node_new_list(a, items, 4)}
    };
    assert_string_equal(json_print(a, node_new_map(a, members, 1)), "{\"x\":[null,true,-3,\"ab\"]}");
    assert_string_equal(items[3]->text.s, "ab"); /* NUL-terminated, although the view was not */
}

static void numbers_and_kinds_have_names(void **state)
{
    static const struct {
        const char *json, *kind;
        bool number;
    } rows[] = {
        {"null", "null",    false},
        {"true", "boolean", false},
        {"1",    "integer", true },
        {"1.5",  "number",  true },
        {"\"\"", "string",  false},
        {"[]",   "array",   false},
        {"{}",   "object",  false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct node *n = tree_parse(*state, rows[i].json);
        assert_string_equal(node_kind_name(n->kind), rows[i].kind);
        assert_int_equal(node_is_number(n), rows[i].number);
    }
    assert_false(node_is_number(NULL));
    assert_true(node_number(tree_parse(*state, "2")) == 2.0);
    assert_true(node_number(tree_parse(*state, "2.5")) == 2.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_and_items_are_found_or_null),  cmocka_unit_test(a_pointer_finds_a_value_or_nothing),
        cmocka_unit_test(a_pointer_built_from_keys_finds_them), cmocka_unit_test(equality_compares_values),
        cmocka_unit_test(a_member_is_replaced_or_added_last),   cmocka_unit_test(a_tree_can_be_built),
        cmocka_unit_test(numbers_and_kinds_have_names),
    };
    return cmocka_run_group_tests_name("node", tests, tree_setup, tree_teardown);
}
