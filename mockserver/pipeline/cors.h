/* cors.h - lets web pages of allowed origins call the providers (CORS).
 *
 * Shapes:  --cors lists the allowed origins. A listed origin may send credentials; an origin that only "*" allows may
 *          not. The admin API is never open to other origins.
 * Units:   -
 * Errors:  a preflight request from an origin that is not allowed gets 403 with the reason, which the browser's
 *          developer tools show. If a rule sets Access-Control-Allow-Origin, the response keeps it.
 * Source:  fetch.spec.whatwg.org, "CORS protocol".
 */
#pragma once
#include "mockserver/provider_api/call.h"

/* True for a preflight request to a provider, if there are allowed origins. cors_respond writes the response; the call
 * must not be resolved or journaled. */
bool cors_is_preflight(const struct call *c);
void cors_respond(struct call *c);

void cors_add_headers(struct call *c); /* adds the headers that let a page read the response */

/* Returns the origin as browsers write it ("scheme://host:port", "null"), or "*". Returns NULL if the text is not an
 * origin. */
const char *cors_origin(struct arena *a, struct str text);
