/* resolve.h - a step with its references replaced: expectations and requests.
 *
 * Errors:  false or NULL, with the name of the reference that has no value in *missing; for a
 *          request also with why it cannot be made.
 */
#pragma once
#include "conformance/run/admin.h"
#include "conformance/run/vars.h"
#include "conformance/scenario/scenario.h"

bool resolve_expectation(const struct vars *v, const struct expectation *x, struct expectation *out,
                         const char **missing);
const struct reading *resolve_readings(const struct vars *v, const struct step *step,
                                       const char **missing);

struct request_problem {
    const char *missing;  /* a reference without a value */
    const char *no_actor; /* the target has none of that name */
};

/* The request of a CALL or an INSPECT. */
struct exchange_record *resolve_request(const struct vars *v, const struct target *t,
                                        const struct namespace *ns, const struct step *step,
                                        struct request_problem *problem);
/* The cleanup call of the step, or the lookup of what is to be cleaned up; sent by the same
 * actor. */
struct exchange_record *resolve_cleanup(const struct vars *v, const struct target *t,
                                        const struct namespace *ns, const struct step *step,
                                        const struct cleanup *c, struct request_problem *problem);
struct exchange_record *resolve_lookup(const struct vars *v, const struct target *t,
                                       const struct namespace *ns, const struct step *step,
                                       const struct lookup *f, struct request_problem *problem);
