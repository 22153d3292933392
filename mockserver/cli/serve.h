/* serve.h - runs the mock as an HTTP server until a signal stops it.
 *
 * Shapes:  when it is ready, it prints one line of JSON to stdout: {"ready", "url", "bases", "pid"}, with "admin" if
 *          the admin API has a separate port, and "certificate" (a file) if one was generated. On SIGINT or SIGTERM it
 *          stops accepting connections and finishes the requests in flight; a second signal, or the deadline, stops it
 *          immediately. It then writes the client checks to the log and to --client-report FILE.
 * Errors:  invalid fixtures, ports that cannot be opened, a report that cannot be written. What can be checked at the
 *          start fails then.
 */
#pragma once
#include "mockserver/cli/options.h"

/* Returns the program's exit status: 0, 1 if a client check failed and --fail-on-client-checks is set, or 2 if `err`
 * has a problem. */
int serve(const struct options *o, struct error *err);
