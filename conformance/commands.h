/* commands.h - what the program does: play scenarios, check them, list them.
 *
 * Errors:  what cannot be used; the exit status comes from there, or from what a run decided.
 */
#pragma once
#include "conformance/options.h"
#include "conformance/plan/plan.h"

int command_run(const struct options *o, struct error *err);
int command_lint(const struct options *o, struct error *err);
int command_list(const struct options *o, struct error *err);

/* Which scenarios the options choose. */
bool selection_of(const struct options *o, struct selection *out, struct error *err);
