/* rate_limit.h - a provider's rate limits as tables, and what a key is allowed by them.
 *
 * Shapes:  a window counts the calls of some rate limits (route.h) for some time. A tier allows so many
 *          calls a window; a key of no tier has the first. A key's own limits go before its tier's.
 *          At most QUOTA_WINDOWS windows a provider.
 * Units:   calls; milliseconds.
 * Errors:  none.
 */
#pragma once
#include "mockserver/call.h"
#include "mockserver/state/quota.h"
#include "mockserver/state/tenant.h"

#define RATE_OF(rate_class) (1u << (rate_class))

struct rate_window {
    const char *name;
    unsigned rate_classes; /* RATE_OF each that it counts */
    int64_t length_ms;
};

struct rate_tier {
    const char *name;
    int64_t limits[QUOTA_WINDOWS]; /* 0: as many as one likes */
};

struct rate_limits {
    const struct rate_window *windows;
    size_t window_count;
    const struct rate_tier *tiers;
    size_t tier_count;
};

const struct rate_tier *rate_tier_of(const struct rate_limits *l, const struct key *k);
int64_t rate_limit_of(const struct rate_limits *l, const struct key *k, size_t window);
