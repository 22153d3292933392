/* What a consent creates: an account, and the steps that follow ("Social accounts", What happens
 * after a successful connect). */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/providers/layers/layers.h"

#include "base/url.h"
#include "mockserver/state/record.h"
#include "mockserver/state/connection.h"

#define AVATAR_URL_USUAL 100 /* bytes; a longer URL makes the buffer grow */

/* The system's "Social Account Onboarding" template. */
static const char *const account_layers[] = {
    "Account Health Monitor",
    "Social Distribution",
    "Social Engagement",
    "Account Warmup",
};

#define AFTER(event)                                                                                                   \
    {                                                                                                                  \
        account_layers, COUNT(account_layers), "Social Content", event                                                 \
    }

static const struct {
    int token_days;
    const char *avatar_host; /* of the platform's own avatar URLs, which expire */
    struct after_connect after;
} platforms[LAYERS_PLATFORMS] = {
    [PLATFORM_TIKTOK] = {30, "https://p16-sign.tiktokcdn-us.com", AFTER("tiktok.connected")   },
    [PLATFORM_INSTAGRAM] = {60, "https://scontent.cdninstagram.com", AFTER("instagram.connected")},
};

int64_t layers_token_ms(enum platform platform)
{
    return platforms[platform].token_days * DAY_MS;
}

const struct after_connect *layers_after_connect(enum platform platform)
{
    return &platforms[platform].after;
}

char *layers_avatar_url(struct arena *a, enum platform platform, const char *handle)
{
    struct buf url = {.arena = a}; /* no printf: every account of every list has one */
    buf_reserve(&url, AVATAR_URL_USUAL);
    buf_add(&url, STR("https://media.meetsift.com/"));
    buf_text(&url, platform_texts[platform]);
    buf_byte(&url, '/');
    url_encode(&url, str_from(handle));
    buf_add(&url, STR("/avatar.jpg"));
    return url.data;
}

/* The platform's own URL of the avatar. */
static const char *avatar_at(struct arena *a, const char *host, const char *handle)
{
    struct buf url = {.arena = a};
    buf_printf(&url, "%s/", host);
    url_encode(&url, str_from(handle));
    buf_add(&url, STR(".jpg"));
    return buf_c(&url);
}

void layers_consented(struct world *w, enum platform platform, struct account_spec *spec)
{
    struct arena a = {0};
    spec->public_id = ids_mint(w, "sa_", ID_OPEN);
    spec->platform = platform;
    spec->token_expires_at_ms = world_now(w) + layers_token_ms(platform);
    spec->avatar_url = world_text(w, avatar_at(&a, platforms[platform].avatar_host, spec->handle));
    spec->kept_avatar_url = world_text(w, layers_avatar_url(&a, platform, spec->handle));
    spec->after = layers_after_connect(platform);
    arena_end(&a);
}
