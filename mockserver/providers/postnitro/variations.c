/* What PostNitro's documentation leaves open. The documented short bodies ({success, message}) are
 * complete, and the account list names every platform, so neither gets unknown members. Times have
 * one format. No rate limit is documented, so there are no spurious 429 responses. */
#include "base/array.h"
#include "mockserver/providers/postnitro/postnitro.h"

#include "mockserver/provider_api/variations.h"

static const char *const complete[] = {"/data/socialAccounts"};

static const struct variation_rows rows[] = {
    {"list_social_accounts", "/data/socialAccounts/*", NULL},
    {"read_social_account",  "/data/usage",            NULL},
};

const struct variations postnitro_variations = {
    .more_below = "/data",
    .complete = complete,
    .complete_count = COUNT(complete),
    .rows = rows,
    .rows_count = COUNT(rows),
};
