/* table.h - rows of one type in copy-on-write pages, shared between worlds.
 *
 * Shapes:  struct table: a tree of reference-counted pages. Rows are plain structs and own nothing (their texts live in
 *          a string pool). Row numbers start at 1 and are never reused, also not after table_remove; 0 (ROW_NONE) means
 *          "no row", so a zeroed reference is valid. A page without rows is freed.
 * Units:   rows.
 * Errors:  a row that does not exist is NULL.
 *
 * Forking takes one reference. The first write to a shared page copies that page and the path to it.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROW_NONE 0u
#define ROW_MAX  (UINT32_MAX / 2) /* of numbers from input */

struct table_page;

struct table {
    struct table_page *root;
    uint32_t last;  /* the number of the row that was added last; 0: none was */
    uint32_t count; /* rows that exist */
    uint32_t row_size;
    uint32_t rows_per_page;
    uint32_t depth;
};

void table_init(struct table *t, size_t row_size);
void table_fork(struct table *to, const struct table *from);
void table_end(struct table *t);
/* Ends it in steps: frees at most *pages pages, and subtracts them. Returns true if the table has ended; until then it
 * can only be ended. */
bool table_end_some(struct table *t, size_t *pages);

bool table_has(const struct table *t, uint32_t row); /* false also for ROW_NONE and numbers beyond the last */
/* Sets *row to the first row after it that exists, so that a walk starts with 0. False: there is none. */
bool table_next(const struct table *t, uint32_t *row);
const void *table_read(const struct table *t, uint32_t row);
/* The pointer is valid until the next edit, add, removal or fork of this table. */
void *table_edit(struct table *t, uint32_t row);
void *table_add(struct table *t, uint32_t *row); /* zeroed; row may be NULL */
void table_remove(struct table *t, uint32_t row);
void table_skip(struct table *t, uint32_t last); /* the next row gets the number last + 1 */
size_t table_own_bytes(const struct table *t);   /* pages shared with no other table */
