/* Handler of the audit log: the changes in the caller's organization since the namespace started, newest first. The
 * documentation names the filters and some of the events; the members of an entry are ours. */
#include "mockserver/providers/layers/layers.h"

#include "base/array.h"
#include "mockserver/state/ad_account.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/record.h"
#include "mockserver/state/webhook.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     200

/* The event of a change, by its transition and its new state. Event names spell "cancelled"; the API spells
 * "canceled". */
static const struct row {
    enum transition_kind what;
    int to; /* of the kind's states, or STATE_ANY */
    const char *event;
} rows[] = {
    {TRANSITION_KEY_CREATE,             STATE_ANY,             "api_key.created"            },
    {TRANSITION_KEY_SET_STATUS,         KEY_KILLED,            "api_key.killed"             },
    {TRANSITION_SPACE_CREATE,           STATE_ANY,             "project.created"            },
    {TRANSITION_ACCOUNT_CONNECT,        STATE_ANY,             "social_account.connected"   },
    {TRANSITION_ACCOUNT_RECONNECT,      STATE_ANY,             "social_account.reconnected" },
    {TRANSITION_ACCOUNT_LOSE_TOKEN,     STATE_ANY,             "social_account.needs_reauth"},
    {TRANSITION_ACCOUNT_DISCONNECT,     STATE_ANY,             "social_account.revoked"     },
    {TRANSITION_CONTENT_APPROVE,        STATE_ANY,             "content.approved"           },
    {TRANSITION_CONTENT_REJECT,         STATE_ANY,             "content.rejected"           },
    {TRANSITION_DESTINATION_SCHEDULE,   DESTINATION_QUEUED,    "scheduled_post.created"     },
    {TRANSITION_DESTINATION_RELEASE,    STATE_ANY,             "scheduled_post.created"     },
    {TRANSITION_DESTINATION_RESCHEDULE, STATE_ANY,             "scheduled_post.rescheduled" },
    {TRANSITION_DESTINATION_CANCEL,     STATE_ANY,             "scheduled_post.cancelled"   },
    {TRANSITION_DESTINATION_PUBLISH,    DESTINATION_PUBLISHED, "scheduled_post.published"   },
    {TRANSITION_DESTINATION_PUBLISH,    DESTINATION_DRAFT,     "scheduled_post.drafted"     },
    {TRANSITION_DESTINATION_PUBLISH,    DESTINATION_FAILED,    "scheduled_post.failed"      },
    {TRANSITION_LEASE_REQUEST_CREATE,   STATE_ANY,             "lease_request.submitted"    },
    {TRANSITION_LEASE_REQUEST_DECIDE,   LEASE_ASSIGNED,        "lease_request.assigned"     },
    {TRANSITION_LEASE_REQUEST_DECIDE,   LEASE_PARTIAL,         "lease_request.assigned"     },
    {TRANSITION_LEASE_REQUEST_DECIDE,   LEASE_REJECTED,        "lease_request.rejected"     },
    {TRANSITION_AD_ACCOUNT_CONNECT,     STATE_ANY,             "ad_account.connected"       },
    {TRANSITION_WEBHOOK_CREATE,         STATE_ANY,             "webhook_endpoint.created"   },
    {TRANSITION_WEBHOOK_DELETE,         STATE_ANY,             "webhook_endpoint.deleted"   },
};

static const char *event_of(const struct change *change)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].what == change->what && (rows[i].to == STATE_ANY || rows[i].to == change->to))
            return rows[i].event;
    return NULL;
}

static uint32_t space_of(const struct world *w, const struct change *change)
{
    return change->kind == RECORD_SPACE ? change->row : record_owner(w, change->kind, change->row, RECORD_SPACE);
}

static uint32_t organization_of(const struct world *w, const struct change *change)
{
    uint32_t space = space_of(w, change);
    return space ? space_read(w, space)->organization : record_owner(w, change->kind, change->row, RECORD_ORGANIZATION);
}

struct filter {
    struct str event, project, key; /* .s NULL: any */
    int64_t since_ms, until_ms;
};

static bool matches(struct str filter, const char *id)
{
    return !filter.s || (id && str_is(filter, id));
}

static bool matches_filter(const struct call *c, const struct change *change, const struct filter *f)
{
    const struct world *w = c->world;
    const char *event = event_of(change);
    if (!event || !record_id(w, change->kind, change->row) || !matches(f->event, event) ||
        change->at_ms < f->since_ms || change->at_ms > f->until_ms || change->cause == CAUSE_FIXTURE)
        return false;
    uint32_t space = space_of(w, change);
    return organization_of(w, change) == key_read(w, c->key)->organization &&
           matches(f->project, space ? space_read(w, space)->public_id : NULL) &&
           matches(f->key, change->key ? key_read(w, change->key)->public_id : NULL);
}

static void print_entry(struct call *c, uint32_t seq)
{
    const struct change *change = changes_read(c->world, seq);
    uint32_t space = space_of(c->world, change);
    struct json *out = &c->out;
    char id[64];
    ids_write_numbered(c->world, "aud_", seq, id);
    json_open_map(out);
    json_put_text(out, "id", id);
    json_put_text(out, "eventType", event_of(change));
    json_put_text(out, "projectId", space ? space_read(c->world, space)->public_id : NULL);
    json_put_text(out, "apiKeyId", change->key ? key_read(c->world, change->key)->public_id : NULL);
    json_put_text(out, "resourceId", record_id(c->world, change->kind, change->row));
    put_seconds(out, "createdAt", change->at_ms);
    json_close_map(out);
}

/* The log grows only at its newest end, so a cursor is the number of a page's last entry. */
static void print_log(struct call *c, const struct page *page, const struct filter *f)
{
    uint32_t seq = page->row ? page->row - 1 : changes_last(c->world) + 1, last = 0;
    const char *next = NULL;
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_key(out, "items");
    json_open_list(out);
    for (int64_t count = 0; --seq >= changes_first(c->world);) {
        if (!matches_filter(c, changes_read(c->world, seq), f))
            continue;
        if (count++ == page->limit) {
            next = page_cursor(c->arena, page_list_name(c), &(struct index_entry){.row = last});
            break;
        }
        print_entry(c, seq);
        last = seq;
    }
    json_close_list(out);
    json_put_text(out, "nextCursor", next);
    json_close_map(out);
}

void layers_list_audit_log(struct call *c)
{
    struct filter f = {.event = call_query(c, "eventType"),
                       .project = call_query(c, "projectId"),
                       .key = call_query(c, "apiKeyId"),
                       .since_ms = INT64_MIN,
                       .until_ms = INT64_MAX};
    struct page page;
    read_query_time(c, "since", &f.since_ms);
    read_query_time(c, "until", &f.until_ms);
    if (page_read(c, LIMIT_DEFAULT, LIMIT_MAX, &page) && page.row > changes_last(c->world) + 1)
        call_issue(c, "cursor", "is not a cursor of this list");
    if (!c->fault)
        print_log(c, &page, &f);
}
