/* serve.h - the mock on the network, from its ready line to its last response.
 *
 * Shapes:  ready is one line of JSON on stdout: {"ready", "url", "bases", "pid"},
 *          with "admin" for a port of its own and "certificate" for one that was made. SIGINT and
 *          SIGTERM end it: no new connections, what is under way is answered; a second one, or the
 *          deadline, ends it at once.
 *          At its end it tells how the clients behaved, in the log and in --client-report FILE.
 * Errors:  fixtures that cannot be used, ports that cannot be had, a report that cannot be written:
 *          what is known at the start is told then.
 */
#pragma once
#include "mockserver/cli/options.h"

/* The program's exit status: 0; 1 with --fail-on-client-checks if a client check failed; 2 with an error. */
int serve(const struct options *o, struct error *err);
