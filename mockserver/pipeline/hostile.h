/* hostile.h - varies responses within the provider's documentation, to find fragile clients.
 *
 * Shapes:  In a hostile namespace (fixture: hostile: true, or an object of enum hostile_switch) a provider's responses
 *          are legal but unkind: they break no documented claim, and a correct client must accept them (compare TLS
 *          GREASE). Objects get unknown members; members, rows and headers change their order; times change their
 *          precision; JSON gets extra white space; header names change their case; headers are added or, where the
 *          documents promise none, left out; minted ids have another form; pages are short; responses are late; and
 *          now and then a gate refuses a call with 429 before the call is counted or has an effect. struct variations
 *          (provider.h) says what is legal for a provider.
 *          Each variation follows from the namespace's seed and the number of the call, so the same calls get the same
 *          responses. c->trace.hostile lists the variations, one per line. Calls of the admin API never vary. The body
 *          of a rule's response, or of a response that is stored for an Idempotency-Key, stays unchanged.
 * Units:   -
 * Errors:  none.
 */
#pragma once
#include "mockserver/provider_api/call.h"

void hostile_enter(struct call *c); /* sets c->number */
/* Is called before gate `g` runs. Returns true if it refuses the call (FAULT_RATE_LIMITED); never twice in a row for
 * the same key and operation. */
bool hostile_refuses(struct call *c, const struct gate *g);
void hostile_body(struct call *c);    /* varies the finished body */
void hostile_headers(struct call *c); /* varies the headers; no later phase may change the response */
