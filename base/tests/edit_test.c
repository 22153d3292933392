#include <malloc.h>
#include <string.h>

#include "base/array.h"
#include "base/edit.h"
#include "base/tests/tree.h"

static const struct node *apply(struct arena *a, const char *document, const char *edits, bool *misfit)
{
    const struct match_context m = {.arena = a};
    struct error err = {0};
    const struct node *list = tree_parse(a, edits);
    edits_check(list, false, &err);
    assert_string_equal(error_text(a, &err), "");
    return edits_apply(&m, tree_parse(a, document), list, misfit);
}

static void each_change_is_made_at_every_matching_place(void **state)
{
    /* clang-format off */
    static const struct {
        const char *document, *edit, *result;
    } rows[] = {
        {"{\"a\":[{\"x\":1},{\"x\":2}]}", "{\"at\":\"/a/*/x\",\"set\":null}", "{\"a\":[{\"x\":null},{\"x\":null}]}"},
        {"{\"a\":[{\"x\":1},{\"x\":2}]}", "{\"at\":\"/a/1/x\",\"set\":{}}",   "{\"a\":[{\"x\":1},{\"x\":{}}]}"},
        {"{\"a\":[1,2,3]}",   "{\"at\":\"/a/*\",\"where\":{\"$gt\":1},\"remove\":true}", "{\"a\":[1]}"},
        {"{\"a\":1,\"b\":2}", "{\"at\":\"/*\",\"where\":2,\"remove\":true}",    "{\"a\":1}"},
        {"{\"a\":1,\"b\":2}", "{\"at\":\"/a\",\"rename\":\"c\"}",               "{\"c\":1,\"b\":2}"},
        {"{\"a\":1,\"b\":2}", "{\"at\":\"/a\",\"rename\":\"b\"}",               "{\"b\":1}"},
        {"{\"b\":2,\"a\":1}", "{\"at\":\"/a\",\"rename\":\"b\"}",               "{\"b\":1}"},
        {"{\"a\":1,\"b\":2}", "{\"at\":\"/a\",\"where\":7,\"rename\":\"b\"}",   "{\"a\":1,\"b\":2}"},
        {"{\"a\":1}",         "{\"at\":\"/a\",\"add\":-3}",                     "{\"a\":-2}"},
        {"{\"a\":1}",         "{\"at\":\"/a\",\"add\":0.5}",                    "{\"a\":1.5}"},
        {"{\"a\":\"2026-05-02T09:00:00Z\"}", "{\"at\":\"/a\",\"add\":\"-1h\"}", "{\"a\":\"2026-05-02T08:00:00Z\"}"},
        {"{\"a\":\"2026-05-02T09:00:00.250Z\"}", "{\"at\":\"/a\",\"add\":\"+1d\"}",
         "{\"a\":\"2026-05-03T09:00:00.250Z\"}"},
        {"{\"a\":30}",        "{\"at\":\"/a\",\"multiply\":1000}",              "{\"a\":30000}"},
        {"{\"a\":30}",        "{\"at\":\"/a\",\"multiply\":0.5}",               "{\"a\":15}"},
        {"{\"a\":\"x\"}",     "{\"at\":\"/a\",\"prefix\":\"p\"}",               "{\"a\":\"px\"}"},
        {"{\"a\":\"x\"}",     "{\"at\":\"/a\",\"suffix\":\"s\"}",               "{\"a\":\"xs\"}"},
        {"{\"a\":[\"x\",\"y\",true]}", "{\"at\":\"/a/*\",\"replace\":{\"x\":\"z\",\"true\":0}}",
         "{\"a\":[\"z\",\"y\",0]}"},
        {"{\"a\":[1,2,3]}",   "{\"at\":\"/a\",\"keep\":{\"$gt\":1}}",           "{\"a\":[2,3]}"},
        {"{\"a\":[1,2,3]}",   "{\"at\":\"/a\",\"drop\":{\"$gt\":1}}",           "{\"a\":[1]}"},
        {"{\"a\":[1,2,3]}",   "{\"at\":\"/a\",\"first\":2}",                    "{\"a\":[1,2]}"},
        {"{\"a\":[1,2,3]}",   "{\"at\":\"/a\",\"first\":0}",                    "{\"a\":[]}"},
        {"{\"a\":[1,2,3]}",   "{\"at\":\"/a\",\"reverse\":true}",               "{\"a\":[3,2,1]}"},
        {"{\"a\":[1]}",       "{\"at\":\"/a\",\"append\":[2,{}]}",              "{\"a\":[1,2,{}]}"},
        {"{\"a\":[1,2]}",     "{\"at\":\"/a\",\"repeat\":2}",                   "{\"a\":[1,2,1,2]}"},
        {"{\"a\":\"ab\"}",    "{\"at\":\"/a\",\"repeat\":3}",                   "{\"a\":\"ababab\"}"},
        {"{\"a\":[{\"x\":1,\"y\":2}]}", "{\"at\":\"/a/*/x\",\"copy_from\":\"/y\"}", "{\"a\":[{\"x\":2,\"y\":2}]}"},
        {"{\"a\":{\"x\":1}}", "{\"at\":\"/a/x\",\"copy_from\":\"/y\"}",         "{\"a\":{\"x\":1}}"},
        {"[1]",               "{\"at\":\"\",\"append\":[2]}",                   "[1,2]"},
        {"{\"a/b\":{\"m~n\":1}}", "{\"at\":\"/a~1b/m~0n\",\"set\":2}",          "{\"a/b\":{\"m~n\":2}}"},
        /* a place that does not exist */
        {"{\"a\":1}",         "{\"at\":\"/b\",\"set\":2}",                      "{\"a\":1}"},
        {"{\"a\":1}",         "{\"at\":\"/a/b/*\",\"set\":2}",                  "{\"a\":1}"},
        {"{\"a\":[1]}",       "{\"at\":\"/a/7\",\"remove\":true}",              "{\"a\":[1]}"},
        {"{\"a\":1}",         "{\"at\":\"/b\",\"where\":{\"$absent\":true},\"set\":2}", "{\"a\":1,\"b\":2}"},
        {"{\"a\":1}",         "{\"at\":\"/b\",\"where\":{\"$absent\":true},\"copy_from\":\"/a\"}", "{\"a\":1,\"b\":1}"},
        {"{\"a\":1}",         "{\"at\":\"/b\",\"where\":{\"$absent\":true},\"remove\":true}", "{\"a\":1}"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool misfit = false;
        const char *edits = arena_printf(*state, "[%s]", rows[i].edit);
        assert_string_equal(json_print(*state, apply(*state, rows[i].document, edits, &misfit)), rows[i].result);
        assert_false(misfit);
    }
}

static void a_value_that_does_not_fit_stays_and_is_reported(void **state)
{
    static const char *const rows[] = {
        "{\"at\":\"/t\",\"add\":1}",          "{\"at\":\"/n\",\"add\":\"1h\"}",
        "{\"at\":\"/t\",\"add\":\"1h\"}",     "{\"at\":\"/t\",\"multiply\":2}",
        "{\"at\":\"/n\",\"prefix\":\"x\"}",   "{\"at\":\"/o\",\"keep\":1}",
        "{\"at\":\"/o\",\"drop\":1}",         "{\"at\":\"/o\",\"first\":1}",
        "{\"at\":\"/o\",\"reverse\":true}",   "{\"at\":\"/o\",\"append\":[]}",
        "{\"at\":\"/o\",\"repeat\":2}",       "{\"at\":\"/o\",\"replace\":{\"a\":1}}",
        "{\"at\":\"/l/0\",\"rename\":\"x\"}", "{\"at\":\"/max\",\"add\":1}",
        "{\"at\":\"/max\",\"multiply\":2}",
    };
    static const char document[] = "{\"t\":\"text\",\"n\":1,\"o\":{},\"l\":[1],\"max\":9223372036854775807}";
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool misfit = false;
        const struct node *result = apply(*state, document, arena_printf(*state, "[%s]", rows[i]), &misfit);
        assert_string_equal(json_print(*state, result), document);
        if (!misfit)
            fail_msg("%s", rows[i]);
    }
}

/* Each edit makes the tree a thousand times larger; shared nodes need no memory, but printing them would. */
static void a_result_that_is_too_large_or_too_deep_is_not_made(void **state)
{
    bool misfit = false;
    const struct node *large =
        apply(*state, "{\"a\":[\"0123456789\"]}",
              "[{\"at\":\"/a\",\"repeat\":1000},{\"at\":\"/a/*\",\"repeat\":1000},{\"at\":\"/a\",\"repeat\":1000},"
              "{\"at\":\"/a\",\"first\":1}]",
              &misfit);
    assert_true(misfit);
    assert_true(strlen(json_print(*state, large)) < (size_t)EDIT_MAX_BYTES);

    struct buf edits = {.arena = *state};
    buf_text(&edits, "[{\"at\":\"/a\",\"copy_from\":\"\"}");
    for (int i = 0; i < 200; i++)
        buf_text(&edits, ",{\"at\":\"/a\",\"copy_from\":\"\"}");
    buf_text(&edits, "]");
    misfit = false;
    json_print(*state, apply(*state, "{\"a\":1}", buf_c(&edits), &misfit));
    assert_true(misfit);
}

/* Many values at once, each of which is small enough. */
static void values_that_are_too_large_together_are_not_made(void **state)
{
    struct buf text = {.arena = *state};
    for (int i = 0; i < 50000; i++)
        buf_text(&text, "0123456789");
    const char *const lasts[] = {
        "{\"at\":\"/a/*\",\"repeat\":1000},{\"at\":\"/a/*\",\"repeat\":50}",
        arena_printf(*state, "{\"at\":\"/a/*\",\"suffix\":\"%s\"}", buf_c(&text)),
    };
    for (size_t i = 0; i < COUNT(lasts); i++) {
        struct arena a = {0};
        bool misfit = false;
        size_t before = mallinfo2().hblkhd + mallinfo2().uordblks;
        apply(&a, "{\"a\":[\"0123456789\"]}", arena_printf(&a, "[{\"at\":\"/a\",\"repeat\":1000},%s]", lasts[i]),
              &misfit);
        assert_true(misfit);
        assert_true(mallinfo2().hblkhd + mallinfo2().uordblks - before < 16 * (size_t)EDIT_MAX_BYTES);
        arena_end(&a);
    }
}

static void invalid_edits_are_reported_at_their_place(void **state)
{
    static const struct {
        const char *edits, *error;
    } rows[] = {
        {"{}",                                                 "array of edits"                 },
        {"[]",                                                 "array of edits"                 },
        {"[{\"at\":\"/a\"}]",                                  "exactly one change"             },
        {"[{\"at\":\"/a\",\"set\":1,\"remove\":true}]",        "exactly one change"             },
        {"[{\"set\":1}]",                                      "must have 'at'"                 },
        {"[{\"at\":\"a\",\"set\":1}]",                         "JSON pointer"                   },
        {"[{\"header\":\"A\",\"set\":\"1\"}]",                 "not possible here"              },
        {"[{\"at\":\"/a\",\"prefx\":\"\"}]",                   "did you mean 'prefix'"          },
        {"[{\"at\":\"/a\",\"remove\":false}]",                 "expected true"                  },
        {"[{\"at\":\"/a\",\"add\":\"soon\"}]",                 "a duration"                     },
        {"[{\"at\":\"/a\",\"multiply\":\"2\"}]",               "a number"                       },
        {"[{\"at\":\"/a\",\"replace\":[]}]",                   "old and new values"             },
        {"[{\"at\":\"/a\",\"append\":1}]",                     "a list"                         },
        {"[{\"at\":\"/a\",\"repeat\":1001}]",                  "1000"                           },
        {"[{\"at\":\"/a\",\"keep\":{\"$gtt\":1}}]",            "$gt"                            },
        {"[{\"at\":\"/a\",\"where\":{\"$gtt\":1},\"set\":1}]", "$gt"                            },
        {"[{\"at\":\"\",\"remove\":true}]",                    "not possible for the whole body"},
        {"[{\"at\":\"\",\"rename\":\"x\"}]",                   "not possible for the whole body"},
        {"[{\"at\":\"/a\",\"copy_from\":\"b\"}]",              "JSON pointer"                   },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        assert_false(edits_check(tree_parse(*state, rows[i].edits), false, &err));
        const char *text = error_text(*state, &err);
        if (!strstr(text, rows[i].error))
            fail_msg("%s: %s", rows[i].edits, text);
        error_end(&err);
    }
}

static void a_header_is_edited_as_a_number_or_a_text(void **state)
{
    /* clang-format off */
    static const struct {
        const char *edit, *value, *result;
    } rows[] = {
        {"{\"header\":\"Retry-After\",\"multiply\":1000}",                     "30",   "30000"},
        {"{\"header\":\"Retry-After\",\"set\":\"7\"}",                         "30",   "\"7\""},
        {"{\"header\":\"Retry-After\",\"set\":\"7\"}",                         NULL,   NULL},
        {"{\"header\":\"Retry-After\",\"where\":{\"$absent\":true},\"set\":7}", NULL,  "7"},
        {"{\"header\":\"Retry-After\",\"remove\":true}",                       "30",   NULL},
        {"{\"header\":\"X-Id\",\"prefix\":\"x\"}",                             "abc",  "\"xabc\""},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct match_context m = {.arena = *state};
        bool misfit = false;
        const struct node *value = rows[i].value ? node_new_text(*state, str_from(rows[i].value)) : NULL;
        const struct node *list = tree_parse(*state, arena_printf(*state, "[%s]", rows[i].edit));
        assert_true(edits_check(list, true, NULL));
        const struct node *result = edit_header(&m, node_at(list, 0), value, &misfit);
        assert_false(misfit);
        if (!rows[i].result)
            assert_null(result);
        else
            assert_string_equal(json_print(*state, result), rows[i].result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_is_made_at_every_matching_place),
        cmocka_unit_test(a_value_that_does_not_fit_stays_and_is_reported),
        cmocka_unit_test(a_result_that_is_too_large_or_too_deep_is_not_made),
        cmocka_unit_test(values_that_are_too_large_together_are_not_made),
        cmocka_unit_test(invalid_edits_are_reported_at_their_place),
        cmocka_unit_test(a_header_is_edited_as_a_number_or_a_text),
    };
    return cmocka_run_group_tests_name("edit", tests, tree_setup, tree_teardown);
}
