/* A document and a list of edits, of its values or of headers. */
#include "base/edit.h"
#include "base/tests/fuzz.h"

#define NOW_MS 1777712400000

static void apply(struct arena *a, const struct node *document, const struct node *edits)
{
    const struct match_context m = {.arena = a, .now_ms = NOW_MS};
    bool misfit = false, misfit_again = false;
    const char *before = json_print(a, document);
    const struct node *result = edits_apply(&m, document, edits, &misfit);
    fuzz_assert(result);
    const char *text = json_print(a, result);
    fuzz_assert(strcmp(text, json_print(a, edits_apply(&m, document, edits, &misfit_again))) == 0);
    fuzz_assert(misfit == misfit_again);
    fuzz_assert(strcmp(before, json_print(a, document)) == 0);
    if (strlen(text) <= (size_t)EDIT_MAX_BYTES && strcmp(text, before) != 0)
        fuzz_assert(node_equal(result, json_parse(a, str_from(text), "result", NULL)));
}

static void edit_headers(struct arena *a, const struct node *document, const struct node *edits)
{
    const struct match_context m = {.arena = a, .now_ms = NOW_MS};
    for (size_t i = 0; i < node_count(edits); i++) {
        const char *name = node_get_text(node_at(edits, i), "header");
        bool misfit = false;
        if (!name)
            continue;
        const struct node *value = edit_header(&m, node_at(edits, i), node_get(document, name), &misfit);
        if (value)
            (void)json_print(a, value);
        (void)edit_header(&m, node_at(edits, i), NULL, &misfit);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct str rest = fuzz_text(data, size), text = fuzz_part(&rest);
    const struct node *document = json_parse(&a, text, "document", NULL);
    const struct node *edits = json_parse(&a, rest, "edits", NULL);
    for (int headers = 0; headers < 2 && document && edits; headers++) {
        struct error err = {0};
        bool good = edits_check(edits, headers, &err);
        fuzz_assert_errors(good, &err);
        error_end(&err);
        if (good)
            apply(&a, document, edits);
        if (good && headers)
            edit_headers(&a, document, edits);
    }
    arena_end(&a);
    return 0;
}
