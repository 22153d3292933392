/* cors.h - what pages of other sites may do with the mock: ask the providers, and read the responses.
 *
 * Shapes:  the origins that --cors names; one that is named may send credentials, one that only "*"
 *          lets in may not. The admin API stays closed to other sites, whatever is named.
 * Errors:  a page of another origin that asks first gets 403 with the reason, which its browser
 *          shows to who looks. A response that a rule gave its own Access-Control-Allow-Origin stays
 *          as it is.
 * Source:  fetch.spec.whatwg.org, "CORS protocol".
 */
#pragma once
#include "mockserver/call.h"

/* Is it a browser that asks first, before it makes the call itself? Then cors_answer answers. */
bool cors_asks(const struct call *c);
void cors_respond(struct call *c);

void cors_add_headers(struct call *c); /* the headers by which a page may read the response */

/* "scheme://host:port" as browsers write it, "null" or "*"; NULL: it is none of them. */
const char *cors_origin(struct arena *a, struct str text);
