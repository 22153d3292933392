/* skip_reason.h - decides, before its first request, whether a scenario can run on the target.
 *
 * Shapes:  the reason as a sentence, or NULL if the scenario can run. It can run if the target has
 *          the capabilities, resources, actors and environment variables that the scenario and its
 *          flows use, and if --allow-writes and --allow-costly permit what it does.
 * Errors:  none. A scenario that cannot run is not applicable.
 */
#pragma once
#include "conformance/run/task.h"

/* `simulations` is the list in the admin API's manifest; NULL if it has none. */
const char *skip_reason_for(const struct runner *r, const struct planned *p, const struct node *simulations);

/* missing_names.c: describes the first resource, actor or environment variable that the scenario
 * names and that does not exist; NULL: there is none */
const char *find_missing_name(const struct vars *root, const struct target *t, const struct scenario *sc);
