/* page.h - a list answered page by page.
 *
 * Shapes:  a page begins behind an entry of an ordered index; the cursor is that entry's order and
 *          row, so it stays good when entries come and go. To the client it is opaque.
 * Errors:  limit or cursor that cannot be used are issues of the call.
 */
#pragma once
#include "mockserver/call.h"

struct page {
    int64_t limit;
    int64_t order; /* the first entry that may be on it */
    uint32_t row;
};

bool page_read(struct call *c, int64_t limit_default, int64_t limit_max, struct page *page);
const char *page_cursor(struct arena *a, const struct index_entry *last);

/* Writes the entries of `key` for which `shows` answers true: items and nextCursor, in a map that
 * it opens and closes. Entries whose order is above `last_order` end the list. */
struct page_list {
    const struct index *index;
    int64_t key, last_order;
    bool (*shows)(const struct call *c, uint32_t row, const void *filter);
    void (*print)(struct call *c, uint32_t row);
    const void *filter;
};
void page_print(struct call *c, const struct page *page, const struct page_list *list);
