/* consent.h - the consent drivers: they act as the user on an OAuth consent page.
 *
 * Shapes:  admin:   posts {state, outcome, handle} to the mock's admin API, which returns
 *                   {redirect}.
 *          browser: runs the target's consent_command with sh. Its arguments are the URL, the
 *                   outcome and the handle; it prints one line, {"redirect": "..."} or
 *                   {"error": "..."}.
 *          human:   prints the URL and reads one line from the terminal: the redirect URL, or an
 *                   empty line. A countdown shows the remaining time.
 * Errors:  a driver that fails gives VERDICT_ERROR; a driver that the target does not have gives
 *          VERDICT_NOT_APPLICABLE.
 */
#pragma once
#include "conformance/run/task.h"

struct consent {
    const char *outcome; /* approve, deny, abandon, exchange_error */
    const char *at;      /* the authorize URL; "" if the step has none */
    const struct node *state, *handle;
};

/* Returns true if stdin and stderr are a terminal and the program runs in its foreground. */
bool consent_can_ask(void);
