/* index.h - ordered sets of rows, in copy-on-write pages: look-ups, lists in order, and the event
 * queue.
 *
 * Shapes:  struct index: a B-tree of entries (key, order, row), sorted by all three. A look-up by
 *          text uses key = a hash of the text, and the caller compares the text itself; a list uses
 *          key = what is listed (a space, say) and order = what it is sorted by.
 * Units:   whatever the caller's numbers mean; both are compared as signed 64-bit integers.
 * Errors:  none. Adding an entry twice or removing one that is not there is our own bug (assert).
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

void index_add(struct index *x, struct index_entry e);
void index_remove(struct index *x, struct index_entry e);

/* A walk in order. It reads the index as it stands: do not change the index during it. */
#define INDEX_MAX_DEPTH 12
struct index_walk {
    const struct index_page *page[INDEX_MAX_DEPTH];
    uint16_t at[INDEX_MAX_DEPTH];
    uint32_t depth;
    struct index_entry entry; /* the current one, after index_next said true */
};

void index_from(const struct index *x, struct index_walk *w,
                struct index_entry from); /* before the first entry >= from */
bool index_next(struct index_walk *w);
bool index_next_of(struct index_walk *w, int64_t key); /* only while entries have that key */
bool index_first(const struct index *x, struct index_entry *e);
bool index_has(const struct index *x, struct index_entry e);
uint32_t index_count_of(const struct index *x, int64_t key); /* walks them */
size_t index_own_bytes(const struct index *x);               /* pages no other index shares */
