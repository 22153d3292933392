/* page.h - the pages of the lists of the admin API.
 *
 * Shapes:  query: since=CURSOR (only the items after it), limit=N. Response: {items, more, next, total}. `next` is the
 *          cursor of the next page, absent on the last one; `total` counts the whole list. The items of a list have
 *          ascending numbers, which are not used again, so that a page continues where the one before ended, whatever
 *          was added and removed in between. A cursor is EPOCH-NUMBER; a list with another epoch refuses it.
 *          A page may end early, even without items, although there are more: it is bounded in bytes, and in the items
 *          that it looks at. requests.c has the pages of the journal, with the same words.
 * Errors:  refusals, as in any handler: 422 for an invalid cursor or limit, 410 for a cursor of another epoch.
 */
#pragma once
#include "mockserver/admin/common.h"

#define PAGE_LIMIT_MAX 1000
#define PAGE_BYTES     (1u << 20) /* a page ends after the item that reaches this */
#define PAGE_LOOKS     20000      /* items that one page looks at */

struct admin_page {
    uint64_t epoch;
    uint64_t last; /* number of the last item that was looked at; at first that of the cursor */
    int64_t limit; /* of items */
    int64_t items; /* in the page */
    size_t looks;
};

/* Reads `since` and `limit` of the query. Returns false if the call was refused. */
bool admin_page_read(struct call *c, uint64_t epoch, struct admin_page *p);
/* Starts the response, and leaves the list `items` open. */
struct json *admin_page_begin(struct call *c);
/* Returns true if the page has room for another item, and the call may look at the next one. */
bool admin_page_looks(struct admin_page *p, const struct json *w, uint64_t number);
/* Ends the response. `more`: there are items after p->last. `total` below 0: unknown. */
void admin_page_end(struct call *c, const struct admin_page *p, bool more, int64_t total);
