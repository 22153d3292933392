/* What PostNitro's documents leave open. Their short answers (a verdict and a message) are given
 * whole, their lists of accounts by platform name all platforms there are; instants have one form.
 * No limit of calls is documented, so nobody is refused. */
#include "mockserver/providers/postnitro/postnitro.h"

#include "mockserver/variations.h"

static const char *const complete[] = {"/data/socialAccounts"};

static const struct variation_rows rows[] = {
    {"list_social_accounts", "/data/socialAccounts/*", NULL},
    {"read_social_account",  "/data/usage",            NULL},
};

const struct variations postnitro_variations = {
    .more_below = "/data",
    .complete = complete,
    .complete_count = sizeof complete / sizeof *complete,
    .rows = rows,
    .rows_count = sizeof rows / sizeof *rows,
};
