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

#define ANY (-1)

/* Which event a change causes, by the name of the transition and the new state of a destination. */
static const struct row {
    const char *what;
    int to;                                               /* enum destination_state, or ANY */
    bool (*applies)(const struct world *w, uint32_t row); /* NULL: always */
    const char *event;
    hooks_put_fn *put;
} rows[] = {
    {"account_connect",     ANY,                    NULL,       "account.connected",        put_account    },
    {"account_lose_token",  ANY,                    NULL,       "account.reconnect_needed", put_account    },
    {"account_flag",        ANY,                    NULL,       "account.reconnect_needed", put_account    },
    {"account_disconnect",  ANY,                    NULL,       "account.disconnected",     put_account    },
    {"post_schedule",       ANY,                    is_waiting, "post.scheduled",           put_post       },
    {"post_revise",         ANY,                    NULL,       "post.updated",             put_post       },
    {"post_remove",         ANY,                    NULL,       "post.deleted",             put_post       },
    {"destination_publish", DESTINATION_PUBLISHING, NULL,       "post.publishing",          put_destination},
    {"destination_publish", DESTINATION_PUBLISHED,  NULL,       "post.published",           put_destination},
    {"destination_publish", DESTINATION_FAILED,     is_partial, "post.partially_failed",    put_destination},
    {"destination_publish", DESTINATION_FAILED,     NULL,       "post.failed",              put_destination},
    {"media_complete",      ANY,                    NULL,       "media.uploaded",           put_media      },
    {"media_remove",        ANY,                    NULL,       "media.deleted",            put_media      },
};

static const struct row *row_of(const struct world *w, const struct change *change)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].what, change->what) == 0 &&
            (rows[i].to == ANY || strcmp(destination_state_texts[rows[i].to], change->to) == 0) &&
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
