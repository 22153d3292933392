/* fixture_moment.h - a fixture's `moment`: what a world knows beside its records.
 *
 * Shapes:  the table of its keys stands in fixture_moment.c; struct records_read is what both
 *          readers share: the rows that there are, and under which ids.
 * Errors:  at each member's place.
 */
#pragma once
#include "mockserver/fixture_records.h"

struct records_read {
    const struct fixture_load *load;
    struct world *w;
    struct error *err;
    const struct node *lists[RECORD_KIND_COUNT]; /* as they are written */
    struct index ids[RECORD_KIND_COUNT];         /* key = hash of the id, order = row */
    bool good;
};

/* The row of the record that is named so: by id, or by number. */
bool records_ref(const struct records_read *r, enum record_kind kind, const struct node *name,
                 uint32_t *row);
bool moment_read(struct records_read *r, const struct node *moment, bool *broken);
extern const struct fields moment_fields;
