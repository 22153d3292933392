/* origin.h - from which web page a request comes, as its browser says.
 *
 * Shapes:  browsers send Origin with all requests but plain GETs, and Sec-Fetch-Site with all requests to https URLs
 *          and to this machine. Other clients usually send neither; such a request comes from no page.
 * Errors:  none.
 * Source:  RFC 6454 7; w3.org/TR/fetch-metadata 2.
 */
#pragma once
#include "mockserver/provider_api/call.h"

enum admission { ORIGIN_NOT_ALLOWED, ORIGIN_BY_WILDCARD /* without credentials */, ORIGIN_BY_NAME };

struct str origin_of(const struct call *c); /* empty: not given */
/* What --cors says about the origin. */
enum admission origin_admission(const struct call *c);
/* True if a web page of another site sent the request, and --cors does not allow its origin. */
bool origin_is_foreign(const struct call *c);
/* Refuses a call to a provider that would change the state, if it is foreign. */
void origin_refuse_foreign(struct call *c);
