/* events.h - what will happen later in a world, in the order of its time.
 *
 * Shapes:  an event is {at, kind, record row}; one queue per world. Events of the same instant
 *          happen in the order they were added. An event added for the past happens at the instant
 *          it was added. While an event happens, world_now answers the event's instant, however
 *          late it is run, and changes are caused by "time".
 * Units:   milliseconds of the world's clock.
 * Errors:  none. An event whose record has moved on meanwhile does nothing: the transition's owner
 *          checks.
 */
#pragma once
#include "mockserver/state/world.h"

/* What happens, and to a record of which kind. */
#define EVENT_KINDS(X)                                                                             \
    X(TOKEN_EXPIRES, "token_expires", ACCOUNT)                                                     \
    X(OAUTH_ATTEMPT_EXPIRES, "oauth_attempt_expires", OAUTH_ATTEMPT)                               \
    X(POST_DUE, "post_due", DESTINATION)                                                           \
    X(PUBLISH_ENDS, "publish_ends", DESTINATION)                                                   \
    X(LEASE_RENEWS, "lease_renews", ACCOUNT)                                                       \
    X(AD_VALIDATES, "ad_validates", AD_ACCOUNT)                                                    \
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
uint32_t events_last(const struct world *w); /* row of the one added last; 0: none yet */
const struct event *event_read(const struct world *w, uint32_t row);
/* The queue in its order: starts before the first one; NULL at the end. */
void events_walk(const struct world *w, struct index_walk *walk);
const struct event *events_next(const struct world *w, struct index_walk *walk);
bool events_next_at(const struct world *w, int64_t *at_ms); /* when the next one is due */

/* Lets everything happen that is due at the world's present time; answers how many events that
 * were. */
size_t events_run_due(struct world *w);

/* Moves the clock to `until_ms`, stopping at each event on the way so that it happens at its own
 * time. */
size_t events_advance(struct world *w, int64_t until_ms);
