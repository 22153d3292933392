/* logged.h - notes what the request log may show of a call.
 *
 * Shapes:  fills c->logged, in the arena of the call: after the response the namespace may be gone.
 * Errors:  none. Nothing noted contains a secret: values of query parameters are left out, and so is each segment of
 *          the path that is an API key or the state of an OAuth attempt, or has the form of one. Bytes other than
 *          printable ASCII are written as %XX, so that a request cannot write lines or control a terminal.
 */
#pragma once
#include "mockserver/provider_api/call.h"

void logged_note(struct call *c);
