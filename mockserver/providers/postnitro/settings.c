/* What each platform asks of a post besides its caption ("Platform settings"). The documents name
 * the rules; the sentences for breaking one are ours. */
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
    const char *flags[FLAGS_MAX]; /* that must be there, true or false */
} rules[POSTNITRO_PLATFORMS] = {
    {PLATFORM_INSTAGRAM, "instagramPostSettings", "Instagram", {"carousel", "image", "reel"}, {0}},
    {PLATFORM_TIKTOK,
     "tiktokPostSettings",                        "TikTok",
     {"carousel", "reel"},
     {"canComment", "isBrandedContent", "isYourBrand", "isThirdPartyBrand",
      "isAIGeneratedContent"}                                                                    },
    {PLATFORM_LINKEDIN,
     "linkedinPostSettings",                      "LinkedIn",
     {"carousel", "document", "image", "reel"},
     {0}                                                                                         },
    {PLATFORM_THREADS,   "threadsPostSettings",   "Threads",   {"carousel", "image", "reel"}, {0}},
};

struct look { /* at the settings of one platform */
    struct call *c;
    const struct platform_rules *rules;
    const struct node *settings;
    const char *type;
    bool draft;
};

static bool refuse(const struct look *l, const char *what)
{
    return call_refuse(l->c, FAULT_CONFLICT, "%s %s", l->rules->name, what);
}

static bool truth(const struct look *l, const char *flag)
{
    const struct node *n = node_get(l->settings, flag);
    return n && n->kind == NODE_BOOL && n->truth;
}

static bool is_bool(const struct look *l, const char *flag)
{
    const struct node *n = node_get(l->settings, flag);
    return n && n->kind == NODE_BOOL;
}

static bool check_type(struct look *l)
{
    l->type = node_get_text(l->settings, "postType");
    for (size_t i = 0; l->type && i < TYPES_MAX && l->rules->types[i]; i++)
        if (strcmp(l->type, l->rules->types[i]) == 0)
            return true;
    return refuse(l, "post type is not one of those it has");
}

static bool check_flags(const struct look *l)
{
    for (size_t i = 0; i < FLAGS_MAX && l->rules->flags[i]; i++)
        if (!is_bool(l, l->rules->flags[i]))
            return call_refuse(l->c, FAULT_CONFLICT, "%s %s must be a boolean", l->rules->name,
                               l->rules->flags[i]);
    return true;
}

static bool check_linkedin(const struct look *l)
{
    size_t length = str_from(node_get_text(l->settings, "postTitle")).n;
    if (l->draft || strcmp(l->type, "document") != 0 ||
        (length >= TITLE_MIN && length <= TITLE_MAX))
        return true;
    return refuse(l, "post title of a document has 5 to 90 characters");
}

static bool check_privacy(const struct look *l, const char *level)
{
    static const char *const levels[] = {"PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS",
                                         "SELF_ONLY"};
    for (size_t i = 0; level && i < sizeof levels / sizeof *levels; i++)
        if (strcmp(level, levels[i]) == 0)
            return true;
    return (!level && l->draft) || refuse(l, "privacy level is not one of those it has");
}

static bool check_tiktok(const struct look *l)
{
    const char *level = node_get_text(l->settings, "privacyLevel");
    bool reel = strcmp(l->type, "reel") == 0;
    if (!check_privacy(l, level))
        return false;
    if (reel && (!is_bool(l, "canDuet") || !is_bool(l, "canStitch")))
        return refuse(l, "canDuet and canStitch of a reel must be booleans");
    if (!reel && !is_bool(l, "autoAddMusic"))
        return refuse(l, "autoAddMusic of a carousel must be a boolean");
    if (l->draft || !truth(l, "isBrandedContent"))
        return true;
    if (!truth(l, "isYourBrand") && !truth(l, "isThirdPartyBrand"))
        return refuse(l, "branded content says whose brand it is");
    return strcmp(level, "SELF_ONLY") != 0 || refuse(l, "branded content cannot be private");
}

static bool check_platform(struct look *l)
{
    if (!check_type(l) || !check_flags(l))
        return false;
    if (l->rules->platform == PLATFORM_LINKEDIN)
        return check_linkedin(l);
    return l->rules->platform != PLATFORM_TIKTOK || check_tiktok(l);
}

static bool is_selected(const struct call *c, const struct postnitro_request *r,
                        enum platform platform)
{
    for (size_t i = 0; i < r->account_count; i++)
        if (account_read(c->world, r->accounts[i])->platform == platform)
            return true;
    return false;
}

static bool check_selected(struct look *l, const struct postnitro_request *r)
{
    bool linkedin = l->rules->platform == PLATFORM_LINKEDIN;
    if (linkedin && !l->draft && !r->post.content)
        return refuse(l, "posts need a design");
    if (l->settings && l->settings->kind == NODE_MAP)
        return check_platform(l);
    return (!linkedin && !r->post.content) || refuse(l, "post settings are required");
}

/* Of a reel; without it there are defaults. */
static bool check_video(struct call *c, const struct node *body)
{
    const struct node *length = node_get(node_get(body, "postSettings"), "videoDuration");
    if (!length || (node_is_number(length) && node_number(length) >= VIDEO_MIN &&
                    node_number(length) < VIDEO_END))
        return true;
    return call_refuse(c, FAULT_CONFLICT, "Video duration is at least 5 and less than 60 seconds");
}

bool postnitro_check_settings(struct call *c, const struct node *body,
                              const struct postnitro_request *r)
{
    for (size_t i = 0; i < POSTNITRO_PLATFORMS; i++) {
        struct look l = {.c = c,
                         .rules = &rules[i],
                         .settings = node_get(body, rules[i].key),
                         .draft = r->post.draft};
        if (is_selected(c, r, rules[i].platform) && !check_selected(&l, r))
            return false;
    }
    return check_video(c, body);
}
