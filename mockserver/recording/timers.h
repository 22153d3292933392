/* timers.h - numbers a mock's timers in the order in which they are set, so that a timer has the same number in a
 * recorded run and in its replay.
 *
 * Shapes:  struct timers. With a loop, timers fire when they are due, and the watcher is called before and after;
 *          without one, timers_fire fires them. A timer is removed when it fires.
 * Errors:  none.
 */
#pragma once
#include "mockserver/runtime/mock.h"

struct timers;

struct timers_watcher {
    void (*fires)(void *ctx, uint64_t number);
    void (*fired)(void *ctx);
    void *ctx;
};

struct timers *timers_new(struct loop *l, const struct timers_watcher *watcher); /* both may be NULL */
void timers_free(struct timers *t);                                              /* fires no timer; t may be NULL */
const struct mock_timers *timers_for_mock(struct timers *t);
bool timers_fire(struct timers *t, uint64_t number); /* false: no such timer is set */
