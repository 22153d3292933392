/* commands.h - the commands of mockserver.
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

/* serve and record: runs the mock as an HTTP server until a signal stops it. When it is ready, it prints one line of
 * JSON to stdout: {"ready", "url", "bases", "pid"}, with "admin" if the admin API has a separate port, and
 * "certificate" (a file) if one was generated. On SIGINT or SIGTERM it stops accepting connections and finishes the
 * requests in flight; a second signal, or the deadline, stops it immediately. It then writes the client checks to the
 * log and to --client-report FILE. Invalid fixtures, ports that cannot be opened and a report that cannot be written
 * are errors; what can be checked at the start fails then. Returns 1 if a client check failed and
 * --fail-on-client-checks is set, 2 if `err` has a problem. */
int command_serve(const struct options *o, struct error *err);
