/* The webhook endpoints. */
#include "mockserver/providers/posteverywhere/hooks.h"

#include "base/json.h"

#define EVENTS_MAX 50

struct hook_body {
    const char *url, *name, *description;
    struct field_list events;
    const struct node *active; /* true or false; NULL: absent */
};

#define OF struct hook_body
#define ROWS(needed)                                                                                                   \
    FIELD("url", FIELD_TEXT, OF, url, .required = (needed), .min = 1, .help = "URL to POST events to."),               \
        FIELD("events", FIELD_TEXTS, OF, events, .required = (needed), .min = 1, .max = EVENTS_MAX,                    \
              .help = "Names of the events to deliver."),                                                              \
        FIELD("name", FIELD_TEXT, OF, name, .help = "Name of the webhook."),                                           \
        FIELD("description", FIELD_TEXT, OF, description, .help = "Description by the owner."),                        \
        FIELD("is_active", FIELD_NODE, OF, active, .help = "Whether events are delivered.")
static const struct field create_rows[] = {ROWS(true)};
static const struct fields create_fields = FIELD_TABLE("body", create_rows, OF, FIELDS_NO_PLACE);
static const struct field update_rows[] = {ROWS(false)};
static const struct fields update_fields = FIELD_TABLE("body", update_rows, OF, FIELDS_NO_PLACE);
#undef OF

const char *pe_mint_secret(struct world *w)
{
    return hooks_mint_secret(w, ID_UUID, ID_HEX8);
}

const char *pe_hook_metadata(struct arena *a, const char *name)
{
    struct buf text = {.arena = a};
    struct json w = json_begin(&text, 0);
    json_open_map(&w);
    json_put_text(&w, "name", name);
    json_close_map(&w);
    return buf_c(&text);
}

static bool body_valid(struct call *c, const struct hook_body *body)
{
    hooks_check_body(c, body->url, &body->events, &pe_catalogue, PATH_DOTS);
    if (body->active && body->active->kind != NODE_BOOL)
        call_issue(c, "is_active", "must be true or false");
    return !c->fault;
}

static struct webhook spec_of(struct call *c, const struct hook_body *body)
{
    return (struct webhook){
        .url = body->url,
        .description = body->description,
        .events = webhooks_events_text(c->arena, &body->events),
        .metadata = body->name ? pe_hook_metadata(c->arena, body->name) : NULL,
    };
}

static int64_t latest(int64_t x, int64_t y)
{
    return x > y ? x : y;
}

static void print_members(struct call *c, uint32_t row)
{
    const struct webhook *h = webhook_read(c->world, row);
    const struct node *metadata = h->metadata ? json_parse(c->arena, str_from(h->metadata), "webhook", NULL) : NULL;
    struct json *out = &c->out;
    json_put_text(out, "id", h->public_id);
    json_put_text(out, "url", h->url);
    put_names(out, "events", h->events);
    json_put_text(out, "name", node_get_text(metadata, "name"));
    json_put_text(out, "description", h->description);
    json_put_bool(out, "is_active", h->state == WEBHOOK_ACTIVE);
    json_put_int(out, "consecutive_failures", h->failures);
    pe_put_time(c, "auto_disabled_at", h->state == WEBHOOK_AUTO_PAUSED ? h->last_failure_at_ms : 0);
    pe_put_time(c, "last_delivery_at", latest(h->last_success_at_ms, h->last_failure_at_ms));
    pe_put_time(c, "last_success_at", h->last_success_at_ms);
    pe_put_time(c, "last_failure_at", h->last_failure_at_ms);
    pe_put_time(c, "created_at", h->created_at_ms);
    pe_put_time(c, "updated_at", h->updated_at_ms);
}

static void respond_hook(struct call *c, uint32_t row)
{
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    print_members(c, row);
    json_close_map(out);
    pe_end(c);
}

static uint32_t own_hook(struct call *c)
{
    return hooks_own(c, "No webhook has this id.");
}

static void set_active(struct call *c, uint32_t row, const struct hook_body *body)
{
    if (body->active)
        webhook_set_state(c->world, row, body->active->truth ? WEBHOOK_ACTIVE : WEBHOOK_PAUSED);
}

/* Only this response contains the secret. */
void pe_create_webhook(struct call *c)
{
    struct hook_body body = {0};
    if (!pe_body(c, &create_fields, &body) || !body_valid(c, &body))
        return;
    struct webhook spec = spec_of(c, &body);
    spec.public_id = ids_mint(c->world, "", ID_UUID);
    spec.secret = pe_mint_secret(c->world);
    uint32_t row = webhook_create(c->world, caller_organization(c), &spec);
    set_active(c, row, &body);
    struct json *out = pe_begin(c, 201);
    json_open_map(out);
    print_members(c, row);
    json_put_text(out, "secret", spec.secret);
    json_close_map(out);
    pe_end(c);
}

void pe_list_webhooks(struct call *c)
{
    uint32_t organization = caller_organization(c);
    struct index_walk walk;
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_key(out, "webhooks");
    json_open_list(out);
    index_from(&c->world->indexes[INDEX_WEBHOOK_ORGANIZATION], &walk, (struct index_entry){organization, INT64_MIN, 0});
    while (index_next_of(&walk, organization)) {
        json_open_map(out);
        print_members(c, walk.entry.row);
        json_close_map(out);
    }
    json_close_list(out);
    json_close_map(out);
    pe_end(c);
}

void pe_read_webhook(struct call *c)
{
    uint32_t row = own_hook(c);
    if (row)
        respond_hook(c, row);
}

void pe_update_webhook(struct call *c)
{
    struct hook_body body = {0};
    uint32_t row = own_hook(c);
    if (!row || !pe_body(c, &update_fields, &body) || !body_valid(c, &body))
        return;
    struct webhook spec = spec_of(c, &body);
    webhook_update(c->world, row, &spec);
    set_active(c, row, &body);
    respond_hook(c, row);
}

void pe_delete_webhook(struct call *c)
{
    uint32_t row = own_hook(c);
    if (!row)
        return;
    webhook_delete(c->world, row);
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_text(out, "id", webhook_read(c->world, row)->public_id);
    json_put_bool(out, "deleted", true);
    json_close_map(out);
    pe_end(c);
}

/* Delivers a test event, subscribed or not; the webhook must be active. */
void pe_test_webhook(struct call *c)
{
    uint32_t webhook = own_hook(c);
    if (!webhook)
        return;
    if (webhook_read(c->world, webhook)->state != WEBHOOK_ACTIVE) {
        call_refuse(c, FAULT_CONFLICT, "The webhook is not active.");
        return;
    }
    const char *id = webhook_read(c->world, webhook)->public_id;
    const struct webhook_event event = {.type = PE_TEST_EVENT,
                                        .payload = arena_printf(c->arena, "{\"webhook_id\":\"%s\"}", id)};
    uint32_t row = webhooks_deliver(c->world, &pe_webhooks, webhook, &event, NULL, ROW_NONE);
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_text(out, "id", id);
    json_put_text(out, "event", PE_TEST_EVENT);
    json_put_text(out, "delivery_id", delivery_read(c->world, row)->public_id);
    json_put_text(out, "status", "queued");
    json_close_map(out);
    pe_end(c);
}
