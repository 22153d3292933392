/* check.h - compares an expectation with a response. Sends nothing and keeps no state.
 *
 * Shapes:  the input is a step, its expectation with references replaced, and the response. The output is one check per
 *          leaf of the expectation. A check has a stable id, the claims it decides, and the expected and actual values.
 *          An expectation gives the same checks for every response, and also without a response.
 * Ids:     scenario/step[case], followed by status/is, headers/<name>/<matcher>, <path>/<matcher> (in the body or in a
 *          flow's outputs), redirect<path>/<matcher> or delivery/<matcher>. The path is the one in the expectation
 *          (/items/$each/status/equals), so that an id does not depend on the data.
 * Status:  if the status is not as expected, only the check of the status fails. All others are blocked, because the
 *          body and headers of such a response decide nothing.
 * Redirect: a text, or a map of matchers, is compared with the whole URL. Any other map is compared
 *          with {url, base (the URL without query and fragment), query: {name: text}}.
 * Pages:   if the list continues on another page, a $some without a matching item is blocked: the item may be there.
 * Time:    a comparison with the current time needs the response's Date header. Without it the verdict is error.
 * Body:    text that is not JSON fails the checks of the body. JSON that json_parse does not read decides nothing: the
 *          verdict is error.
 * Errors:  none. A mismatch is a verdict: fail, or warn if every cited claim is a should or a may.
 */
#pragma once
#include "conformance/result/result.h"
#include "conformance/scenario/scenario.h"

struct check_input {
    struct arena *arena;
    const char *scenario, *step;      /* step with its case: "reject[linkedin]" */
    const struct expectation *expect; /* resolved */
    const struct exchange_record *exchange;
    const struct headers *headers;    /* received with the body; NULL: those of `exchange` */
    const struct node *body;          /* parsed body; NULL: none, or not JSON */
    const char *failure;              /* why neither headers nor body can hold; NULL: they can */
    const char *body_error;           /* why the body is not JSON; NULL: it is */
    const char *body_unread;          /* why the body decides nothing although it is JSON; NULL: it was read */
    bool continues;                   /* the list in the body continues on another page */
    const struct node *outputs;       /* of a flow, or NULL */
    const struct node *redirect;      /* URL from a consent step, or NULL */
    int64_t now_ms;                   /* time of the response, from its Date header */
    bool has_now;                     /* false: there is no Date header, so a comparison with now_ms is undecided */
    const struct citation *citations; /* of the scenario's step; a step of a flow has those of the `use` step */
    size_t citation_count;
    const char *flow_path; /* of a step of a flow: the start of its pointers in citations, "steps/url"; or NULL */
    const struct claim *(*claim_of)(const void *ctx, const char *id); /* NULL: unknown claim */
    const void *ctx;
};

struct check_list {
    struct check *items;
    size_t count, room;
};

/* Appends the checks to `out`. Returns true if none failed; a vacuous check does not fail. */
bool check_expectation(const struct check_input *in, struct check_list *out);
/* Returns the same result without making checks: for eventually, consistently, stop and one_of. Returns false if only
 * the unknown time of the response leaves it undecided; *why is then the reason, else NULL. `why` may be NULL. */
bool check_holds(const struct check_input *in, const char **why);

/* Appends the same checks, undecided: all have `verdict` (blocked, error or not applicable) and `why`. */
void check_undecided(const struct check_input *in, enum verdict verdict, const char *why, struct check_list *out);

/* Returns true if the status is one that the step expects, or if it expects none. */
bool check_status_holds(const struct check_input *in);

/* Appends one check that is not a leaf, for example of a one_of or a capture. The check gets the claims whose citation
 * pointer is a prefix of its id after scenario and step. In a step of a flow, the pointer starts with the path of the
 * step, and that of the body is `body`: "steps/url/status", "steps/url/body/state". */
struct check *check_add(const struct check_input *in, struct check_list *out, const char *pointer, const char *matcher,
                        enum verdict verdict);
