/* Checks the settings that each platform requires ("Platform settings"). The rules are documented;
 * the error messages are not, so they are our own. */
#include "base/array.h"
#include "mockserver/providers/postnitro/postnitro.h"

#include <string.h>

#define TYPES_MAX 4
#define FLAGS_MAX 5
#define TITLE_MIN 5
#define TITLE_MAX 90
#define VIDEO_MIN 5
#define VIDEO_END 60

static const struct platform_rules {
    enum platform platform;
    const char *key, *name;
    const char *types[TYPES_MAX];
    const char *flags[FLAGS_MAX]; /* required booleans */
} rules[POSTNITRO_PLATFORMS] = {
    {PLATFORM_INSTAGRAM, "instagramPostSettings", "Instagram", {"carousel", "image", "reel"},             {0}},
    {PLATFORM_TIKTOK,
     "tiktokPostSettings",                        "TikTok",
     {"carousel", "reel"},
     {"canComment", "isBrandedContent", "isYourBrand", "isThirdPartyBrand", "isAIGeneratedContent"}          },
    {PLATFORM_LINKEDIN,  "linkedinPostSettings",  "LinkedIn",  {"carousel", "document", "image", "reel"}, {0}},
    {PLATFORM_THREADS,   "threadsPostSettings",   "Threads",   {"carousel", "image", "reel"},             {0}},
};

struct settings { /* of one platform, as they are checked */
    struct call *c;
    const struct platform_rules *rules;
    const struct node *settings;
    const char *type;
    bool draft;
};

static bool refuse(const struct settings *s, const char *what)
{
    return call_refuse(s->c, FAULT_CONFLICT, "%s %s", s->rules->name, what);
}

static bool flag_is_true(const struct settings *s, const char *flag)
{
    const struct node *n = node_get(s->settings, flag);
    return n && n->kind == NODE_BOOL && n->truth;
}

static bool is_bool(const struct settings *s, const char *flag)
{
    const struct node *n = node_get(s->settings, flag);
    return n && n->kind == NODE_BOOL;
}

static bool check_type(struct settings *s)
{
    s->type = node_get_text(s->settings, "postType");
    for (size_t i = 0; s->type && i < TYPES_MAX && s->rules->types[i]; i++)
        if (strcmp(s->type, s->rules->types[i]) == 0)
            return true;
    return refuse(s, "post type is not valid");
}

static bool check_flags(const struct settings *s)
{
    for (size_t i = 0; i < FLAGS_MAX && s->rules->flags[i]; i++)
        if (!is_bool(s, s->rules->flags[i]))
            return call_refuse(s->c, FAULT_CONFLICT, "%s %s must be a boolean", s->rules->name, s->rules->flags[i]);
    return true;
}

static bool check_linkedin(const struct settings *s)
{
    size_t length = str_from(node_get_text(s->settings, "postTitle")).n;
    if (s->draft || strcmp(s->type, "document") != 0 || (length >= TITLE_MIN && length <= TITLE_MAX))
        return true;
    return refuse(s, "post title of a document must have 5 to 90 characters");
}

static bool check_privacy(const struct settings *s, const char *level)
{
    static const char *const levels[] = {"PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"};
    for (size_t i = 0; level && i < COUNT(levels); i++)
        if (strcmp(level, levels[i]) == 0)
            return true;
    return (!level && s->draft) || refuse(s, "privacy level is not valid");
}

static bool check_tiktok(const struct settings *s)
{
    const char *level = node_get_text(s->settings, "privacyLevel");
    bool reel = strcmp(s->type, "reel") == 0;
    if (!check_privacy(s, level))
        return false;
    if (reel && (!is_bool(s, "canDuet") || !is_bool(s, "canStitch")))
        return refuse(s, "canDuet and canStitch of a reel must be booleans");
    if (!reel && !is_bool(s, "autoAddMusic"))
        return refuse(s, "autoAddMusic of a carousel must be a boolean");
    if (s->draft || !flag_is_true(s, "isBrandedContent"))
        return true;
    if (!flag_is_true(s, "isYourBrand") && !flag_is_true(s, "isThirdPartyBrand"))
        return refuse(s, "branded content requires isYourBrand or isThirdPartyBrand");
    return strcmp(level, "SELF_ONLY") != 0 || refuse(s, "branded content cannot be private");
}

static bool check_platform(struct settings *s)
{
    if (!check_type(s) || !check_flags(s))
        return false;
    if (s->rules->platform == PLATFORM_LINKEDIN)
        return check_linkedin(s);
    return s->rules->platform != PLATFORM_TIKTOK || check_tiktok(s);
}

static bool is_selected(const struct call *c, const struct postnitro_request *r, enum platform platform)
{
    for (size_t i = 0; i < r->account_count; i++)
        if (account_read(c->world, r->accounts[i])->platform == platform)
            return true;
    return false;
}

static bool check_selected(struct settings *s, const struct postnitro_request *r)
{
    bool linkedin = s->rules->platform == PLATFORM_LINKEDIN;
    if (linkedin && !s->draft && !r->post.content)
        return refuse(s, "posts require a design");
    if (s->settings && s->settings->kind == NODE_MAP)
        return check_platform(s);
    return (!linkedin && !r->post.content) || refuse(s, "post settings are required");
}

/* videoDuration is optional: a reel without it has a default length. */
static bool check_video(struct call *c, const struct node *body)
{
    const struct node *length = node_get(node_get(body, "postSettings"), "videoDuration");
    if (!length || (node_is_number(length) && node_number(length) >= VIDEO_MIN && node_number(length) < VIDEO_END))
        return true;
    return call_refuse(c, FAULT_CONFLICT, "Video duration must be at least 5 and less than 60 seconds");
}

bool postnitro_check_settings(struct call *c, const struct node *body, const struct postnitro_request *r)
{
    for (size_t i = 0; i < POSTNITRO_PLATFORMS; i++) {
        struct settings s = {
            .c = c, .rules = &rules[i], .settings = node_get(body, rules[i].key), .draft = r->post.draft};
        if (is_selected(c, r, rules[i].platform) && !check_selected(&s, r))
            return false;
    }
    return check_video(c, body);
}
