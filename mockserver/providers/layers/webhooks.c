/* Handlers of webhook endpoints: keep them, list and replay their deliveries, send test events. */
#include "mockserver/providers/layers/layers.h"

#include <string.h>

#include "base/array.h"
#include "base/units.h"

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

static bool body_valid(struct call *c, const struct endpoint_body *body)
{
    hooks_check_body(c, body->url, &body->events, &layers_events, PATH_BRACKETS);
    if (body->metadata && body->metadata->kind != NODE_MAP)
        call_issue(c, "metadata", "must be an object, not %s", node_kind_name(body->metadata->kind));
    else if (body->metadata && strlen(json_print(c->arena, body->metadata)) > METADATA_MAX)
        call_issue(c, "metadata", "must be at most %d bytes", METADATA_MAX);
    return !c->fault;
}

static struct webhook spec_of(struct call *c, const struct endpoint_body *body)
{
    return (struct webhook){
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
    json_open_map(out);
    json_put_text(out, "id", h->public_id);
    json_put_text(out, "organizationId", organization_read(c->world, h->organization)->public_id);
    json_put_text(out, "projectId", h->space ? space_read(c->world, h->space)->public_id : NULL);
    json_put_text(out, "url", h->url);
    json_put_text(out, "description", h->description);
    json_put_text(out, "status", enum_word_of(&layers_endpoint_statuses, h->state));
    put_names(out, "events", h->events);
    json_put_text(out, "apiVersion", "v1");
    json_key(out, "metadata");
    json_raw(out, h->metadata ? str_from(h->metadata) : STR("{}"));
    put_millis(out, "createdAt", h->created_at_ms);
    put_millis(out, "updatedAt", h->updated_at_ms);
    put_millis(out, "lastSuccessAt", h->last_success_at_ms);
    put_millis(out, "lastFailureAt", h->last_failure_at_ms);
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

static uint32_t own_endpoint(struct call *c)
{
    return hooks_own(c, "There is no such webhook endpoint.");
}

/* Refuses the call (CONFLICT) and returns false if the endpoint is not active. */
static bool is_active(struct call *c, uint32_t webhook)
{
    enum webhook_state state = webhook_read(c->world, webhook)->state;
    return state == WEBHOOK_ACTIVE || call_refuse(c, FAULT_CONFLICT, "The endpoint is %s; it must be active.",
                                                  enum_word_of(&layers_endpoint_statuses, state));
}

/* Sets *space to the project of the body, or to ROW_NONE if the body has none. Refuses the call and returns false if
 * the caller has no such project. */
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
    struct webhook spec = spec_of(c, &body);
    spec.space = space;
    spec.public_id = ids_mint(c->world, "", ID_UUID);
    spec.secret = hooks_mint_secret(c->world, ID_ULID, ID_ULID);
    respond_with_secret(c, 201, webhook_create(c->world, key->organization, &spec));
    json_close_map(&c->out);
}

void layers_list_webhook_endpoints(struct call *c)
{
    struct page page;
    if (!page_read(c, LIMIT_DEFAULT, LIMIT_MAX, &page))
        return;
    const struct page_list list = {
        .index = &c->world->indexes[INDEX_WEBHOOK_ORGANIZATION],
        .key = caller_organization(c),
        .last_order = INT64_MAX,
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
    uint32_t row = own_endpoint(c);
    if (row)
        respond_endpoint(c, row);
}

void layers_update_webhook_endpoint(struct call *c)
{
    struct endpoint_body body = {.status = -1};
    uint32_t row = own_endpoint(c);
    if (!row || !layers_body(c, &update_fields, &body) || !body_valid(c, &body))
        return;
    struct webhook spec = spec_of(c, &body);
    webhook_update(c->world, row, &spec);
    if (body.status >= 0)
        webhook_set_state(c->world, row, (enum webhook_state)body.status);
    respond_endpoint(c, row);
}

void layers_delete_webhook_endpoint(struct call *c)
{
    uint32_t row = own_endpoint(c);
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
    uint32_t row = own_endpoint(c);
    if (!row)
        return;
    webhook_rotate(c->world, row, hooks_mint_secret(c->world, ID_ULID, ID_ULID), c->now_ms + OVERLAP_MS);
    respond_with_secret(c, 200, row);
    put_millis(&c->out, "previousSecretExpiresAt", webhook_read(c->world, row)->previous_until_ms);
    json_close_map(&c->out);
}

static void print_delivery(struct call *c, uint32_t row)
{
    const struct delivery *d = delivery_read(c->world, row);
    bool gave_up = d->state == DELIVERY_FAILED || d->state == DELIVERY_ABANDONED;
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "id", d->public_id);
    json_put_text(out, "endpointId", webhook_read(c->world, d->webhook)->public_id);
    json_put_text(out, "eventId", d->event_id);
    json_put_text(out, "eventType", d->type);
    json_put_text(out, "status", enum_word_of(&layers_delivery_statuses, d->state));
    json_put_int(out, "attempts", d->attempts);
    json_key(out, "lastStatusCode");
    if (d->last_status)
        json_int(out, d->last_status);
    else
        json_null(out);
    json_put_text(out, "lastError", d->last_error);
    put_millis(out, "nextAttemptAt", d->next_attempt_at_ms);
    put_millis(out, "deliveredAt", d->state == DELIVERY_DELIVERED ? d->ended_at_ms : 0);
    put_millis(out, "abandonedAt", gave_up ? d->ended_at_ms : 0);
    json_put_text(out, "replayOf", d->replay_of ? delivery_read(c->world, d->replay_of)->public_id : NULL);
    put_millis(out, "createdAt", d->created_at_ms);
    json_close_map(out);
}

void layers_list_webhook_deliveries(struct call *c)
{
    struct page page;
    uint32_t row = own_endpoint(c);
    if (!row || !page_read(c, LIMIT_DEFAULT, LIMIT_MAX, &page))
        return;
    const struct page_list list = {
        .index = &c->world->indexes[INDEX_DELIVERY_WEBHOOK],
        .key = row,
        .last_order = INT64_MAX,
        .print = print_delivery,
    };
    page_print(c, &page, &list);
}

/* Delivers a test event even if the endpoint does not subscribe to it. */
void layers_test_webhook_endpoint(struct call *c)
{
    uint32_t webhook = own_endpoint(c);
    if (!webhook || !is_active(c, webhook))
        return;
    struct buf payload = {.arena = c->arena};
    struct json data = json_begin(&payload, 0);
    json_open_map(&data);
    json_put_text(&data, "endpointId", webhook_read(c->world, webhook)->public_id);
    json_close_map(&data);
    struct webhook_event event = {.type = LAYERS_TEST_EVENT, .payload = buf_c(&payload)};
    uint32_t row = webhooks_deliver(c->world, &layers_webhooks, webhook, &event, NULL, ROW_NONE);
    const struct delivery *d = delivery_read(c->world, row);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "eventId", d->event_id);
    json_put_text(out, "deliveryId", d->public_id);
    put_millis(out, "scheduledAt", d->next_attempt_at_ms);
    json_close_map(out);
}

/* Finds the delivery whose id is the first path parameter. Refuses the call and returns ROW_NONE if it does not exist,
 * its endpoint was deleted, or it belongs to another organization. */
static uint32_t own_delivery(struct call *c)
{
    uint32_t row = delivery_find(c->world, LAYERS, c->params[0]);
    const struct webhook *h = row ? webhook_read(c->world, delivery_read(c->world, row)->webhook) : NULL;
    if (h && h->state != WEBHOOK_DELETED && h->organization == caller_organization(c))
        return row;
    call_refuse(c, FAULT_NOT_FOUND, "There is no such delivery.");
    return ROW_NONE;
}

void layers_replay_webhook_delivery(struct call *c)
{
    uint32_t original = own_delivery(c);
    if (!original)
        return;
    const struct delivery *d = delivery_read(c->world, original);
    uint32_t webhook = d->webhook;
    if (!is_active(c, webhook))
        return;
    struct webhook_event event = {.type = d->type, .payload = d->payload};
    uint32_t row = webhooks_deliver(c->world, &layers_webhooks, webhook, &event, NULL, original);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "originalDeliveryId", delivery_read(c->world, original)->public_id);
    json_put_text(out, "replayDeliveryId", delivery_read(c->world, row)->public_id);
    put_millis(out, "scheduledAt", delivery_read(c->world, row)->next_attempt_at_ms);
    json_close_map(out);
}
