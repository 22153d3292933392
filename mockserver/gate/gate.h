/* gate.h - what a call must pass; each gate lets it through or refuses it. A dialect lists its own,
 * in order.
 *
 * Errors:  a refusal is a fault on the call.
 */
#pragma once
#include "mockserver/call.h"

bool gate_bearer(struct call *c); /* Authorization: Bearer <key> of this provider; sets c->key */
bool gate_scope(struct call *c);  /* the key has the route's scope */
