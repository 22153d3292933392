/* record_write.h - writes one field of a record as described by its field table. The caller updates
 * the indexes, the events and the change log.
 *
 * Shapes:  a REF with a text is looked up by that id in `scope` (index_entries.h); without a text,
 *          `number` is the row. A TIME is parsed from its text; without a text, `number` is its ms.
 * Errors:  a wrong type, an unknown enum text, a REF to a record that does not exist.
 */
#pragma once
#include "mockserver/state/records.h"

bool record_write(struct world *w, int64_t scope, const struct record_field *f, const struct record_value *v,
                  void *record, struct error *err);
/* Queues the events that the record's state implies. Events that are queued already and no longer
 * apply do nothing when they run. */
void record_queue_events(struct world *w, enum record_kind kind, uint32_t row);
