/* providers.h - the table of all providers, and lookups in it.
 *
 * Shapes:  an operation is named "layers.list_social_accounts", or "list_social_accounts" if its
 *          provider is given separately or no other provider has that name.
 * Units:   -
 * Errors:  an unknown provider or operation ("did you mean"); a bare name that two providers have.
 */
#pragma once
#include "mockserver/provider_api/call.h"

extern const struct provider *const providers[];
extern const size_t provider_count;

const struct provider *provider_named(struct str name); /* or NULL */
const struct provider *provider_with_id(int provider);  /* or NULL */

struct operation {
    const struct provider *provider;
    const struct route *route;
};
/* Finds the operation `id`, of `provider` if that is not empty. Returns false, with an error at
 * `at`, if there is not exactly one. */
bool provider_operation(struct str id, struct str provider, struct where at, struct operation *out, struct error *err);
