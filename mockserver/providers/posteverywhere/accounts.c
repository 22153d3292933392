/* Accounts: the list, a single account and its health. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <stdlib.h>

/* The documentation shows that a healthy account can post and an expired one cannot. That an
 * unhealthy account cannot post is our interpretation. */
enum pe_health pe_health(const struct account *a)
{
    if (account_can_publish(a))
        return PE_HEALTHY;
    return a->token == TOKEN_EXPIRED ? PE_EXPIRED : PE_UNHEALTHY;
}

static void print_ids(const struct call *c, struct json *out, const char *public_id)
{
    switch (pe_api_version(c)) {
    case PE_API_VERSION_OLDER:
        json_put_text(out, "id", public_id);
        return;
    case PE_API_VERSION_WITH_ID:
        pe_put_number(out, "id", public_id);
        break;
    case PE_API_VERSION_CURRENT:
    case PE_API_VERSION_UNSET:
        break;
    }
    pe_put_number(out, "account_id", public_id);
}

static void print_account(struct call *c, uint32_t row)
{
    const struct account *a = account_read(c->world, row);
    struct json *out = &c->out;
    json_open_map(out);
    print_ids(c, out, a->public_id);
    json_put_text(out, "platform", enum_word_of(&pe_platforms, a->platform));
    json_put_text(out, "account_name", a->name);
    json_put_text(out, "avatar_url", a->avatar_url);
    json_put_bool(out, "is_active", !a->inactive);
    pe_put_time(c, "created_at", a->connected_at_ms);
    json_key(out, "health");
    json_open_map(out);
    json_put_text(out, "status", enum_word_of(&pe_healths, pe_health(a)));
    json_put_bool(out, "can_post", account_can_publish(a));
    json_close_map(out);
    json_close_map(out);
}

/* The index is sorted newest first; the documented list is sorted oldest first. */
static int by_age(const void *x, const void *y)
{
    const struct index_entry *a = x, *b = y;
    if (a->order != b->order)
        return a->order > b->order ? -1 : 1;
    return a->row < b->row ? -1 : 1;
}

static struct pe_rows list(struct call *c, uint32_t space)
{
    struct {
        struct index_entry *items;
        size_t count, room;
    } all = {0};
    struct index_walk walk;
    index_from(&c->world->indexes[INDEX_ACCOUNT_SPACE], &walk, (struct index_entry){space, INT64_MIN, 0});
    while (index_next_of(&walk, space))
        *arena_push(c->arena, &all, struct index_entry) = walk.entry;
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, by_age);
    struct pe_rows rows = {arena_array(c->arena, uint32_t, all.count + 1), all.count};
    for (size_t i = 0; i < all.count; i++)
        rows.items[i] = all.items[i].row;
    return rows;
}

void pe_list_accounts(struct call *c)
{
    struct pe_rows rows = list(c, pe_space(c));
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_key(out, "accounts");
    json_open_list(out);
    for (size_t i = 0; i < rows.count; i++)
        print_account(c, rows.items[i]);
    json_close_list(out);
    if (pe_api_version(c) != PE_API_VERSION_OLDER) {
        json_key(out, "account_ids");
        json_open_list(out);
        for (size_t i = 0; i < rows.count; i++)
            json_raw(out, str_from(account_read(c->world, rows.items[i])->public_id));
        json_close_list(out);
    }
    json_close_map(out);
    pe_end(c);
}

uint32_t pe_account(struct call *c, struct str id)
{
    uint32_t row = caller_account(c, id);
    if (!row)
        call_refuse(c, FAULT_NOT_FOUND, "No account has this id.");
    return row;
}

void pe_read_account(struct call *c)
{
    uint32_t row = pe_account(c, c->params[0]);
    if (!row)
        return;
    pe_begin(c, 200);
    print_account(c, row);
    pe_end(c);
}
