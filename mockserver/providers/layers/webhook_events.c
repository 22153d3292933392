/* Maps changes to webhook events, and writes and signs the requests. */
#include "mockserver/providers/layers/layers.h"

#include "base/array.h"
#include "base/units.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/record.h"

static const char *const events[] = {
    "job.completed",
    "job.failed",
    "job.canceled",
    "content.generated",
    "content.approved",
    "content.rejected",
    "post.scheduled",
    "post.published",
    "post.failed",
    "post.canceled",
    "social_account.connected",
    "social_account.needs_reauth",
    "social_account.revoked",
    "lease_request.assigned",
    "lease_request.rejected",
    LAYERS_TEST_EVENT, /* must be the last */
};
const struct hook_catalogue layers_events = {events, COUNT(events)};

static void put_account(struct json *out, const struct world *w, uint32_t row)
{
    const struct account *a = account_read(w, row);
    json_put_text(out, "socialAccountId", a->public_id);
    json_put_text(out, "platform", enum_word_of(&layers_platforms, a->platform));
    json_put_text(out, "displayName", a->name ? a->name : a->handle);
    if (account_is_listed(a))
        put_seconds(out, "connectedAt", a->connected_at_ms);
    else
        put_seconds(out, "disconnectedAt", a->disconnected_at_ms);
}

static void put_post(struct json *out, const struct world *w, uint32_t row)
{
    const struct destination *d = destination_read(w, row);
    uint32_t content = post_read(w, d->post)->content;
    json_put_text(out, "scheduledPostId", d->public_id);
    json_put_text(out, "containerId", content ? content_read(w, content)->public_id : NULL);
    put_seconds(out, "scheduledFor", d->due_at_ms);
    if (d->state == DESTINATION_PUBLISHED) {
        json_put_text(out, "externalId", d->external_id);
        json_put_text(out, "externalUrl", d->external_url);
    } else if (d->state == DESTINATION_FAILED) {
        json_key(out, "error");
        json_open_map(out);
        json_put_text(out, "code", d->failure_code ? d->failure_code : layers_failure_code(d->failure));
        json_close_map(out);
    } else if (d->state == DESTINATION_CANCELED) {
        put_seconds(out, "canceledAt", d->canceled_at_ms);
    }
}

static void put_request(struct json *out, const struct world *w, uint32_t row)
{
    const struct lease_request *r = lease_request_read(w, row);
    struct index_walk walk;
    json_put_text(out, "requestId", r->public_id);
    json_put_text(out, "projectId", space_read(w, r->space)->public_id);
    json_put_text(out, "status", enum_word_of(&layers_lease_requests, r->state));
    json_key(out, "assignedSocialAccountIds");
    json_open_list(out);
    index_from(&w->indexes[INDEX_ACCOUNT_REQUEST], &walk, (struct index_entry){row, INT64_MIN, 0});
    while (index_next_of(&walk, row))
        json_text(out, account_read(w, walk.entry.row)->public_id);
    json_close_list(out);
}

/* The event of a change, by its new state. `created`: the change creates the record; otherwise it moves the
 * record to another state. A partly granted lease request sends the same event as a fully granted one: both end the
 * partner's polling. */
static const struct row {
    enum record_kind kind;
    bool created;
    int to; /* of the kind's states, or STATE_ANY */
    const char *event;
    hooks_put_fn *put;
} rows[] = {
    {RECORD_ACCOUNT,       true,  STATE_ANY,             "social_account.connected",    put_account},
    {RECORD_ACCOUNT,       false, ACCOUNT_EXPIRED,       "social_account.needs_reauth", put_account},
    {RECORD_ACCOUNT,       false, ACCOUNT_WITHDRAWN,     "social_account.needs_reauth", put_account},
    {RECORD_ACCOUNT,       false, ACCOUNT_DISCONNECTED,  "social_account.revoked",      put_account},
    {RECORD_DESTINATION,   true,  STATE_ANY,             "post.scheduled",              put_post   },
    {RECORD_DESTINATION,   false, DESTINATION_QUEUED,    "post.scheduled",              put_post   },
    {RECORD_DESTINATION,   false, DESTINATION_PUBLISHED, "post.published",              put_post   },
    {RECORD_DESTINATION,   false, DESTINATION_FAILED,    "post.failed",                 put_post   },
    {RECORD_DESTINATION,   false, DESTINATION_CANCELED,  "post.canceled",               put_post   },
    {RECORD_LEASE_REQUEST, false, LEASE_ASSIGNED,        "lease_request.assigned",      put_request},
    {RECORD_LEASE_REQUEST, false, LEASE_PARTIAL,         "lease_request.assigned",      put_request},
    {RECORD_LEASE_REQUEST, false, LEASE_REJECTED,        "lease_request.rejected",      put_request},
};

static const struct row *find_row(const struct change *change)
{
    bool created = change->from == STATE_NONE, moved = change->from != change->to;
    for (size_t i = 0; moved && i < COUNT(rows); i++)
        if (rows[i].kind == change->kind && rows[i].created == created &&
            (rows[i].to == STATE_ANY || rows[i].to == change->to))
            return &rows[i];
    return NULL;
}

/* A post that waits for approval has no id; its event is sent when it gets one. A new leased account sends no event:
 * its lease request does. */
static bool map_event(struct arena *a, const struct world *w, const struct change *change, struct webhook_event *event)
{
    const struct row *row = find_row(change);
    if (!row || !record_id(w, change->kind, change->row) ||
        (row->kind == RECORD_ACCOUNT && row->created && account_read(w, change->row)->leased))
        return false;
    hooks_fill_event(a, w, change, row->event, row->put, event);
    return true;
}

static void write_body(struct buf *body, const struct world *w, uint32_t delivery)
{
    const struct delivery *d = delivery_read(w, delivery);
    struct json out = json_begin(body, 0);
    json_open_map(&out);
    json_put_text(&out, "id", d->event_id);
    json_put_text(&out, "type", d->type);
    if (d->replay_of)
        json_put_text(&out, "replayOf", delivery_read(w, d->replay_of)->public_id);
    json_key(&out, "data");
    json_raw(&out, str_from(d->payload));
    json_close_map(&out);
}

/* Returns t=<seconds>,v1=<HMAC of "<seconds>.<body>">, with a second v1 while the previous secret is still valid. */
static struct str sign(struct arena *a, const struct world *w, const struct webhook *h, int64_t time_s, struct str body)
{
    struct buf out = {.arena = a};
    const char *text = arena_printf(a, "%lld." STR_FMT, (long long)time_s, STR_ARG(body));
    const char *previous = webhook_previous_secret(w, h);
    buf_printf(&out, "t=%lld", (long long)time_s);
    buf_printf(&out, ",v1=%s", hooks_hmac(a, h->secret, str_from(text)));
    if (previous)
        buf_printf(&out, ",v1=%s", hooks_hmac(a, previous, str_from(text)));
    return buf_str(&out);
}

static void add_headers(struct arena *a, const struct world *w, uint32_t delivery, int64_t time_s, struct str body,
                        struct headers *headers)
{
    const struct delivery *d = delivery_read(w, delivery);
    headers_add(a, headers, "Content-Type", STR("application/json"));
    headers_add(a, headers, "X-Layers-Event-Id", str_from(d->event_id));
    headers_add(a, headers, "X-Layers-Signature", sign(a, w, webhook_read(w, d->webhook), time_s, body));
}

/* Two pages of the documentation differ; the fixture chooses one (webhooks: {retries: ...}). */
static const int64_t waits_ms[] = {
    0, 30 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS,
};

/* clang-format off */
const struct webhooks layers_webhooks = {
    .event_prefix = "evt_",
    .events = events,
    .event_count = COUNT(events) - 1,
    .test_event = LAYERS_TEST_EVENT,
    .signature_list = "X-Layers-Signature",
    .policies = {
        [WEBHOOK_POLICY_PATIENT] = {"patient", waits_ms, 8, false, DELIVERY_FAILED,    20},
        [WEBHOOK_POLICY_BRIEF]   = {"brief",   waits_ms, 5, true,  DELIVERY_ABANDONED, 20},
    },
    .map_event = map_event,
    .write_body = write_body,
    .add_headers = add_headers,
};
/* clang-format on */
