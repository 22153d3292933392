/* timers.h - a mock's timers by number, in the order in which it asks for them: the same in a run and
 * in the same run again.
 *
 * Shapes:  struct timers; with a loop it fires them when their time has come, and tells who watches
 *          just before and behind; without, timers_fire does. What fires is forgotten.
 * Errors:  none.
 */
#pragma once
#include "mockserver/mock.h"

struct timers;

struct timers_watcher {
    void (*fires)(void *ctx, uint64_t number);
    void (*fired)(void *ctx);
    void *ctx;
};

struct timers *timers_new(struct loop *l,
                          const struct timers_watcher *watcher); /* both may be NULL */
void timers_free(struct timers *t);                              /* fires none */
const struct mock_timers *timers_for_mock(struct timers *t);
bool timers_fire(struct timers *t, uint64_t number); /* false: none of that number waits */
