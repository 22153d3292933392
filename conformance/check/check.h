/* check.h - an expectation held against what came back: pure.
 *
 * Shapes:  (step, expectation with its references resolved, exchange) -> checks, one per expected
 *          leaf (leaves.h), each with a stable id, the claims it decides, and what was expected and
 *          seen. The checks of an expectation are the same ones whatever comes back, also when
 *          nothing does.
 * Ids:     scenario/step[case] and then status/is, headers/<name>/<matcher>, <path>/<matcher> of
 *          the body or a flow's outputs, redirect<path>/<matcher>, delivery/<matcher>. A path is
 *          the expectation's own, so that it does not depend on data: /items/$each/status/equals.
 * Redirect: a text or matchers are held against the whole URL; a plain map against {url, base (the
 *          URL without query and fragment), query {name: text}}.
 * Errors:  none; what does not hold is a verdict. A should or may that does not hold is a warning.
 */
#pragma once
#include "conformance/result.h"
#include "conformance/scenario/scenario.h"

struct check_input {
    struct arena *arena;
    const char *scenario, *step;      /* step with its case: "reject[linkedin]" */
    const struct expectation *expect; /* resolved */
    const struct exchange_record *exchange;
    const struct headers *headers; /* that came with the body; NULL: the response's */
    const struct node *body;       /* parsed response; NULL: none or not JSON */
    const char *body_error;        /* why it is not JSON */
    const struct node *outputs;    /* of a flow; NULL */
    const struct node *redirect;   /* of consent, a text; NULL */
    int64_t now_ms;                /* the response's Date */
    const struct citation *citations;
    size_t citation_count;
    const struct claim *(*claim_of)(const void *ctx, const char *id);
    const void *ctx;
};

struct check_list {
    struct check *items;
    size_t count, room;
};

/* Appends; true if everything held, vacuous checks included. */
bool check_expectation(const struct check_input *in, struct check_list *out);
bool check_holds(
    const struct check_input
        *in); /* without making verdicts: for eventually, consistently, stop and one_of */

/* The same checks, none of them decided: blocked, error or not applicable, and why. */
void check_undecided(const struct check_input *in, enum verdict verdict, const char *why,
                     struct check_list *out);

/* One check that is not a leaf: a one_of, a capture. A citation covers every check whose id, behind
 * scenario and step, begins with its pointer. */
struct check *check_add(const struct check_input *in, struct check_list *out, const char *pointer,
                        const char *matcher, enum verdict verdict);

/* Fail, or warn where every claim the check cites is a should or a may. */
enum verdict check_failure(const struct check *c);
