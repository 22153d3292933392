/* Checks the body of a create or an update: first its shape, at the edge, then its values. */
#include "base/array.h"
#include "mockserver/providers/postnitro/postnitro.h"

#include <string.h>

#include "base/time.h"

/* Types of the members, in the order of the error reference. */
static const struct shape {
    const char *key;
    enum node_kind kind;
    const char *message;
} shapes[] = {
    {"designId",              NODE_TEXT, "Design id must be a string"               },
    {"postContent",           NODE_MAP,  "Post content must be an object"           },
    {"selectedAccounts",      NODE_LIST, "Selected accounts must be an array"       },
    {"instagramPostSettings", NODE_MAP,  "Instagram post settings must be an object"},
    {"tiktokPostSettings",    NODE_MAP,  "TikTok post settings must be an object"   },
    {"linkedinPostSettings",  NODE_MAP,  "LinkedIn post settings must be an object" },
    {"threadsPostSettings",   NODE_MAP,  "Threads post settings must be an object"  },
    {"postSettings",          NODE_MAP,  "Post settings must be an object"          },
};

static bool refuse_shape(struct call *c, const char *message)
{
    return call_refuse(c, FAULT_INVALID, "%s", message);
}

/* NULL if the member is absent or null. */
static const struct node *member(const struct node *body, const char *key)
{
    const struct node *n = node_get(body, key);
    return n && n->kind != NODE_NULL ? n : NULL;
}

static bool is_known_key(const char *key)
{
    for (size_t i = 0; i < COUNT(shapes); i++)
        if (strcmp(shapes[i].key, key) == 0)
            return true;
    return strcmp(key, "status") == 0 || strcmp(key, "scheduledAt") == 0;
}

static bool check_status(struct call *c, const struct node *body)
{
    const struct node *status = member(body, "status");
    const char *text = node_text(status);
    if (!status)
        return refuse_shape(c, "Status is required");
    return (text && (strcmp(text, "DRAFT") == 0 || strcmp(text, "SCHEDULED") == 0)) ||
           refuse_shape(c, "Status must be 'DRAFT' or 'SCHEDULED'");
}

static bool read_due(struct call *c, const struct node *body, int64_t *due_ms)
{
    const struct node *at = member(body, "scheduledAt");
    if (!at)
        return refuse_shape(c, "Scheduled at is required");
    if (at->kind != NODE_TEXT)
        return refuse_shape(c, "Scheduled at must be a string");
    return postnitro_read_date(c->arena, at->text, due_ms) || refuse_shape(c, "Scheduled at is not a valid date");
}

static bool check_shape(struct call *c, const struct node *body, int64_t *due_ms)
{
    for (size_t i = 0; i < node_count(body); i++)
        if (!is_known_key(body->map.members[i].key))
            return refuse_shape(c, "Extra parameters passed in the body.");
    if (!check_status(c, body) || !read_due(c, body, due_ms))
        return false;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const struct node *n = member(body, shapes[i].key);
        if (n && n->kind != shapes[i].kind)
            return refuse_shape(c, shapes[i].message);
    }
    return true;
}

/* --- values --------------------------------------------------------------------------------- */

static bool find_design(struct call *c, const struct node *body, uint32_t *design)
{
    const struct node *id = member(body, "designId");
    if (!id)
        return true;
    *design = content_find(c->world, POSTNITRO, id->text);
    if (*design && content_read(c->world, *design)->space == postnitro_workspace(c))
        return true;
    return call_refuse(c, FAULT_NOT_FOUND, "Design not found.");
}

static const char *first_caption(const struct node *content)
{
    for (size_t i = 0; i < node_count(content); i++) {
        const char *text = node_text(content->map.members[i].value);
        if (text && *text)
            return text;
    }
    return NULL;
}

/* An id that is listed twice is linked once. */
static bool find_accounts(struct call *c, const struct node *body, struct postnitro_request *r)
{
    const struct node *ids = member(body, "selectedAccounts");
    uint32_t *rows = arena_array(c->arena, uint32_t, node_count(ids));
    r->accounts = rows;
    for (size_t i = 0; i < node_count(ids); i++) {
        const char *id = node_text(node_at(ids, i));
        uint32_t row = id ? postnitro_find_account(c, str_from(id)) : ROW_NONE;
        if (!row)
            return call_refuse(c, FAULT_NOT_FOUND, "Social account not found");
        size_t n = 0;
        while (n < r->account_count && rows[n] != row)
            n++;
        if (n == r->account_count)
            rows[r->account_count++] = row;
    }
    return true;
}

bool postnitro_read_request(struct call *c, struct postnitro_request *r)
{
    const struct node *body = call_body(c);
    struct post *p = &r->post;
    if (!body || !check_shape(c, body, &p->due_at_ms))
        return false;
    if (p->due_at_ms <= c->now_ms)
        return call_refuse(c, FAULT_CONFLICT, "Scheduled at is in the past");
    p->draft = strcmp(node_get_text(body, "status"), "DRAFT") == 0;
    p->text = first_caption(member(body, "postContent"));
    if (!find_design(c, body, &p->content) || !find_accounts(c, body, r))
        return false;
    if (!p->content && !p->text)
        return call_refuse(c, FAULT_CONFLICT, "Post content must be a non-empty object");
    p->details = postnitro_details(c->arena, body);
    return postnitro_check_settings(c, body, r);
}

bool postnitro_read_date(struct arena *a, struct str text, int64_t *ms)
{
    static const char *const endings[] = {"", "Z", "T00:00:00Z", "-01T00:00:00Z", "-01-01T00:00:00Z"};
    text = str_trim(text);
    for (size_t i = 0; i < COUNT(endings); i++)
        if (time_parse(str_from(arena_printf(a, STR_FMT "%s", STR_ARG(text), endings[i])), ms))
            return true;
    return time_parse_http(text, ms);
}
