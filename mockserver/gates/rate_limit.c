#include "mockserver/gates/rate_limit.h"

#include <inttypes.h>
#include <string.h>

#include "mockserver/gates/gate.h"

const struct rate_tier *rate_tier_of(const struct rate_limits *l, const struct key *k)
{
    for (size_t i = 0; k->tier && i < l->tier_count; i++)
        if (strcmp(l->tiers[i].name, k->tier) == 0)
            return &l->tiers[i];
    return &l->tiers[0];
}

int64_t rate_limit_of(const struct rate_limits *l, const struct key *k, size_t window)
{
    return k->limits[window] ? k->limits[window] : rate_tier_of(l, k)->limits[window];
}

/* The tightest window has the fewest calls left; of exhausted windows, it ends last. */
static bool is_tighter(const struct rate_limit_state *x, const struct rate_limit_state *y)
{
    if (!y->limit || x->left != y->left)
        return !y->limit || x->left < y->left;
    return x->resets_at_ms > y->resets_at_ms;
}

/* `left` is computed as if the call were counted; -1: the window is exhausted. Only a call that passes all windows is
 * counted. */
bool gate_rate_limit(struct call *c)
{
    if (!c->key)
        return true;
    const struct rate_limits *l = c->provider->limits;
    const struct key *k = key_read(c->world, c->key);
    const struct rate_window *tightest = NULL;
    bool counts[QUOTA_WINDOWS] = {false};
    for (size_t i = 0; i < l->window_count; i++) {
        if (!(l->windows[i].rate_classes & RATE_OF(c->route->rate_class)))
            continue;
        int64_t limit = rate_limit_of(l, k, i);
        if (!limit)
            continue;
        struct quota_use use = quota_read(c->world, c->key, i, l->windows[i].length_ms);
        struct rate_limit_state rate_limit = {limit, limit - use.used - 1, use.ends_at_ms};
        counts[i] = true;
        if (is_tighter(&rate_limit, &c->rate_limit)) {
            c->rate_limit = rate_limit;
            tightest = &l->windows[i];
        }
    }
    if (tightest && c->rate_limit.left < 0) {
        c->rate_limit.left = 0;
        return call_refuse(c, FAULT_RATE_LIMITED, "The %s rate limit of %" PRId64 " calls is exceeded.", tightest->name,
                           c->rate_limit.limit);
    }
    for (size_t i = 0; i < l->window_count; i++)
        if (counts[i])
            quota_count(c->world, c->key, i, l->windows[i].length_ms);
    return true;
}

static int64_t seconds_until(const struct call *c, int64_t ms)
{
    int64_t seconds = (ms - c->now_ms + 999) / 1000;
    return seconds > 1 ? seconds : 1;
}

void gate_rate_limit_headers(struct call *c)
{
    const struct rate_limit_state *r = &c->rate_limit;
    if (r->limit) {
        call_header_int(c, "X-RateLimit-Limit", r->limit);
        call_header_int(c, "X-RateLimit-Remaining", r->left);
        call_header_int(c, "X-RateLimit-Reset", (r->resets_at_ms + 999) / 1000);
    }
    bool exhausted = r->limit && !r->left;
    if (c->fault == FAULT_RATE_LIMITED)
        call_header_int(c, "Retry-After", exhausted ? seconds_until(c, r->resets_at_ms) : 1);
}
