/* variations.h - how a provider's response may vary without breaking a documented claim.
 *
 * Shapes:  a provider fills struct variations; hostile.c uses it. Every provider's objects may have their members in
 *          any order. Pointers are JSON pointers into the response body; * matches any item or member.
 * Units:   -
 * Errors:  none.
 * Source:  the providers' documents. An order or a format that is a claim must not be listed here.
 */
#pragma once
#include "base/json.h"

enum variation_time {                              /* allowed formats of a time, as bits */
                      VARIATION_SECONDS = 1,       /* 2026-05-02T09:00:00Z */
                      VARIATION_MILLIS = 2,        /* 2026-05-02T09:00:00.000Z */
                      VARIATION_MICROS_OFFSET = 4, /* 2026-05-02T09:00:00.000000+00:00 */
};

/* A list whose order is not documented. `beside` (may be NULL) is a parallel list: it is reordered in the same way. */
struct variation_rows {
    const char *operation, *rows, *beside;
};

struct variations {
    const char *more_below;      /* objects below it may have extra members; "": all; NULL: none */
    const char *const *complete; /* objects that may not have extra members */
    size_t complete_count;
    const char *const *foreign; /* members with values of the client, which stay unchanged */
    size_t foreign_count;
    const struct variation_rows *rows;
    size_t rows_count;
    unsigned times; /* enum variation_time */
};
