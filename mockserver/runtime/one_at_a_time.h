/* one_at_a_time.h - serves calls with large responses one per round of the event loop, so that a burst of them delays
 * another call by at most one.
 *
 * Shapes:  a GET is expected to be large if the last response of its operation in its namespace was. It then waits in a
 *          queue; each round wakes one call. The size decides, not the time, so that a replay does the same.
 * Units:   bytes.
 * Errors:  none.
 */
#pragma once
#include "mockserver/provider_api/call.h"

#define LARGE_BYTES (256u << 10)

struct call_queue;

struct call_queue *call_queue_new(struct mock *m);
void call_queue_free(struct call_queue *q); /* no call waits any more, or none is woken; NULL: no-op */

/* Suspends the call (suspend.h) if its response is expected to be large, until it is its turn. */
void call_queue_wait(struct call *c);
/* Notes the size of the response. */
void call_queue_note(struct call *c);
