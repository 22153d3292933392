/* What Layers' documents leave open. Clients must ignore members they do not know; instants appear
 * with and without a fraction, and with an offset. Posts, projects and the audit log are sorted, and
 * stay so. */
#include "mockserver/providers/layers/layers.h"

#include "mockserver/latitude.h"

static const char *const foreign[] = {"metadata", "details"};

static const struct latitude_rows rows[] = {
    {"list_social_accounts",     "/items", NULL},
    {"list_leased_accounts",     "/items", NULL},
    {"list_all_leased_accounts", "/items", NULL},
    {"list_ad_accounts",         "/items", NULL},
};

const struct latitude layers_latitude = {
    .more_below = "",
    .foreign = foreign,
    .foreign_count = sizeof foreign / sizeof *foreign,
    .rows = rows,
    .rows_count = sizeof rows / sizeof *rows,
    .times = LATITUDE_SECONDS | LATITUDE_MILLIS | LATITUDE_MICROS_OFFSET,
};
