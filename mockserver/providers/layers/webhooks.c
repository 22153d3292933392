/* Handlers of webhook endpoints. */
#include "mockserver/providers/layers/webhooks.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "base/units.h"
#include "mockserver/providers/layers/layers.h"
#include "mockserver/state/record.h"

#define EVENTS_MAX      50
#define DESCRIPTION_MAX 1024
#define METADATA_MAX    8192 /* bytes, as JSON */
#define LIMIT_DEFAULT   25
#define LIMIT_MAX       100
#define OVERLAP_MS      DAY_MS /* how long a rotated secret stays valid */

enum endpoint_scope { SCOPE_OWN, SCOPE_ALL_CHILDREN };
static const struct enum_word scope_rows[] = {
    {SCOPE_OWN,          "own"         },
    {SCOPE_ALL_CHILDREN, "all_children"}
};
static const struct enum_words scopes = {scope_rows, COUNT(scope_rows), COUNT(scope_rows)};

struct endpoint_body {
    const char *url, *description, *project;
    struct field_list events;
    const struct node *metadata;
    int scope, status; /* status -1: absent */
};

#define OF           struct endpoint_body
#define URL_ROW(...) FIELD("url", FIELD_TEXT, OF, url, .min = 1, .help = "URL that events are POSTed to.", __VA_ARGS__)
#define EVENTS_ROW(...)                                                                                                \
    FIELD("events", FIELD_TEXTS, OF, events, .min = 1, .max = EVENTS_MAX, .help = "Events to deliver.", __VA_ARGS__)
#define DESCRIPTION_ROW                                                                                                \
    FIELD("description", FIELD_TEXT, OF, description, .max = DESCRIPTION_MAX, .help = "Description set by the partner.")
#define METADATA_ROW                                                                                                   \
    FIELD("metadata", FIELD_NODE, OF, metadata, .help = "Object of arbitrary data, 8192 bytes at most.")

static const struct field create_rows[] = {
    URL_ROW(.required = true),
    EVENTS_ROW(.required = true),
    DESCRIPTION_ROW,
    METADATA_ROW,
    FIELD("projectId", FIELD_TEXT, OF, project, .help = "Id of the project whose events are delivered. Default: all."),
    FIELD("scope", FIELD_ENUM, OF, scope, .words = &scopes,
          .help = "Whether to include the events of child organizations. Default: own."),
};
static const struct fields create_fields = FIELD_TABLE("body", create_rows, OF, FIELDS_NO_PLACE);

static const struct field update_rows[] = {
    URL_ROW(),
    EVENTS_ROW(),
    DESCRIPTION_ROW,
    METADATA_ROW,
    FIELD("status", FIELD_ENUM, OF, status, .words = &layers_endpoint_statuses,
          .help = "Whether events are delivered."),
};
static const struct fields update_fields = FIELD_TABLE("body", update_rows, OF, FIELDS_NO_PLACE);
#undef OF

void layers_put_millis(struct call *c, const char *key, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    json_put_text(&c->out, key, ms ? time_millis(ms, text) : NULL);
}

bool layers_event_known(const char *name)
{
    for (size_t i = 0; i < LAYERS_EVENT_COUNT; i++)
        if (strcmp(layers_events[i], name) == 0)
            return true;
    return false;
}

const char *layers_mint_secret(struct world *w)
{
    char first[64], more[64], both[128];
    ids_write(w, "whsec_", ID_ULID, first);
    ids_write(w, "", ID_ULID, more);
    snprintf(both, sizeof both, "%s%s", first, more);
    return world_text(w, both);
}

static bool body_valid(struct call *c, const struct endpoint_body *body)
{
    const char *why;
    const char *const *events = body->events.items;
    if (body->url && !webhooks_url_valid(c->arena, c->world, body->url, &why))
        call_issue(c, "url", "%s", why);
    for (size_t i = 0; i < body->events.count; i++)
        if (!layers_event_known(events[i]))
            call_issue(c, arena_printf(c->arena, "events[%zu]", i), "is not in the event catalogue");
    if (body->metadata && body->metadata->kind != NODE_MAP)
        call_issue(c, "metadata", "must be an object, not %s", node_kind_name(body->metadata->kind));
    else if (body->metadata && strlen(json_print(c->arena, body->metadata)) > METADATA_MAX)
        call_issue(c, "metadata", "must be at most %d bytes", METADATA_MAX);
    return !c->fault;
}

static struct webhook_spec spec_of(struct call *c, const struct endpoint_body *body)
{
    return (struct webhook_spec){
        .url = body->url,
        .description = body->description,
        .events = webhooks_events_text(c->arena, &body->events),
        .metadata = body->metadata ? json_print(c->arena, body->metadata) : NULL,
    };
}

static void print_endpoint(struct call *c, uint32_t row)
{
    const struct webhook *h = webhook_read(c->world, row);
    struct json *out = &c->out;
    struct str events = str_from(h->events);
    json_open_map(out);
    json_put_text(out, "id", h->public_id);
    json_put_text(out, "organizationId", organization_read(c->world, h->organization)->public_id);
    json_put_text(out, "projectId", h->space ? space_read(c->world, h->space)->public_id : NULL);
    json_put_text(out, "url", h->url);
    json_put_text(out, "description", h->description);
    json_put_text(out, "status", enum_word_of(&layers_endpoint_statuses, h->state));
    json_key(out, "events");
    json_open_list(out);
    while (events.n)
        json_str(out, str_cut(&events, ' '));
    json_close_list(out);
    json_put_text(out, "apiVersion", "v1");
    json_key(out, "metadata");
    json_raw(out, h->metadata ? str_from(h->metadata) : STR("{}"));
    layers_put_millis(c, "createdAt", h->created_at_ms);
    layers_put_millis(c, "updatedAt", h->updated_at_ms);
    layers_put_millis(c, "lastSuccessAt", h->last_success_at_ms);
    layers_put_millis(c, "lastFailureAt", h->last_failure_at_ms);
    json_put_int(out, "consecutiveFailureCount", h->failures);
    json_close_map(out);
}

/* Opens the response map; the caller closes it. Only the responses that create a secret show it. */
static void respond_with_secret(struct call *c, int status, uint32_t row)
{
    struct json *out = call_json(c, status);
    json_open_map(out);
    json_key(out, "endpoint");
    print_endpoint(c, row);
    json_put_text(out, "signingSecret", webhook_read(c->world, row)->secret);
}

uint32_t layers_webhook(struct call *c)
{
    uint32_t row = webhook_find(c->world, LAYERS, c->params[0]);
    const struct webhook *h = row ? webhook_read(c->world, row) : NULL;
    if (h && h->state != WEBHOOK_DELETED && h->organization == key_read(c->world, c->key)->organization)
        return row;
    call_refuse(c, FAULT_NOT_FOUND, "There is no such webhook endpoint.");
    return ROW_NONE;
}

bool layers_webhook_active(struct call *c, uint32_t webhook)
{
    enum webhook_state state = webhook_read(c->world, webhook)->state;
    return state == WEBHOOK_ACTIVE || call_refuse(c, FAULT_CONFLICT, "The endpoint is %s; it must be active.",
                                                  enum_word_of(&layers_endpoint_statuses, state));
}

/* Sets *space to the project of the body, or to ROW_NONE if the body has none. Refuses the call and
 * returns false if the caller has no such project. */
static bool project_valid(struct call *c, const struct endpoint_body *body, uint32_t *space)
{
    *space = body->project ? space_find(c->world, LAYERS, str_from(body->project)) : ROW_NONE;
    if (body->project && (!*space || !call_owns(c, *space)))
        return call_refuse(c, FAULT_NOT_FOUND, "There is no such project.");
    return true;
}

void layers_create_webhook_endpoint(struct call *c)
{
    struct endpoint_body body = {.status = -1};
    uint32_t space;
    if (!layers_body(c, &create_fields, &body) || !body_valid(c, &body) || !project_valid(c, &body, &space))
        return;
    const struct key *key = key_read(c->world, c->key);
    if (body.scope == SCOPE_ALL_CHILDREN && !key_has_scope(key, "org:admin")) {
        call_refuse(c, FAULT_FORBIDDEN_SCOPE, "The scope all_children requires org:admin.");
        return;
    }
    struct webhook_spec spec = spec_of(c, &body);
    spec.space = space;
    spec.public_id = ids_mint(c->world, "", ID_UUID);
    spec.secret = layers_mint_secret(c->world);
    respond_with_secret(c, 201, webhook_create(c->world, key->organization, &spec));
    json_close_map(&c->out);
}

static bool matches_filter(const struct call *c, uint32_t row, const void *filter)
{
    (void)c;
    (void)row;
    (void)filter;
    return true;
}

void layers_list_webhook_endpoints(struct call *c)
{
    struct page page;
    if (!page_read(c, LIMIT_DEFAULT, LIMIT_MAX, &page))
        return;
    const struct page_list list = {
        .index = &c->world->indexes[INDEX_WEBHOOK_ORGANIZATION],
        .key = key_read(c->world, c->key)->organization,
        .last_order = INT64_MAX,
        .matches = matches_filter,
        .print = print_endpoint,
    };
    page_print(c, &page, &list);
}

static void respond_endpoint(struct call *c, uint32_t row)
{
    call_json(c, 200);
    print_endpoint(c, row);
}

void layers_read_webhook_endpoint(struct call *c)
{
    uint32_t row = layers_webhook(c);
    if (row)
        respond_endpoint(c, row);
}

void layers_update_webhook_endpoint(struct call *c)
{
    struct endpoint_body body = {.status = -1};
    uint32_t row = layers_webhook(c);
    if (!row || !layers_body(c, &update_fields, &body) || !body_valid(c, &body))
        return;
    struct webhook_spec spec = spec_of(c, &body);
    webhook_update(c->world, row, &spec);
    if (body.status >= 0)
        webhook_set_state(c->world, row, (enum webhook_state)body.status);
    respond_endpoint(c, row);
}

void layers_delete_webhook_endpoint(struct call *c)
{
    uint32_t row = layers_webhook(c);
    if (!row)
        return;
    webhook_delete(c->world, row);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "id", webhook_read(c->world, row)->public_id);
    json_put_bool(out, "deleted", true);
    json_close_map(out);
}

void layers_rotate_webhook_secret(struct call *c)
{
    uint32_t row = layers_webhook(c);
    if (!row)
        return;
    webhook_rotate(c->world, row, layers_mint_secret(c->world), c->now_ms + OVERLAP_MS);
    respond_with_secret(c, 200, row);
    layers_put_millis(c, "previousSecretExpiresAt", webhook_read(c->world, row)->previous_until_ms);
    json_close_map(&c->out);
}
