/* compaction.h - releases the memory of texts that no record has any more, in small steps between the calls.
 *
 * Shapes:  when most of a world's string pool may be garbage, the world gets a new pool. Each step copies the texts of
 *          some records from the old pools; after the last record the old pools are released. A fork continues on its
 *          own. Responses do not change.
 *          A step releases texts, so nothing but the world's own records may point to them at that time: not a call
 *          that is suspended, not a webhook request in flight, not a frame of the caller.
 * Units:   rows and bytes.
 * Errors:  none.
 */
#pragma once
#include "mockserver/state/world.h"

/* One step. Its size follows what was added since the last one, so that a compaction ends. */
void world_compact(struct world *w);
/* Copies the texts that this record has in the old pools. Every change of a record calls it: a change may have copied
 * a pointer from a record that no step has reached yet. */
void world_compact_row(struct world *w, enum record_kind kind, uint32_t row);
/* Compacts to the end, even if nothing is wasted (tests). */
void world_compact_all(struct world *w);
