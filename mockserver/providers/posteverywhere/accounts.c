/* Accounts: the list, a single account, and its health in detail. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/units.h"

/* The documentation shows that a healthy account can post and an expired one cannot. That an unhealthy account cannot
 * post is our interpretation. */
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

/* What the account type of the provider's SDK has besides. */
static void print_client_members(struct json *out, const struct account *a)
{
    json_put_text(out, "platform_user_id", a->public_id);
    json_put_text(out, "platform_username", a->handle);
    json_put_text(out, "display_name", a->name);
}

static void print_account(struct call *c, uint32_t row)
{
    const struct account *a = account_read(c->world, row);
    bool with_id = pe_api_version(c) == PE_API_VERSION_WITH_ID;
    struct json *out = &c->out;
    json_open_map(out);
    print_ids(c, out, a->public_id);
    if (with_id)
        print_client_members(out, a);
    json_put_text(out, "platform", enum_word_of(&pe_platforms, a->platform));
    json_put_text(out, "account_name", a->name);
    json_put_text(out, "avatar_url", a->avatar_url);
    json_put_bool(out, "is_active", !a->inactive);
    pe_put_time(c, "created_at", a->connected_at_ms);
    json_key(out, "health");
    json_open_map(out);
    json_put_text(out, "status", enum_word_of(&pe_healths, pe_health(a)));
    json_put_bool(out, "can_post", account_can_publish(a));
    if (with_id)
        json_put_text(out, "message", account_can_publish(a) ? NULL : "Reconnect this account.");
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
    if (pe_api_version(c) == PE_API_VERSION_WITH_ID)
        json_put_int(out, "total", (int64_t)rows.count);
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

/* --- health in detail --------------------------------------------------------------------------------- */

#define WEEK_MS       (7 * DAY_MS)
#define FAILURES_MANY 3 /* failures in a week that cause a warning */

struct activity {
    int64_t last_published_at_ms, failures, queued;
};

static struct activity activity_of(const struct call *c, uint32_t row)
{
    struct activity sum = {0};
    for (enum destination_state state = 0; state < DESTINATION_STATE_COUNT; state++) {
        int64_t key = index_pair_key(row, state);
        struct index_walk walk;
        index_from(&c->world->indexes[INDEX_DESTINATION_ACCOUNT], &walk, (struct index_entry){key, INT64_MIN, 0});
        while (index_next_of(&walk, key)) {
            const struct destination *d = destination_read(c->world, walk.entry.row);
            sum.queued += state == DESTINATION_QUEUED;
            sum.failures += state == DESTINATION_FAILED && d->attempted_at_ms > c->now_ms - WEEK_MS;
            if (d->published_at_ms > sum.last_published_at_ms)
                sum.last_published_at_ms = d->published_at_ms;
        }
    }
    return sum;
}

/* What a reason means: SICK is only a warning; a BROKEN account cannot post. */
enum severity { FIT, SICK, BROKEN, SEVERITY_COUNT };
static const struct enum_word severity_rows[] = {
    {FIT,    "healthy"},
    {SICK,   "warning"},
    {BROKEN, "broken" },
};
static_assert(COUNT(severity_rows) == SEVERITY_COUNT, "each severity has a word");
static const struct enum_words severities = {severity_rows, COUNT(severity_rows), COUNT(severity_rows)};

static bool expires_soon(const struct call *c, const struct account *a)
{
    return a->token == TOKEN_LIVE && a->token_expires_at_ms && a->token_expires_at_ms <= c->now_ms + WEEK_MS;
}

static void print_status(struct call *c, const struct account *a, const struct activity *sum)
{
    bool ends_soon = expires_soon(c, a);
    const struct {
        const char *name;
        enum severity severity;
        bool applies;
    } reasons[] = {
        {"account_inactive",          BROKEN, a->inactive                   },
        {"needs_reconnection",        BROKEN, !account_can_publish(a)       },
        {"token_expired",             BROKEN, a->token == TOKEN_EXPIRED     },
        {"token_expiring_soon",       SICK,   ends_soon                     },
        {"recent_permanent_failures", SICK,   sum->failures >= FAILURES_MANY},
    };
    enum severity worst = FIT;
    struct json *out = &c->out;
    json_key(out, "reasons");
    json_open_list(out);
    for (size_t i = 0; i < COUNT(reasons); i++) {
        if (!reasons[i].applies)
            continue;
        json_text(out, reasons[i].name);
        if (reasons[i].severity > worst)
            worst = reasons[i].severity;
    }
    json_close_list(out);
    json_put_text(out, "status", enum_word_of(&severities, worst));
    json_put_bool(out, "can_post", worst != BROKEN);
}

static void print_token(struct call *c, const struct account *a)
{
    struct json *out = &c->out;
    json_key(out, "token");
    json_open_map(out);
    pe_put_time(c, "expires_at", a->token_expires_at_ms);
    pe_put_time(c, "last_refresh", a->token_since_ms);
    json_put_bool(out, "expired", a->token == TOKEN_EXPIRED);
    json_put_bool(out, "expiring_soon", expires_soon(c, a));
    json_close_map(out);
}

void pe_account_health(struct call *c)
{
    uint32_t row = pe_account(c, c->params[0]);
    if (!row)
        return;
    const struct account *a = account_read(c->world, row);
    const struct activity sum = activity_of(c, row);
    bool is_fit = account_can_publish(a);
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    pe_put_number(out, "account_id", a->public_id);
    json_put_text(out, "platform", enum_word_of(&pe_platforms, a->platform));
    json_put_text(out, "account_name", a->name);
    json_put_text(out, "platform_account_id", a->handle);
    print_status(c, a, &sum);
    json_put_bool(out, "is_active", !a->inactive);
    json_put_bool(out, "needs_reconnection", !is_fit);
    pe_put_time(c, "needs_reconnection_since", is_fit ? 0 : a->updated_at_ms);
    print_token(c, a);
    json_key(out, "activity");
    json_open_map(out);
    pe_put_time(c, "last_published_at", sum.last_published_at_ms);
    json_put_int(out, "failures_last_7d", sum.failures);
    json_put_int(out, "permanent_failures_last_7d", sum.failures);
    json_put_int(out, "queued_count", sum.queued);
    json_close_map(out);
    pe_put_time(c, "connected_at", a->connected_at_ms);
    json_close_map(out);
    pe_end(c);
}
