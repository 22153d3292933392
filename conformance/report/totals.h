/* totals.h - totals that all reports share: claim totals, the tally, the digest of executed checks.
 *
 * Shapes:  claims are counted in five ways: all of the catalogue, observable (`observe` is not
 *          none), cited by a scenario of this run, exercised (they hold or fail), holding.
 * Errors:  none.
 */
#pragma once
#include "conformance/result/result.h"

struct totals {
    uint32_t claims, observable, cited, exercised, holding;
    uint32_t scenarios, not_applicable; /* not_applicable: none of their checks ran */
};

extern const char *const outcome_texts[]; /* by enum claim_outcome */

struct totals totals_of(const struct run *r);
enum verdict scenario_verdict(const struct scenario_result *s); /* worst verdict of its checks */

/* For example "312 checks, 312 passed, 0 failed, 3 not applicable". */
const char *totals_tally(struct arena *a, const struct run *r);

/* Returns the SHA-256, in hex, of the ids of the executed checks (decided or vacuous): sorted by
 * byte, without duplicates, each followed by a newline. Runs with different digests executed
 * different checks. `count` gets the number of ids; it may be NULL. */
const char *totals_executed(struct arena *a, const struct run *r, size_t *count);
