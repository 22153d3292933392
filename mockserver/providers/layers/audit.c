/* Handler of the audit log: the changes in the caller's organization since the namespace started, newest first. The
 * documentation names the filters and some of the events; the members of an entry are ours. */
#include "mockserver/providers/layers/layers.h"

#include <string.h>

#include "base/array.h"
#include "mockserver/state/ad_account.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/record.h"
#include "mockserver/state/webhook.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     200

/* The event of a change, by its transition and its new state (NULL: any). Event names spell "cancelled"; the API spells
 * "canceled". */
#define POST(state)  &destination_state_texts[DESTINATION_##state]
#define LEASE(state) &lease_state_texts[LEASE_##state]
static const struct row {
    const char *what;
    const char *const *to; /* as the change log has it */
    const char *event;
} rows[] = {
    {"key_create",             NULL,                          "api_key.created"            },
    {"key_set_status",         &key_status_texts[KEY_KILLED], "api_key.killed"             },
    {"space_create",           NULL,                          "project.created"            },
    {"account_connect",        NULL,                          "social_account.connected"   },
    {"account_reconnect",      NULL,                          "social_account.reconnected" },
    {"account_lose_token",     NULL,                          "social_account.needs_reauth"},
    {"account_disconnect",     NULL,                          "social_account.revoked"     },
    {"content_approve",        NULL,                          "content.approved"           },
    {"content_reject",         NULL,                          "content.rejected"           },
    {"destination_schedule",   POST(QUEUED),                  "scheduled_post.created"     },
    {"destination_release",    NULL,                          "scheduled_post.created"     },
    {"destination_reschedule", NULL,                          "scheduled_post.rescheduled" },
    {"destination_cancel",     NULL,                          "scheduled_post.cancelled"   },
    {"destination_publish",    POST(PUBLISHED),               "scheduled_post.published"   },
    {"destination_publish",    POST(DRAFT),                   "scheduled_post.drafted"     },
    {"destination_publish",    POST(FAILED),                  "scheduled_post.failed"      },
    {"lease_request_create",   NULL,                          "lease_request.submitted"    },
    {"lease_request_decide",   LEASE(ASSIGNED),               "lease_request.assigned"     },
    {"lease_request_decide",   LEASE(PARTIAL),                "lease_request.assigned"     },
    {"lease_request_decide",   LEASE(REJECTED),               "lease_request.rejected"     },
    {"ad_account_connect",     NULL,                          "ad_account.connected"       },
    {"webhook_create",         NULL,                          "webhook_endpoint.created"   },
    {"webhook_delete",         NULL,                          "webhook_endpoint.deleted"   },
};

static const char *event_of(const struct change *change)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].what, change->what) == 0 && (!rows[i].to || strcmp(*rows[i].to, change->to) == 0))
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
        change->at_ms < f->since_ms || change->at_ms > f->until_ms || strcmp(change->cause, "fixture") == 0)
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
    json_open_map(out);
    json_put_text(out, "id", arena_printf(c->arena, "aud_%026u", seq));
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
    for (int64_t count = 0; --seq > 0;) {
        if (!matches_filter(c, changes_read(c->world, seq), f))
            continue;
        if (count++ == page->limit) {
            next = page_cursor(c->arena, &(struct index_entry){.row = last});
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
