/* events.h - the queue of a world's future events, ordered by time.
 *
 * Shapes:  an event is {at, kind, record row}; one queue per world. Events with the same time run
 *          in the order they were added. An event added for the past gets the current time. While
 *          an event runs, world_now returns the event's time, however late it runs, and the cause
 *          of changes is "time".
 * Units:   milliseconds of the world's clock.
 * Errors:  none. An event that no longer applies to its record does nothing: the function that
 *          handles it checks the record first.
 */
#pragma once
#include "mockserver/state/world.h"

/* Each event kind: enum name, text, and the kind of record it acts on. */
#define EVENT_KINDS(X)                                                                                                 \
    X(TOKEN_EXPIRES, "token_expires", ACCOUNT)                                                                         \
    X(OAUTH_ATTEMPT_EXPIRES, "oauth_attempt_expires", OAUTH_ATTEMPT)                                                   \
    X(POST_DUE, "post_due", DESTINATION)                                                                               \
    X(PUBLISH_ENDS, "publish_ends", DESTINATION)                                                                       \
    X(LEASE_RENEWS, "lease_renews", ACCOUNT)                                                                           \
    X(AD_VALIDATES, "ad_validates", AD_ACCOUNT)                                                                        \
    X(DELIVERY_DUE, "delivery_due", DELIVERY)
enum event_kind {
#define X(name, text, record) EVENT_##name,
    EVENT_KINDS(X)
#undef X
        EVENT_KIND_COUNT
};
extern const char *const event_kind_texts[];
enum record_kind event_record(enum event_kind kind);

struct event {
    int64_t at_ms;
    enum event_kind kind;
    uint32_t row;
    bool done;
};

void events_add(struct world *w, int64_t at_ms, enum event_kind kind, uint32_t row);
uint32_t events_last(const struct world *w); /* row of the event added last; 0: none */
const struct event *event_read(const struct world *w, uint32_t row);
/* Walks the queue in order. events_walk starts before the first event; events_next returns NULL at
 * the end. */
void events_walk(const struct world *w, struct index_walk *walk);
const struct event *events_next(const struct world *w, struct index_walk *walk);
bool events_next_at(const struct world *w, int64_t *at_ms); /* false: the queue is empty */

/* Runs all events that are due at the world's current time. Returns how many ran. */
size_t events_run_due(struct world *w);

/* Moves the clock to `until_ms` and runs each event on the way at its own time. Returns how many
 * ran. */
size_t events_advance(struct world *w, int64_t until_ms);
