/* vars.h - names and what they stand for while a scenario is played.
 *
 * Shapes:  struct vars: names of one scope, the newest first, and the scope around it. A name may
 *          have dots of its own ("first.id"); otherwise a dot steps into a map or list. `env` is
 *          the environment. The runner's outermost scope has target, run and scenario.
 * References: "$a.b" as a whole value keeps the JSON type of what it stands for; "${a.b}" within
 *          text becomes its text; "$$" is a dollar (references_visit in scenario/load.h says what
 *          is one).
 * Errors:  a reference without a value: NULL or false, and its name in *missing.
 */
#pragma once
#include "base/node.h"

typedef void vars_env_fn(void *ctx, const char *name, const char *value);

struct vars {
    struct arena *arena;
    const struct vars *outer; /* NULL: none */
    vars_env_fn *env;         /* told of every environment variable that is used; may be NULL */
    void *env_ctx;
    struct member *items;
    size_t count, room;
};

void vars_set(struct vars *v, const char *name, const struct node *value); /* anew: replaces */
const struct node *vars_get(const struct vars *v, struct str name);

/* A copy with every reference replaced; keys are left as they are. */
const struct node *vars_value(const struct vars *v, const struct node *value, const char **missing);
/* In a path every reference is percent-encoded as one segment. */
const char *vars_text(const struct vars *v, const char *text, const char **missing);
const char *vars_path(const struct vars *v, const char *path, const char **missing);

/* Text of a scalar as it stands in a URL or a header; NULL for null, lists and maps. */
const char *scalar_text(struct arena *a, const struct node *n);
