/* What PostNitro's documents leave open. Their short answers (a verdict and a message) are given
 * whole, their lists of accounts by platform name all platforms there are; instants have one form.
 * No limit of calls is documented, so nobody is turned away. */
#include "mockserver/providers/postnitro/postnitro.h"

#include "mockserver/latitude.h"

static const char *const complete[] = {"/data/socialAccounts"};

static const struct latitude_rows rows[] = {
    {"list_social_accounts", "/data/socialAccounts/*", NULL},
    {"read_social_account",  "/data/usage",            NULL},
};

const struct latitude postnitro_latitude = {
    .more_below = "/data",
    .complete = complete,
    .complete_count = sizeof complete / sizeof *complete,
    .rows = rows,
    .rows_count = sizeof rows / sizeof *rows,
};
