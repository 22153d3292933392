/* variations.h - what a provider's documents leave open: how a response may differ from the one we
 * give, and break none of their claims.
 *
 * Shapes:  a provider fills struct variations; hostile.c uses it. Members of an object may stand in any
 *          order with every provider. Pointers are JSON pointers into the response's body, * for any
 *          one item or member.
 * Source:  the providers' documents; where an order or a form is a claim, it is not in here.
 */
#pragma once
#include "base/json.h"

enum variation_time {                        /* how else an instant may be written, a bit each */
                      VARIATION_SECONDS = 1, /* 2026-05-02T09:00:00Z */
                      VARIATION_MILLIS = 2,  /* 2026-05-02T09:00:00.000Z */
                      VARIATION_MICROS_OFFSET = 4, /* 2026-05-02T09:00:00.000000+00:00 */
};

/* Rows in no documented order; `beside` (may be NULL) are their like, in the same order as they. */
struct variation_rows {
    const char *operation, *rows, *beside;
};

struct variations {
    const char *more_below;      /* where objects may have members nobody knows; "" everywhere;
                                    NULL nowhere */
    const char *const *complete; /* objects that have all the members there are */
    size_t complete_count;
    const char *const *foreign; /* members whose value is the client's own */
    size_t foreign_count;
    const struct variation_rows *rows;
    size_t rows_count;
    unsigned times; /* enum latitude_time */
};
