/* fixture_check.h - what the documents rule out in a starting world, beyond its schema.
 *
 * Errors:  each mistake at its map's place. What the schema already complained of may be zero here,
 *          and is passed over.
 */
#pragma once
#include "mockserver/providers/layers/fixture_fields.h"

bool fixture_check_key(const struct fixture_load *load, const struct fixture_key *k);
bool fixture_check_account(const struct fixture_load *load, const struct fixture_account *a);
bool fixture_check_post(const struct fixture_load *load, const struct fixture_post *p,
                        const struct fixture_account *account);

/* A project's accounts by handle. */
struct handles {
    const struct fixture_account **items;
    size_t count;
};

/* Complains of a handle that is connected twice on one platform. */
bool handles_sort(const struct fixture_load *load, struct fixture_project *p, struct handles *out);
/* NULL, and a complaint, unless just one account has that id or handle. */
const struct fixture_account *handles_find(const struct fixture_load *load, const struct handles *h,
                                           const char *name, struct where at);
