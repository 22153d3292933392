#include "conformance/run/retry.h"

#define EVERY_MS       500
#define FOR_MS         10000
#define RETRY_AFTER_MS 1000

static const struct retry_decision decided = {.next = RETRY_DECIDED};

static struct retry_decision ask_again(int64_t wait_ms, int64_t at_most_ms)
{
    return (struct retry_decision){RETRY_AGAIN, wait_ms < at_most_ms ? wait_ms : at_most_ms, NULL};
}

static struct retry_decision wait_out(struct retry *a, const struct observation *seen)
{
    int64_t wait = seen->retry_after_ms >= 0 ? seen->retry_after_ms : RETRY_AFTER_MS;
    if (++a->limited > RETRY_LIMITED_MAX)
        return (struct retry_decision){
            RETRY_GIVE_UP, 0, "the rate limit is exhausted: 429 each time, Retry-After waited out"};
    if (wait > RETRY_WAIT_MAX_MS)
        return (struct retry_decision){
            RETRY_GIVE_UP, 0, "the rate limit is exhausted: 429, its Retry-After beyond 5 minutes"};
    return ask_again(wait, wait);
}

static struct retry_decision decide_eventually(const struct retry *a, const struct step *step,
                                               const struct observation *seen, int64_t every_ms)
{
    int64_t left = (step->for_ms ? step->for_ms : FOR_MS) - a->elapsed_ms;
    if (seen->holds || seen->stops || left <= 0)
        return decided;
    return ask_again(every_ms, left);
}

static struct retry_decision decide_consistently(struct retry *a, const struct step *step,
                                                 const struct observation *seen, int64_t every_ms)
{
    if (!a->settled && !seen->holds) {
        int64_t left = step->settle_ms - a->elapsed_ms;
        return left > 0 ? ask_again(every_ms, left) : decided;
    }
    if (!a->settled) {
        a->settled = true;
        a->settled_ms = a->elapsed_ms;
    }
    int64_t left = a->settled_ms + step->for_ms - a->elapsed_ms;
    return seen->holds && left > 0 ? ask_again(every_ms, left) : decided;
}

struct retry_decision retry_decide(struct retry *a, const struct step *step,
                                   const struct observation *seen)
{
    int64_t every_ms = step->every_ms > 0 ? step->every_ms : EVERY_MS;
    if (seen->limited)
        return wait_out(a, seen);
    a->limited = 0;
    a->count++;
    if (step->consistently)
        return decide_consistently(a, step, seen, every_ms);
    return step->eventually ? decide_eventually(a, step, seen, every_ms) : decided;
}
