/* record_write.h - one field of a record written as its table says, and nothing else: its indexes, its
 * events and the change log are the caller's.
 *
 * Shapes:  a REF is found by its text in `scope` (index_entries.h), or is the row in `number` where the
 *          value has no text; a TIME likewise.
 * Errors:  a value of the wrong type, or not one of the words; a record that does not exist.
 */
#pragma once
#include "mockserver/state/records.h"

bool record_write(struct world *w, int64_t scope, const struct record_field *f,
                  const struct record_value *v, void *record, struct error *err);
/* What the record waits for joins the queue. What it waited for before does nothing when it comes.
 */
void record_expect(struct world *w, enum record_kind kind, uint32_t row);
