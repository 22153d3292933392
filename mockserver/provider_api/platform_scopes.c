#include "mockserver/provider_api/platform_scopes.h"

#include <assert.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"

/* clang-format off */
static const struct platform_row {
    const char *publish; /* one of `asked` */
    const char *asked[PLATFORM_SCOPES_MAX];
} rows[] = {
    [PLATFORM_TIKTOK]    = {"video.publish",
                            {"user.info.basic", "video.list", "video.publish", "video.upload"}},
    [PLATFORM_INSTAGRAM] = {"instagram_business_content_publish",
                            {"instagram_business_basic", "instagram_business_content_publish"}},
    [PLATFORM_X]         = {"tweet.write",
                            {"tweet.read", "tweet.write", "users.read", "offline.access"}},
    [PLATFORM_FACEBOOK]  = {"pages_manage_posts",
                            {"pages_show_list", "pages_read_engagement", "pages_manage_posts"}},
    [PLATFORM_LINKEDIN]  = {"w_member_social",
                            {"openid", "profile", "w_member_social"}},
    [PLATFORM_YOUTUBE]   = {"https://www.googleapis.com/auth/youtube.upload",
                            {"https://www.googleapis.com/auth/youtube.readonly",
                             "https://www.googleapis.com/auth/youtube.upload"}},
    [PLATFORM_THREADS]   = {"threads_content_publish",
                            {"threads_basic", "threads_content_publish"}},
    [PLATFORM_PINTEREST] = {"pins:write",
                            {"user_accounts:read", "boards:read", "pins:read", "pins:write"}},
    /* connected with credentials, which have no scopes */
    [PLATFORM_BLUESKY]   = {NULL, {NULL}},
    [PLATFORM_TELEGRAM]  = {NULL, {NULL}},
    [PLATFORM_DISCORD]   = {NULL, {NULL}},
};
/* clang-format on */
static_assert(COUNT(rows) == PLATFORM_COUNT, "each platform has scopes");

struct scope_list scopes_of_consent(struct arena *a, enum platform platform, const char *asked)
{
    struct scope_list list = {0};
    if (asked) {
        for (struct str rest = str_from(asked); rest.n;)
            *arena_push(a, &list, const char *) = str_dup(a, str_cut(&rest, ' '));
        return list;
    }
    for (size_t i = 0; i < PLATFORM_SCOPES_MAX && rows[platform].asked[i]; i++)
        *arena_push(a, &list, const char *) = rows[platform].asked[i];
    return list;
}

bool scopes_have(const struct scope_list *scopes, const char *scope)
{
    for (size_t i = 0; i < scopes->count; i++)
        if (strcmp(scopes->items[i], scope) == 0)
            return true;
    return false;
}

bool scopes_allow_publishing(enum platform platform, const struct scope_list *granted)
{
    return !rows[platform].publish || scopes_have(granted, rows[platform].publish);
}

const char *scopes_text(struct arena *a, const struct scope_list *scopes, const char *separator)
{
    struct buf out = {.arena = a};
    for (size_t i = 0; i < scopes->count; i++)
        buf_printf(&out, "%s%s", i ? separator : "", scopes->items[i]);
    return buf_c(&out);
}
