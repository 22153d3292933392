/* Handlers of consent: create the URL for an end-customer, report the attempt's status, redirect. What a consent
 * creates: an account, and the steps that follow. */
#include "mockserver/providers/layers/layers.h"

#include <string.h>

#include "base/array.h"
#include "base/host.h"
#include "base/units.h"
#include "base/url.h"
#include "mockserver/provider_api/platform_scopes.h"
#include "mockserver/state/connection.h"
#include "mockserver/state/record.h"

#define AVATAR_URL_USUAL 100 /* bytes; a longer URL makes the buffer grow */
#define ATTEMPT_MS       (10 * MINUTE_MS)
#define STATE_DIGITS     38
#define SCOPES_MAX       32
#define SCOPE_MAX        64

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

static const struct platform_row {
    enum platform platform;
    const char *authorize;
    const char *separator; /* between scopes */
    int token_days;
    const char *avatar_host;    /* of the platform's own avatar URLs, which expire */
    struct connect_steps after; /* "Social accounts", What happens after a successful connect */
} platforms[] = {
    {
     .platform = PLATFORM_TIKTOK,
     .authorize = "https://www.tiktok.com/v2/auth/authorize/",
     .separator = ",",
     .token_days = 30,
     .avatar_host = "https://p16-sign.tiktokcdn-us.com",
     .after = AFTER("tiktok.connected"),
     },
    {
     .platform = PLATFORM_INSTAGRAM,
     .authorize = "https://www.instagram.com/oauth/authorize",
     .separator = ",",
     .token_days = 60,
     .avatar_host = "https://scontent.cdninstagram.com",
     .after = AFTER("instagram.connected"),
     },
};

/* A tester can set a platform that Layers does not have: such an account is treated as the first. */
static const struct platform_row *find_platform(enum platform platform)
{
    size_t i = COUNT(platforms) - 1;
    while (i && platforms[i].platform != platform)
        i--;
    return &platforms[i];
}

struct url_body {
    int platform;
    const char *account, *return_url, *note;
    struct field_list scopes;
};

#define SCOPES_ROW                                                                                                     \
    FIELD("scopes", FIELD_TEXTS, struct url_body, scopes, .max = SCOPES_MAX,                                           \
          .help = "Scopes to request from the platform instead of the default ones.")

static const struct field oauth_rows[] = {
    FIELD("platform", FIELD_ENUM, struct url_body, platform, .required = true, .words = &layers_platforms,
          .help = "Platform of the account."),
    FIELD("returnUrl", FIELD_TEXT, struct url_body, return_url, .required = true,
          .help = "URL that the browser is redirected to afterwards."),
    FIELD("usageNote", FIELD_TEXT, struct url_body, note, .help = "Note of the partner."),
    SCOPES_ROW,
};
static const struct fields oauth_fields = FIELD_TABLE("body", oauth_rows, struct url_body, FIELDS_NO_PLACE);

static const struct field reauth_rows[] = {
    FIELD("socialAccountId", FIELD_TEXT, struct url_body, account, .required = true,
          .help = "Id of the account to reconnect."),
    FIELD("returnUrl", FIELD_TEXT, struct url_body, return_url,
          .help = "URL that the browser is redirected to afterwards."),
    SCOPES_ROW,
};
static const struct fields reauth_fields = FIELD_TABLE("body", reauth_rows, struct url_body, FIELDS_NO_PLACE);

int64_t layers_token_ms(enum platform platform)
{
    return find_platform(platform)->token_days * DAY_MS;
}

const struct connect_steps *layers_connect_steps(enum platform platform)
{
    return &find_platform(platform)->after;
}

char *layers_avatar_url(struct arena *a, enum platform platform, const char *handle)
{
    struct buf url = {.arena = a}; /* no printf: every account of every list has one */
    buf_reserve(&url, AVATAR_URL_USUAL);
    buf_add(&url, STR("https://media.meetsift.com/"));
    buf_text(&url, enum_word_of(&layers_platforms, platform));
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

void layers_consented(struct world *w, enum platform platform, struct connection *user)
{
    struct arena a = {0};
    struct account *account = &user->account;
    account->public_id = ids_mint(w, "sa_", ID_OPEN);
    account->platform = platform;
    account->token_expires_at_ms = world_now(w) + layers_token_ms(platform);
    account->avatar_url = world_text(w, avatar_at(&a, find_platform(platform)->avatar_host, account->handle));
    user->kept_avatar_url = world_text(w, layers_avatar_url(&a, platform, account->handle));
    user->steps = layers_connect_steps(platform);
    arena_end(&a);
}

static bool scopes_valid(struct call *c, const struct url_body *body)
{
    const char *const *scopes = body->scopes.items;
    for (size_t i = 0; i < body->scopes.count; i++)
        if (!scopes[i][0] || strlen(scopes[i]) > SCOPE_MAX)
            call_issue(c, arena_printf(c->arena, "scopes[%zu]", i), "must have 1 to %d characters", SCOPE_MAX);
    return !c->fault;
}

static bool is_listed(const char *host, const char *const *domains, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (str_eq_nocase(str_from(host), str_from(domains[i])))
            return true;
    return false;
}

static enum return_url reject(enum return_url verdict, const char **why, const char *reason)
{
    *why = reason;
    return verdict;
}

enum return_url return_url_judge(struct arena *a, const char *url, const char *const *domains, uint32_t count,
                                 const char **why)
{
    struct str text = str_from(url);
    if (!str_starts_nocase(text, STR("https://")) && !str_starts_nocase(text, STR("http://")))
        return reject(RETURN_URL_NO_URL, why, "it must be an absolute http(s) URL");
    struct url parts;
    if (!url_parse(a, url, &parts, why)) /* clients may disagree on the host of such a URL */
        return RETURN_URL_REFUSED;
    if (!is_listed(parts.host, domains, count))
        return reject(RETURN_URL_REFUSED, why, "its host is not one of the key's return domains");
    if (parts.user[0])
        return reject(RETURN_URL_REFUSED, why, "it contains credentials");
    if (host_is_loopback(str_from(parts.host)))
        return RETURN_URL_ALLOWED;
    if (parts.port)
        return reject(RETURN_URL_REFUSED, why, "it contains a port");
    if (strcmp(parts.scheme, "https") != 0)
        return reject(RETURN_URL_REFUSED, why, "its scheme is not https");
    return RETURN_URL_ALLOWED;
}

bool return_domain_valid(struct arena *a, const char *domain)
{
    struct url parts;
    const char *why;
    return url_parse(a, arena_printf(a, "https://%s", domain), &parts, &why) &&
           str_eq_nocase(str_from(parts.host), str_from(domain)) && !str_ends(str_from(domain), STR("."));
}

bool layers_return_url_valid(struct call *c, const char *path, const char *url)
{
    const struct key *key = key_read(c->world, c->key);
    const char *why;
    if (!url)
        return true;
    switch (return_url_judge(c->arena, url, key->return_domains, key->return_domain_count, &why)) {
    case RETURN_URL_ALLOWED:
        return true;
    case RETURN_URL_NO_URL:
        return call_issue(c, path, "%s", why);
    case RETURN_URL_REFUSED:
        break;
    }
    return call_refuse(c, FAULT_RETURN_URL, "The return URL is not allowed for this key: %s.", why);
}

static const char *mint_state(struct call *c)
{
    char first[64], more[64];
    ids_write(c->world, "st_", ID_ULID, first);
    ids_write(c->world, "", ID_ULID, more);
    return arena_printf(c->arena, "%s%.*s", first, STATE_DIGITS - 26, more);
}

static const char *join(struct arena *a, const struct field_list *texts, const char *separator)
{
    struct buf out = {.arena = a};
    const char *const *items = texts->items;
    for (size_t i = 0; i < texts->count; i++)
        buf_printf(&out, "%s%s", i ? separator : "", items[i]);
    return buf_c(&out);
}

static const char *authorize_url(struct call *c, enum platform platform, const char *state, const char *asked)
{
    if (c->world->local_consent)
        return call_consent_page(c, state);
    const struct platform_row *row = find_platform(platform);
    struct scope_list scopes = scopes_of_consent(c->arena, platform, asked);
    const char *url = row->authorize;
    url = url_with_query(c->arena, url, "client_key", "layers");
    url = url_with_query(c->arena, url, "scope", scopes_text(c->arena, &scopes, row->separator));
    url = url_with_query(c->arena, url, "response_type", "code");
    url = url_with_query(c->arena, url, "redirect_uri",
                         arena_printf(c->arena, "https://api.layers.com/v1/social/callback/%s",
                                      enum_word_of(&layers_platforms, platform)));
    return url_with_query(c->arena, url, "state", state);
}

/* With a test key, completes the attempt immediately, with an invented user. */
static void consent_if_test(struct call *c, uint32_t attempt)
{
    if (!str_starts(str_from(key_read(c->world, c->key)->value), STR("lp_test_")))
        return;
    const struct oauth_attempt *a = oauth_attempt_read(c->world, attempt);
    char handle[64];
    ids_write(c->world, "sandbox.", ID_HEX8, handle);
    if (a->kind == OAUTH_ATTEMPT_FOR_ADS) {
        struct ad_account grant;
        layers_ad_consented(c->world, a->ad_platform, handle, &grant);
        oauth_attempt_complete_ads(c->world, attempt, &grant);
        return;
    }
    struct connection user = {.account = {.handle = handle}};
    layers_consented(c->world, a->platform, &user);
    oauth_attempt_complete(c->world, attempt, &user);
}

void layers_begin_attempt(struct call *c, struct oauth_attempt *spec)
{
    spec->key = c->key;
    spec->provider = LAYERS;
    spec->token = mint_state(c);
    spec->expires_at_ms = c->now_ms + ATTEMPT_MS;
    consent_if_test(c, oauth_attempt_begin(c->world, spec));
}

static void respond_with_url(struct call *c, struct oauth_attempt *spec, const struct url_body *body)
{
    spec->return_url = body->return_url;
    spec->note = body->note;
    spec->scopes = body->scopes.count ? join(c->arena, &body->scopes, " ") : NULL;
    layers_begin_attempt(c, spec);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "authorizeUrl", authorize_url(c, spec->platform, spec->token, spec->scopes));
    json_put_text(out, "state", spec->token);
    put_seconds(out, "expiresAt", spec->expires_at_ms);
    json_close_map(out);
}

void layers_create_oauth_url(struct call *c)
{
    struct url_body body = {0};
    uint32_t project = layers_project(c);
    if (!project || !layers_body(c, &oauth_fields, &body) || !scopes_valid(c, &body) ||
        !layers_return_url_valid(c, "returnUrl", body.return_url))
        return;
    struct oauth_attempt spec = {.space = project, .platform = (enum platform)body.platform};
    respond_with_url(c, &spec, &body);
}

void layers_create_reauth_url(struct call *c)
{
    struct url_body body = {0};
    uint32_t project = layers_project(c);
    if (!project || !layers_body(c, &reauth_fields, &body) || !scopes_valid(c, &body) ||
        !layers_return_url_valid(c, "returnUrl", body.return_url))
        return;
    uint32_t account = caller_account(c, str_from(body.account));
    if (!account || account_read(c->world, account)->space != project) {
        call_refuse(c, FAULT_NOT_FOUND, "There is no such social account in this project.");
        return;
    }
    struct oauth_attempt spec = {.space = project,
                                 .account = account,
                                 .reconnects = true,
                                 .platform = account_read(c->world, account)->platform};
    respond_with_url(c, &spec, &body);
}

/* `code` may be NULL in a state that violates invariants. */
static const char *failure_message(const char *code)
{
    static const struct {
        const char *code, *message;
    } rows[] = {
        {"access_denied",   "The end-customer declined."                                       },
        {"exchange_failed", "The platform did not exchange the authorization code for a token."},
        {"account_gone",    "The social account was disconnected before consent was given."    },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (code && strcmp(rows[i].code, code) == 0)
            return rows[i].message;
    return "Consent was not given.";
}

static void print_outcome(struct call *c, const struct oauth_attempt *a)
{
    struct json *out = &c->out;
    if (a->state == OAUTH_ATTEMPT_COMPLETED)
        json_put_text(out, "socialAccountId", account_read(c->world, a->account)->public_id);
    if (a->state != OAUTH_ATTEMPT_FAILED)
        return;
    json_key(out, "error");
    json_open_map(out);
    json_put_text(out, "code", a->error);
    json_put_text(out, "message", failure_message(a->error));
    json_close_map(out);
}

/* An attempt is visible only to the key that created it, not to others of the organization. */
void layers_oauth_status(struct call *c)
{
    uint32_t row = oauth_attempt_find(c->world, c->params[0]);
    const struct oauth_attempt *a = row ? oauth_attempt_read(c->world, row) : NULL;
    if (!a || a->key != c->key || a->kind != OAUTH_ATTEMPT_FOR_ACCOUNT) {
        call_refuse(c, FAULT_NOT_FOUND, "There is no such state.");
        return;
    }
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "state", a->token);
    json_put_text(out, "status", enum_word_of(&layers_oauth_statuses, a->state));
    print_outcome(c, a);
    put_seconds(out, "expiresAt", a->expires_at_ms);
    json_close_map(out);
}

const char *layers_consent_redirect(struct call *c, uint32_t attempt)
{
    const struct oauth_attempt *a = oauth_attempt_read(c->world, attempt);
    const char *error = a->state == OAUTH_ATTEMPT_FAILED ? a->error : "state_expired";
    if (a->state == OAUTH_ATTEMPT_COMPLETED)
        error = NULL;
    if (a->kind == OAUTH_ATTEMPT_FOR_ADS)
        return layers_ads_redirect(c, a, error);
    if (!a->return_url || !error)
        return a->return_url;
    return url_with_query(c->arena, a->return_url, "layers_oauth_error", error);
}
