/* retry.h - decides whether to send a step's request again. A pure function of the responses.
 *
 * Shapes:  `eventually` repeats the request until the expectation holds or `stop` matches.
 *          `consistently` repeats it until the expectation holds (at most for `settle`), and then
 *          checks at each interval that it still holds. After a 429 that the step does not expect,
 *          the request is sent again when Retry-After has passed.
 * Units:   milliseconds of the namespace's clock, or of real time on a target without one.
 * Errors:  RETRY_GIVE_UP with a reason if the rate limit stays exhausted.
 */
#pragma once
#include "conformance/scenario/scenario.h"

#define RETRY_LIMITED_MAX 3
#define RETRY_WAIT_MAX_MS ((int64_t)5 * 60 * 1000)

struct retry {
    int count;          /* responses, without those of an exhausted rate limit */
    int limited;        /* responses of an exhausted rate limit, in a row */
    int64_t elapsed_ms; /* since the first request; set by the caller */
    bool settled;       /* consistently: the expectation has held once */
    int64_t settled_ms; /* elapsed_ms at that time */
};

struct observation {        /* what the caller found in a response */
    bool holds, stops;      /* the expectation, the `stop` of eventually */
    bool limited;           /* a 429 that the step does not expect */
    int64_t retry_after_ms; /* below 0: no Retry-After */
};

enum retry_next { RETRY_DECIDED, RETRY_AGAIN, RETRY_GIVE_UP };

struct retry_decision {
    enum retry_next next;
    int64_t wait_ms; /* before the next request */
    const char *why; /* of RETRY_GIVE_UP */
};

struct retry_decision retry_decide(struct retry *r, const struct step *step, const struct observation *seen);
