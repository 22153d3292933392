#include "conformance/run/retry.h"

#define EVERY_MS       500
#define FOR_MS         10000
#define RETRY_AFTER_MS 1000

static const struct retry_decision decided = {.next = RETRY_DECIDED};

static struct retry_decision retry_after(int64_t wait_ms, int64_t at_most_ms)
{
    return (struct retry_decision){RETRY_AGAIN, wait_ms < at_most_ms ? wait_ms : at_most_ms, NULL};
}

static struct retry_decision wait_rate_limit(struct retry *r, const struct observation *seen)
{
    int64_t wait = seen->retry_after_ms >= 0 ? seen->retry_after_ms : RETRY_AFTER_MS;
    if (++r->limited > RETRY_LIMITED_MAX)
        return (struct retry_decision){
            RETRY_GIVE_UP, 0, "the rate limit is exhausted: status 429 even after three waits for Retry-After"};
    if (wait > RETRY_WAIT_MAX_MS)
        return (struct retry_decision){RETRY_GIVE_UP, 0,
                                       "the rate limit is exhausted: status 429 with a Retry-After of over 5 minutes"};
    return retry_after(wait, wait);
}

static struct retry_decision decide_eventually(const struct retry *r, const struct step *step,
                                               const struct observation *seen, int64_t every_ms)
{
    int64_t left = (step->for_ms ? step->for_ms : FOR_MS) - r->elapsed_ms;
    if (seen->holds || seen->stops || left <= 0)
        return decided;
    return retry_after(every_ms, left);
}

static struct retry_decision decide_consistently(struct retry *r, const struct step *step,
                                                 const struct observation *seen, int64_t every_ms)
{
    if (!r->settled && !seen->holds) {
        int64_t left = step->settle_ms - r->elapsed_ms;
        return left > 0 ? retry_after(every_ms, left) : decided;
    }
    if (!r->settled) {
        r->settled = true;
        r->settled_ms = r->elapsed_ms;
    }
    int64_t left = r->settled_ms + step->for_ms - r->elapsed_ms;
    return seen->holds && left > 0 ? retry_after(every_ms, left) : decided;
}

struct retry_decision retry_decide(struct retry *r, const struct step *step, const struct observation *seen)
{
    int64_t every_ms = step->every_ms > 0 ? step->every_ms : EVERY_MS;
    if (seen->limited)
        return wait_rate_limit(r, seen);
    r->limited = 0;
    r->count++;
    if (step->consistently)
        return decide_consistently(r, step, seen, every_ms);
    return step->eventually ? decide_eventually(r, step, seen, every_ms) : decided;
}
