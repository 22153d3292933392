/* What Layers' documentation leaves open. Clients must ignore unknown members. Times appear with
 * and without a fraction, and with an offset. The order of posts, projects and the audit log is
 * documented, so it does not vary. */
#include "base/array.h"
#include "mockserver/providers/layers/layers.h"

#include "mockserver/provider_api/variations.h"

static const char *const foreign[] = {"metadata", "details"};

static const struct variation_rows rows[] = {
    {"list_social_accounts",     "/items", NULL},
    {"list_leased_accounts",     "/items", NULL},
    {"list_all_leased_accounts", "/items", NULL},
    {"list_ad_accounts",         "/items", NULL},
};

const struct variations layers_variations = {
    .more_below = "",
    .foreign = foreign,
    .foreign_count = COUNT(foreign),
    .rows = rows,
    .rows_count = COUNT(rows),
    .times = VARIATION_SECONDS | VARIATION_MILLIS | VARIATION_MICROS_OFFSET,
};
