/* load.h - loads scenario files.
 *
 * Shapes:  a path is a file or a folder. A folder is searched recursively for *.yaml, without
 *          claims.yaml, disputes.yaml, mutants.yaml and targets/; files in flows/ are validated but
 *          do not run. A step finds its flow in a `flows` folder next to the scenario or above it.
 * Errors:  every mistake in every file, each at file:line:col.
 */
#pragma once
#include "conformance/scenario/catalogue.h"
#include "conformance/scenario/scenario.h"

struct suite {
    struct arena *arena;
    const struct scenario **scenarios; /* in order of file path */
    size_t scenario_count;
    const struct catalogue *const *catalogues; /* one per provider folder */
    size_t catalogue_count;
};

/* `err` must not be NULL. */
bool suite_load(struct arena *a, const char *const *paths, size_t count, struct suite *out, struct error *err);

/* Finds the references in a value. "${a.b}" may be anywhere in a text. "$a.b" must start the text
 * or follow a / or =, and ends before the next character that a reference cannot have. "$$" is a
 * dollar sign. Keys have no references. Also used by run/vars. */
typedef bool reference_fn(void *ctx, struct str reference, struct where at);
/* Both call fn for each reference until it returns false; return false if it did. */
bool references_visit(const struct node *value, reference_fn *fn, void *ctx);
bool references_visit_text(const char *text, struct where at, reference_fn *fn, void *ctx);
/* Returns the first invalid reference: for example "$b" in "a$b", or "${" in "${b". Empty: none. */
struct str references_stray(const char *text);
