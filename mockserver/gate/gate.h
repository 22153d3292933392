/* gate.h - what a call must pass; each gate lets it through or refuses it. A provider lists its own,
 * in order. A route that is open (ROUTE_OPEN) needs no key, and then there is no key to count for.
 *
 * Errors:  a refusal is a fault on the call.
 */
#pragma once
#include "mockserver/call.h"

bool gate_bearer(struct call *c); /* Authorization: Bearer <key> of this provider; sets c->key */
/* The key in the provider's key_header, else in Authorization, with or without Bearer; sets c->key.
 */
bool gate_header_key(struct call *c);
bool gate_key_status(struct call *c); /* the key is served at all */
/* Counts the call in the windows of its rate limit, unless one of them is spent; sets c->rate_limit. */
bool gate_rate_limit(struct call *c);
/* X-RateLimit-Limit, -Remaining and -Reset of c->rate_limit, where it was counted; Retry-After. */
void gate_rate_limit_headers(struct call *c);
bool gate_scope(struct call *c); /* the key has the route's scope */
/* Of routes that honour Idempotency-Key: a response that was given to the same key for the same is
 * given again; for something else it is refused. */
bool gate_idempotency(struct call *c);
void gate_idempotency_keep(struct call *c); /* once the response is there */
