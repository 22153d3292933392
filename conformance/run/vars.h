/* vars.h - the variables of a running scenario, and the replacement of references to them.
 *
 * Shapes:  struct vars is one scope, linked to the scope around it. A name may contain dots
 *          ("first.id"); otherwise a dot selects a member of a map or an item of a list. Names that
 *          start with "env." are environment variables. The outermost scope has `target` and `run`.
 * References: a value that is exactly "$a.b" becomes the value itself and keeps its JSON type;
 *          "${a.b}" inside a text becomes text; "$$" becomes "$". references_visit in
 *          scenario/references.h defines the syntax.
 * Errors:  NULL or false if a reference has no value; *missing is its name.
 */
#pragma once
#include "base/node.h"

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
