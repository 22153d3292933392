/* catalogue.h - a provider's catalogue: the claims, disputes and operations of its documentation, and the names that
 * its scenarios may use of a target.
 *
 * Shapes:  claims.yaml is a list of {claim, says, source, level, observe, why} and of the documents that the claims
 *          cite (documents.h). disputes.yaml, which is optional, is a list of {dispute, about, sources, readings}:
 *          questions on which the documents disagree. operations.yaml,
 *          which is optional as well, lists what the documents say of each operation (operations.h), and
 *          target-schema.yaml the names (target_schema.h).
 * Errors:  unknown keys, documents and headings, duplicate ids, `observe: none` without `why`; with file:line:col.
 */
#pragma once
#include "conformance/result/result.h"
#include "conformance/scenario/documents.h"

struct operations;    /* operations.h */
struct target_schema; /* target_schema.h */

struct dispute {
    const char *id, *about;
    const char *const *readings; /* names of the possible answers */
    const char *const *meanings; /* one per reading */
    size_t reading_count;
    const char *const *sources; /* the sections that disagree */
    size_t source_count;
    struct where at;
};

struct catalogue {
    const char *folder;         /* for example scenarios/layers */
    struct documents documents; /* that its claims cite */
    const struct claim *claims;
    size_t claim_count;
    const struct dispute *disputes;
    size_t dispute_count;
    const struct operations *operations; /* NULL: the folder has no operations.yaml */
    const struct target_schema *targets; /* NULL: there is no target-schema.yaml; suite_load sets it */
};

/* Loads claims.yaml, disputes.yaml and operations.yaml of `folder`. */
const struct catalogue *catalogue_load(struct arena *a, const char *folder, struct error *err);
/* Both return NULL if there is no such id. */
const struct claim *catalogue_claim(const struct catalogue *c, const char *id);
const struct dispute *catalogue_dispute(const struct catalogue *c, const char *id);
