/* idle.h - drops the worlds that nobody calls any more, through the loop.
 *
 * Shapes:  one timer for all worlds, set for the first that may be over; a call costs no more than
 *          its time (namespace.last_us). Without a loop nothing is dropped.
 * Units:   limits in milliseconds of the machine's time; 0: for ever.
 * Errors:  none.
 */
#pragma once
#include "mockserver/namespaces/namespaces.h"

struct idle;
struct mock;

struct idle *idle_new(struct mock *m);
void idle_free(struct idle *i);  /* NULL is fine; before its mock */
void idle_begin(struct idle *i); /* its mock has a loop */

void idle_limit(struct idle *i, struct namespace *ns, int64_t limit_ms);
