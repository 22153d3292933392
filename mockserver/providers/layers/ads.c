/* Handlers of ad accounts, campaigns and conversion relays (CAPI). */
#include "mockserver/providers/layers/layers.h"

#include <assert.h>
#include <string.h>

#include "base/array.h"
#include "base/url.h"
#include "mockserver/state/record.h"

#define LIMIT_MAX 200
#define STATE_MAX 512
#define BIT(x)    (1u << (x))

/* clang-format off */
static const struct {
    const char *authorize, *scopes;
    const char *prefix; /* of account ids, before the digits */
    int digits;
    const char *sample; /* of an account id */
} platforms[] = {
    [AD_PLATFORM_META] = {
        "https://www.facebook.com/v19.0/dialog/oauth", "ads_management,ads_read",
        "act_", 15, "act_123456789012345",
    },
    [AD_PLATFORM_TIKTOK] = {
        "https://business-api.tiktok.com/portal/auth", "ad.account.read,campaign.manage",
        "", 19, "7389201445566778899",
    },
    [AD_PLATFORM_APPLE] = {
        "https://appleid.apple.com/auth/oauth2/authorize", "searchadsorg",
        "org-", 7, "org-9823412",
    },
};
/* clang-format on */
static_assert(COUNT(platforms) == AD_PLATFORM_COUNT, "each ad platform has a row");

bool layers_is_external_id(enum ad_platform platform, struct str id)
{
    struct str prefix = str_from(platforms[platform].prefix), digits = str_skip(id, prefix.n);
    bool ok = str_starts(id, prefix) && digits.n > 0;
    for (size_t i = 0; i < digits.n; i++)
        ok = ok && digits.s[i] >= '0' && digits.s[i] <= '9';
    return ok;
}

const char *layers_external_id_sample(enum ad_platform platform)
{
    return platforms[platform].sample;
}

static const char *mint_external_id(struct world *w, enum ad_platform platform)
{
    char id[64];
    size_t n = strlen(platforms[platform].prefix);
    memcpy(id, platforms[platform].prefix, n);
    for (int i = 0; i < platforms[platform].digits; i++)
        id[n++] = (char)('1' + ids_random(w) % 9);
    return world_str(w, str_of(id, n));
}

void layers_ad_consented(struct world *w, enum ad_platform platform, const char *name, struct ad_account *spec)
{
    *spec = (struct ad_account){
        .public_id = ids_mint(w, "", ID_OPEN), /* without a prefix, as documented */
        .external_id = mint_external_id(w, platform),
        .name = name,
        .currency = "USD",
        .platform = platform,
    };
}

static void print_account(struct call *c, const struct ad_account *a)
{
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "adAccountId", a->public_id);
    json_put_text(out, "platform", enum_word_of(&layers_ad_platforms, a->platform));
    json_put_text(out, "externalId", a->external_id);
    json_put_text(out, "name", a->name);
    json_put_text(out, "currency", a->currency);
    json_put_text(out, "timezone", "UTC"); /* for every account */
    json_put_text(out, "credentialMode", "byo");
    json_put_text(out, "tokenStatus", enum_word_of(&layers_ad_tokens, a->token));
    json_put_null(out, "tokenLastValidatedAt");
    json_put_null(out, "walletBalance");
    put_seconds(out, "connectedAt", a->connected_at_ms);
    json_close_map(out);
}

/* Calls `print` for each connected ad account of the project on one of the `wanted` platforms. */
static void print_accounts(struct call *c, uint32_t project, unsigned wanted,
                           void (*print)(struct call *c, const struct ad_account *a))
{
    for (enum ad_platform platform = 0; platform < AD_PLATFORM_COUNT; platform++) {
        uint32_t row = ad_account_of(c->world, project, platform);
        if (row && wanted & BIT(platform))
            print(c, ad_account_read(c->world, row));
    }
}

static void print_if_valid(struct call *c, const struct ad_account *a)
{
    if (a->token == AD_TOKEN_VALID)
        print_account(c, a);
}

void layers_list_ad_accounts(struct call *c)
{
    enum { AGENCY, BYO };
    static const struct enum_word mode_rows[] = {
        {AGENCY, "agency"},
        {BYO,    "byo"   }
    };
    static const struct enum_words modes = {mode_rows, COUNT(mode_rows), COUNT(mode_rows)};
    int mode, healthy;
    uint32_t project = layers_project(c);
    if (!project)
        return;
    unsigned wanted = layers_query_words(c, "platforms", &layers_ad_platforms);
    layers_query_choice(c, "credentialMode", &modes, &mode);
    layers_query_choice(c, "healthy", &layers_bools, &healthy);
    if (c->fault)
        return;
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_key(out, "items");
    json_open_list(out);
    if (mode != AGENCY) /* all accounts are byo */
        print_accounts(c, project, wanted, healthy == true ? print_if_valid : print_account);
    json_close_list(out);
    json_close_map(out);
}

struct ads_url_body {
    int platform;
    const char *return_url, *redirect_url, *state;
};

static const struct field url_rows[] = {
    FIELD("platform", FIELD_ENUM, struct ads_url_body, platform, .required = true, .words = &layers_ad_platforms,
          .help = "Platform of the ad account."),
    FIELD("returnUrl", FIELD_TEXT, struct ads_url_body, return_url,
          .help = "URL that the browser is redirected to afterwards."),
    FIELD("redirectUrl", FIELD_TEXT, struct ads_url_body, redirect_url, .help = "Deprecated name of returnUrl."),
    FIELD("state", FIELD_TEXT, struct ads_url_body, state, .max = STATE_MAX,
          .help = "Opaque text of the partner, added to the redirect URL."),
};
static const struct fields url_fields = FIELD_TABLE("body", url_rows, struct ads_url_body, FIELDS_NO_PLACE);

static const char *authorize_url(struct call *c, enum ad_platform platform, const char *state)
{
    if (c->world->local_consent)
        return call_consent_page(c, state);
    const char *url = platforms[platform].authorize;
    url = url_with_query(c->arena, url, "client_id", "layers");
    url = url_with_query(c->arena, url, "scope", platforms[platform].scopes);
    url = url_with_query(c->arena, url, "response_type", "code");
    url = url_with_query(c->arena, url, "redirect_uri",
                         arena_printf(c->arena, "https://api.layers.com/v1/ads/callback/%s",
                                      enum_word_of(&layers_ad_platforms, platform)));
    return url_with_query(c->arena, url, "state", state);
}

static bool url_body_valid(struct call *c, struct ads_url_body *body)
{
    const char *name = body->return_url ? "returnUrl" : "redirectUrl";
    if (!body->return_url && !body->redirect_url)
        return call_issue(c, "returnUrl", "missing 'returnUrl' in body");
    if (body->return_url && body->redirect_url)
        return call_issue(c, "redirectUrl", "is the deprecated name of returnUrl; send only one of them");
    if (!body->return_url)
        body->return_url = body->redirect_url;
    return layers_return_url_valid(c, name, body->return_url);
}

void layers_create_ads_oauth_url(struct call *c)
{
    struct ads_url_body body = {0};
    uint32_t project = layers_project(c);
    if (!project || !layers_body(c, &url_fields, &body) || !url_body_valid(c, &body))
        return;
    struct oauth_attempt spec = {
        .kind = OAUTH_ATTEMPT_FOR_ADS,
        .space = project,
        .ad_platform = (enum ad_platform)body.platform,
        .return_url = body.return_url,
        .correlation = body.state,
    };
    layers_begin_attempt(c, &spec);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "url", authorize_url(c, spec.ad_platform, spec.token));
    put_seconds(out, "expiresAt", spec.expires_at_ms);
    json_close_map(out);
}

/* For ad accounts, unlike social accounts, the redirect URL carries the outcome. */
const char *layers_ads_redirect(struct call *c, const struct oauth_attempt *a, const char *error)
{
    const char *url = a->return_url;
    if (error)
        url = url_with_query(c->arena, url, "layers_oauth_error", error);
    else {
        url = url_with_query(c->arena, url, "status", "connected");
        url = url_with_query(c->arena, url, "accountId", ad_account_read(c->world, a->ad_account)->public_id);
    }
    return a->correlation ? url_with_query(c->arena, url, "state", a->correlation) : url;
}

/* Campaigns are created on the platforms, and the mock does not simulate that: the list is always empty. */
void layers_list_campaigns(struct call *c)
{
    static const struct enum_word rows[] = {
        {0, "active"   },
        {1, "paused"   },
        {2, "archived" },
        {3, "deleted"  },
        {4, "in_review"},
        {5, "rejected" },
    };
    static const struct enum_words states = {rows, COUNT(rows), COUNT(rows)};
    int64_t since_ms, limit;
    if (!layers_project(c))
        return;
    layers_query_words(c, "platforms", &layers_ad_platforms);
    layers_query_words(c, "status", &states);
    read_query_int(c, "limit", 1, LIMIT_MAX, &limit);
    read_query_time(c, "since", &since_ms);
    if (c->fault)
        return;
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_key(out, "items");
    json_open_list(out);
    json_close_list(out);
    json_put_null(out, "nextCursor");
    json_close_map(out);
}

/* The mock relays no events and knows no pixel, so most members are null. */
static void print_relay(struct call *c, const struct ad_account *a)
{
    static const char *const unknown[] = {"accessTokenLastValidatedAt", "eventsLast1h", "eventsLast24h", "lastEventAt",
                                          "lastError"};
    bool valid = a->token == AD_TOKEN_VALID;
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "platform", enum_word_of(&layers_ad_platforms, a->platform));
    json_put_bool(out, "enabled", true);
    json_put_text(out, "status", valid ? "healthy" : "degraded");
    json_put_null(out, "pixelId");
    json_put_bool(out, "accessTokenValid", valid);
    for (size_t i = 0; i < COUNT(unknown); i++)
        json_put_null(out, unknown[i]);
    json_close_map(out);
}

void layers_capi_status(struct call *c)
{
    uint32_t project = layers_project(c);
    if (!project)
        return;
    unsigned wanted = layers_query_words(c, "platforms", &layers_capi_platforms);
    if (c->fault)
        return;
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "projectId", space_read(c->world, project)->public_id);
    json_key(out, "platforms");
    json_open_list(out);
    print_accounts(c, project, wanted & ~BIT(AD_PLATFORM_APPLE), print_relay);
    json_close_list(out);
    json_close_map(out);
}
