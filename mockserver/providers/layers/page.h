/* page.h - prints a list page by page.
 *
 * Shapes:  a page starts after an entry of an ordered index. The cursor encodes that entry's order
 *          and row, so it stays valid when entries are added or removed. Clients must treat it as
 *          opaque.
 * Errors:  an invalid limit or cursor is added to the call's issues.
 */
#pragma once
#include "mockserver/provider_api/call.h"

struct page {
    int64_t limit;
    int64_t order; /* with row: the first entry that may be on the page */
    uint32_t row;
};

/* Reads `limit` (1 to limit_max) and `cursor` from the query. Returns false if one is invalid. */
bool page_read(struct call *c, int64_t limit_default, int64_t limit_max, struct page *page);
/* Returns the cursor of the page that follows the entry `last`. */
const char *page_cursor(struct arena *a, const struct index_entry *last);

struct page_list {
    const struct index *index;
    int64_t key;        /* lists the entries with this key ... */
    int64_t last_order; /* ... up to this order */
    bool (*matches)(const struct call *c, uint32_t row, const void *filter);
    void (*print)(struct call *c, uint32_t row);
    const void *filter; /* passed to `matches` */
};
/* Responds 200 with {items, nextCursor}: the entries for which `matches` returns true. */
void page_print(struct call *c, const struct page *page, const struct page_list *list);
