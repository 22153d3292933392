/* check_record.h - the invariants of one record and of the records it refers to.
 *
 * Shapes:  returns NULL if all invariants hold, otherwise the violated one as a static text.
 *          `waiting` indexes the queued events by record: key = index_pair_key(record, kind of
 *          event), order = time of the event.
 * Errors:  none. The caller must have checked that all references are valid.
 */
#pragma once
#include "mockserver/state/world.h"

const char *check_record(const struct world *w, const struct index *waiting, enum record_kind kind, uint32_t row);
