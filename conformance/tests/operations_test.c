/* operations.yaml: the reader, the lookups, and that a suite reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "conformance/scenario/catalogue.h"
#include "conformance/scenario/operations.h"

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

static const struct operations *good(struct arena *a)
{
    struct error err = {0};
    const struct operations *o = operations_load(a, "operations/good.yaml", &err);
    assert_string_equal(error_text(a, &err), "");
    assert_non_null(o);
    return o;
}

static void an_operation_has_its_documented_parts(void **state)
{
    const struct operations *o = good(*state);
    assert_int_equal(o->count, 4);
    const struct operation *op = operations_named(o, "list_items");
    assert_string_equal(op->method, "GET");
    assert_string_equal(op->path, "/v1/shops/{shop}/items");
    assert_string_equal(op->source, "Items, List items");
    assert_int_equal(op->owner, OWNER_PROJECT);
    assert_int_equal(op->keys.count, 2);
    assert_string_equal(op->keys.items[1], "test");
    assert_string_equal(op->scopes.items[0], "items:read");
    assert_int_equal(op->at.line, 8);
    assert_int_equal(operations_named(o, "create_token")->keys.count, 0);
    assert_null(operations_named(o, "list_item"));
}

static void a_call_with_references_finds_its_operation(void **state)
{
    /* clang-format off */
    static const struct {
        const char *method, *path, *expected;
    } rows[] = {
        {"GET",    "/v1/shops/$target.shop/items",     "list_items"  },
        {"GET",    "/v1/shops/${a}-${b}/items",        "list_items"  },
        {"GET",    "/v1/shops/shop_1/items?limit=$n",  "list_items"  },
        {"GET",    "/v1/shops/$shop/$list",            "list_items"  },
        {"POST",   "/v1/items/token",                  "create_token"},
        {"POST",   "/v1/items/$item",                  "update_item" },
        {"POST",   "/v1/items/other",                  "update_item" },
        {"POST",   "/v1/items/",                       "update_item" },
        {"DELETE", "/v1/items",                        "delete_item" },
        {"DELETE", "/v1/items/",                       "delete_item" },
        {"PATCH",  "/v1/items/$item",                  NULL          },
        {"GET",    "/v1/shops/$target.shop/items/",    NULL          },
        {"GET",    "/v1/shops/$target.shop",           NULL          },
        {"GET",    "/v1/shop/$target.shop/items",      NULL          },
        {"POST",   "/v1/items",                        NULL          },
    };
    /* clang-format on */
    const struct operations *o = good(*state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct operation *found = operations_find(o, rows[i].method, rows[i].path);
        assert_string_equal(found ? found->name : "none", rows[i].expected ? rows[i].expected : "none");
    }
}

static void a_similar_call_is_suggested(void **state)
{
    struct arena *a = *state;
    const struct operations *o = good(a);
    assert_string_equal(operations_suggest(a, o, "GET", "/v1/shop/$target.shop/items?limit=1"),
                        " (did you mean 'GET /v1/shops/{shop}/items'?)");
    assert_string_equal(operations_suggest(a, o, "DELETE", "/v1/itms/$id"),
                        " (did you mean 'DELETE /v1/items/{item}'?)");
    assert_string_equal(operations_suggest(a, o, "GET", "/elsewhere"), "");
}

static void a_documented_member_is_found(void **state)
{
    /* clang-format off */
    static const struct {
        const char *pointer;
        bool documented;
    } rows[] = {
        {"",                        true }, {"items",                true }, {"/items",                  true },
        {"items/0",                 true }, {"items/*",              true }, {"/items/12/id",            true },
        {"items/*/tags/3",          true }, {"items/0/metadata",     true }, {"items/0/metadata/a/0/b",  true },
        {"nextCursor",              true }, {"item",                 false}, {"items/id",                false},
        {"items/0/ids",             false}, {"items/0/id/x",         false}, {"items/x/id",              false},
        {"nextCursor/0",            false}, {"items/0/tags/a",       false}, {"metadata",                false},
    };
    /* clang-format on */
    const struct operations *o = good(*state);
    const struct operation *op = operations_named(o, "list_items");
    for (size_t i = 0; i < COUNT(rows); i++)
        if (operation_has_response_member(op, rows[i].pointer) != rows[i].documented)
            fail_msg("%s: expected %d", rows[i].pointer, rows[i].documented);
    assert_true(operation_has_request_member(operations_named(o, "create_token"), "limits/perHour"));
    assert_false(operation_has_request_member(operations_named(o, "create_token"), "limits/perDay"));
    assert_false(operation_has_response_member(operations_named(o, "update_item"), "id"));
    assert_string_equal(members_suggest(*state, &op->response, "/items/0/tag"), " (did you mean 'items/*/tags'?)");
    assert_string_equal(members_suggest(*state, &op->response, "/unlike"), "");
}

static void names_are_found_in_their_lists(void **state)
{
    const struct operations *o = good(*state);
    assert_true(operation_has_query(operations_named(o, "list_items"), "limit"));
    assert_false(operation_has_query(operations_named(o, "list_items"), "Limit"));
    assert_true(operations_have_header(o, "retry-after"));
    assert_false(operations_have_header(o, "X-Signature"));
    assert_string_equal(o->event_headers.items[0], "X-Signature");
    assert_true(operations_have_event(o, "item.created"));
    assert_false(operations_have_event(o, "item.deleted"));
    assert_true(operations_have_event_member(o, "/data/itemId"));
    assert_false(operations_have_event_member(o, "/data/item"));
    assert_true(operations_have_error_member(o, "error/code"));
    assert_false(operations_have_error_member(o, "code"));
    assert_true(operations_have_secret(o, "token"));
    assert_string_equal(o->next_page, "nextCursor");
    assert_false(operations_have_secret(o, "id"));
}

static const char *text_of_file(struct arena *a, const char *path)
{
    struct buf text = {.arena = a};
    char block[4096];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;)
        buf_add(&text, str_of(block, n));
    assert_int_equal(fclose(file), 0);
    return buf_c(&text);
}

static void expect_errors(struct arena *a, const char *name)
{
    struct error err = {0};
    assert_null(operations_load(a, arena_printf(a, "operations/%s.yaml", name), &err));
    const char *expected = text_of_file(a, arena_printf(a, "operations/%s.err", name));
    const char *found = arena_printf(a, "%s\n", error_text(a, &err));
    if (strcmp(expected, found) != 0) { /* print_error cuts long texts */
        (void)fprintf(stderr, "operations/%s.yaml\n--- expected\n%s--- found\n%s", name, expected, found);
        fail();
    }
    error_end(&err);
}

static void every_mistake_is_reported_with_its_place(void **state)
{
    expect_errors(*state, "bad");
    expect_errors(*state, "secret");
    expect_errors(*state, "next_page");
}

static void the_catalogue_of_each_provider_has_operations(void **state)
{
    static const char *const folders[] = {"layers", "posteverywhere", "postnitro"};
    for (size_t i = 0; i < COUNT(folders); i++) {
        struct error err = {0};
        const char *folder = arena_printf(*state, SOURCE_DIR "/scenarios/%s", folders[i]);
        const struct catalogue *c = catalogue_load(*state, folder, &err);
        assert_string_equal(error_text(*state, &err), "");
        assert_non_null(c->operations);
    }
}

static void a_catalogue_may_have_no_operations(void **state)
{
    const struct catalogue *c = catalogue_load(*state, "catalogues/good", &(struct error){0});
    assert_null(c->operations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operation_has_its_documented_parts),
        cmocka_unit_test(a_call_with_references_finds_its_operation),
        cmocka_unit_test(a_similar_call_is_suggested),
        cmocka_unit_test(a_documented_member_is_found),
        cmocka_unit_test(names_are_found_in_their_lists),
        cmocka_unit_test(every_mistake_is_reported_with_its_place),
        cmocka_unit_test(the_catalogue_of_each_provider_has_operations),
        cmocka_unit_test(a_catalogue_may_have_no_operations),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
