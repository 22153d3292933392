/* consent.h - who plays the end-customer's part of OAuth.
 *
 * Shapes:  admin: the mock's admin API, `{state, outcome, handle}` -> `{redirect}`. browser:
 *          the target's consent_command, run by sh with the URL, the outcome and the handle as
 *          arguments; it answers one line {"redirect": "..."} or {"error": "..."}. human: the URL
 *          is printed and a line awaited: the redirect, or nothing; a countdown tells for how long.
 * Errors:  a driver that fails is an error; one that cannot be here is not applicable.
 */
#pragma once
#include "conformance/run/task.h"

struct consent {
    const char *outcome; /* approve, deny, abandon, exchange_error */
    const char *at;      /* the authorize URL; "" if not told */
    const struct node *state, *handle;
};

/* Is there a person at a terminal? Else what needs one is not applicable. */
bool consent_can_ask(void);
