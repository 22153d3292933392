/* PostEverywhere's webhook events: maps changes to events, writes their payload, signs requests. */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/providers/posteverywhere/hooks.h"

#include <string.h>

#include "base/json.h"

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
    json_put_text(out, "platform", platform_texts[a->platform]);
    json_put_text(out, "health", pe_health_texts[pe_health(a)]);
}

static void put_post(struct json *out, const struct world *w, uint32_t row)
{
    const struct post *p = post_read(w, row);
    json_put_text(out, "post_id", p->public_id);
    json_put_text(out, "status", pe_status_texts[pe_status(w, row)]);
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

/* Which event a change causes, by the name of the transition and, if `to` is set, its new state. */
static const struct row {
    const char *what, *to; /* to NULL: any state */
    const char *event;
    hooks_put_fn *put;
} rows[] = {
    {"account_connect",     NULL,         "account.connected",        put_account    },
    {"account_lose_token",  NULL,         "account.reconnect_needed", put_account    },
    {"account_flag",        NULL,         "account.reconnect_needed", put_account    },
    {"account_disconnect",  NULL,         "account.disconnected",     put_account    },
    {"post_schedule",       NULL,         "post.scheduled",           put_post       },
    {"post_revise",         NULL,         "post.updated",             put_post       },
    {"post_remove",         NULL,         "post.deleted",             put_post       },
    {"destination_publish", "publishing", "post.publishing",          put_destination},
    {"destination_publish", "published",  "post.published",           put_destination},
    {"destination_publish", "failed",     "post.failed",              put_destination},
    {"media_complete",      NULL,         "media.uploaded",           put_media      },
    {"media_remove",        NULL,         "media.deleted",            put_media      },
};

static const struct row *row_of(const struct change *change)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].what, change->what) == 0 && (!rows[i].to || strcmp(rows[i].to, change->to) == 0))
            return &rows[i];
    return NULL;
}

/* A draft or an immediate post causes no post.scheduled event. */
static bool is_silent(const struct world *w, const struct change *change)
{
    if (change->kind != RECORD_POST || strcmp(change->what, "post_schedule") != 0)
        return false;
    const struct post *p = post_read(w, change->row);
    return p->draft || p->due_at_ms <= p->created_at_ms;
}

/* A failure at one account is post.partially_failed if the post was published at another. */
static const char *event_of(const struct world *w, const struct change *change, const struct row *row)
{
    if (change->kind == RECORD_DESTINATION && strcmp(row->event, "post.failed") == 0 &&
        pe_status(w, destination_read(w, change->row)->post) == PE_PARTIALLY_FAILED)
        return "post.partially_failed";
    return row->event;
}

static bool map_event(struct arena *a, const struct world *w, const struct change *change, struct webhook_event *event)
{
    const struct row *row = row_of(change);
    if (!row || is_silent(w, change))
        return false;
    hooks_fill_event(a, w, change, event_of(w, change, row), row->put, event);
    return true;
}

static struct str sign(struct arena *a, const char *secret, struct str body)
{
    return str_from(arena_printf(a, "sha256=%s", hooks_hmac(a, secret, body)));
}

static void write_request(struct arena *a, const struct world *w, uint32_t delivery, int64_t time_s,
                          struct headers *headers, struct buf *body)
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
    headers_add(a, headers, "Content-Type", STR("application/json"));
    headers_add(a, headers, "X-PostEverywhere-Event", str_from(d->type));
    headers_add(a, headers, "X-PostEverywhere-Timestamp", str_from(arena_printf(a, "%lld", (long long)time_s)));
    headers_add(a, headers, "X-PostEverywhere-Signature", sign(a, webhook_read(w, d->webhook)->secret, buf_str(body)));
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
    .test_event = PE_TEST_EVENT,
    .policies = {[WEBHOOK_POLICY_PATIENT] = POLICY("patient", 5), [WEBHOOK_POLICY_BRIEF] = POLICY("brief", 3)},
    .map_event = map_event,
    .write = write_request,
};
