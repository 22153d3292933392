/* The key's own data (/me) and the limits of each platform (/platform-rules). */
#include "base/array.h"
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <assert.h>

#include "mockserver/gates/gate.h"

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
};
static_assert(COUNT(rules) == PLATFORM_COUNT, "each platform has limits");

const struct pe_platform_rules *pe_rules_of(enum platform platform)
{
    const struct pe_platform_rules *r = rules;
    while (r->platform != platform)
        r++;
    return r;
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

static void print_key(struct call *c, const struct key *k)
{
    struct json *out = &c->out;
    json_key(out, "api_key");
    json_open_map(out);
    json_put_text(out, "id", k->public_id);
    json_put_text(out, "name", k->name);
    json_key(out, "key_prefix");
    json_str(out, str_head(str_from(k->value), PREFIX_SHOWN));
    pe_put_time(c, "created_at", k->created_at_ms);
    json_close_map(out);
    json_key(out, "scopes");
    json_open_list(out);
    static const char *const scopes[] = {"read", "write", "ai"};
    for (size_t i = 0; i < COUNT(scopes); i++)
        if (key_has_scope(k, scopes[i]))
            json_text(out, scopes[i]);
    json_close_list(out);
}

static void print_named(struct json *out, const char *key, const char *id, const char *name)
{
    json_key(out, key);
    json_open_map(out);
    json_put_text(out, "id", id);
    json_put_text(out, "name", name);
    json_close_map(out);
}

static void print_quota(struct call *c, const struct key *k)
{
    struct json *out = &c->out;
    json_key(out, "quota");
    json_open_map(out);
    for (size_t i = 0; i < pe_limits.window_count; i++) {
        struct quota_use use = quota_read(c->world, c->key, i, pe_limits.windows[i].length_ms);
        int64_t limit = rate_limit_of(&pe_limits, k, i);
        json_key(out, pe_limits.windows[i].name);
        json_open_map(out);
        json_put_int(out, "limit", limit);
        json_put_int(out, "remaining", limit - use.used);
        pe_put_time(c, "resets_at", use.ends_at_ms);
        json_close_map(out);
    }
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
    json_key(out, "user");
    json_open_map(out);
    json_put_text(out, "email", "owner@example.com");
    json_close_map(out);
    print_named(out, "organization", o->public_id, o->name);
    print_named(out, "workspace", space_read(c->world, space)->public_id, o->name);
    print_quota(c, k);
    json_key(out, "stats");
    json_open_map(out);
    json_put_int(out, "connected_accounts", index_count_of(&c->world->indexes[INDEX_ACCOUNT_SPACE], space));
    json_put_int(out, "posts", index_count_of(&c->world->indexes[INDEX_POST_SPACE], space));
    json_close_map(out);
    json_close_map(out);
    pe_end(c);
}
