/* prove_command.h - the command `prove`: measures what a suite notices.
 *
 * Errors:  as in prove/prove.h. The return value is the exit status.
 */
#pragma once
#include "conformance/cli/options.h"

int command_prove(const struct options *o, struct error *err);
