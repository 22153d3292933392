/* What PostEverywhere's documentation leaves open. The order of accounts is not documented, but
 * account_ids must be in the same order. Times keep the format of the API version's samples. */
#include "base/array.h"
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include "mockserver/provider_api/variations.h"

static const char *const foreign[] = {"details", "platform_content", "metadata"};

static const struct variation_rows rows[] = {
    {"list_accounts", "/data/accounts", "/data/account_ids"},
};

const struct variations pe_variations = {
    .more_below = "",
    .foreign = foreign,
    .foreign_count = COUNT(foreign),
    .rows = rows,
    .rows_count = COUNT(rows),
};
