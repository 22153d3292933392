/* preflight.h - checks a target before any claim is judged, with calls that only read.
 *
 *   preflight.c (START HERE: the stages) -> preflight_items.c (what to check) -> preflight_judge.c (one response)
 *
 * Shapes:  an item is one actor or resource that the scenarios to be run use, or that the check of another item uses.
 *          Its check is in target-schema.yaml. Items with the same request share it (struct probe).
 * Units:   at most CONNECT_MS to connect and RESPONSE_MS (or --timeout) for a response.
 * Errors:  every problem is reported at once (ERROR_TARGET). Each outcome is also in run.preflight.
 */
#pragma once
#include "conformance/run/task.h"
#include "conformance/scenario/target_schema.h"

struct item {
    const struct target_schema *schema;
    const struct target_name *name;
    const struct actor *actor; /* who sends the check */
    bool is_actor;
    const struct node *value; /* of a resource */
    struct vars vars;         /* the runner's, and `value` */
    enum preflight_outcome outcome;
    const char *detail;  /* a sentence; set with the outcome */
    bool is_warning;     /* `detail` must be shown although the target can be used */
    bool is_unavailable; /* the target does not serve requests: other checks would report the same */
};

struct items {
    struct item *items;
    size_t count, room;
};

/* --- preflight.c -------------------------------------------------------------------------- */

/* Returns false, and every problem, if the target is not what the scenarios need. *simulations is set to
 * the list in the manifest of an admin API. A mock that the runner has started with the fixture of the target file is
 * asked for its manifest only. `options` are those of the run's client; the time limits may be shorter here. */
bool preflight_run(struct runner *r, const struct client_options *options, const struct node **simulations,
                   struct error *err);

/* --- preflight_items.c -------------------------------------------------------------------- */

/* Returns the actors and resources that the scenarios to be run use, actors first. `simulations`: see
 * skip_reason_for. */
struct items preflight_items(const struct runner *r, const struct node *simulations);
/* Decides the items that no call can check. */
void preflight_check_values(const struct runner *r, struct items *all);
/* Returns the resource that the check of `item` refers to as $target.NAME and that is not as it should be, or NULL. */
const struct item *preflight_wrong_reference(const struct items *all, const struct item *item);
bool preflight_has_reference(const struct item *item);
/* Returns the actor's entry in the schema, or NULL. */
const struct target_name *preflight_actor(const struct runner *r, const char *name);
/* Builds the check call. Returns NULL if a reference in its path has no value. */
struct exchange_record *preflight_request(const struct runner *r, const struct vars *v, const struct namespace *ns,
                                          const struct target_name *n, const struct actor *as,
                                          struct request_problem *problem);
struct item *preflight_find_actor(const struct items *all, const char *name);

/* --- preflight_judge.c -------------------------------------------------------------------- */

/* Decides the item by a response. `more`: the list has another page, so a missing entry decides nothing yet. */
void preflight_judge(const struct runner *r, struct item *item, struct exchange_record *x, bool more);
/* Returns a sentence if the clocks of the target and of this machine differ; *skew_ms is the difference. */
const char *preflight_clock(struct arena *a, const struct exchange_record *x, int64_t *skew_ms, bool *is_error);
const char *preflight_no_response(struct arena *a, const char *base_url, const struct exchange_record *x);
