/* Reads request bodies and queries and checks them against the documented rules. */
#include "base/array.h"
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "base/timezone.h"

#define ACCOUNTS_MAX  100
#define LIMIT_DEFAULT 20
#define LIMIT_MAX     100

static bool is_in(const struct fields *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].key, key) == 0)
            return true;
    return false;
}

/* The members of `body` that the table names. A null member counts as absent. */
static const struct node *only_known(struct arena *a, const struct fields *table, const struct node *body)
{
    struct member *kept = arena_array(a, struct member, body->map.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < body->map.count; i++)
        if (is_in(table, body->map.members[i].key) && body->map.members[i].value->kind != NODE_NULL)
            kept[count++] = body->map.members[i];
    return node_new_map(a, kept, count);
}

bool pe_body(struct call *c, const struct fields *table, void *into)
{
    const struct node *body = call_body(c);
    return body && pe_members(c, table, body, into);
}

bool pe_members(struct call *c, const struct fields *table, const struct node *body, void *into)
{
    return read_fields(c, table, only_known(c->arena, table, body), PATH_DOTS, into);
}

/* In the older API version an id may be a text. */
static uint32_t account_of(struct call *c, const struct node *id)
{
    struct str digits = {0};
    if (id->kind == NODE_INT)
        digits = str_from(arena_printf(c->arena, "%" PRId64, id->integer));
    else if (id->kind == NODE_TEXT && pe_api_version(c) == PE_API_VERSION_OLDER)
        digits = id->text;
    return digits.n ? caller_account(c, digits) : ROW_NONE;
}

bool pe_has_row(const struct pe_rows *rows, uint32_t row)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->items[i] == row)
            return true;
    return false;
}

bool pe_read_accounts(struct call *c, const struct node *ids, struct pe_rows *out)
{
    *out = (struct pe_rows){arena_array(c->arena, uint32_t, node_count(ids) + 1), 0};
    if (!ids)
        return true;
    if (ids->kind != NODE_LIST)
        return call_issue(c, "account_ids", "must be an array of integers");
    if (ids->list.count > ACCOUNTS_MAX)
        return pe_refuse(c, FAULT_INVALID, 400, "too_many_accounts", "account_ids: at most %d accounts are allowed.",
                         ACCOUNTS_MAX);
    for (size_t i = 0; i < ids->list.count; i++) {
        uint32_t row = account_of(c, ids->list.items[i]);
        if (!row)
            return pe_refuse(c, FAULT_INVALID, 400, "invalid_accounts",
                             "account_ids: your organization has no account %s.",
                             json_print_short(c->arena, ids->list.items[i], 40));
        if (!pe_has_row(out, row))
            out->items[out->count++] = row;
    }
    return true;
}

bool pe_read_timezone(struct call *c, const char *name)
{
    return !name || timezone_exists(str_from(name)) ||
           pe_refuse(c, FAULT_INVALID, 400, "invalid_timezone", "timezone: '%s' is not an IANA time zone.", name);
}

bool pe_read_due(struct call *c, const char *text, int64_t *due_ms)
{
    *due_ms = 0;
    if (!text)
        return true;
    if (!time_parse(str_from(text), due_ms))
        return pe_refuse(c, FAULT_INVALID, 400, "invalid_datetime",
                         "scheduled_for: '%s' is not an ISO 8601 time in UTC.", text);
    if (is_overdue(c, *due_ms))
        return pe_refuse(c, FAULT_INVALID, 400, "past_schedule_time", "scheduled_for: '%s' is in the past.", text);
    return true;
}

bool pe_read_time(struct call *c, const char *name, const char *text, int64_t *ms)
{
    const char *midnight = text ? arena_printf(c->arena, "%sT00:00:00Z", text) : NULL;
    return !text || time_parse(str_from(text), ms) || time_parse(str_from(midnight), ms) ||
           call_issue(c, name, "must be an ISO 8601 time or date");
}

bool pe_query_time(struct call *c, const char *name, int64_t *ms)
{
    struct str text = call_query(c, name);
    return pe_read_time(c, name, text.s ? str_dup(c->arena, text) : NULL, ms);
}

bool pe_read_page(struct call *c, struct pe_page *page)
{
    *page = (struct pe_page){.limit = LIMIT_DEFAULT};
    bool ok = read_query_int(c, "limit", 1, LIMIT_MAX, &page->limit);
    return read_query_int(c, "offset", 0, INT32_MAX, &page->offset) && ok;
}

void pe_put_page(struct call *c, const struct pe_page *page, size_t total)
{
    struct json *out = &c->out;
    json_key(out, "pagination");
    json_open_map(out);
    json_put_int(out, "limit", page->limit);
    json_put_int(out, "offset", page->offset);
    json_put_int(out, "total", (int64_t)total);
    json_put_bool(out, "has_more", page->offset + page->limit < (int64_t)total);
    json_close_map(out);
}

bool pe_query_words(struct call *c, const char *name, const struct enum_words *words, unsigned *bits)
{
    struct str rest = call_query(c, name);
    while (rest.n) {
        struct str text = str_trim(str_cut(&rest, ','));
        const struct enum_word *word = enum_word_find(words, text);
        if (!word)
            return call_issue(c, name, "'" STR_FMT "' is not a valid value", STR_ARG(text));
        *bits |= 1u << word->value;
    }
    return true;
}
