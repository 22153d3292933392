/* rate_limit.h - a provider's rate limits, as tables, and the limits of a key.
 *
 * Shapes:  a window counts the calls of its rate classes (route.h) for a fixed time. A tier has a limit for each
 *          window. A key without a tier has the first tier. A key's own limit overrides that of its tier. A provider
 *          has at most QUOTA_WINDOWS windows.
 * Units:   calls; milliseconds.
 * Errors:  none.
 */
#pragma once
#include "mockserver/provider_api/call.h"
#include "mockserver/state/tenant.h"

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
