#include "mockserver/providers/shared/handler.h"

#include <inttypes.h>

#include "base/time.h"
#include "base/units.h"
#include "mockserver/state/tenant.h"

#define SKEW_MS (30 * SECOND_MS)

static void add_step(struct buf *path, enum path_notation notation, struct str step)
{
    int64_t number;
    if (notation == PATH_BRACKETS && str_to_int(step, &number))
        buf_printf(path, "[" STR_FMT "]", STR_ARG(step));
    else
        buf_printf(path, "%s" STR_FMT, path->n ? "." : "", STR_ARG(step));
}

/* Converts a JSON pointer. */
static const char *issue_path(struct arena *a, enum path_notation notation, const char *pointer)
{
    struct buf path = {.arena = a};
    struct str rest = str_skip(str_from(pointer), 1);
    while (rest.n)
        add_step(&path, notation, str_cut(&rest, '/'));
    return buf_c(&path);
}

const char *issue_path_item(struct arena *a, enum path_notation notation, const char *list, size_t item)
{
    return arena_printf(a, notation == PATH_BRACKETS ? "%s[%zu]" : "%s.%zu", list, item);
}

bool read_fields(struct call *c, const struct fields *table, const struct node *body, enum path_notation notation,
                 void *into)
{
    struct error err = {0};
    fields_read(table, body, c->arena, into, &err);
    for (const struct problem *p = err.first; p; p = p->next)
        call_issue(c, issue_path(c->arena, notation, p->pointer), "%s", p->text);
    error_end(&err);
    return !c->fault;
}

bool read_query_int(struct call *c, const char *name, int64_t least, int64_t most, int64_t *value)
{
    struct str text = call_query(c, name);
    int64_t given;
    if (!text.s)
        return true;
    if (!str_to_int(text, &given) || given < least || given > most)
        return call_issue(c, name, "must be a whole number from %" PRId64 " to %" PRId64, least, most);
    *value = given;
    return true;
}

bool read_query_time(struct call *c, const char *name, int64_t *ms)
{
    struct str text = call_query(c, name);
    return !text.s || time_parse(text, ms) || call_issue(c, name, "must be an ISO 8601 time");
}

bool is_overdue(const struct call *c, int64_t due_ms)
{
    return due_ms < c->now_ms - SKEW_MS;
}

size_t text_index(const char *const *texts, size_t count, struct str text)
{
    size_t i = 0;
    while (i < count && !str_is(text, texts[i]))
        i++;
    return i;
}

uint32_t caller_organization(const struct call *c)
{
    return key_read(c->world, c->key)->organization;
}

uint32_t caller_account(const struct call *c, struct str id)
{
    uint32_t row = account_find(c->world, c->provider->id, id);
    const struct account *a = row ? account_read(c->world, row) : NULL;
    return a && account_is_listed(a) && call_owns(c, a->space) ? row : ROW_NONE;
}

void put_seconds(struct json *out, const char *key, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    json_put_text(out, key, ms ? time_seconds(ms, text) : NULL);
}

void put_millis(struct json *out, const char *key, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    json_put_text(out, key, ms ? time_millis(ms, text) : NULL);
}

void put_texts(struct json *out, const char *key, const char *const *texts, size_t count)
{
    json_key(out, key);
    json_open_list(out);
    for (size_t i = 0; i < count; i++)
        json_text(out, texts[i]);
    json_close_list(out);
}

void put_names(struct json *out, const char *key, const char *names)
{
    struct str rest = str_from(names);
    json_key(out, key);
    json_open_list(out);
    while (rest.n)
        json_str(out, str_cut(&rest, ' '));
    json_close_list(out);
}

static bool has_issues(const struct call *c)
{
    return c->fault == FAULT_INVALID && c->issues.count;
}

bool has_details(const struct call *c)
{
    return has_issues(c) || c->fault_data;
}

void put_details(const struct call *c, struct json *out, const char *list_key, const char *path_key)
{
    const struct member *m;
    for (size_t i = 0; (m = node_member(c->fault_data, i)); i++)
        json_put_node(out, m->key, m->value);
    if (!has_issues(c))
        return;
    json_key(out, list_key);
    json_open_list(out);
    for (size_t i = 0; i < c->issues.count; i++) {
        json_open_map(out);
        json_put_text(out, path_key, c->issues.items[i].path);
        json_put_text(out, "message", c->issues.items[i].message);
        json_close_map(out);
    }
    json_close_list(out);
}
