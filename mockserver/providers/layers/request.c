/* Reads request bodies and query parameters, and checks them against the documentation. */
#include "mockserver/providers/layers/layers.h"

#include <inttypes.h>

#include "base/digest.h"
#include "base/time.h"

#define SKEW_MS 30000 /* tolerance for a due time in the past, because clocks differ */

/* Converts a JSON pointer to the provider's notation: /targets/0/mode to targets[0].mode. */
static const char *issue_path(struct arena *a, const char *pointer)
{
    struct buf path = {.arena = a};
    struct str rest = str_skip(str_from(pointer), 1);
    while (rest.n) {
        struct str step = str_cut(&rest, '/');
        int64_t number;
        if (str_to_int(step, &number))
            buf_printf(&path, "[" STR_FMT "]", STR_ARG(step));
        else
            buf_printf(&path, "%s" STR_FMT, path.n ? "." : "", STR_ARG(step));
    }
    return buf_c(&path);
}

bool layers_body(struct call *c, const struct fields *table, void *into)
{
    const struct node *body = call_body(c);
    if (!body)
        return false;
    struct error err = {0};
    fields_read(table, body, c->arena, into, &err);
    for (const struct problem *p = err.first; p; p = p->next)
        call_issue(c, issue_path(c->arena, p->pointer), "%s", p->text);
    error_end(&err);
    return !c->fault;
}

bool layers_read_due(struct call *c, const char *path, const char *text, int64_t *due_ms)
{
    struct str time = str_from(text);
    if (!time_parse(time, due_ms) || !time_is_utc(time))
        return call_issue(c, path, "must be an ISO 8601 time in UTC");
    if (*due_ms < c->now_ms - SKEW_MS)
        return call_issue(c, path, "must not be in the past");
    return true;
}

bool layers_query_instant(struct call *c, const char *name, int64_t *ms)
{
    struct str text = call_query(c, name);
    return !text.s || time_parse(text, ms) || call_issue(c, name, "must be an ISO 8601 time");
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
    (void)call_query(c, name); /* reads the query */
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
