/* What PostEverywhere's documents leave open. The order of accounts is not stated, that of
 * account_ids is: theirs. Instants have the form of the api_version's samples. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include "mockserver/variations.h"

static const char *const foreign[] = {"details", "platform_content", "metadata"};

static const struct variation_rows rows[] = {
    {"list_accounts", "/data/accounts", "/data/account_ids"},
};

const struct variations pe_variations = {
    .more_below = "",
    .foreign = foreign,
    .foreign_count = sizeof foreign / sizeof *foreign,
    .rows = rows,
    .rows_count = sizeof rows / sizeof *rows,
};
