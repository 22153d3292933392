/* The key's own data (/me) and the limits of each platform (/platform-rules). */
#include "base/array.h"
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <assert.h>

#include "base/units.h"

#define PREFIX_SHOWN 12 /* characters of a key in key_prefix: pe_live_ and four more */

/* The limits that the platforms publish. */
static const struct pe_platform_rules rules[] = {
    {PLATFORM_TIKTOK,    true,  "TikTok",    2200,  35},
    {PLATFORM_INSTAGRAM, true,  "Instagram", 2200,  10},
    {PLATFORM_X,         false, "X",         280,   4 },
    {PLATFORM_FACEBOOK,  false, "Facebook",  63206, 10},
    {PLATFORM_LINKEDIN,  false, "LinkedIn",  3000,  20},
    {PLATFORM_YOUTUBE,   true,  "YouTube",   5000,  1 },
    {PLATFORM_THREADS,   false, "Threads",   500,   20},
    {PLATFORM_PINTEREST, true,  "Pinterest", 500,   5 },
    {PLATFORM_BLUESKY,   false, "Bluesky",   300,   4 },
    {PLATFORM_TELEGRAM,  false, "Telegram",  4096,  10},
    {PLATFORM_DISCORD,   false, "Discord",   2000,  10},
};
static_assert(COUNT(rules) == PLATFORM_COUNT, "each platform has limits");

const struct pe_platform_rules *pe_rules_of(enum platform platform)
{
    const struct pe_platform_rules *r = rules;
    while (r->platform != platform)
        r++;
    return r;
}

static void print_media_limits(struct json *out, const struct pe_platform_rules *r)
{
    static const char *const kinds[] = {"video", "image"};
    json_key_map(out, "media");
    for (size_t i = 0; i < COUNT(kinds); i++) {
        json_key_map(out, kinds[i]);
        json_put_int(out, "max_count", r->media_max);
        json_close_map(out);
    }
    json_close_map(out);
}

void pe_platform_rules(struct call *c)
{
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_key(out, "platforms");
    json_open_map(out);
    for (size_t i = 0; i < COUNT(rules); i++) {
        json_key(out, enum_word_of(&pe_platforms, rules[i].platform));
        json_open_map(out);
        json_put_int(out, "characterLimit", rules[i].content_max); /* the names that the clients read */
        print_media_limits(out, &rules[i]);
        put_texts(out, "features", NULL, 0);
        json_put_text(out, "name", rules[i].name);
        json_put_int(out, "max_content_length", rules[i].content_max);
        json_put_int(out, "max_media", rules[i].media_max);
        json_put_bool(out, "media_required", rules[i].needs_media);
        json_close_map(out);
    }
    json_close_map(out);
    json_close_map(out);
    pe_end(c);
}

/* The plan of every organization. */
#define PLAN           "GROWTH"
#define ACCOUNTS_LIMIT 25
#define STORAGE_LIMIT  (INT64_C(25) << 30) /* bytes */
#define SEATS_LIMIT    3
#define USER_ID_FIRST  8000 /* the owner's id is this plus the number of the organization's record */

static void print_scopes(struct json *out, const struct key *k)
{
    static const char *const scopes[] = {"read", "write", "ai"};
    json_key(out, "scopes");
    json_open_list(out);
    for (size_t i = 0; i < COUNT(scopes); i++)
        if (key_has_scope(k, scopes[i]))
            json_text(out, scopes[i]);
    json_close_list(out);
}

static void print_key(struct call *c, const struct key *k)
{
    struct json *out = &c->out;
    json_key_map(out, "api_key");
    json_put_text(out, "id", k->public_id);
    json_key(out, "key_prefix");
    json_str(out, str_head(str_from(k->value), PREFIX_SHOWN));
    json_put_text(out, "name", k->name);
    print_scopes(out, k);
    pe_put_time(c, "last_used_at", c->now_ms); /* by this call */
    pe_put_time(c, "created_at", k->created_at_ms);
    json_put_null(out, "expires_at");
    json_close_map(out);
}

static void print_user(struct json *out, uint32_t organization)
{
    json_key_map(out, "user");
    json_put_int(out, "id", USER_ID_FIRST + organization);
    json_put_text(out, "email", "owner@example.com");
    json_put_text(out, "name", "Owner");
    json_close_map(out);
}

static void print_organization(struct json *out, const struct organization *o)
{
    json_key_map(out, "organization");
    json_put_text(out, "id", o->public_id);
    json_put_text(out, "name", o->name);
    json_put_text(out, "subscription_plan", PLAN);
    json_put_text(out, "subscription_status", "active");
    json_put_text(out, "subscription_source", "stripe");
    json_put_null(out, "trial_end");
    json_put_null(out, "current_period_end");
    json_put_bool(out, "cancel_at_period_end", false);
    json_put_bool(out, "entitled", true);
    json_close_map(out);
}

static int64_t stored_bytes(const struct world *w, uint32_t space)
{
    struct index_walk walk;
    int64_t sum = 0;
    index_from(&w->indexes[INDEX_MEDIA_SPACE], &walk, (struct index_entry){space, INT64_MIN, 0});
    while (index_next_of(&walk, space))
        sum += media_read(w, walk.entry.row)->size;
    return sum;
}

static void put_use(struct json *out, const char *key, int64_t used, int64_t limit)
{
    json_key_map(out, key);
    json_put_int(out, "used", used);
    json_put_int(out, "limit", limit);
    json_close_map(out);
}

static void print_quota(struct call *c, uint32_t space)
{
    int64_t left = organization_read(c->world, caller_organization(c))->credits;
    int64_t used = generation_credits(c->world, space, INT64_MIN, INT64_MAX);
    struct json *out = &c->out;
    json_key_map(out, "quota");
    put_use(out, "accounts", index_count_of(&c->world->indexes[INDEX_ACCOUNT_SPACE], space), ACCOUNTS_LIMIT);
    json_key_map(out, "ai_credits");
    json_put_int(out, "used", used);
    json_put_int(out, "limit", used + left);
    json_put_int(out, "bonus", 0);
    json_close_map(out);
    put_use(out, "storage_bytes", stored_bytes(c->world, space), STORAGE_LIMIT);
    json_key_map(out, "team_seats");
    json_put_int(out, "limit", SEATS_LIMIT);
    json_close_map(out);
    json_close_map(out);
}

static void print_stats(struct call *c, uint32_t space)
{
    struct json *out = &c->out;
    struct index_walk walk;
    int64_t all = 0, recent = 0;
    index_from(&c->world->indexes[INDEX_POST_SPACE], &walk, (struct index_entry){space, INT64_MIN, 0});
    while (index_next_of(&walk, space)) {
        all++;
        recent += post_read(c->world, walk.entry.row)->created_at_ms > c->now_ms - 30 * DAY_MS;
    }
    json_key_map(out, "stats");
    json_put_int(out, "posts_last_30d", recent);
    json_put_int(out, "total_posts", all);
    json_close_map(out);
}

void pe_me(struct call *c)
{
    const struct key *k = key_read(c->world, c->key);
    const struct organization *o = organization_read(c->world, k->organization);
    uint32_t space = pe_space(c);
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    print_key(c, k);
    print_scopes(out, k);
    print_user(out, k->organization);
    print_organization(out, o);
    json_key_map(out, "workspace");
    json_put_text(out, "id", space_read(c->world, space)->public_id);
    json_put_text(out, "name", o->name);
    json_close_map(out);
    print_quota(c, space);
    print_stats(c, space);
    json_close_map(out);
    pe_end(c);
}
