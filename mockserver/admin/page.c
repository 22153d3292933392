#include "mockserver/admin/page.h"

#include <inttypes.h>

static bool refuse_epoch(struct call *c, struct str text)
{
    c->fault_status = 410;
    c->fault_code = "outdated_cursor";
    return call_refuse(c, FAULT_CONFLICT,
                       "the cursor '" STR_FMT "' is of another list: the namespace was reset, restored or created "
                       "again, or the cursor is of another namespace; read the list without 'since'",
                       STR_ARG(text));
}

static bool read_cursor(struct call *c, struct str text, struct admin_page *p)
{
    struct str rest = text, first = str_cut(&rest, '-');
    int64_t epoch, number;
    if (str_is(text, "0"))
        return true;
    if (!str_to_int(first, &epoch) || epoch < 0 || !str_to_int(rest, &number) || number < 0)
        return call_issue(c, "query",
                          "invalid 'since': '" STR_FMT "'; expected a cursor, as `next` of a response is, or 0 for the "
                          "beginning",
                          STR_ARG(text));
    if ((uint64_t)epoch != p->epoch)
        return refuse_epoch(c, text);
    p->last = (uint64_t)number;
    return true;
}

bool admin_page_read(struct call *c, uint64_t epoch, struct admin_page *p)
{
    struct str since = call_query(c, "since");
    *p = (struct admin_page){.epoch = epoch, .limit = PAGE_LIMIT_MAX};
    return !c->fault && (!since.s || read_cursor(c, since, p)) &&
           admin_query_int(c, "limit", 1, PAGE_LIMIT_MAX, "1 to 1000", &p->limit);
}

struct json *admin_page_begin(struct call *c)
{
    struct json *w = admin_object(c, 200);
    json_key_list(w, "items");
    return w;
}

bool admin_page_looks(struct admin_page *p, const struct json *w, uint64_t number)
{
    if (p->items >= p->limit || w->out->n >= PAGE_BYTES || p->looks >= PAGE_LOOKS)
        return false;
    p->looks++;
    p->last = number;
    return true;
}

void admin_page_end(struct call *c, const struct admin_page *p, bool more, int64_t total)
{
    struct json *w = &c->out;
    json_close_list(w);
    json_put_bool(w, "more", more);
    if (more)
        json_put_text(w, "next", arena_printf(c->arena, "%" PRIu64 "-%" PRIu64, p->epoch, p->last));
    if (total >= 0)
        json_put_int(w, "total", total);
    json_close_map(w);
}
