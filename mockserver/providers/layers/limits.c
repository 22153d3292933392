/* Rate limits. The documentation states the limits of the first three tiers; it only names the
 * other two. The sandbox tier has the limits of the default tier here. */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/providers/layers/layers.h"

#include "mockserver/gates/gate.h"
#include "mockserver/gates/rate_limit.h"

static const struct rate_window windows[] = {
    [LAYERS_WINDOW_READ] = {"read",      RATE_OF(RATE_CLASS_READ),  MINUTE_MS},
    [LAYERS_WINDOW_WRITE] = {"write",     RATE_OF(RATE_CLASS_WRITE), MINUTE_MS},
    [LAYERS_WINDOW_LONG] = {"long",      RATE_OF(RATE_CLASS_LONG),  MINUTE_MS},
    [LAYERS_WINDOW_WRITE_DAY] = {"write_day", RATE_OF(RATE_CLASS_WRITE), DAY_MS   },
};

static const struct rate_tier tiers[] = {
    {"standard", {120, 60, 20, 10000}     },
    {"pilot",    {1200, 600, 60, 100000}  },
    {"partner",  {6000, 3000, 300, 500000}},
    {"internal", {0}                      },
    {"sandbox",  {120, 60, 20, 10000}     },
};

const struct rate_limits layers_limits = {
    .windows = windows,
    .window_count = COUNT(windows),
    .tiers = tiers,
    .tier_count = COUNT(tiers),
};

static const char *const class_texts[] = {
    [RATE_CLASS_NONE] = NULL,
    [RATE_CLASS_READ] = "read-light",
    [RATE_CLASS_WRITE] = "write-light",
    [RATE_CLASS_LONG] = "long-running",
};

static const char *endpoint_class(const struct call *c)
{
    const char *text = class_texts[c->route ? c->route->rate_class : RATE_CLASS_NONE];
    if (text)
        return text;
    return class_texts[str_is(c->req->method, "GET") ? RATE_CLASS_READ : RATE_CLASS_WRITE];
}

/* The documentation says that headers report the bucket, but names only the class header and
 * Retry-After. The names of the headers for limit, remaining and reset are ours. */
void layers_put_limits(struct call *c)
{
    call_header(c, "X-RateLimit-Endpoint-Class", endpoint_class(c));
    gate_rate_limit_headers(c);
}
