/* claims.h - the catalogue of claims and the list of disputes of a provider.
 *
 * Shapes:  claims.yaml: a list of {claim, says, source, level, observe, why}; disputes.yaml: a list
 *          of {dispute, about, sources, readings}.
 * Errors:  unknown keys, duplicate ids, a claim not observable without a reason: at their places.
 */
#pragma once
#include "conformance/result.h"

struct dispute {
    const char *id, *about;
    const char *const *readings; /* accepted sides, by name */
    const char *const *meanings; /* one a reading */
    size_t reading_count;
    const char *const *sources; /* the sections that disagree */
    size_t source_count;
    struct where at;
};

struct catalogue {
    const char *folder; /* scenarios/layers */
    const struct claim *claims;
    size_t claim_count;
    const struct dispute *disputes;
    size_t dispute_count;
};

const struct catalogue *catalogue_load(struct arena *a, const char *folder, struct error *err);
const struct claim *catalogue_claim(const struct catalogue *c, const char *id);
const struct dispute *catalogue_dispute(const struct catalogue *c, const char *id);
