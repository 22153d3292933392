#include "mockserver/state/events.h"

#include <assert.h>

#include "mockserver/state/account.h"
#include "mockserver/state/ad_account.h"
#include "mockserver/state/delivery.h"
#include "mockserver/state/lease.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"

const char *const event_kind_texts[] = {
#define X(name, text, record) text,
    EVENT_KINDS(X)
#undef X
};

enum record_kind event_record(enum event_kind kind)
{
    static const enum record_kind kinds[] = {
#define X(name, text, record) RECORD_##record,
        EVENT_KINDS(X)
#undef X
    };
    return kinds[kind];
}

uint32_t events_last(const struct world *w)
{
    return w->events.count;
}

const struct event *event_read(const struct world *w, uint32_t row)
{
    return table_read(&w->events, row);
}

void events_add(struct world *w, int64_t at_ms, enum event_kind kind, uint32_t row)
{
    int64_t now = world_now(w);
    uint32_t event;
    struct event *e = table_add(&w->events, &event);
    *e = (struct event){.at_ms = at_ms > now ? at_ms : now, .kind = kind, .row = row};
    index_add(&w->indexes[INDEX_DUE], (struct index_entry){e->at_ms, event, event});
}

void events_walk(const struct world *w, struct index_walk *walk)
{
    index_from(&w->indexes[INDEX_DUE], walk, (struct index_entry){INT64_MIN, INT64_MIN, 0});
}

const struct event *events_next(const struct world *w, struct index_walk *walk)
{
    return index_next(walk) ? table_read(&w->events, walk->entry.row) : NULL;
}

bool events_next_at(const struct world *w, int64_t *at_ms)
{
    struct index_entry first;
    if (!index_first(&w->indexes[INDEX_DUE], &first))
        return false;
    *at_ms = first.key;
    return true;
}

static void run_event(struct world *w, const struct event *e)
{
    switch (e->kind) {
    case EVENT_TOKEN_EXPIRES:
        account_token_due(w, e->row);
        break;
    case EVENT_OAUTH_ATTEMPT_EXPIRES:
        oauth_attempt_expire(w, e->row);
        break;
    case EVENT_POST_DUE:
        destination_due(w, e->row);
        break;
    case EVENT_PUBLISH_ENDS:
        destination_publish_ends(w, e->row);
        break;
    case EVENT_LEASE_RENEWS:
        lease_renewal_due(w, e->row);
        break;
    case EVENT_AD_VALIDATES:
        ad_account_validation_due(w, e->row);
        break;
    case EVENT_DELIVERY_DUE:
        delivery_due(w, e->row);
        break;
    case EVENT_KIND_COUNT:
        break;
    }
}

size_t events_run_due(struct world *w)
{
    assert(!w->in_event);
    int64_t now = world_now(w);
    size_t count = 0;
    struct index_entry first;
    for (; index_first(&w->indexes[INDEX_DUE], &first) && first.key <= now; count++) {
        index_remove(&w->indexes[INDEX_DUE], first);
        struct event *e = table_edit(&w->events, first.row);
        e->done = true;
        struct event due = *e; /* a copy: the event may add events and move the row */
        w->in_event = true;
        w->event_at_ms = due.at_ms;
        run_event(w, &due);
        w->in_event = false;
    }
    return count;
}

size_t events_advance(struct world *w, int64_t until_ms)
{
    size_t count = 0;
    int64_t at;
    while (events_next_at(w, &at) && at <= until_ms) {
        if (at > world_now(w))
            clock_move_to(&w->clock, at);
        count += events_run_due(w);
    }
    if (until_ms > world_now(w)) /* a running clock may have passed it */
        clock_move_to(&w->clock, until_ms);
    return count;
}
