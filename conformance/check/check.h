/* check.h - an expectation held against what came back: pure.
 *
 * Shapes:  (step, expectation with its references resolved, exchange) -> checks, one per expected
 * leaf, each with a stable id, the claims it decides, and what was expected and seen. Errors: none;
 * what does not hold is a verdict.
 */
#pragma once
#include "conformance/result.h"
#include "conformance/scenario/scenario.h"

struct check_input {
    struct arena *arena;
    const char *scenario, *step;      /* step with its case: "reject[linkedin]" */
    const struct expectation *expect; /* resolved */
    const struct exchange_record *exchange;
    const struct node *body;     /* parsed answer; NULL: none or not JSON */
    const char *body_error;      /* why it is not JSON */
    const struct node *outputs;  /* of a flow; NULL */
    const struct node *redirect; /* of consent; NULL */
    int64_t now_ms;              /* the answer's Date */
    const struct citation *citations;
    size_t citation_count;
    const struct claim *(*claim_of)(const void *ctx, const char *id);
    const void *ctx;
};

struct check_list {
    struct check *items;
    size_t count, room;
};

/* Appends; true if nothing failed. */
bool check_expectation(const struct check_input *in, struct check_list *out);
bool check_holds(
    const struct check_input *in); /* without making verdicts: for poll, hold, stop and oneOf */
