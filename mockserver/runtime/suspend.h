/* suspend.h - lets a call wait: for a time, for an event, or for whichever comes first.
 *
 * Shapes:  a suspended call is counted in its namespace, which is not idle while it has one. When the call wakes,
 *          call.resume continues it (pipeline.c): it first runs `then`, unless that is NULL. If the namespace was reset
 *          or deleted in between, the call is refused (FAULT_UNAVAILABLE) and `then` is not called.
 * Units:   microseconds of real time.
 * Errors:  none.
 */
#pragma once
#include "mockserver/provider_api/call.h"

/* Suspends the call for delay_us. The caller must return at once if this returns true. Returns false, and does nothing,
 * if delay_us is 0 or the call runs in-process (no event loop): the caller continues. */
bool call_suspend_for(struct call *c, int64_t delay_us, void (*then)(struct call *c));
/* Suspends the call until call_wake or call_wake_now. Returns like call_suspend_for. Stores the call in `slot`, which
 * must be empty; empties it when the call wakes or its client disconnects. */
bool call_suspend(struct call *c, struct call_slot *slot, void (*then)(struct call *c));
/* Likewise, at the end of a line of calls. */
bool call_suspend_in(struct call *c, struct call_line *line, void (*then)(struct call *c));
void call_wake_line(struct call_line *line); /* call_wake_now for all calls in it */
void call_wake_now(struct call *c);          /* clears the slot; the call runs in the next loop iteration */
void call_wake(struct call *c);              /* the same, but the slot stays taken until the call runs */
void call_forget(struct call *c);            /* the client disconnected: cancels the suspension */
bool call_is_suspended(const struct call *c);
