/* serve.h - the mock on the network, from its ready line to its last answer.
 *
 * Shapes:  ready is one line of JSON on stdout: {"ready", "url", "bases", "pid"}. SIGINT and
 *          SIGTERM end it: no new connections, what is under way is answered; a second one, or the
 *          deadline, ends it at once.
 * Errors:  fixtures that cannot be used, ports that cannot be had.
 */
#pragma once
#include "mockserver/options.h"

bool serve(const struct options *o, struct error *err);
