/* totals.h - what the reports tell alike: words, totals, the ledger of executed checks.
 *
 * Shapes:  three totals of the claims, never one: cited by a scenario of this run, exercised
 *          (decided either way), holding - beside how many there are and how many can be observed
 *          at all.
 * Errors:  none.
 */
#pragma once
#include "conformance/result.h"

struct totals {
    uint32_t claims, observable, cited, exercised, holding;
    uint32_t scenarios, not_applicable; /* of the latter none ran a check */
};

extern const char *const outcome_texts[]; /* by enum claim_outcome */

struct totals totals_of(const struct run *r);
enum verdict scenario_verdict(const struct scenario_result *s); /* of its checks so far */

/* 312 checks, 312 passed, 0 failed, 3 not applicable */
const char *totals_tally(struct arena *a, const struct run *r);

/* SHA-256 over the ids of the checks that were executed (decided, or found vacuous), sorted as
 * bytes, each once, each followed by a newline: two runs that differ here did not check the same.
 * `count` (may be NULL): how many ids. */
const char *totals_executed(struct arena *a, const struct run *r, size_t *count);
