/* resolve.h - replaces the references of a step ($step.name) and builds its requests.
 *
 * Errors:  false or NULL if a reference has no value; *missing is its name. For a request, struct
 *          request_problem also has the name of an unknown actor.
 */
#pragma once
#include "conformance/run/admin.h"
#include "conformance/run/vars.h"
#include "conformance/scenario/scenario.h"

/* Returns a copy of the expectation, or of the step's readings, with every reference replaced. */
bool resolve_expectation(const struct vars *v, const struct expectation *x, struct expectation *out,
                         const char **missing);
const struct reading *resolve_readings(const struct vars *v, const struct step *step, const char **missing);

struct request_problem {
    const char *missing;  /* the reference that has no value */
    const char *no_actor; /* the actor that the target does not have */
};

/* Builds the request of a call or an inspect step. */
struct exchange_record *resolve_request(const struct vars *v, const struct target *t, const struct namespace *ns,
                                        const struct step *step, struct request_problem *problem);
/* Builds the cleanup request of the step, or the lookup of the resource to clean up. Both use the
 * step's actor. */
struct exchange_record *resolve_cleanup(const struct vars *v, const struct target *t, const struct namespace *ns,
                                        const struct step *step, const struct cleanup *c,
                                        struct request_problem *problem);
struct exchange_record *resolve_lookup(const struct vars *v, const struct target *t, const struct namespace *ns,
                                       const struct step *step, const struct lookup *f,
                                       struct request_problem *problem);
