/* Handlers that list and revoke social accounts. */
#include "mockserver/providers/layers/layers.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     200
#define ANY           (-1)

struct filter { /* ANY: not filtered */
    int platform, status, leased;
};

enum layers_status layers_status(const struct account *a)
{
    if (!account_is_listed(a))
        return LAYERS_DISCONNECTED;
    return a->token == TOKEN_LIVE ? LAYERS_CONNECTED : LAYERS_REAUTH_REQUIRED;
}

static const char *avatar_url(struct arena *a, const struct account *account)
{
    if (account->avatar_url)
        return account->avatar_url;
    return layers_avatar_url(a, account->platform, account->handle);
}

static void print_account(struct call *c, uint32_t row)
{
    const struct account *a = account_read(c->world, row);
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "socialAccountId", a->public_id);
    json_put_text(out, "platform", enum_word_of(&layers_platforms, a->platform));
    json_put_text(out, "handle", a->handle);
    json_put_text(out, "avatarUrl", avatar_url(c->arena, a));
    json_put_text(out, "status", enum_word_of(&layers_account_statuses, layers_status(a)));
    json_put_bool(out, "leased", a->leased);
    layers_put_time(c, "connectedAt", a->connected_at_ms);
    layers_put_time(c, "tokenExpiresAt", a->token_expires_at_ms);
    json_close_map(out);
}

static bool matches_filter(const struct call *c, uint32_t row, const void *filter)
{
    const struct filter *f = filter;
    const struct account *a = account_read(c->world, row);
    return (f->platform == ANY || (int)a->platform == f->platform) &&
           (f->status == ANY || (int)layers_status(a) == f->status) && (f->leased == ANY || a->leased == f->leased);
}

/* Chooses the index that holds the fewest accounts outside the filter. With several filters, it is
 * the index of the one that matches the fewest accounts in practice. */
static struct page_list choose_index(const struct call *c, uint32_t project, const struct filter *f)
{
    enum world_index index = INDEX_ACCOUNT_SPACE;
    int64_t key = project;
    if (f->leased == true || (f->leased != ANY && f->status == ANY && f->platform == ANY)) {
        index = INDEX_ACCOUNT_SPACE_LEASED;
        key = index_pair_key(project, f->leased != 0);
    } else if (f->status == LAYERS_REAUTH_REQUIRED || (f->status != ANY && f->platform == ANY)) {
        index = INDEX_ACCOUNT_SPACE_TOKEN;
        key = index_pair_key(project, f->status == LAYERS_REAUTH_REQUIRED);
    } else if (f->platform != ANY) {
        index = INDEX_ACCOUNT_SPACE_PLATFORM;
        key = index_pair_key(project, (uint32_t)f->platform);
    }
    return (struct page_list){.index = &c->world->indexes[index],
                              .key = key,
                              .last_order = INT64_MAX,
                              .matches = matches_filter,
                              .print = print_account,
                              .filter = f};
}

void layers_list_social_accounts(struct call *c)
{
    struct filter f;
    struct page page;
    uint32_t project = layers_project(c);
    if (!project)
        return;
    layers_query_choice(c, "platform", &layers_platforms, &f.platform);
    layers_query_choice(c, "status", &layers_account_statuses, &f.status);
    layers_query_choice(c, "leased", &layers_bools, &f.leased);
    page_read(c, LIMIT_DEFAULT, LIMIT_MAX, &page);
    if (c->fault)
        return;
    struct page_list list = choose_index(c, project, &f);
    if (f.status == LAYERS_DISCONNECTED) /* valid, but the list never contains them */
        list.last_order = INT64_MIN;
    page_print(c, &page, &list);
}

uint32_t layers_listed_account(const struct call *c, struct str id)
{
    uint32_t row = account_find(c->world, LAYERS, id);
    if (!row || !account_is_listed(account_read(c->world, row)) || !call_owns(c, account_read(c->world, row)->space))
        return ROW_NONE;
    return row;
}

/* Revoking a leased account also releases it. */
void layers_revoke_social_account(struct call *c)
{
    uint32_t row = layers_listed_account(c, c->params[0]);
    if (!row) {
        call_refuse(c, FAULT_NOT_FOUND, "There is no such social account.");
        return;
    }
    uint32_t canceled = account_disconnect(c->world, row, DISCONNECT_REVOKED);
    const struct account *a = account_read(c->world, row);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "socialAccountId", a->public_id);
    json_put_text(out, "status", enum_word_of(&layers_account_statuses, layers_status(a)));
    json_put_text(out, "disconnectedReason", "revoked_by_partner");
    json_put_int(out, "canceledScheduledPosts", canceled);
    layers_put_time(c, "disconnectedAt", a->disconnected_at_ms);
    json_close_map(out);
}
