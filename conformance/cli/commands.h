/* commands.h - the commands of the program: run scenarios, check them, list them.
 *
 * Errors:  each command adds unusable input to `err` and returns the program's exit status.
 */
#pragma once
#include "conformance/cli/options.h"
#include "conformance/plan/plan.h"

int command_run(const struct options *o, struct error *err);
int command_lint(const struct options *o, struct error *err);
int command_list(const struct options *o, struct error *err);

/* Reads the selection options (--tag, --claim, --failed, --shard). Returns false if the report of
 * --failed cannot be used. */
bool selection_of(const struct options *o, struct selection *out, struct error *err);
