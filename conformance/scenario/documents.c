#include "conformance/scenario/documents.h"

#include <string.h>

#include "base/array.h"
#include "base/fields.h"

struct document {
    struct where at;
    const char *id, *title, *url, *path;
    const struct node *headings, *parts; /* NAME: TEXT, each optional */
};

static const struct field document_rows[] = {
    FIELD("document", FIELD_TEXT, struct document, id, .required = true, .min = 1, .max = 80,
          .help = "Name of the document in `source`."),
    FIELD("title", FIELD_TEXT, struct document, title, .required = true, .min = 1, .max = 200,
          .help = "Its title, as it is printed."),
    FIELD("url", FIELD_TEXT, struct document, url, .min = 1, .max = 400, .help = "Its URL."),
    FIELD("path", FIELD_TEXT, struct document, path, .min = 1, .max = 400,
          .help = "Its path on the provider's site, if the host is not documented."),
    FIELD("headings", FIELD_NODE, struct document, headings,
          .help = "ANCHOR: TEXT of each heading, as it is printed. The anchor is appended to the URL."),
    FIELD("parts", FIELD_NODE, struct document, parts,
          .help = "NAME: TEXT of each part that claims cite but that has no anchor."),
};
static const struct fields document_fields =
    FIELD_TABLE("document", document_rows, struct document, offsetof(struct document, at));

bool document_is(const struct node *row)
{
    return row->kind == NODE_MAP && node_get(row, "document");
}

/* --- reading ------------------------------------------------------------------------------ */

static bool texts_check(const struct node *map, const char *key, struct error *err)
{
    bool ok = true;
    if (!map)
        return true;
    if (map->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, map->at, "'%s' must be a map: NAME: TEXT", key);
    for (size_t i = 0; i < node_count(map); i++)
        if (!node_text(map->map.members[i].value))
            ok = error_add(err, ERROR_INPUT, map->map.members[i].value->at, "the text of '%s' must be text",
                           map->map.members[i].key);
    return ok;
}

static bool document_check(const struct document *d, struct error *err)
{
    bool ok = texts_check(d->headings, "headings", err);
    ok &= texts_check(d->parts, "parts", err);
    if (d->url && d->path)
        ok = error_add(err, ERROR_INPUT, d->at, "document '%s' has 'url' and 'path'; give one of them", d->id);
    for (size_t i = 0; ok && i < node_count(d->parts); i++)
        if (node_get(d->headings, d->parts->map.members[i].key))
            ok = error_add(err, ERROR_INPUT, d->parts->map.members[i].value->at, "'%s' is a heading and a part",
                           d->parts->map.members[i].key);
    return ok;
}

bool documents_read(struct arena *a, const struct node *list, struct documents *out, struct error *err)
{
    bool ok = true;
    struct document *items = arena_array(a, struct document, node_count(list));
    size_t count = 0;
    for (size_t i = 0; i < node_count(list); i++) {
        struct document *d = &items[count];
        if (!document_is(list->list.items[i]))
            continue;
        *d = (struct document){0}; /* the row before may have been invalid */
        if (!fields_read(&document_fields, list->list.items[i], a, d, err) || !document_check(d, err)) {
            ok = false;
            continue;
        }
        for (size_t k = 0; k < count; k++)
            if (strcmp(items[k].id, d->id) == 0)
                ok = error_add(err, ERROR_INPUT, d->at, "duplicate document '%s'; it is also in line %d", d->id,
                               items[k].at.line);
        count++;
    }
    *out = (struct documents){items, count};
    return ok;
}

/* --- citations ---------------------------------------------------------------------------- */

static const struct document *document_find(const struct documents *d, struct str id)
{
    for (size_t i = 0; i < d->count; i++)
        if (str_is(id, d->items[i].id))
            return &d->items[i];
    return NULL;
}

static bool unknown_document(struct arena *a, const struct documents *d, const struct node *source, struct str id,
                             struct error *err)
{
    const char **ids = arena_array(a, const char *, d->count);
    for (size_t i = 0; i < d->count; i++)
        ids[i] = d->items[i].id;
    return error_add(err, ERROR_INPUT, source->at, "unknown document '" STR_FMT "'%s", STR_ARG(id),
                     str_suggest(a, id, ids, d->count));
}

static bool unknown_heading(struct arena *a, const struct document *d, const struct node *source, struct str name,
                            struct error *err)
{
    size_t headings = node_count(d->headings), count = headings + node_count(d->parts);
    const char **names = arena_array(a, const char *, count);
    for (size_t i = 0; i < count; i++)
        names[i] = i < headings ? d->headings->map.members[i].key : d->parts->map.members[i - headings].key;
    return error_add(err, ERROR_INPUT, source->at, "document '%s' has no heading '" STR_FMT "'%s", d->id, STR_ARG(name),
                     str_suggest(a, name, names, count));
}

static const char *with_anchor(struct arena *a, const char *page, const char *anchor)
{
    return page && anchor ? arena_printf(a, "%s#%s", page, anchor) : page;
}

static bool heading_cite(struct arena *a, const struct document *d, const struct node *source, struct str name,
                         struct origin *out, struct error *err)
{
    const char *key = str_dup(a, name);
    const struct node *heading = node_get(d->headings, key);
    const struct node *part = node_get(d->parts, key);
    if (!heading && !part)
        return unknown_heading(a, d, source, name, err);
    *out = (struct origin){.document = d->title,
                           .heading = node_text(heading ? heading : part),
                           .url = with_anchor(a, d->url, heading ? key : NULL),
                           .path = with_anchor(a, d->path, heading ? key : NULL)};
    return true;
}

static bool has_places(const struct document *d)
{
    return node_count(d->headings) || node_count(d->parts);
}

bool documents_cite(struct arena *a, const struct documents *d, const struct node *source, struct origin *out,
                    struct error *err)
{
    struct str name = str_from(node_text(source));
    struct str id = str_cut(&name, '#');
    const struct document *document = document_find(d, id);
    if (!d->count)
        return true;
    if (!document)
        return unknown_document(a, d, source, id, err);
    if (name.n)
        return heading_cite(a, document, source, name, out, err);
    *out = (struct origin){.document = document->title, .url = document->url, .path = document->path};
    return !has_places(document) ||
           error_add(err, ERROR_INPUT, source->at, "'source' has no heading; expected DOCUMENT#HEADING");
}

bool documents_know(struct arena *a, const struct documents *d, const struct node *source, struct error *err)
{
    struct origin ignored;
    struct str name = str_from(node_text(source));
    const struct document *document = document_find(d, str_cut(&name, '#'));
    return !document || !name.n || heading_cite(a, document, source, name, &ignored, err);
}
