/* load.h - scenario files to scenarios.
 *
 * Shapes:  paths may be files or folders (every *.yaml below, but not claims, disputes, mutants,
 *          flows/ and targets/); flows are found in the `flows` folder beside or above a scenario.
 * Errors:  everything scenario-format.md refuses, each at file:line:col, all at once.
 */
#pragma once
#include "conformance/claims/claims.h"
#include "conformance/scenario/scenario.h"

struct suite {
    struct arena *arena;
    const struct scenario **scenarios; /* in order of file path, then of place */
    size_t scenario_count;
    const struct catalogue *const *catalogues; /* the claims of each provider folder met */
    size_t catalogue_count;
};

/* `err` is not NULL here. */
bool suite_load(struct arena *a, const char *const *paths, size_t count, struct suite *out,
                struct error *err);

/* Every reference in a value: "${a.b}" anywhere; "$a.b" as the whole text, at its beginning, or
 * behind a / or =, up to the next character that cannot be in it; "$$" is a dollar. Keys have none.
 * Shared with run/vars. */
typedef bool reference_fn(void *ctx, struct str reference, struct where at);
bool references_visit(const struct node *value, reference_fn *fn,
                      void *ctx); /* until fn says false */
bool references_visit_text(const char *text, struct where at, reference_fn *fn, void *ctx);
/* What looks like a reference and is none: the $b of "a$b", the "${" of "${b". Empty: nothing. */
struct str references_stray(const char *text);
