/* index.h - ordered sets of rows in copy-on-write pages: for look-ups, sorted lists and the event queue.
 *
 * Shapes:  struct index: a B-tree of entries (key, order, row), sorted by all three. For a look-up by text, key is a
 *          hash of the text and the caller compares the text itself. For a list, key is the owner of the list (for
 *          example a space) and order is the sort value.
 * Units:   defined by the caller; key and order are compared as signed 64-bit integers.
 * Errors:  none. An entry that exists is not added again, and only an existing entry is removed.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct index_page;

struct index {
    struct index_page *root;
    uint32_t count, depth;
};

struct index_entry {
    int64_t key, order;
    uint32_t row;
};

void index_init(struct index *x);
void index_fork(struct index *to, const struct index *from);
void index_end(struct index *x);
bool index_end_some(struct index *x, size_t *pages); /* like table_end_some */

bool index_add(struct index *x, struct index_entry e);    /* false: it exists already */
bool index_remove(struct index *x, struct index_entry e); /* false: it does not exist */

/* A walk in order. The index must not change during the walk. */
#define INDEX_MAX_DEPTH 12
struct index_walk {
    const struct index_page *page[INDEX_MAX_DEPTH];
    uint16_t at[INDEX_MAX_DEPTH];
    uint32_t depth;
    struct index_entry entry; /* the current entry, after index_next returned true */
};

/* Starts before the first entry >= from. */
void index_from(const struct index *x, struct index_walk *w, struct index_entry from);
bool index_next(struct index_walk *w);                          /* false: no more entries */
bool index_next_of(struct index_walk *w, int64_t key);          /* false: no more entries with that key */
bool index_first(const struct index *x, struct index_entry *e); /* false: empty */
bool index_has(const struct index *x, struct index_entry e);
uint32_t index_count_of(const struct index *x, int64_t key); /* linear in the result */
size_t index_own_bytes(const struct index *x);               /* pages shared with no other index */
