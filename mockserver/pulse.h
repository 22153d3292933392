/* pulse.h - makes a world go on by itself: what is due happens, what has changed is told, what is
 * to be told is sent, and a timer wakes for what comes next.
 *
 * Shapes:  one for each namespace's world; it ends with that world, and with it what is under way.
 * Units:   milliseconds of the world's clock.
 * Errors:  none.
 */
#pragma once
#include "mockserver/call.h"

struct pulse;

/* Who wants to know when there may be something new: a change, or a call in the journal. */
struct listener {
    void (*news)(struct listener *l);
    void (*over)(struct listener *l); /* the world is about to end; it listens no more */
    struct listener **place;          /* what points to it; NULL: it does not listen */
    struct listener *next;
};

struct pulse *pulse_new(struct mock *m, const struct namespace *ns);
void pulse_free(struct pulse *p); /* NULL is fine; a call that waits for it is refused */

/* Lets the world come up to its present time; answers how many events that were. */
size_t pulse_beat(struct pulse *p);

/* Moves the world's clock to `until_ms`, from event to event. False: it has come as far as a
 * delivery that is under way. Then pulse_await and, woken, go on. */
bool pulse_advance(struct pulse *p, int64_t until_ms, size_t *events);
/* Puts the call aside until nothing is under way; false, and nothing happens, in-process. */
bool pulse_await(struct pulse *p, struct call *c, void (*then)(struct call *c));
bool pulse_is_awaited(const struct pulse *p);

void pulse_listen(struct pulse *p, struct listener *l);
void pulse_unlisten(struct listener *l);
bool pulse_is_listened(const struct pulse *p);
void pulse_tell(const struct pulse *p);               /* all who listen; each beat does so too */
uint32_t pulse_changes_before(const struct pulse *p); /* how many its world began with */
