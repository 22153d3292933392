/* Connecting accounts with credentials instead of a browser: Bluesky, Telegram and Discord. Two families of paths take
 * the same members. The platform is not asked: a credential of the right form is valid. Connecting an account again
 * repairs it in place. Credentials are not stored. */
#include "mockserver/providers/posteverywhere/posteverywhere.h"

#include <string.h>

#include "base/array.h"
#include "base/url.h"
#include "mockserver/state/connection.h"

struct credential_body {
    const char *bot_token, *channel, *webhook_url, *handle, *app_password;
    int platform; /* -1: absent */
};

#define OF struct credential_body
static const struct enum_word platform_rows[] = {
    {PLATFORM_BLUESKY,  "bluesky" },
    {PLATFORM_TELEGRAM, "telegram"},
    {PLATFORM_DISCORD,  "discord" },
};
static const struct enum_words platforms = {platform_rows, COUNT(platform_rows), COUNT(platform_rows)};
#define BLUESKY                                                                                                        \
    FIELD("handle", FIELD_TEXT, OF, handle, .help = "Bluesky: handle."),                                               \
        FIELD("app_password", FIELD_TEXT, OF, app_password, .help = "Bluesky: app password.")
#define TELEGRAM                                                                                                       \
    FIELD("bot_token", FIELD_TEXT, OF, bot_token, .help = "Telegram: token of the bot."),                              \
        FIELD("channel", FIELD_TEXT, OF, channel, .help = "Telegram: @name or numeric id of the channel.")
#define DISCORD FIELD("webhook_url", FIELD_TEXT, OF, webhook_url, .help = "Discord: URL of the webhook.")
static const struct field any_rows[] = {
    FIELD("platform", FIELD_ENUM, OF, platform, .required = true, .words = &platforms, .help = "Platform."),
    BLUESKY,
    TELEGRAM,
    DISCORD,
};
static const struct field bluesky_rows[] = {BLUESKY};
static const struct field telegram_rows[] = {TELEGRAM};
static const struct field discord_rows[] = {DISCORD};
static const struct fields any_fields = FIELD_TABLE("body", any_rows, OF, FIELDS_NO_PLACE);
static const struct fields bluesky_fields = FIELD_TABLE("body", bluesky_rows, OF, FIELDS_NO_PLACE);
static const struct fields telegram_fields = FIELD_TABLE("body", telegram_rows, OF, FIELDS_NO_PLACE);
static const struct fields discord_fields = FIELD_TABLE("body", discord_rows, OF, FIELDS_NO_PLACE);
#undef OF

static bool has_form(const char *text, const char *form)
{
    for (; *form; form++, text++) {
        bool is_letter = (*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9');
        if (*form == 'x' ? !is_letter : *text != *form)
            return false;
    }
    return !*text;
}

static bool is_number(struct str text)
{
    size_t digits = 0;
    while (digits < text.n && text.s[digits] >= '0' && text.s[digits] <= '9')
        digits++;
    return text.n && digits == text.n;
}

/* Each returns the handle of the account; NULL: the call is refused. */

static const char *read_bluesky(struct call *c, const struct credential_body *body)
{
    const char *handle = body->handle && *body->handle == '@' ? body->handle + 1 : body->handle;
    if (!handle || !strchr(handle, '.') || strpbrk(handle, " /@:"))
        call_issue(c, "handle", "must be a handle, for example me.bsky.social");
    if (!body->app_password || !has_form(body->app_password, "xxxx-xxxx-xxxx-xxxx"))
        call_issue(c, "app_password", "must be an app password, not the main password");
    return c->fault ? NULL : handle;
}

static const char *read_telegram(struct call *c, const struct credential_body *body)
{
    struct str secret = str_from(body->bot_token), id = str_cut(&secret, ':');
    const char *channel = body->channel;
    if (!body->bot_token || !is_number(id) || secret.n < 30)
        call_issue(c, "bot_token", "must be the token of a bot");
    if (!channel || (*channel == '@' ? !channel[1] : !is_number(str_from(channel + (*channel == '-')))))
        call_issue(c, "channel", "must be @name or a numeric id");
    if (c->fault || !channel)
        return NULL;
    return *channel == '@' ? channel + 1 : channel;
}

/* https://discord.com/api/webhooks/ID/TOKEN */
static const char *read_discord(struct call *c, const struct credential_body *body)
{
    const struct str start = STR("https://discord.com/api/webhooks/");
    struct str rest = str_from(body->webhook_url);
    if (str_starts(rest, start)) {
        rest = str_skip(rest, start.n);
        struct str id = str_cut(&rest, '/');
        if (is_number(id) && rest.n)
            return str_dup(c->arena, id);
    }
    call_issue(c, "webhook_url", "must be the URL of a Discord webhook");
    return NULL;
}

static const char *read_handle(struct call *c, enum platform platform, const struct credential_body *body)
{
    return platform == PLATFORM_BLUESKY    ? read_bluesky(c, body)
           : platform == PLATFORM_TELEGRAM ? read_telegram(c, body)
                                           : read_discord(c, body);
}

static void connect(struct call *c, enum platform platform, const struct credential_body *body)
{
    struct connection user = {0};
    const char *handle = read_handle(c, platform, body);
    if (!handle)
        return;
    uint32_t space = pe_space(c);
    user.account.handle = handle;
    if (!account_find_user(c->world, space, platform, handle))
        pe_consented(c->world, platform, &user);
    user.account.platform = platform;
    user.account.token_expires_at_ms = 0; /* such credentials do not expire */
    if (platform == PLATFORM_DISCORD)
        user.account.name = "Discord channel";
    uint32_t row = connection_open(c->world, space, &user);
    const struct account *a = account_read(c->world, row);
    struct json *out = pe_begin(c, 200);
    json_open_map(out);
    json_key_map(out, "account");
    pe_put_number(out, "account_id", a->public_id);
    json_put_text(out, "platform", enum_word_of(&pe_platforms, a->platform));
    json_put_text(out, "account_name", a->name);
    json_close_map(out);
    json_close_map(out);
    pe_end(c);
}

void pe_connect_credential(struct call *c)
{
    struct credential_body body = {.platform = -1};
    if (pe_body(c, &any_fields, &body))
        connect(c, (enum platform)body.platform, &body);
}

static void connect_to(struct call *c, enum platform platform, const struct fields *fields)
{
    struct credential_body body = {.platform = -1};
    if (pe_body(c, fields, &body))
        connect(c, platform, &body);
}

void pe_connect_bluesky(struct call *c)
{
    connect_to(c, PLATFORM_BLUESKY, &bluesky_fields);
}

void pe_connect_telegram(struct call *c)
{
    connect_to(c, PLATFORM_TELEGRAM, &telegram_fields);
}

void pe_connect_discord(struct call *c)
{
    connect_to(c, PLATFORM_DISCORD, &discord_fields);
}
