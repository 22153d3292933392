#include "conformance/cli/list_claims.h"

#include <stdio.h>

#include "base/json.h"

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* "List accounts: Responses"; the source if the catalogue lists no documents. */
static const char *place_of(struct arena *a, const struct claim *claim)
{
    const struct origin *o = &claim->origin;
    if (!o->document)
        return claim->source;
    return o->heading ? arena_printf(a, "%s: %s", o->document, o->heading) : o->document;
}

static void print_claim(struct arena *a, const struct claim *claim)
{
    const struct origin *o = &claim->origin;
    printf("%s\t%s\t%s\t%s\t%s\n", claim->id, level_texts[claim->level], claim->says, place_of(a, claim),
           or_empty(o->url ? o->url : o->path));
}

static void put_claim(struct json *w, const struct claim *claim)
{
    json_open_map(w);
    json_put_text(w, "id", claim->id);
    json_put_text(w, "says", claim->says);
    json_put_text(w, "level", level_texts[claim->level]);
    json_put_text(w, "observe", claim->observe);
    json_put_text(w, "why", claim->why);
    json_put_text(w, "source", claim->source);
    json_put_text(w, "document", claim->origin.document);
    json_put_text(w, "heading", claim->origin.heading);
    json_put_text(w, "url", claim->origin.url);
    json_put_text(w, "path", claim->origin.path);
    json_close_map(w);
}

static void print_json(struct arena *a, const struct suite *suite)
{
    struct buf out = {.arena = a};
    struct json w = json_begin(&out, 2);
    json_open_list(&w);
    for (size_t i = 0; i < suite->catalogue_count; i++)
        for (size_t k = 0; k < suite->catalogues[i]->claim_count; k++)
            put_claim(&w, &suite->catalogues[i]->claims[k]);
    json_close_list(&w);
    printf("%s\n", buf_c(&out));
}

void list_claims(struct arena *a, const struct suite *suite, bool as_json)
{
    if (as_json)
        print_json(a, suite);
    for (size_t i = 0; !as_json && i < suite->catalogue_count; i++)
        for (size_t k = 0; k < suite->catalogues[i]->claim_count; k++)
            print_claim(a, &suite->catalogues[i]->claims[k]);
}
