/* plan.h - which scenarios run, in what order, and what is left out and why.
 *
 * Shapes:  a selection (paths, tags, claims, failed ones of a report, a shard) applied to a suite
 *          and held against a target's capabilities.
 * Errors:  a tag expression or claim pattern that cannot be read; one that selects nothing is not
 *          an error here: the run then checked nothing.
 */
#pragma once
#include "conformance/scenario/load.h"

struct selection {
    const char *tags;          /* "oauth and not slow"; NULL: all */
    const char *const *claims; /* globs: LA-18* */
    size_t claim_count;
    const char *const *names; /* scenario names, from --failed; none: all */
    size_t name_count;
    int shard, shards; /* i of n, from 1; 0: all */
};

struct planned {
    const struct scenario *scenario;
    const char *missing; /* the missing capability, or NULL: it runs */
};

struct plan {
    const struct suite *suite;
    struct planned *items;
    size_t count;
};

typedef bool capability_fn(const void *ctx, const char *capability);

bool plan_make(struct arena *a, const struct suite *suite, const struct selection *selection,
               capability_fn *can, const void *ctx, struct plan *out, struct error *err);
const char *const *scenario_needs(struct arena *a, const struct scenario *s,
                                  size_t *count); /* requires, declared and implied */
