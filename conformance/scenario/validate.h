/* validate.h - semantic checks after parsing: rejects scenarios that cannot prove anything, or that
 * prove the wrong thing.
 *
 * A create without `cleanup`: a POST that accepts 201 or 202 and captures something.
 * A refusal without its code: a status of 400 or more, and no `code`, `error` or `message` in the
 * expected body (HEAD has none).
 * A scenario that depends on nothing: no step that cites claims or a dispute expects a reference or
 * a status of 400 or more, or is or comes after a step that is no GET.
 * $each and $none of a list that may be empty: without $some, a $count that has a minimum, or
 * $exact items beside them.
 *
 * Errors:  each at its place, all at once.
 */
#pragma once
#include "conformance/claims/claims.h"
#include "conformance/scenario/scenario.h"

/* `catalogue` may be NULL: then nothing can be cited. `root` is the file's map. */
bool scenario_validate(struct arena *a, const struct scenario *s, const struct node *root,
                       const struct catalogue *catalogue, struct error *err);
bool flow_validate(struct arena *a, const struct flow *f, const struct node *root,
                   struct error *err);

struct validation { /* one scenario or flow while it is looked at */
    struct arena *arena;
    const struct catalogue *catalogue;
    struct error *err;
    bool in_flow;
};
bool validation_error(struct validation *c, struct where at, const char *text); /* false */

/* validate_claims.c: what a step cites and settles is known, and something of it decides that */
bool validate_claims(struct validation *c, const struct step *s);

/* scope.c: every reference has something behind it, and every name is used */
bool scenario_scope_validate(struct arena *a, const struct scenario *s, struct error *err);
bool flow_scope_validate(struct arena *a, const struct flow *f, struct error *err);

/* claim_pointer.c: some check of the step is at or below the pointer */
bool claim_pointer_fits(const struct step *s, const char *pointer, const char **near);

/* secrets.c: no text looks like a key */
bool secrets_validate(const struct node *root, struct error *err);
