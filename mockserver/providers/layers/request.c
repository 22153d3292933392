/* Reads request bodies and query parameters, and checks them against the documentation. */
#include "mockserver/providers/layers/layers.h"

#include "base/digest.h"
#include "base/time.h"

bool layers_body(struct call *c, const struct fields *table, void *into)
{
    const struct node *body = call_body(c);
    return body && read_fields(c, table, body, PATH_BRACKETS, into);
}

bool layers_read_due(struct call *c, const char *path, const char *text, int64_t *due_ms)
{
    struct str time = str_from(text);
    if (!time_parse(time, due_ms) || !time_is_utc(time))
        return call_issue(c, path, "must be an ISO 8601 time in UTC");
    return !is_overdue(c, *due_ms) || call_issue(c, path, "must not be in the past");
}

static bool report_choices(struct call *c, const char *name, const struct enum_words *words)
{
    struct buf choices = {.arena = c->arena};
    for (size_t i = 0; i < words->accepted; i++)
        buf_printf(&choices, "%s%s", i ? ", " : "", words->rows[i].text);
    return call_issue(c, name, "must be one of %s", buf_c(&choices));
}

bool layers_query_choice(struct call *c, const char *name, const struct enum_words *words, int *value)
{
    struct str text = call_query(c, name);
    *value = -1;
    if (!text.s)
        return true;
    const struct enum_word *word = enum_word_find(words, text);
    if (!word)
        return report_choices(c, name, words);
    *value = word->value;
    return true;
}

unsigned layers_query_words(struct call *c, const char *name, const struct enum_words *words)
{
    unsigned found = 0;
    bool given = false;
    call_query_list(c, name);
    for (size_t i = 0; i < c->query_count; i++) {
        if (!str_is(c->query[i].name, name))
            continue;
        const struct enum_word *word = enum_word_find(words, c->query[i].value);
        given = true;
        if (word)
            found |= 1u << word->value;
        else
            report_choices(c, name, words);
    }
    return given ? found : ~0u;
}

static bool read_cursor(struct call *c, struct page *page)
{
    struct str text = call_query(c, "cursor"), inside;
    int64_t order, row, list;
    if (!text.s)
        return true;
    if (!digest_base64url_decode(c->arena, text, &inside) || !str_to_int(str_cut(&inside, ' '), &order) ||
        !str_to_int(str_cut(&inside, ' '), &row) || row < 1 || row >= UINT32_MAX || !str_to_int(inside, &list) ||
        list != page_list_number(page_list_name(c)))
        return call_issue(c, "cursor", "is not a cursor of this list");
    page->order = order;
    page->row = (uint32_t)row + 1;
    return true;
}

#define HOSTILE_PAGE 2

bool page_read(struct call *c, int64_t limit_default, int64_t limit_max, struct page *page)
{
    bool short_page = world_is_hostile(c->world, HOSTILE_PAGES); /* the default is not documented */
    *page = (struct page){.limit = short_page ? HOSTILE_PAGE : limit_default, .order = INT64_MIN};
    bool ok = read_query_int(c, "limit", 1, limit_max, &page->limit);
    return read_cursor(c, page) && ok;
}
