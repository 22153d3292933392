/* fixture_check.h - checks a fixture's values beyond the schema: combinations that Layers'
 * documentation rules out.
 *
 * Errors:  each problem is reported at the place of its map. A value that the schema has already
 *          rejected may be zero; it is not checked again.
 */
#pragma once
#include "mockserver/providers/layers/fixture_fields.h"

bool fixture_check_key(const struct fixture_load *load, const struct fixture_key *k);
bool fixture_check_account(const struct fixture_load *load, const struct fixture_account *a);
bool fixture_check_post(const struct fixture_load *load, const struct fixture_post *p,
                        const struct fixture_account *account);

/* A project's accounts, sorted by handle. */
struct handles {
    const struct fixture_account **items;
    size_t count;
};

/* Returns false and reports a problem if a handle is connected twice on one platform. */
bool handles_sort(const struct fixture_load *load, struct fixture_project *p, struct handles *out);
/* Returns the account with the id or handle `name`. Returns NULL and reports a problem if there is
 * none, or more than one. */
const struct fixture_account *handles_find(const struct fixture_load *load, const struct handles *h, const char *name,
                                           struct where at);
