/* table.h - rows of one kind in copy-on-write pages that worlds share.
 *
 * Shapes:  struct table: a tree of pages counted by reference. Rows are plain structs without
 *          ownership (texts live in string_pool.h). Row numbers start at 1 and are never reused; 0
 *          (ROW_NONE) means "none", so a zeroed relation points nowhere.
 * Units:   rows.
 * Errors:  none. A row that does not exist is our own bug (assert).
 *
 * Forking costs one reference; the first write to a shared page copies that page and the path to
 * it, nothing else.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define ROW_NONE 0u

struct table_page;

struct table {
    struct table_page *root;
    uint32_t count; /* rows; they are numbered 1..count */
    uint32_t row_size;
    uint32_t rows_per_page;
    uint32_t depth;
};

void table_init(struct table *t, size_t row_size);
void table_fork(struct table *to, const struct table *from);
void table_end(struct table *t);

const void *table_read(const struct table *t, uint32_t row);
void *table_edit(struct table *t,
                 uint32_t row); /* valid until the next edit, add or fork of this table */
void *table_add(struct table *t, uint32_t *row); /* zeroed; row may be NULL */
size_t table_own_bytes(const struct table *t);   /* pages no other table shares */
