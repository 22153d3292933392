/* dialects.h - the list of providers: one row each.
 *
 * Errors:  look-ups answer NULL.
 */
#pragma once
#include "mockserver/call.h"

extern const struct dialect *const dialects[];
extern const size_t dialect_count;

const struct dialect *dialect_named(struct str name);
const struct dialect *dialect_of_provider(int provider);

struct operation {
    const struct dialect *dialect;
    const struct route *route;
};
/* "layers.list_social_accounts", or a bare name where `provider` (may be empty) or uniqueness
 * decides. On failure err names what it met: nothing near, "did you mean", or both providers that
 * have it. */
bool dialect_operation(struct str id, struct str provider, struct where at, struct operation *out,
                       struct error *err);
