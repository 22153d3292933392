/* A document and a JSON Patch. */
#include "base/patch.h"
#include "base/tests/fuzz.h"

/* What the last step did is seen in the result. */
static void check_last(struct arena *a, const struct node *step, const struct node *result)
{
    const char *op = node_get_text(step, "op"), *path = node_get_text(step, "path");
    struct str at = str_from(path);
    if (str_ends(at, STR("/-")))
        return;
    if (strcmp(op, "add") == 0 || strcmp(op, "replace") == 0)
        fuzz_assert(node_equal(node_pointer(result, path), node_get(step, "value")));
    if (strcmp(op, "move") == 0 || strcmp(op, "copy") == 0)
        fuzz_assert(node_pointer(result, path));
    if (strcmp(op, "remove") == 0) {
        while (at.n && at.s[at.n - 1] != '/')
            at.n--;
        const struct node *parent = node_pointer(result, str_dup(a, str_head(at, at.n ? at.n - 1 : 0)));
        fuzz_assert(parent && (parent->kind != NODE_MAP || !node_pointer(result, path)));
    }
}

static void check_result(struct arena *a, const struct node *patch, const struct node *result)
{
    const struct node *again = json_parse(a, str_from(json_print(a, result)), "result", NULL);
    fuzz_assert(node_equal(result, again));
    const struct node *test = node_with(a, NULL, "op", node_new_text(a, STR("test")));
    test = node_with(a, node_with(a, test, "path", node_new_text(a, STR(""))), "value", again);
    fuzz_assert(patch_apply(a, result, node_new_list(a, &test, 1), NULL));
    if (node_count(patch))
        check_last(a, node_at(patch, node_count(patch) - 1), result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct error err = {0};
    struct str rest = fuzz_text(data, size), text = fuzz_part(&rest);
    const struct node *document = json_parse(&a, text, "document", NULL);
    const struct node *patch = json_parse(&a, rest, "patch", NULL);
    if (document && patch) {
        const char *before = json_print(&a, document);
        bool good = patch_check(patch, &err);
        fuzz_assert_errors(good, &err);
        error_end(&err);
        const struct node *result = patch_apply(&a, document, patch, &err);
        fuzz_assert_errors(result != NULL, &err);
        fuzz_assert(good || !result);
        if (result)
            check_result(&a, patch, result);
        fuzz_assert(strcmp(before, json_print(&a, document)) == 0);
    }
    error_end(&err);
    arena_end(&a);
    return 0;
}
