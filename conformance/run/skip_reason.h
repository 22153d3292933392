/* skip_reason.h - why a scenario cannot run on this target, found before anything of it is sent.
 *
 * Shapes:  a sentence for the report, or NULL: it runs. Looked for through the flows in use:
 *          capabilities, what the scenario names and the target has not (resources, actors,
 *          environment variables), leave to write, leave to spend.
 * Errors:  none: what is in the way makes the scenario not applicable.
 */
#pragma once
#include "conformance/run/task.h"

/* `simulations`: those of the admin API's manifest; NULL: not told. */
const char *skip_reason_for(const struct runner *r, const struct planned *p,
                            const struct node *simulations);

/* missing_names.c: of what the scenario names, the first that is not there */
const char *find_missing_name(const struct vars *root, const struct target *t,
                              const struct scenario *sc);
