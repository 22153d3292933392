/* Social accounts: the list by platform, a single account with its usage, and the disconnection. */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/providers/postnitro/postnitro.h"

#include "mockserver/state/record.h"

#define TOKEN_MS (60 * DAY_MS)

/* The statuses of an account's links that are counted, in the order of the response: by the states of destinations. */
static const struct usage {
    enum destination_state states[2]; /* with the same word */
    size_t count;
} usages[] = {
    {{DESTINATION_QUEUED, DESTINATION_PUBLISHING}, 2},
    {{DESTINATION_PUBLISHED},                      1},
    {{DESTINATION_FAILED},                         1},
    {{DESTINATION_HELD},                           1},
};

uint32_t postnitro_workspace(const struct call *c)
{
    return key_read(c->world, c->key)->space;
}

uint32_t postnitro_find_account(const struct call *c, struct str id)
{
    uint32_t row = account_find(c->world, POSTNITRO, id);
    const struct account *a = row ? account_read(c->world, row) : NULL;
    return a && a->space == postnitro_workspace(c) && account_is_listed(a) ? row : ROW_NONE;
}

char *postnitro_logo_url(struct arena *a, enum platform platform, const char *handle)
{
    return arena_printf(a, "https://postnitro.ai/social/%s/%s.png", enum_word_of(&postnitro_platforms, platform),
                        handle);
}

void postnitro_consented(struct world *w, enum platform platform, struct connection *user)
{
    struct arena a = {0};
    struct account *account = &user->account;
    account->public_id = ids_mint(w, "c", ID_CUID);
    account->name = account->handle;
    account->kind = "personal";
    account->avatar_url = world_text(w, postnitro_logo_url(&a, platform, account->handle));
    account->token_expires_at_ms = world_now(w) + TOKEN_MS;
    arena_end(&a);
}

static const char *token_text(const struct account *a)
{
    return a->token_word ? a->token_word : enum_word_of(&postnitro_tokens, a->token);
}

static void print_listed(struct call *c, const struct account *a)
{
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "id", a->public_id);
    json_put_text(out, "platformType", enum_word_of(&postnitro_platforms, a->platform));
    json_put_text(out, "accountHandle", a->handle);
    json_put_text(out, "accountType", a->kind);
    json_put_text(out, "accountName", a->name);
    json_put_text(out, "accountLogo", a->avatar_url);
    json_put_text(out, "accessTokenStatus", token_text(a));
    json_close_map(out);
}

static void print_group(struct call *c, enum platform platform)
{
    int64_t key = index_pair_key(postnitro_workspace(c), platform);
    struct index_walk walk;
    json_key(&c->out, enum_word_of(&postnitro_platforms, platform));
    json_open_list(&c->out);
    index_from(&c->world->indexes[INDEX_ACCOUNT_SPACE_PLATFORM], &walk, (struct index_entry){key, INT64_MIN, 0});
    while (index_next_of(&walk, key))
        print_listed(c, account_read(c->world, walk.entry.row));
    json_close_list(&c->out);
}

void postnitro_list_social_accounts(struct call *c)
{
    struct json *out = postnitro_begin(c, NULL);
    json_open_map(out);
    json_key(out, "socialAccounts");
    json_open_map(out);
    for (size_t i = 0; i < POSTNITRO_PLATFORMS; i++)
        print_group(c, (enum platform)postnitro_platforms.rows[i].value);
    json_close_map(out);
    json_close_map(out);
    postnitro_end(c);
}

/* The account named by the path. ROW_NONE: the call is refused. */
static uint32_t named_account(struct call *c)
{
    if (!str_trim(c->params[0]).n) {
        call_refuse(c, FAULT_BAD_ID, NULL);
        return ROW_NONE;
    }
    uint32_t row = postnitro_find_account(c, c->params[0]);
    if (!row)
        call_refuse(c, FAULT_NOT_FOUND, NULL);
    return row;
}

static void print_account(struct call *c, const struct account *a)
{
    struct json *out = &c->out;
    const struct space *workspace = space_read(c->world, a->space);
    json_open_map(out);
    json_put_text(out, "id", a->public_id);
    json_put_text(out, "organizationId", organization_read(c->world, workspace->organization)->public_id);
    json_put_text(out, "workspaceId", workspace->public_id);
    json_put_text(out, "platformType", enum_word_of(&postnitro_platforms, a->platform));
    json_put_text(out, "accountHandle", a->handle);
    json_put_text(out, "accountName", a->name);
    json_put_text(out, "accountLogo", a->avatar_url);
    json_put_text(out, "accessTokenStatus", token_text(a));
    put_millis(out, "tokenExpiresAt", a->token_expires_at_ms);
    put_millis(out, "createdAt", a->connected_at_ms);
    put_millis(out, "updatedAt", a->updated_at_ms);
    json_close_map(out);
}

static uint32_t count_links(const struct world *w, uint32_t account, const struct usage *u)
{
    uint32_t count = 0;
    for (size_t i = 0; i < u->count; i++)
        count += index_count_of(&w->indexes[INDEX_DESTINATION_ACCOUNT], index_pair_key(account, u->states[i]));
    return count;
}

/* A status without links is omitted. */
static void print_usage(struct call *c, uint32_t account)
{
    struct json *out = &c->out;
    json_open_list(out);
    for (size_t i = 0; i < COUNT(usages); i++) {
        uint32_t count = count_links(c->world, account, &usages[i]);
        if (!count)
            continue;
        json_open_map(out);
        json_put_text(out, "status", enum_word_of(&postnitro_links, usages[i].states[0]));
        json_put_int(out, "_count", count);
        json_close_map(out);
    }
    json_close_list(out);
}

void postnitro_read_social_account(struct call *c)
{
    uint32_t row = named_account(c);
    if (!row)
        return;
    struct json *out = postnitro_begin(c, NULL);
    json_open_map(out);
    json_key(out, "socialAccount");
    print_account(c, account_read(c->world, row));
    json_key(out, "usage");
    print_usage(c, row);
    json_close_map(out);
    postnitro_end(c);
}

void postnitro_delete_social_account(struct call *c)
{
    uint32_t row = named_account(c);
    if (!row)
        return;
    account_leave_posts(c->world, row);
    account_disconnect(c->world, row, DISCONNECT_REVOKED);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_bool(out, "success", true);
    json_put_text(out, "message", "Social account deleted successfully");
    json_close_map(out);
}
