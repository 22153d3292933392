/* index_entries.h - where a record stands in the world's indexes, computed from its fields alone.
 *
 * Shapes:  struct places: the entries that belong to a record as it is now. Look-ups by public id
 *          have key = a hash of the id and order = its scope, in which no other has it: the
 *          provider, but of a lease request, whose id a client makes, the organization. A
 *          transition notes the places before it edits and calls index_entries_move afterwards.
 * Errors:  none.
 */
#pragma once
#include "mockserver/state/world.h"

#define INDEX_ENTRIES_MAX 7

struct place {
    enum world_index index;
    struct index_entry entry;
};

struct index_entries {
    struct place items[INDEX_ENTRIES_MAX];
    size_t count;
};

void index_entries_of(const struct world *w, enum record_kind kind, uint32_t row,
                      struct index_entries *out);
void index_entries_add(struct world *w, enum record_kind kind, uint32_t row); /* of a new record */
void index_entries_move(struct world *w, enum record_kind kind, uint32_t row,
                        const struct index_entries *before);

int64_t index_entries_scope(const struct world *w, enum record_kind kind, uint32_t row);
uint32_t index_entries_find(const struct world *w, enum record_kind kind, int64_t scope,
                            struct str public_id);
/* No other record of that kind has that id, whatever its scope. */
bool index_entries_unique(const struct world *w, enum record_kind kind, struct str public_id);
bool index_entries_taken(const struct world *w, struct str public_id); /* by a record of any kind */
