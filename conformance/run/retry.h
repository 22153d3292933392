/* retry.h - ask once more, or is it decided? Pure: what was seen in, what to do out.
 *
 * Shapes:  `eventually` asks until its expectation holds or its stop is seen; `consistently` asks
 *          until the expectation holds (settle) and then at every sample whether it still does. A
 *          429 that the step does not expect is waited out.
 * Units:   milliseconds of the namespace's clock, or of real time where there is none.
 * Errors:  a rate limit that stays exhausted is RETRY_GIVE_UP, with why.
 */
#pragma once
#include "conformance/scenario/scenario.h"

#define RETRY_LIMITED_MAX 3
#define RETRY_WAIT_MAX_MS ((int64_t)5 * 60 * 1000)

struct retry {
    int count;          /* responses seen, refusals by a rate limit left out */
    int limited;        /* of those, in a row */
    int64_t elapsed_ms; /* since the first; the caller keeps it */
    bool settled;
    int64_t settled_ms; /* elapsed when consistently began to hold */
};

struct observation { /* what a response looked like */
    bool holds, stops, limited;
    int64_t retry_after_ms; /* below 0: it did not say */
};

enum retry_next { RETRY_DECIDED, RETRY_AGAIN, RETRY_GIVE_UP };

struct retry_decision {
    enum retry_next next;
    int64_t wait_ms; /* before asking again */
    const char *why; /* given up */
};

struct retry_decision retry_decide(struct retry *a, const struct step *step,
                                   const struct observation *seen);
