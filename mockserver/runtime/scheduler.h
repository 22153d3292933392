/* scheduler.h - runs a namespace's due events, sends its webhooks and keeps its timer armed.
 *
 * Shapes:  one scheduler per namespace; freed with its state, together with deliveries in flight. A tick runs the
 *          events that are due, turns the changes into webhook deliveries, starts the deliveries that are due and arms
 *          the timer for the next event.
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
void scheduler_free(struct scheduler *p); /* NULL: no-op; wakes the call of scheduler_await */

size_t scheduler_tick(struct scheduler *p); /* returns how many events ran */

/* Advances the clock to until_ms, event by event, and adds the events that ran to *events. Returns false if it stopped
 * at a webhook delivery that is still in flight: call scheduler_await, then call this again. */
bool scheduler_advance(struct scheduler *p, int64_t until_ms, size_t *events);
/* Suspends the call until no delivery is in flight; returns like call_suspend. */
bool scheduler_await(struct scheduler *p, struct call *c, void (*then)(struct call *c));
bool scheduler_is_sending(const struct scheduler *p); /* a delivery is in flight */
bool scheduler_is_awaited(const struct scheduler *p); /* one call at a time can wait */

void scheduler_listen(struct scheduler *p, struct listener *l); /* subscribes */
void scheduler_unlisten(struct listener *l);                    /* no-op if not subscribed */
void scheduler_notify(const struct scheduler *p);               /* calls `changed` of all listeners */
/* seq of the last change when the scheduler was created; calls and events cause later ones. */
uint32_t scheduler_changes_before(const struct scheduler *p);
