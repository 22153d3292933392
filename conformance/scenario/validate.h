/* validate.h - semantic checks after parsing: rejects scenarios that cannot prove anything, or that prove the wrong
 * thing.
 *
 * Rejected are:
 * - A POST that accepts 201 or 202 and has captures, but no `cleanup`.
 * - An expected status of 400 or more without `code`, `error` or `message` in the expected body,
 *   except with HEAD.
 * - A scenario whose checks pass whatever it does. At least one step with claims or a dispute must
 *   expect a reference or a status of 400 or more, or must not be read-only, or must follow a step that is not
 *   read-only.
 * - $each or $none for a list that may be empty, without $some, a $count of at least 1, or items in
 *   $exact.
 *
 * Errors:  all of them, each with its place.
 */
#pragma once
#include "conformance/scenario/scenario.h"

/* If `catalogue` is NULL, cited ids are not checked. `root` is the map of the whole file. */
bool scenario_validate(struct arena *a, const struct scenario *s, const struct node *root,
                       const struct catalogue *catalogue, struct error *err);
bool flow_validate(struct arena *a, const struct flow *f, const struct node *root, struct error *err);

struct validation { /* validation of one scenario or flow */
    struct arena *arena;
    const struct catalogue *catalogue;
    struct error *err;
    bool in_flow;
};

/* citations.c: cited claims and disputes are in the catalogue, and a check decides each */
bool validate_claims(struct validation *c, const struct step *s);
