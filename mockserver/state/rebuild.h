/* rebuild.h - rebuilds a world from an export: writes rows directly instead of running transitions.
 *
 * Shapes:  call in this order: rebuild_row for all records, since they refer to each other; then
 *          record_write for their fields; then rebuild_entry for each record; then the changes,
 *          events (events.h), quotas and replies.
 * Units:   milliseconds.
 * Errors:  rebuild_missing_field: a required field is missing, so the record cannot be indexed.
 *          world_check finds all other errors.
 */
#pragma once
#include "mockserver/state/changes.h"
#include "mockserver/state/quota.h"
#include "mockserver/state/records.h"

/* Adds an empty record. */
uint32_t rebuild_row(struct world *w, enum record_kind kind, int provider);
/* Returns the name of a required field that is missing, or NULL. All records must pass before the
 * first call of rebuild_entry. */
const char *rebuild_missing_field(const struct world *w, enum record_kind kind, uint32_t row);
/* Adds the record to the indexes; computes the digest of a key. */
void rebuild_entry(struct world *w, enum record_kind kind, uint32_t row);
/* If the export has no changes: logs the creation of every record. */
void rebuild_changes(struct world *w);
/* If the export has no events: queues the events that every record's state implies. */
void rebuild_events(struct world *w);
void rebuild_change(struct world *w, const struct change *change); /* copies the texts */
void rebuild_quota(struct world *w, uint32_t key, const struct quota *quota);
