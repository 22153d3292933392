/* commands.h - what the program does beside serving.
 *
 * Shapes:  results go to stdout; the response is the program's exit status.
 * Errors:  fixtures with mistakes; a running mock that does not answer, or refuses.
 */
#pragma once
#include "mockserver/cli/options.h"

int command_lint(const struct options *o, struct error *err);
int command_routes(const struct options *o, struct error *err);
int command_capabilities(const struct options *o, struct error *err);
int command_healthcheck(const struct options *o, struct error *err);
int command_schema(const struct options *o, struct error *err);
int command_reference(const struct options *o);
int command_replay(const struct options *o, struct error *err); /* recording/command.c */
int command_export(const struct options *o, struct error *err);
