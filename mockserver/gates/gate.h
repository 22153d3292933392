/* gate.h - the checks that a call must pass before its handler runs.
 *
 * Shapes:  a provider lists its gates in the order they run. A gate returns true to let the call through, or sets a
 *          fault and returns false. On an open route (ROUTE_OPEN) the key gates pass without a key, and the gates that
 *          need one do nothing.
 * Units:   -
 * Errors:  a refusal is a fault on the call.
 */
#pragma once
#include "mockserver/provider_api/call.h"

bool gate_bearer(struct call *c); /* requires Authorization: Bearer <key>; sets c->key */
/* Requires the key in the provider's key_header, or in Authorization with or without "Bearer"; sets c->key. */
bool gate_header_key(struct call *c);
bool gate_key_status(struct call *c); /* refuses keys that are unpaid or switched off */
/* Counts the call in all rate limit windows of its class; refuses it, uncounted, if one of them is exhausted. Sets
 * c->rate_limit. */
bool gate_rate_limit(struct call *c);
/* Adds X-RateLimit-Limit, -Remaining and -Reset if a window applies; to a 429 also Retry-After. */
void gate_rate_limit_headers(struct call *c);
bool gate_scope(struct call *c); /* refuses keys without the route's scope */
/* On routes with ROUTE_IDEMPOTENT: if the Idempotency-Key is stored for the same request, responds with the stored
 * response; if it is stored for another request, refuses the call. */
bool gate_idempotency(struct call *c);
void gate_idempotency_keep(struct call *c); /* stores the finished response */
