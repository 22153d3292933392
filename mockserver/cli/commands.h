/* commands.h - the commands of mockserver other than serve and record.
 *
 * Shapes:  each function prints its result to stdout and returns the program's exit status.
 * Errors:  invalid fixtures; a running mock that does not respond, or rejects the request.
 */
#pragma once
#include "mockserver/cli/options.h"

int command_lint(const struct options *o, struct error *err);
int command_routes(const struct options *o, struct error *err);
int command_capabilities(const struct options *o, struct error *err);
int command_healthcheck(const struct options *o, struct error *err);
int command_schema(const struct options *o, struct error *err);
int command_reference(const struct options *o);
int command_replay(const struct options *o, struct error *err);
int command_export(const struct options *o, struct error *err);
