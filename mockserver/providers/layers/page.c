#include "mockserver/providers/layers/page.h"

#include <inttypes.h>

#include "base/digest.h"

static bool read_limit(struct call *c, int64_t limit_max, int64_t *limit)
{
    struct str text = call_query(c, "limit");
    int64_t value;
    if (!text.s)
        return true;
    if (!str_to_int(text, &value) || value < 1 || value > limit_max)
        return call_issue(c, "limit", "must be a whole number from 1 to %" PRId64, limit_max);
    *limit = value;
    return true;
}

static bool read_cursor(struct call *c, struct page *page)
{
    struct str text = call_query(c, "cursor"), inside;
    int64_t order, row;
    if (!text.s)
        return true;
    if (!digest_base64url_decode(c->arena, text, &inside) || !str_to_int(str_cut(&inside, ' '), &order) ||
        !str_to_int(inside, &row) || row < 1 || row >= UINT32_MAX)
        return call_issue(c, "cursor", "is not a cursor of this list");
    page->order = order;
    page->row = (uint32_t)row + 1;
    return true;
}

bool page_read(struct call *c, int64_t limit_default, int64_t limit_max, struct page *page)
{
    *page = (struct page){.limit = limit_default, .order = INT64_MIN};
    bool ok = read_limit(c, limit_max, &page->limit);
    return read_cursor(c, page) && ok;
}

const char *page_cursor(struct arena *a, const struct index_entry *last)
{
    const char *text = arena_printf(a, "%" PRId64 " %" PRIu32, last->order, last->row);
    return digest_base64url(a, str_from(text));
}

void page_print(struct call *c, const struct page *page, const struct page_list *list)
{
    struct index_walk walk;
    struct index_entry last = {0};
    const char *next = NULL;
    int64_t count = 0;

    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_key(out, "items");
    json_open_list(out);
    index_from(list->index, &walk, (struct index_entry){list->key, page->order, page->row});
    while (index_next_of(&walk, list->key) && walk.entry.order <= list->last_order) {
        if (!list->matches(c, walk.entry.row, list->filter))
            continue;
        if (count++ == page->limit) {
            next = page_cursor(c->arena, &last);
            break;
        }
        list->print(c, walk.entry.row);
        last = walk.entry;
    }
    json_close_list(out);
    json_put_text(out, "nextCursor", next);
    json_close_map(out);
}
