/* validate.h - semantic checks after parsing: rejects scenarios that cannot prove anything, or that prove the wrong
 * thing.
 *
 * Rejected are:
 * - A POST that accepts 201 or 202 and has captures, but no `cleanup`.
 * - An expected status of 400 or more without `code`, `error`, `message` or another documented error member in the
 *   expected body, a text, or `$absent`; except with HEAD, and except 5xx at a step that cites nothing.
 * - A scenario that a server passes which sends the same response to everybody, or refuses everybody (controls.h).
 * - $each or $none for a list that may be empty, without $some, a $count of at least 1, or items in
 *   $exact.
 * - An expectation that nearly every value matches (`$not: 5`, `$matches: ".*"`, `{}`, `$count: { $gte: 0 }`), or none.
 * - $none or $not of a value that the scenario makes up and uses nowhere else; $same with the own pointer.
 * - `expect`, `stop`, `pending` or a reading that expects nothing; a status list with a success and an error.
 * - Two readings of a dispute that one response could match. Claims of a step that only settles a dispute.
 * - A claim at `inspect`, which shows the mock's own state. An output of a flow that is its own input.
 * - A claim at a GET that expects nothing but a success status, or at a success whose body could be {} or [].
 * - An expected body of HEAD or of status 204; a header that is neither text nor a number; a case of a reading
 *   call twice; `for` shorter than `every`, or a repetition without an expectation; a `pending` that one response
 *   could match together with it, a `stop` that only matches the same; a path with the segment "..".
 * - An expected status of 429 without `wait_for_rate_limit: false` of the scenario.
 * - A scenario that never calls the provider; a capability, tag or resource twice; a capability that no step uses.
 * - A name that operations.yaml of the provider does not have, unless the step lists it in `undocumented`; a value in
 *   $none or $not of a type that the member never has (documented.h, types.h).
 * - A webhook step without a registration for its event before it; `none` that nothing could cause, or without another
 *   step whose delivery arrives.
 *
 * docs/evidence.md has the whole list, with what to write instead.
 *
 * Errors:  all of them, each with its place.
 */
#pragma once
#include "conformance/scenario/scenario.h"

/* If `catalogue` is NULL, cited ids and documented names are not checked. `root` is the map of the whole file. */
bool scenario_validate(struct arena *a, const struct scenario *s, const struct node *root,
                       const struct catalogue *catalogue, struct error *err);
bool flow_validate(struct arena *a, const struct flow *f, const struct node *root, const struct catalogue *catalogue,
                   struct error *err);

struct samples;

struct validation { /* validation of one scenario or flow */
    struct arena *arena;
    const struct catalogue *catalogue;
    const struct samples *samples; /* vacuous.h */
    struct error *err;
    bool in_flow;
};

/* citations.c: cited claims and disputes are in the catalogue, and a check decides each */
bool validate_claims(struct validation *c, const struct step *s);

/* evidence.c: steps that prove nothing, whatever the response is */
bool validate_evidence(struct validation *c, const struct step *s);
bool validate_scenario_evidence(struct validation *c, const struct scenario *sc, const struct node *root);
/* Is called when all names are known to exist. */
bool validate_requirements(const struct scenario *sc, const struct node *root, struct error *err);

/* excluded.c: values that the scenario only excludes */
bool validate_excluded(struct validation *c, const struct scenario *sc);

/* webhooks.c: a delivery could arrive */
bool validate_webhooks(struct validation *c, const struct scenario *sc);

bool step_only_reads(const struct step *s); /* true: it changes nothing at the provider */
