#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/patch.h"
#include "base/tests/tree.h"

static void steps_are_applied_in_order(void **state)
{
    /* clang-format off */
    static const struct {
        const char *document, *patch, *result;
    } rows[] = {
        {"{\"a\":1}",          "[]",                                                    "{\"a\":1}"},
        {"{\"a\":1}",          "[{\"op\":\"add\",\"path\":\"/b\",\"value\":[2]}]",      "{\"a\":1,\"b\":[2]}"},
        {"{\"a\":1,\"b\":2}",  "[{\"op\":\"add\",\"path\":\"/a\",\"value\":3}]",        "{\"a\":3,\"b\":2}"},
        {"[1,2]",              "[{\"op\":\"add\",\"path\":\"/1\",\"value\":9}]",        "[1,9,2]"},
        {"[1,2]",              "[{\"op\":\"add\",\"path\":\"/0\",\"value\":9}]",        "[9,1,2]"},
        {"[1,2]",              "[{\"op\":\"add\",\"path\":\"/2\",\"value\":9}]",        "[1,2,9]"},
        {"[1,2]",              "[{\"op\":\"add\",\"path\":\"/-\",\"value\":[9]}]",      "[1,2,[9]]"},
        {"{\"a\":{\"b\":[1]}}", "[{\"op\":\"add\",\"path\":\"/a/b/0\",\"value\":null}]", "{\"a\":{\"b\":[null,1]}}"},
        {"{\"a\":1}",          "[{\"op\":\"add\",\"path\":\"\",\"value\":7}]",          "7"},
        {"{\"a\":1}",          "[{\"op\":\"replace\",\"path\":\"\",\"value\":7}]",      "7"},
        {"{\"a\":1,\"b\":2}",  "[{\"op\":\"remove\",\"path\":\"/a\"}]",                 "{\"b\":2}"},
        {"[1,2,3]",            "[{\"op\":\"remove\",\"path\":\"/1\"}]",                 "[1,3]"},
        {"{\"a\":[1]}",        "[{\"op\":\"remove\",\"path\":\"/a/0\"}]",               "{\"a\":[]}"},
        {"{\"a\":[1,2]}",      "[{\"op\":\"replace\",\"path\":\"/a/1\",\"value\":{}}]", "{\"a\":[1,{}]}"},
        {"{\"a\":{\"x\":1},\"b\":{}}", "[{\"op\":\"move\",\"from\":\"/a/x\",\"path\":\"/b/y\"}]",
         "{\"a\":{},\"b\":{\"y\":1}}"},
        {"[1,2,3]",            "[{\"op\":\"move\",\"from\":\"/0\",\"path\":\"/2\"}]",   "[2,3,1]"},
        {"{\"a\":1}",          "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a\"}]",   "{\"a\":1}"},
        {"{\"a\":1,\"ab\":2}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/ab\"}]",  "{\"ab\":1}"},
        {"{\"a\":[1]}",        "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/0\"}]", "{\"a\":[[1],1]}"},
        {"{\"a\":[1]}",        "[{\"op\":\"copy\",\"from\":\"\",\"path\":\"/b\"}]", "{\"a\":[1],\"b\":{\"a\":[1]}}"},
        {"{\"a\":{\"x\":1,\"y\":[1.0]}}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":{\"y\":[1],\"x\":1}}]",
         "{\"a\":{\"x\":1,\"y\":[1]}}"},
        {"{\"a/b\":{\"m~n\":1},\"\":2}",
         "[{\"op\":\"replace\",\"path\":\"/a~1b/m~0n\",\"value\":3},{\"op\":\"remove\",\"path\":\"/\"}]",
         "{\"a/b\":{\"m~n\":3}}"},
        {"{}",                 "[{\"op\":\"add\",\"path\":\"/~01\",\"value\":3}]",      "{\"~1\":3}"},
        {"{}",
         "[{\"op\":\"add\",\"path\":\"/a\",\"value\":{},\"more\":1},{\"op\":\"add\",\"path\":\"/a/b\",\"value\":1}]",
         "{\"a\":{\"b\":1}}"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        const struct node *document = tree_parse(*state, rows[i].document), *patch = tree_parse(*state, rows[i].patch);
        const struct node *result = patch_apply(*state, document, patch, &err);
        assert_string_equal(error_text(*state, &err), "");
        assert_string_equal(json_print(*state, result), rows[i].result);
        assert_true(node_equal(document, tree_parse(*state, rows[i].document))); /* unchanged */
    }
}

static void a_missing_value_stops_the_patch(void **state)
{
    /* clang-format off */
    static const struct {
        const char *document, *patch, *why;
    } rows[] = {
        {"{}",  "[{\"op\":\"remove\",\"path\":\"/a\"}]", "test:1:2: remove: the document has no value at '/a'"},
        {"{}",  "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":1}]",
         "test:1:2: replace: the document has no value at '/a'"},
        {"{}",  "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":1}]",
         "test:1:2: add: the document has no value at '/a/b'"},
        {"{\"a\":\"text\"}", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":1}]",
         "test:1:2: add: the document has no value at '/a/b'"},
        {"[1]", "[{\"op\":\"add\",\"path\":\"/2\",\"value\":1}]", "test:1:2: add: the document has no value at '/2'"},
        {"[1]", "[{\"op\":\"add\",\"path\":\"/00\",\"value\":1}]", "test:1:2: add: the document has no value at '/00'"},
        {"[1]", "[{\"op\":\"add\",\"path\":\"/-1\",\"value\":1}]", "test:1:2: add: the document has no value at '/-1'"},
        {"[1]", "[{\"op\":\"remove\",\"path\":\"/-\"}]", "test:1:2: remove: the document has no value at '/-'"},
        {"[1]", "[{\"op\":\"replace\",\"path\":\"/1\",\"value\":1}]",
         "test:1:2: replace: the document has no value at '/1'"},
        {"[1]", "[{\"op\":\"add\",\"path\":\"/99999999999999999999\",\"value\":1}]",
         "test:1:2: add: the document has no value at '/99999999999999999999'"},
        {"{\"b\":1}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/b\"}]",
         "test:1:2: move: the document has no value at '/a'"},
        {"{\"b\":1}", "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"}]",
         "test:1:2: copy: the document has no value at '/a'"},
        {"{\"b\":1}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1}]",
         "test:1:2: test: the document has no value at '/a'"},
        {"{\"b\":1}", "[{\"op\":\"test\",\"path\":\"/b\",\"value\":\"1\"}]",
         "test:1:2: test: the value at '/b' is different"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        assert_null(patch_apply(*state, tree_parse(*state, rows[i].document), tree_parse(*state, rows[i].patch), &err));
        assert_string_equal(error_text(*state, &err), rows[i].why);
        error_end(&err);
    }
}

static void a_patch_is_checked_before_it_is_applied(void **state)
{
    /* clang-format off */
    static const struct {
        const char *patch, *why;
    } rows[] = {
        {"{}",                                  "test:1:1: a patch must be an array of steps"},
        {"[1]",                                 "test:1:2: a patch step must be an object"},
        {"[{}]", "test:1:2: missing 'op' in patch step\ntest:1:2: missing 'path' in patch step"},
        {"[{\"op\":\"replce\",\"path\":\"\"}]",
         "test:1:8: invalid 'op'; expected one of: add, remove, replace, move, copy, test (did you mean 'replace'?)"},
        {"[{\"op\":1,\"path\":\"\"}]",
         "test:1:8: invalid 'op'; expected one of: add, remove, replace, move, copy, test"},
        {"[{\"op\":\"remove\",\"path\":\"a\"}]", "test:1:24: 'path' is not a JSON pointer; expected one such as /a/0"},
        {"[{\"op\":\"remove\",\"path\":\"/~2\"}]",
         "test:1:24: 'path' is not a JSON pointer; expected one such as /a/0"},
        {"[{\"op\":\"remove\",\"path\":7}]",    "test:1:24: 'path' is not a JSON pointer; expected one such as /a/0"},
        {"[{\"op\":\"remove\",\"path\":\"\"}]", "test:1:2: cannot remove the whole document"},
        {"[{\"op\":\"add\",\"path\":\"/a\"}]",  "test:1:2: missing 'value' in patch step"},
        {"[{\"op\":\"copy\",\"path\":\"/a\"}]", "test:1:2: missing 'from' in patch step"},
        {"[{\"op\":\"move\",\"path\":\"/a/b\",\"from\":\"/a\"}]",
         "test:1:22: cannot move '/a' into its own child '/a/b'"},
        {"[{\"op\":\"move\",\"path\":\"/a\",\"from\":\"\"}]", "test:1:22: cannot move '' into its own child '/a'"},
        {"[{\"op\":\"add\"},\n{\"op\":\"test\",\"path\":\"/\"}]",
         "test:1:2: missing 'path' in patch step\ntest:1:2: missing 'value' in patch step\n"
         "test:2:1: missing 'value' in patch step"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        const struct node *patch = tree_parse(*state, rows[i].patch);
        assert_false(patch_check(patch, &err));
        assert_string_equal(error_text(*state, &err), rows[i].why);
        assert_null(patch_apply(*state, tree_parse(*state, "{}"), patch, NULL));
        error_end(&err);
    }
}

static void the_result_of_repeated_copies_is_limited(void **state)
{
    static const char *const steps[] = {
        "{\"op\":\"copy\",\"from\":\"\",\"path\":\"/-\"}", /* doubles the number of values */
        "{\"op\":\"copy\",\"from\":\"\",\"path\":\"/0/-\"}",
        ("{\"op\":\"add\",\"path\":\"/0\",\"value\":[[[[[[[[[[0]]]]]]]]]]},"
         "{\"op\":\"copy\",\"from\":\"\",\"path\":\"/0/0/0/0/0/0/0/0/0/0/-\"}"),
    };
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct buf text = {.arena = *state};
        struct error err = {0};
        buf_printf(&text, "[%s", steps[i]);
        for (int k = 0; k < 64; k++)
            buf_printf(&text, ",%s", steps[i]);
        buf_byte(&text, ']');
        assert_null(patch_apply(*state, tree_parse(*state, "[[1]]"), tree_parse(*state, text.data), &err));
        assert_non_null(strstr(error_text(*state, &err), "becomes too large or too deep"));
        error_end(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_applied_in_order),
        cmocka_unit_test(a_missing_value_stops_the_patch),
        cmocka_unit_test(a_patch_is_checked_before_it_is_applied),
        cmocka_unit_test(the_result_of_repeated_copies_is_limited),
    };
    return cmocka_run_group_tests_name("patch", tests, tree_setup, tree_teardown);
}
