/* resolve.h - the variables of a running scenario, and the replacement of references to them: in values, expectations
 * and requests.
 *
 * Shapes:  struct vars is one scope, linked to the scope around it. A name may contain dots ("first.id"); otherwise a
 *          dot selects a member of a map or an item of a list. Names that start with "env." are environment variables.
 *          The outermost scope has `target` and `run`.
 * References: a value that is exactly "$a.b" becomes the value itself and keeps its JSON type; "${a.b}" inside a text
 *          becomes text; "$$" becomes "$". references_visit in scenario/references.h defines the syntax.
 * Errors:  NULL or false if a reference has no value; *missing is its name. For a request, struct request_problem also
 *          has the name of an unknown actor.
 */
#pragma once
#include "conformance/run/client.h"
#include "conformance/scenario/scenario.h"

typedef void vars_env_fn(void *ctx, const char *name, const char *value);

struct vars {
    struct arena *arena;
    const struct vars *outer; /* the scope around this one; NULL: none */
    vars_env_fn *env;         /* is called for each environment variable that is used; may be NULL */
    void *env_ctx;
    struct member *items;
    size_t count, room;
};

void vars_set(struct vars *v, const char *name, const struct node *value); /* replaces */
const struct node *vars_get(const struct vars *v, struct str name);        /* NULL: no value */

/* Returns a copy of `value` with every reference replaced. Keys are not changed. */
const struct node *vars_value(const struct vars *v, const struct node *value, const char **missing);
/* Replaces the references in a text. vars_path percent-encodes each value as one path segment. */
const char *vars_text(const struct vars *v, const char *text, const char **missing);
const char *vars_path(const struct vars *v, const char *path, const char **missing);

/* Returns the text of a scalar for a URL or a header; NULL for null, lists and maps. */
const char *scalar_text(struct arena *a, const struct node *n);

/* Replaces the references of a value that may be NULL: it then gives NULL and returns true. */
bool resolve_optional(const struct vars *v, const struct node *value, const struct node **out, const char **missing);
/* Returns a copy of the expectation, or of the step's readings, with every reference replaced. */
bool resolve_expectation(const struct vars *v, const struct expectation *x, struct expectation *out,
                         const char **missing);
const struct reading *resolve_readings(const struct vars *v, const struct step *step, const char **missing);

struct request_problem {
    const char *missing;    /* the reference that has no value */
    const char *no_actor;   /* the actor that the target does not have */
    const char *bad_header; /* the header whose value has a control character */
    const char *bad_url;    /* why a call to a URL is not sent, as a sentence */
};

/* Builds the request of a call or an inspect step. */
struct exchange_record *resolve_request(const struct vars *v, const struct target *t, const struct namespace *ns,
                                        const struct step *step, struct request_problem *problem);
/* Builds the cleanup request of the step, or the lookup of the resource to clean up. Both use the step's actor. */
struct exchange_record *resolve_cleanup(const struct vars *v, const struct target *t, const struct namespace *ns,
                                        const struct step *step, const struct cleanup *c,
                                        struct request_problem *problem);
struct exchange_record *resolve_lookup(const struct vars *v, const struct target *t, const struct namespace *ns,
                                       const struct step *step, const struct lookup *f,
                                       struct request_problem *problem);
