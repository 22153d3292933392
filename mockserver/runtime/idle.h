/* idle.h - deletes namespaces that have not been called for their idle time.
 *
 * Shapes:  one timer for all namespaces, set for the earliest expiry. A call only updates
 *          namespace.last_us. Without a loop nothing is deleted.
 * Units:   limits in milliseconds of the machine's time; 0: never.
 * Errors:  none.
 */
#pragma once
#include "mockserver/runtime/namespaces.h"

struct idle;
struct mock;

struct idle *idle_new(struct mock *m);
void idle_free(struct idle *i);  /* i may be NULL; call it before mock_free */
void idle_begin(struct idle *i); /* starts the timer; call it when the mock has its loop */

/* Sets the idle time after which `ns` is deleted. */
void idle_limit(struct idle *i, struct namespace *ns, int64_t limit_ms);
