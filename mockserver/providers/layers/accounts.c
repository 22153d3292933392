/* Handlers that list and revoke social accounts and show their health. */
#include "mockserver/providers/layers/layers.h"

#include "base/array.h"
#include "base/digest.h"
#include "base/units.h"

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
    put_seconds(out, "connectedAt", a->connected_at_ms);
    put_seconds(out, "tokenExpiresAt", a->token_expires_at_ms);
    json_close_map(out);
}

static bool matches_filter(const struct call *c, uint32_t row, const void *filter)
{
    const struct filter *f = filter;
    const struct account *a = account_read(c->world, row);
    return (f->platform == ANY || (int)a->platform == f->platform) &&
           (f->status == ANY || (int)layers_status(a) == f->status) && (f->leased == ANY || a->leased == f->leased);
}

/* Chooses the index that holds the fewest accounts outside the filter. With several filters, it is the index of the one
 * that matches the fewest accounts in practice. */
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

/* Revoking a leased account also releases it. */
void layers_revoke_social_account(struct call *c)
{
    uint32_t row = caller_account(c, c->params[0]);
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
    put_seconds(out, "disconnectedAt", a->disconnected_at_ms);
    json_close_map(out);
}

/* The documentation shows the members of an account's health and the tiers. The score depends only on the account and
 * its age, so it is the same in every run. */
#define REFRESHED (30 * MINUTE_MS) /* interval between updates */

/* The tier by age. The score is at least `score`, and less than `score` + SCORE_BAND. */
#define SCORE_BAND 15
static const struct tier {
    int64_t from_ms;
    const char *name, *recommendation;
    int score;
} tiers[] = {
    {0,           "new",        "Post once this week.",  15},
    {7 * DAY_MS,  "cold",       "Post twice this week.", 30},
    {14 * DAY_MS, "warming_up", "Post every other day.", 45},
    {30 * DAY_MS, "warm",       "Keep the pace.",        65},
    {90 * DAY_MS, "hot",        "Keep the pace.",        80},
};
static const struct tier shadowbanned = {0, "shadowbanned", "Pause posting until the platform shows the account again.",
                                         0};

static const struct tier *tier_of(const struct account *a, int64_t age_ms)
{
    size_t i = COUNT(tiers) - 1;
    while (i && age_ms < tiers[i].from_ms)
        i--;
    return a->flagged ? &shadowbanned : &tiers[i];
}

static int score_of(const struct account *a, const struct tier *tier)
{
    unsigned char digest[DIGEST_SIZE];
    digest_sha256(str_from(a->public_id), digest);
    return tier->score + digest[0] % SCORE_BAND;
}

void layers_social_account_health(struct call *c)
{
    uint32_t row = caller_account(c, c->params[0]);
    if (!row) {
        call_refuse(c, FAULT_NOT_FOUND, "There is no such social account.");
        return;
    }
    const struct account *a = account_read(c->world, row);
    int64_t updated_ms = c->now_ms - c->now_ms % REFRESHED;
    const struct tier *tier = tier_of(a, updated_ms - a->connected_at_ms);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "socialAccountId", a->public_id);
    json_put_int(out, "score", score_of(a, tier));
    json_put_text(out, "tier", tier->name);
    json_put_bool(out, "isShadowbanned", a->flagged);
    json_put_text(out, "shadowbanSeverity", a->flagged ? "severe" : NULL);
    json_put_text(out, "recommendation", tier->recommendation);
    json_close_map(out);
}
