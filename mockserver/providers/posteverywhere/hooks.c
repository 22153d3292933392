/* PostEverywhere's webhooks: maps changes to events, writes their payload, signs requests; the endpoints. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include "base/array.h"
#include "base/json.h"
#include "base/units.h"

#define TEST_EVENT "webhook.test"

static const char *const events[] = {
    "post.scheduled", "post.publishing", "post.published",    "post.failed",          "post.partially_failed",
    "post.updated",   "post.deleted",    "account.connected", "account.disconnected", "account.reconnect_needed",
    "media.uploaded", "media.deleted",
};

const struct hook_catalogue pe_catalogue = {events, COUNT(events)};

static void put_account(struct json *out, const struct world *w, uint32_t row)
{
    const struct account *a = account_read(w, row);
    pe_put_number(out, "account_id", a->public_id);
    json_put_text(out, "account_name", a->name);
    json_put_text(out, "platform", enum_word_of(&pe_platforms, a->platform));
    json_put_text(out, "health", enum_word_of(&pe_healths, pe_health(a)));
}

static void put_post(struct json *out, const struct world *w, uint32_t row)
{
    const struct post *p = post_read(w, row);
    json_put_text(out, "post_id", p->public_id);
    json_put_text(out, "status", enum_word_of(&pe_statuses, pe_status(w, row)));
    json_put_text(out, "content", p->text);
    put_millis(out, "scheduled_for", p->due_at_ms);
}

static void put_destination(struct json *out, const struct world *w, uint32_t row)
{
    const struct destination *d = destination_read(w, row);
    struct arena a = {0};
    put_post(out, w, d->post);
    put_account(out, w, d->account);
    json_put_text(out, "platform_post_id", d->external_id);
    json_put_text(out, "platform_post_url", d->external_url);
    put_millis(out, "published_at", d->published_at_ms);
    json_put_text(out, "error", pe_failure_text(&a, w, row));
    arena_end(&a);
}

static void put_media(struct json *out, const struct world *w, uint32_t row)
{
    const struct media *m = media_read(w, row);
    json_put_text(out, "media_id", m->public_id);
    json_put_text(out, "filename", m->name);
    json_put_text(out, "content_type", m->content_type);
}

/* The post waits for its time: it is not a draft, and it was not posted at once. */
static bool is_waiting(const struct world *w, uint32_t post)
{
    const struct post *p = post_read(w, post);
    return !p->draft && p->due_at_ms > p->created_at_ms;
}

/* The post failed at this account, but was published at another. */
static bool is_partial(const struct world *w, uint32_t destination)
{
    return pe_status(w, destination_read(w, destination)->post) == PE_PARTIALLY_FAILED;
}

/* Which event a change causes, by its transition and the record's new state. */
static const struct row {
    enum transition_kind what;
    int to;                                               /* of the kind's states, or STATE_ANY */
    bool (*applies)(const struct world *w, uint32_t row); /* NULL: always */
    const char *event;
    hooks_put_fn *put;
} rows[] = {
    {TRANSITION_ACCOUNT_CONNECT,     STATE_ANY,              NULL,       "account.connected",        put_account    },
    {TRANSITION_ACCOUNT_LOSE_TOKEN,  STATE_ANY,              NULL,       "account.reconnect_needed", put_account    },
    {TRANSITION_ACCOUNT_FLAG,        STATE_ANY,              NULL,       "account.reconnect_needed", put_account    },
    {TRANSITION_ACCOUNT_DISCONNECT,  STATE_ANY,              NULL,       "account.disconnected",     put_account    },
    {TRANSITION_POST_SCHEDULE,       STATE_ANY,              is_waiting, "post.scheduled",           put_post       },
    {TRANSITION_POST_REVISE,         STATE_ANY,              NULL,       "post.updated",             put_post       },
    {TRANSITION_POST_REMOVE,         STATE_ANY,              NULL,       "post.deleted",             put_post       },
    {TRANSITION_DESTINATION_PUBLISH, DESTINATION_PUBLISHING, NULL,       "post.publishing",          put_destination},
    {TRANSITION_DESTINATION_PUBLISH, DESTINATION_PUBLISHED,  NULL,       "post.published",           put_destination},
    {TRANSITION_DESTINATION_PUBLISH, DESTINATION_FAILED,     is_partial, "post.partially_failed",    put_destination},
    {TRANSITION_DESTINATION_PUBLISH, DESTINATION_FAILED,     NULL,       "post.failed",              put_destination},
    {TRANSITION_MEDIA_COMPLETE,      STATE_ANY,              NULL,       "media.uploaded",           put_media      },
    {TRANSITION_MEDIA_REMOVE,        STATE_ANY,              NULL,       "media.deleted",            put_media      },
};

static const struct row *row_of(const struct world *w, const struct change *change)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].what == change->what && (rows[i].to == STATE_ANY || rows[i].to == change->to) &&
            (!rows[i].applies || rows[i].applies(w, change->row)))
            return &rows[i];
    return NULL;
}

static bool map_event(struct arena *a, const struct world *w, const struct change *change, struct webhook_event *event)
{
    const struct row *row = row_of(w, change);
    if (row)
        hooks_fill_event(a, w, change, row->event, row->put, event);
    return row != NULL;
}

static struct str sign(struct arena *a, const char *secret, struct str body)
{
    return str_from(arena_printf(a, "sha256=%s", hooks_hmac(a, secret, body)));
}

static void write_body(struct buf *body, const struct world *w, uint32_t delivery)
{
    const struct delivery *d = delivery_read(w, delivery);
    struct json out = json_begin(body, 0);
    json_open_map(&out);
    json_put_text(&out, "id", d->event_id);
    json_put_text(&out, "event", d->type);
    put_millis(&out, "created_at", d->created_at_ms);
    json_key(&out, "data");
    json_raw(&out, str_from(d->payload));
    json_close_map(&out);
}

static void add_headers(struct arena *a, const struct world *w, uint32_t delivery, int64_t time_s, struct str body,
                        struct headers *headers)
{
    const struct delivery *d = delivery_read(w, delivery);
    headers_add(a, headers, "Content-Type", STR("application/json"));
    headers_add(a, headers, "X-PostEverywhere-Event", str_from(d->type));
    headers_add(a, headers, "X-PostEverywhere-Timestamp", str_from(arena_printf(a, "%lld", (long long)time_s)));
    headers_add(a, headers, "X-PostEverywhere-Signature", sign(a, webhook_read(w, d->webhook)->secret, body));
}

/* The documentation says that consecutive failures disable a webhook, but not how many. */
static const int64_t waits_ms[] = {0, 30 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS};
#define POLICY(name_, attempts_)                                                                                       \
    {                                                                                                                  \
        .name = name_, .waits_ms = waits_ms, .attempts = attempts_, .gave_up = DELIVERY_FAILED, .pause_after = 10      \
    }

const struct webhooks pe_webhooks = {
    .event_prefix = "evt_",
    .events = events,
    .event_count = COUNT(events),
    .test_event = TEST_EVENT,
    .policies = {[WEBHOOK_POLICY_PATIENT] = POLICY("patient", 5), [WEBHOOK_POLICY_BRIEF] = POLICY("brief", 3)},
    .map_event = map_event,
    .write_body = write_body,
    .add_headers = add_headers,
};

/* --- endpoints ---------------------------------------------------------------------------------------- */

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
    json_put_text(out, "secret_warning", "No other response contains the secret: store it now.");
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

/* What the receiver said to the first attempt. Times are those of the namespace's clock. */
static void respond_tested(struct call *c)
{
    const uint32_t *row = c->own;
    const struct delivery *d = delivery_read(c->world, *row);
    bool is_sent = d->attempts > 0;
    bool ok = is_sent && d->last_status >= 200 && d->last_status < 300;
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_put_text(out, "id", webhook_read(c->world, d->webhook)->public_id);
    json_put_bool(out, "ok", ok);
    json_put_int(out, "status", d->last_status);
    json_put_int(out, "duration_ms", world_now(c->world) - d->created_at_ms);
    if (ok)
        json_put_null(out, "error");
    else
        json_put_text(out, "error",
                      !is_sent        ? "The event was not sent."
                      : d->last_error ? d->last_error
                                      : arena_printf(c->arena, "The receiver returned %d.", (int)d->last_status));
    json_put_text(out, "message", ok ? "The receiver accepted the test event." : "The test event was not accepted.");
    json_put_text(out, "event", TEST_EVENT);
    json_put_text(out, "delivery_id", d->public_id);
    json_close_map(out);
    pe_end(c);
}

/* Delivers a test event, subscribed or not; the webhook must be active. The response waits for the first attempt. */
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
    const struct webhook_event event = {.type = TEST_EVENT,
                                        .payload = arena_printf(c->arena, "{\"webhook_id\":\"%s\"}", id)};
    uint32_t *row = c->own = arena_new(c->arena, uint32_t);
    *row = webhooks_deliver(c->world, &pe_webhooks, webhook, &event, NULL, ROW_NONE);
    c->after_delivery = respond_tested;
}
