/* rebuild.h - a world put together again from all that is known of another: rows as they stood,
 * rather than transitions.
 *
 * Shapes:  rows first, then their fields (record_put.h), since they name each other; then
 *          rebuild_place, which brings each into the indexes; then changes, events (events.h),
 *          quotas and replies.
 * Units:   milliseconds.
 * Errors:  rebuild_lacks: what everybody takes for granted of a record is missing, so that it has no
 *          place. All else that may be wrong is world_check's to find.
 */
#pragma once
#include "mockserver/state/changes.h"
#include "mockserver/state/quota.h"
#include "mockserver/state/records.h"

uint32_t rebuild_row(struct world *w, enum record_kind kind, int provider);
/* The field it needs and has not; NULL: none. To be asked of all before any has its places. */
const char *rebuild_missing_field(const struct world *w, enum record_kind kind, uint32_t row);
/* A key's digest is made here. */
void rebuild_entry(struct world *w, enum record_kind kind, uint32_t row);
/* Where nothing is said of them: every record has just begun to exist; it waits for what it waits
 * for. */
void rebuild_changes(struct world *w);
void rebuild_events(struct world *w);
void rebuild_change(struct world *w, const struct change *change); /* its texts are copied */
void rebuild_quota(struct world *w, uint32_t key, const struct quota *quota);
