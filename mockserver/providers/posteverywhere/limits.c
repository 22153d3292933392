/* Rate limits. "List accounts" documents that there is a window; the limits are from the provider's
 * page on rate limits. */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include "mockserver/gates/rate_limit.h"

#define ALL (RATE_OF(RATE_CLASS_READ) | RATE_OF(RATE_CLASS_WRITE))

static const struct rate_window windows[] = {
    [PE_WINDOW_MINUTE] = {"minute", ALL, MINUTE_MS     },
    [PE_WINDOW_HOUR] = {"hour",   ALL, 60 * MINUTE_MS},
};

static const struct rate_tier tiers[] = {
    {"standard", {60, 1000}},
};

const struct rate_limits pe_limits = {
    .windows = windows,
    .window_count = COUNT(windows),
    .tiers = tiers,
    .tier_count = COUNT(tiers),
};
