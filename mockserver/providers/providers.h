/* providers.h - the list of providers: one row each.
 *
 * Errors:  look-ups answer NULL.
 */
#pragma once
#include "mockserver/call.h"

extern const struct provider *const providers[];
extern const size_t provider_count;

const struct provider *provider_named(struct str name);
const struct provider *provider_with_id(int provider);

struct operation {
    const struct provider *provider;
    const struct route *route;
};
/* "layers.list_social_accounts", or a bare name where `provider` (may be empty) or uniqueness
 * decides. On failure err names what it met: nothing near, "did you mean", or both providers that
 * have it. */
bool provider_operation(struct str id, struct str provider, struct where at, struct operation *out,
                        struct error *err);
