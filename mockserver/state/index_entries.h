/* index_entries.h - the index entries of a record, computed from its fields.
 *
 * Shapes:  struct index_entries: the entries of a record in its current state. The entry for the
 *          public id has key = a hash of the id and order = the scope in which the id is unique:
 *          the organization for a lease request (clients choose its id), the provider for all other
 *          kinds. A transition calls index_entries_of before it edits a record and
 *          index_entries_move afterwards.
 * Errors:  none.
 */
#pragma once
#include "mockserver/state/world.h"

#define INDEX_ENTRIES_MAX 7

struct world_index_entry {
    enum world_index index;
    struct index_entry entry;
};

struct index_entries {
    struct world_index_entry items[INDEX_ENTRIES_MAX];
    size_t count;
};

void index_entries_of(const struct world *w, enum record_kind kind, uint32_t row, struct index_entries *out);
/* Adds the entries of a new record. */
void index_entries_add(struct world *w, enum record_kind kind, uint32_t row);
/* Replaces the entries `before` with those of the record's current state. */
void index_entries_move(struct world *w, enum record_kind kind, uint32_t row, const struct index_entries *before);

/* The provider or the organization: see above. */
int64_t index_entries_scope(const struct world *w, enum record_kind kind, uint32_t row);
uint32_t index_entries_find(const struct world *w, enum record_kind kind, int64_t scope, struct str public_id);
/* Returns true if exactly one record of that kind has the id, in any scope. */
bool index_entries_unique(const struct world *w, enum record_kind kind, struct str public_id);
/* Returns true if a record of any kind has the id. */
bool index_entries_taken(const struct world *w, struct str public_id);
