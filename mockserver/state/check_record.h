/* check_record.h - what must hold of one record and those it points to.
 *
 * Shapes:  a response is the reason in words (static), or NULL where all is well. `waiting` is the
 *          event queue by what it is for: key = index_pair_key(record, kind of event), order =
 *          when.
 * Errors:  none: references must have been found valid before.
 */
#pragma once
#include "mockserver/state/world.h"

const char *check_record(const struct world *w, const struct index *waiting, enum record_kind kind,
                         uint32_t row);
