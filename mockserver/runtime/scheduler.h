/* scheduler.h - runs a namespace's due events, sends its webhooks and keeps its timer armed.
 *
 * Shapes:  one scheduler per namespace; freed with its state, together with deliveries in flight. A tick runs the
 *          events that are due, turns the changes into webhook deliveries, starts the deliveries that are due and arms
 *          the timer for the next event. A call sees a state in which all due events have run: it waits until then. It
 *          does not wait for the end of an advance, and sees the time that the advance has reached.
 * Units:   milliseconds of the namespace's clock.
 * Errors:  none.
 */
#pragma once
#include "mockserver/provider_api/call.h"

struct scheduler;

/* Is notified after each tick and each journal entry: there may be something new. */
struct listener {
    void (*changed)(struct listener *l);
    void (*closed)(struct listener *l); /* the state was replaced or deleted; it is unsubscribed already */
    struct listener **place;            /* the pointer to it in the list; NULL: not subscribed */
    struct listener *next;
};

struct scheduler *scheduler_new(struct mock *m, struct namespace *ns);
void scheduler_free(struct scheduler *p); /* NULL: no-op; wakes the calls that wait */

/* Runs due events. If there are many, it runs the first of them now and the others in turns (turns.h); until then the
 * scheduler is behind. Without an event loop it runs all of them now. */
void scheduler_tick(struct scheduler *p);
bool scheduler_is_behind(const struct scheduler *p);
/* Suspend the call until the scheduler is not behind, or until no delivery is in flight; return like call_suspend. */
bool scheduler_wait_for_events(struct scheduler *p, struct call *c, void (*then)(struct call *c));
bool scheduler_wait_for_deliveries(struct scheduler *p, struct call *c, void (*then)(struct call *c));

/* Advances the clock, event by event, in turns. After each step it waits until no delivery is in flight, altogether at
 * most wait_ms of real time. The clock must not be advancing already. Returns false if the advance has ended, and sets
 * *events to the number of events that ran. Returns true if it suspended the call: `then` runs at the end, when *events
 * is set. The advance continues if the client disconnects, and ends with the state. */
struct advance_to {
    int64_t until_ms, wait_ms;
};
bool scheduler_advance(struct scheduler *p, struct call *c, const struct advance_to *to, size_t *events,
                       void (*then)(struct call *c));
bool scheduler_is_advancing(const struct scheduler *p);
/* Writes the deliveries in flight to `deliveries`, the oldest attempts first, at most `most` of them. Returns how many
 * there are. */
size_t scheduler_in_flight(const struct scheduler *p, uint32_t *deliveries, size_t most);

void scheduler_listen(struct scheduler *p, struct listener *l); /* subscribes */
void scheduler_unlisten(struct listener *l);                    /* no-op if not subscribed */
void scheduler_notify(const struct scheduler *p);               /* calls `changed` of all listeners */
/* seq of the last change when the scheduler was created; calls and events cause later ones. */
uint32_t scheduler_changes_before(const struct scheduler *p);
