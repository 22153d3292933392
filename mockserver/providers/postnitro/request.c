/* Checks the body of a create or an update: first its shape, at the edge, then its values and the settings that each
 * platform requires ("Platform settings"). The rules of the settings are documented; their error messages are not, so
 * those are our own. */
#include "mockserver/providers/postnitro/postnitro.h"

#include <assert.h>
#include <string.h>

#include "base/array.h"
#include "base/time.h"

/* Types of the members, in the order of the error reference. */
static const struct shape {
    const char *key;
    enum node_kind kind;
    const char *message;
} shapes[] = {
    {"designId",              NODE_TEXT, "Design id must be a string"               },
    {"postContent",           NODE_MAP,  "Post content must be an object"           },
    {"selectedAccounts",      NODE_LIST, "Selected accounts must be an array"       },
    {"instagramPostSettings", NODE_MAP,  "Instagram post settings must be an object"},
    {"tiktokPostSettings",    NODE_MAP,  "TikTok post settings must be an object"   },
    {"linkedinPostSettings",  NODE_MAP,  "LinkedIn post settings must be an object" },
    {"threadsPostSettings",   NODE_MAP,  "Threads post settings must be an object"  },
    {"postSettings",          NODE_MAP,  "Post settings must be an object"          },
};

static bool refuse_shape(struct call *c, const char *message)
{
    return call_refuse(c, FAULT_INVALID, "%s", message);
}

/* NULL if the member is absent or null. */
static const struct node *member(const struct node *body, const char *key)
{
    const struct node *n = node_get(body, key);
    return n && n->kind != NODE_NULL ? n : NULL;
}

static bool is_known_key(const char *key)
{
    for (size_t i = 0; i < COUNT(shapes); i++)
        if (strcmp(shapes[i].key, key) == 0)
            return true;
    return strcmp(key, "status") == 0 || strcmp(key, "scheduledAt") == 0;
}

static bool read_status(struct call *c, const struct node *body, bool *draft)
{
    const struct node *status = member(body, "status");
    const struct enum_word *word = enum_word_find(&postnitro_statuses, str_from(node_text(status)));
    if (!status)
        return refuse_shape(c, "Status is required");
    if (!word || (word->value != POSTNITRO_DRAFT && word->value != POSTNITRO_SCHEDULED))
        return refuse_shape(c, "Status must be 'DRAFT' or 'SCHEDULED'");
    *draft = word->value == POSTNITRO_DRAFT;
    return true;
}

static bool read_due(struct call *c, const struct node *body, int64_t *due_ms)
{
    const struct node *at = member(body, "scheduledAt");
    if (!at)
        return refuse_shape(c, "Scheduled at is required");
    if (at->kind != NODE_TEXT)
        return refuse_shape(c, "Scheduled at must be a string");
    return postnitro_read_date(c->arena, at->text, due_ms) || refuse_shape(c, "Scheduled at is not a valid date");
}

static bool read_shape(struct call *c, const struct node *body, struct post *p)
{
    for (size_t i = 0; i < node_count(body); i++)
        if (!is_known_key(body->map.members[i].key))
            return refuse_shape(c, "Extra parameters passed in the body.");
    if (!read_status(c, body, &p->draft) || !read_due(c, body, &p->due_at_ms))
        return false;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const struct node *n = member(body, shapes[i].key);
        if (n && n->kind != shapes[i].kind)
            return refuse_shape(c, shapes[i].message);
    }
    return true;
}

/* --- settings ----------------------------------------------------------------------------------------- */

#define TITLE_MIN 5
#define TITLE_MAX 90
#define VIDEO_MIN 5
#define VIDEO_END 60

static const char *const instagram_types[] = {"carousel", "image", "reel"};
static const char *const tiktok_types[] = {"carousel", "reel"};
static const char *const linkedin_types[] = {"carousel", "document", "image", "reel"};
static const char *const threads_types[] = {"carousel", "image", "reel"};
static const char *const tiktok_flags[] = {"canComment", "isBrandedContent", "isYourBrand", "isThirdPartyBrand",
                                           "isAIGeneratedContent"};

#define LIST(texts) texts, COUNT(texts)
#define NO_FLAGS    NULL, 0

static const struct platform_rules {
    enum platform platform;
    const char *key, *name;
    const char *const *types; /* of posts */
    size_t type_count;
    const char *const *flags; /* required booleans */
    size_t flag_count;
} rules[] = {
    {PLATFORM_INSTAGRAM, "instagramPostSettings", "Instagram", LIST(instagram_types), NO_FLAGS          },
    {PLATFORM_TIKTOK,    "tiktokPostSettings",    "TikTok",    LIST(tiktok_types),    LIST(tiktok_flags)},
    {PLATFORM_LINKEDIN,  "linkedinPostSettings",  "LinkedIn",  LIST(linkedin_types),  NO_FLAGS          },
    {PLATFORM_THREADS,   "threadsPostSettings",   "Threads",   LIST(threads_types),   NO_FLAGS          },
};
static_assert(COUNT(rules) == POSTNITRO_PLATFORMS, "each supported platform has rules");

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
    return (s->type && text_index(s->rules->types, s->rules->type_count, str_from(s->type)) < s->rules->type_count) ||
           refuse(s, "post type is not valid");
}

static bool check_flags(const struct settings *s)
{
    for (size_t i = 0; i < s->rules->flag_count; i++)
        if (!is_bool(s, s->rules->flags[i]))
            return call_refuse(s->c, FAULT_CONFLICT, "%s %s must be a boolean", s->rules->name, s->rules->flags[i]);
    return true;
}

static bool check_linkedin(const struct settings *s)
{
    size_t length = str_characters(str_from(node_get_text(s->settings, "postTitle")));
    if (s->draft || strcmp(s->type, "document") != 0 || (length >= TITLE_MIN && length <= TITLE_MAX))
        return true;
    return refuse(s, "post title of a document must have 5 to 90 characters");
}

static bool check_privacy(const struct settings *s, const char *level)
{
    static const char *const levels[] = {"PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"};
    bool known = level && text_index(levels, COUNT(levels), str_from(level)) < COUNT(levels);
    return known || (!level && s->draft) || refuse(s, "privacy level is not valid");
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

/* postAsStory is optional. */
static bool check_instagram(const struct settings *s)
{
    return !member(s->settings, "postAsStory") || is_bool(s, "postAsStory") ||
           refuse(s, "postAsStory must be a boolean");
}

static bool check_platform(struct settings *s)
{
    if (!check_type(s) || !check_flags(s))
        return false;
    enum platform platform = s->rules->platform;
    if (platform == PLATFORM_LINKEDIN)
        return check_linkedin(s);
    if (platform == PLATFORM_TIKTOK)
        return check_tiktok(s);
    return platform != PLATFORM_INSTAGRAM || check_instagram(s);
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

/* Both are optional: a reel has a default length, and may be silent. */
static bool check_video(struct call *c, const struct node *body)
{
    const struct node *length = node_get(node_get(body, "postSettings"), "videoDuration");
    const struct node *audio = member(node_get(body, "postSettings"), "audioId");
    if (length && !(node_is_number(length) && node_number(length) >= VIDEO_MIN && node_number(length) < VIDEO_END))
        return call_refuse(c, FAULT_CONFLICT, "Video duration must be at least 5 and less than 60 seconds");
    if (audio && audio->kind != NODE_TEXT)
        return call_refuse(c, FAULT_CONFLICT, "Audio id must be a string");
    return !audio || postnitro_library_details(c, LIBRARY_AUDIO, audio->text) ||
           call_refuse(c, FAULT_NOT_FOUND, "Audio not found");
}

/* Checks the settings that the selected platforms require. Returns false if the call is refused. */
static bool check_settings(struct call *c, const struct node *body, const struct postnitro_request *r)
{
    for (size_t i = 0; i < COUNT(rules); i++) {
        struct settings s = {
            .c = c, .rules = &rules[i], .settings = node_get(body, rules[i].key), .draft = r->post.draft};
        if (is_selected(c, r, rules[i].platform) && !check_selected(&s, r))
            return false;
    }
    return check_video(c, body);
}

/* --- values --------------------------------------------------------------------------------- */

static bool find_design(struct call *c, const struct node *body, uint32_t *design)
{
    const struct node *id = member(body, "designId");
    if (!id)
        return true;
    *design = content_find(c->world, POSTNITRO, id->text);
    if (*design && content_read(c->world, *design)->space == postnitro_workspace(c))
        return true;
    return call_refuse(c, FAULT_NOT_FOUND, "Design not found.");
}

/* The first caption that is not empty. A text for anything but a platform is no caption: it would not be published. */
static bool read_captions(struct call *c, const struct node *content, const char **first)
{
    for (size_t i = 0; i < node_count(content); i++) {
        const struct member *m = &content->map.members[i];
        const char *text = node_text(m->value);
        if (!postnitro_is_caption(m->key) || m->value->kind == NODE_NULL)
            continue;
        if (m->value->kind != NODE_TEXT)
            return call_refuse(c, FAULT_CONFLICT, "Post content of %s must be a string", m->key);
        if (!*first && *text)
            *first = text;
    }
    return true;
}

/* An id that is listed twice is linked once. */
static bool find_accounts(struct call *c, const struct node *body, struct postnitro_request *r)
{
    const struct node *ids = member(body, "selectedAccounts");
    uint32_t *rows = arena_array(c->arena, uint32_t, node_count(ids));
    r->accounts = rows;
    for (size_t i = 0; i < node_count(ids); i++) {
        const char *id = node_text(node_at(ids, i));
        uint32_t row = id ? postnitro_find_account(c, str_from(id)) : ROW_NONE;
        if (!row)
            return call_refuse(c, FAULT_NOT_FOUND, "Social account not found");
        size_t n = 0;
        while (n < r->account_count && rows[n] != row)
            n++;
        if (n == r->account_count)
            rows[r->account_count++] = row;
    }
    return true;
}

bool postnitro_read_request(struct call *c, struct postnitro_request *r)
{
    const struct node *body = call_body(c);
    struct post *p = &r->post;
    if (!body || !read_shape(c, body, p))
        return false;
    if (p->due_at_ms <= c->now_ms)
        return call_refuse(c, FAULT_CONFLICT, "Scheduled at is in the past");
    if (!read_captions(c, member(body, "postContent"), &p->text) || !find_design(c, body, &p->content) ||
        !find_accounts(c, body, r))
        return false;
    if (!p->content && !p->text)
        return call_refuse(c, FAULT_CONFLICT, "Post content must be a non-empty object");
    p->details = postnitro_details(c->arena, body);
    const char *instagram = node_get_text(node_get(body, "instagramPostSettings"), "postType");
    p->video = instagram && strcmp(instagram, "reel") == 0;
    return check_settings(c, body, r);
}

/* A JavaScript Date reads a blank for the T, and a time without seconds. */
static struct str in_full(struct arena *a, struct str text)
{
    if (text.n < 16 || (text.s[10] != 'T' && text.s[10] != ' ') || text.s[13] != ':')
        return text;
    return str_from(arena_printf(a, "%.10sT%.5s%s" STR_FMT, text.s, text.s + 11,
                                 text.n == 16 || text.s[16] != ':' ? ":00" : "",
                                 STR_ARG(str_of(text.s + 16, text.n - 16))));
}

bool postnitro_read_date(struct arena *a, struct str text, int64_t *ms)
{
    static const char *const endings[] = {"", "Z", "T00:00:00Z", "-01T00:00:00Z", "-01-01T00:00:00Z"};
    text = in_full(a, str_trim(text));
    for (size_t i = 0; i < COUNT(endings); i++)
        if (time_parse(str_from(arena_printf(a, STR_FMT "%s", STR_ARG(text), endings[i])), ms))
            return true;
    return time_parse_http(text, ms);
}
