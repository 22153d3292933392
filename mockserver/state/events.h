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

enum event_kind {
    EVENT_TOKEN_EXPIRES, /* account */
    EVENT_ATTEMPT_EXPIRES,
    EVENT_POST_DUE,     /* destination */
    EVENT_PUBLISH_ENDS, /* destination */
    EVENT_LEASE_RENEWS, /* account */
    EVENT_AD_VALIDATES, /* ad account */
    EVENT_DELIVERY_DUE,
};

struct event {
    int64_t at_ms;
    enum event_kind kind;
    uint32_t row;
    bool done;
};

void events_add(struct world *w, int64_t at_ms, enum event_kind kind, uint32_t row);
bool events_next_at(const struct world *w, int64_t *at_ms); /* when the next one is due */

/* Lets everything happen that is due at the world's present time; answers how many events that
 * were. */
size_t events_run_due(struct world *w);

/* Moves the clock to `until_ms`, stopping at each event on the way so that it happens at its own
 * time. */
size_t events_advance(struct world *w, int64_t until_ms);
