/* gate.h - the checks that a call must pass before its handler runs.
 *
 * Shapes:  a provider lists its gates in the order they run. A gate returns true to let the call through, or sets a
 *          fault and returns false. On an open route (ROUTE_OPEN) the key gates pass without a key, and the gates that
 *          need one do nothing.
 *          A rate limit window counts the calls of its rate classes (route.h) for a fixed time. A tier has a limit for
 *          each window. A key without a tier has the first tier; a key's own limit overrides that of its tier. A
 *          provider has at most QUOTA_WINDOWS windows.
 * Units:   calls; milliseconds.
 * Errors:  a refusal is a fault on the call.
 */
#pragma once
#include "mockserver/provider_api/call.h"
#include "mockserver/state/tenant.h"

bool gate_bearer(struct call *c); /* requires Authorization: Bearer <key>; sets c->key */
/* Requires the key in the provider's key_header, or in Authorization with or without "Bearer"; sets c->key. */
bool gate_header_key(struct call *c);
bool gate_key_status(struct call *c); /* refuses keys that are unpaid or switched off */
/* Counts the call in all rate limit windows of its class; refuses it, uncounted, if one of them is exhausted. Sets
 * c->rate_limit. */
bool gate_rate_limit(struct call *c);
/* Adds X-RateLimit-Limit, -Remaining and -Reset if a window applies; to a 429 also Retry-After. */
void gate_rate_limit_headers(struct call *c);
/* Sets c->rate_limit to an exhausted window that resets then, for a 429 that this gate did not cause. The window is the
 * one of the gate, else the first that counts such calls; there may be none. */
void gate_rate_limit_exhaust(struct call *c, int64_t resets_at_ms);
bool gate_scope(struct call *c); /* refuses keys without the route's scope */
/* On routes with ROUTE_IDEMPOTENT: if the Idempotency-Key is stored for the same request, responds with the stored
 * response; if it is stored for another request, refuses the call. */
bool gate_idempotency(struct call *c);
void gate_idempotency_keep(struct call *c); /* stores the finished response */

/* A provider's rate limits. */
#define RATE_OF(rate_class) (1u << (rate_class))

struct rate_window {
    const char *name;
    unsigned rate_classes; /* that it counts: bits of RATE_OF */
    int64_t length_ms;
};

struct rate_tier {
    const char *name;
    int64_t limits[QUOTA_WINDOWS]; /* calls per window; 0: no limit */
};

struct rate_limits {
    const struct rate_window *windows;
    size_t window_count;
    const struct rate_tier *tiers;
    size_t tier_count;
};

const struct rate_tier *rate_tier_of(const struct rate_limits *l, const struct key *k);
/* Returns the key's limit in a window, in calls; 0: no limit. */
int64_t rate_limit_of(const struct rate_limits *l, const struct key *k, size_t window);
