/* scheduler.h - makes a world go on by itself: what is due happens, what has changed is told, what is
 * to be told is sent, and a timer wakes for what comes next.
 *
 * Shapes:  one for each namespace's world; it ends with that world, and with it what is under way.
 * Units:   milliseconds of the world's clock.
 * Errors:  none.
 */
#pragma once
#include "mockserver/call.h"

struct scheduler;

/* Who wants to know when there may be something new: a change, or a call in the journal. */
struct listener {
    void (*changed)(struct listener *l);
    void (*closed)(struct listener *l); /* the world is about to end; it listens no more */
    struct listener **place;            /* what points to it; NULL: it does not listen */
    struct listener *next;
};

struct scheduler *scheduler_new(struct mock *m, const struct namespace *ns);
void scheduler_free(struct scheduler *p); /* NULL is fine; a call that waits for it is refused */

/* Lets the world come up to its present time; answers how many events that were. */
size_t scheduler_tick(struct scheduler *p);

/* Moves the world's clock to `until_ms`, from event to event. False: it has come as far as a
 * delivery that is under way. Then scheduler_await and, woken, go on. */
bool scheduler_advance(struct scheduler *p, int64_t until_ms, size_t *events);
/* Puts the call aside until nothing is under way; false, and nothing happens, in-process. */
bool scheduler_await(struct scheduler *p, struct call *c, void (*then)(struct call *c));
bool scheduler_is_awaited(const struct scheduler *p);

void scheduler_listen(struct scheduler *p, struct listener *l);
void scheduler_unlisten(struct listener *l);
bool scheduler_is_listened(const struct scheduler *p);
void scheduler_notify(const struct scheduler *p); /* all who listen; each tick does so too */
uint32_t scheduler_changes_before(const struct scheduler *p); /* how many its world began with */
