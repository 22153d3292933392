/* The items from which posts of a workspace are made: templates, AI presets, brands and audio tracks. */
#include "mockserver/providers/postnitro/postnitro.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "mockserver/state/record.h"

#define LIMIT_MAX   100
#define LIMIT_USUAL 10

static const struct node *details_of(struct call *c, const struct library_item *i)
{
    return json_parse(c->arena, str_from(i->details), "details", NULL);
}

static void print_item(struct call *c, const struct library_item *i)
{
    const struct node *details = details_of(c, i);
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "id", i->public_id);
    for (size_t n = 0; n < node_count(details); n++)
        json_put_node(out, details->map.members[n].key, details->map.members[n].value);
    json_close_map(out);
}

static bool read_page(struct call *c, int64_t *page, int64_t *limit)
{
    struct str text = call_query(c, "page");
    if (text.s && (!str_to_int(text, page) || *page < 1))
        return call_refuse(c, FAULT_INVALID, "Page must be a positive integer");
    text = call_query(c, "limit");
    if (text.s && (!str_to_int(text, limit) || *limit < 1 || *limit > LIMIT_MAX))
        return call_refuse(c, FAULT_INVALID, "Limit must be between 1 and %d", LIMIT_MAX);
    return c->fault == FAULT_NONE;
}

/* Finds the first row of the page; false: the page is empty. */
static bool find_page(const struct call *c, enum library_kind kind, int64_t skip, struct index_walk *walk)
{
    int64_t key = index_pair_key(postnitro_workspace(c), kind);
    index_from(&c->world->indexes[INDEX_LIBRARY_SPACE], walk, (struct index_entry){key, INT64_MIN, 0});
    while (index_next_of(walk, key))
        if (skip-- == 0)
            return true;
    return false;
}

/* Lists one page of the items, most recently updated first. A page without items is refused, unless `may_be_empty`. */
static void list(struct call *c, enum library_kind kind, const char *name, bool may_be_empty)
{
    int64_t page = 1, limit = LIMIT_USUAL, key = index_pair_key(postnitro_workspace(c), kind);
    struct index_walk walk;
    if (!read_page(c, &page, &limit))
        return;
    bool any = page <= INT32_MAX && find_page(c, kind, (page - 1) * limit, &walk);
    if (!any && !may_be_empty) {
        call_refuse(c, FAULT_NOT_FOUND, NULL);
        return;
    }
    struct json *out = postnitro_begin(c, NULL);
    json_open_map(out);
    json_key_list(out, name);
    for (bool more = any; more; more = --limit > 0 && index_next_of(&walk, key))
        print_item(c, library_item_read(c->world, walk.entry.row));
    json_close_list(out);
    json_close_map(out);
    postnitro_end(c);
}

void postnitro_list_templates(struct call *c)
{
    list(c, LIBRARY_TEMPLATE, "templates", false);
}

void postnitro_list_presets(struct call *c)
{
    list(c, LIBRARY_PRESET, "presets", false);
}

void postnitro_list_brands(struct call *c)
{
    list(c, LIBRARY_BRAND, "brands", false);
}

void postnitro_list_audio(struct call *c)
{
    list(c, LIBRARY_AUDIO, "audios", true);
}

static uint32_t find_item(const struct call *c, enum library_kind kind, struct str id)
{
    uint32_t row = library_item_find(c->world, POSTNITRO, id);
    const struct library_item *i = row ? library_item_read(c->world, row) : NULL;
    return i && i->kind == kind && i->space == postnitro_workspace(c) && !i->removed_at_ms ? row : ROW_NONE;
}

const struct node *postnitro_library_details(struct call *c, enum library_kind kind, struct str id)
{
    uint32_t row = find_item(c, kind, id);
    return row ? details_of(c, library_item_read(c->world, row)) : NULL;
}

/* The item named by the path. ROW_NONE: the call is refused. */
static uint32_t named_item(struct call *c, enum library_kind kind)
{
    uint32_t row = find_item(c, kind, c->params[0]);
    if (!row)
        call_refuse(c, FAULT_NOT_FOUND, NULL);
    return row;
}

bool postnitro_only_keys(struct call *c, const struct node *body, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < node_count(body); i++)
        if (text_index(keys, count, str_from(body->map.members[i].key)) == count)
            return call_refuse(c, FAULT_INVALID, "Extra parameters passed in the body.");
    return true;
}

static const struct brand_key {
    const char *key, *name;
    enum node_kind kind;
} brand_keys[] = {
    {"name",            "Name",              NODE_TEXT},
    {"image",           "Image",             NODE_TEXT},
    {"handle",          "Handle",            NODE_TEXT},
    {"isCompanyDetail", "Is company detail", NODE_BOOL},
    {"showHandle",      "Show handle",       NODE_BOOL},
    {"showImage",       "Show image",        NODE_BOOL},
    {"showName",        "Show name",         NODE_BOOL},
};

/* The details of the brand in the body, in the documented order. NULL: the call is refused. */
static const char *read_brand(struct call *c)
{
    const struct node *body = call_body(c), *brand = NULL;
    const char *keys[COUNT(brand_keys)];
    for (size_t i = 0; i < COUNT(brand_keys); i++)
        keys[i] = brand_keys[i].key;
    if (!body || !postnitro_only_keys(c, body, keys, COUNT(keys)))
        return NULL;
    for (size_t i = 0; i < COUNT(brand_keys); i++) {
        const struct brand_key *k = &brand_keys[i];
        const struct node *value = node_get(body, k->key);
        if (!value || value->kind == NODE_NULL)
            call_refuse(c, FAULT_INVALID, "%s is required", k->name);
        else if (value->kind != k->kind)
            call_refuse(c, FAULT_INVALID, "%s must be a %s", k->name, k->kind == NODE_BOOL ? "boolean" : "string");
        else
            brand = node_with(c->arena, brand, k->key, value);
        if (c->fault)
            return NULL;
    }
    return json_print(c->arena, brand);
}

static void respond_brand(struct call *c, const char *message, uint32_t row)
{
    struct json *out = postnitro_begin(c, message);
    json_open_map(out);
    json_key(out, "brand");
    print_item(c, library_item_read(c->world, row));
    json_close_map(out);
    postnitro_end(c);
}

void postnitro_create_brand(struct call *c)
{
    struct library_item brand = {.kind = LIBRARY_BRAND, .details = read_brand(c)};
    if (!brand.details)
        return;
    brand.public_id = ids_mint(c->world, "c", ID_CUID);
    respond_brand(c, "Brand created", library_item_create(c->world, postnitro_workspace(c), &brand));
}

void postnitro_read_brand(struct call *c)
{
    uint32_t row = named_item(c, LIBRARY_BRAND);
    if (row)
        respond_brand(c, NULL, row);
}

void postnitro_update_brand(struct call *c)
{
    uint32_t row = named_item(c, LIBRARY_BRAND);
    const char *details = row ? read_brand(c) : NULL;
    if (!details)
        return;
    library_item_update(c->world, row, details);
    respond_brand(c, "Brand updated", row);
}

/* True if a draft or a scheduled post of the workspace plays the track. */
static bool is_played(struct call *c, struct str audio)
{
    int64_t workspace = postnitro_workspace(c);
    struct index_walk walk;
    index_from(&c->world->indexes[INDEX_POST_SPACE], &walk, (struct index_entry){workspace, INT64_MIN, 0});
    while (index_next_of(&walk, workspace)) {
        enum postnitro_status status = postnitro_post_status(c->world, walk.entry.row);
        const char *text = post_read(c->world, walk.entry.row)->details;
        const struct node *details = json_parse(c->arena, str_from(text), "details", NULL);
        const char *id = node_get_text(node_get(details, "postSettings"), "audioId");
        if (id && str_is(audio, id) && (status == POSTNITRO_DRAFT || status == POSTNITRO_SCHEDULED))
            return true;
    }
    return false;
}

void postnitro_delete_audio(struct call *c)
{
    uint32_t row = named_item(c, LIBRARY_AUDIO);
    if (!row)
        return;
    if (is_played(c, c->params[0])) {
        call_refuse(c, FAULT_CONFLICT, NULL);
        return;
    }
    library_item_remove(c->world, row);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_bool(out, "success", true);
    json_put_text(out, "message", "Audio deleted successfully");
    json_close_map(out);
}
