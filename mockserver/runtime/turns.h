/* turns.h - shares the time of the event loop among namespaces that have much to do.
 *
 * Shapes:  struct turns: one per mock; a queue, and one timer that fires in the next round of the loop while the queue
 *          is not empty. Each firing runs turns from the front until TURNS_WORK units of work are done, so the loop
 *          serves other clients in between. The order depends only on the calls and timers, so a replay repeats it.
 * Units:   work: an event of the simulated state, an entry of its change log, or 16 for a webhook request; a unit takes
 *          5 to 15 microseconds.
 * Errors:  none.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define TURNS_WORK 256 /* in one round of the loop */

struct mock;
struct turns;

struct turn {
    /* Does at most about `work` units, and subtracts them from it. The turn is not queued then; it may queue itself
     * again. */
    void (*run)(void *ctx, size_t *work);
    void *ctx;
    bool queued;
    struct turn *next, *previous;
};

struct turns *turns_new(struct mock *m);
void turns_free(struct turns *t); /* NULL: no-op */

void turns_add(struct turns *t, struct turn *turn);    /* no-op if it is queued */
void turns_remove(struct turns *t, struct turn *turn); /* no-op if it is not queued */
