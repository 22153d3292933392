#include "mockserver/providers/layers/fixture.h"

#include <assert.h>

#include "mockserver/state/ad_account.h"

#define PRICE_MAX     100000000
#define FOLLOWERS_MAX 1000000000
#define LEASE_MAX     50

static_assert(LAYERS_CONNECTED == 0 && APPROVAL_NONE == 0 && MODE_PUBLISH == 0 && DESTINATION_QUEUED == 0 &&
                  AD_TOKEN_VALID == 0,
              "an absent member reads as 0, which must be the default");

/* OF names the struct that a table fills. */
#define ROW(key, type, member, ...) FIELD(key, FIELD_##type, OF, member, __VA_ARGS__)
/* clang-format off */

#define OF struct fixture_account
static const struct field account_rows[] = {
    ROW("id",                  TEXT, id,                  FIXTURE_ID,
        .help = "Account id (socialAccountId). Default: generated."),
    ROW("platform",            ENUM, platform,            .required = true, .words = &layers_platforms,
        .help = "Platform of the account."),
    ROW("handle",              TEXT, handle,              FIXTURE_ID, .required = true,
        .help = "Handle on the platform, without @. An earlier, disconnected account may have the same one."),
    ROW("status",              ENUM, status,              .words = &layers_account_statuses,
        .help = "Account status. Default: connected."),
    ROW("leased",              BOOL, leased,
        .help = "Whether the account is leased from Layers (TikTok only). Default: false."),
    ROW("monthly_price_cents", INT,  monthly_price_cents, .max = PRICE_MAX,
        .help = "Monthly price of a leased account, in cents. Default: the pool account's price, or 0."),
    ROW("followers",           INT,  followers,           .max = FOLLOWERS_MAX,
        .help = "Followers of a leased account. Default: the pool account's followers, or 0."),
    ROW("connected_at",        TIME, connected_at,
        .help = "Time of the connection. Default: the clock's start."),
    ROW("token_expires_at",    TIME, token_expires_at,
        .help = "Expiry time of the token. Default: one token lifetime (TikTok: 30 days, Instagram: 60 days) after the "
                "clock's start, or after connected_at if the status is not connected; never for a leased account."),
    ROW("refresh",             BOOL, refresh,
        .help = "Whether the token is renewed before it expires; not for a leased account. Default: false."),
    ROW("avatar_url",          TEXT, avatar_url,
        .help = "Avatar URL. Default: a URL on the Layers media host, made of platform and handle."),
};
static const struct fields account_fields = FIELD_TABLE("social account", account_rows, OF, offsetof(OF, at));
#undef OF

/* The default is the first. */
static const char *const content_words[] = {"completed", "generating", "failed"};
const enum content_state layers_fixture_content_states[] = {CONTENT_COMPLETED, CONTENT_GENERATING, CONTENT_FAILED};

#define OF struct fixture_content
static const struct field content_rows[] = {
    ROW("id",         TEXT, id,         FIXTURE_ID, .help = "Content id (containerId). Default: generated."),
    ROW("media_type", TEXT, media_type, .help = "Media type, for example video or image. Default: video."),
    ROW("caption",    TEXT, caption,    .help = "Caption of its posts."),
    ROW("status",     ENUM, state,      .texts = content_words, .text_count = CONTENT_STATE_COUNT,
        .help = "Generation status. Default: completed."),
    ROW("approval",   ENUM, approval,   .words = &layers_approvals,
        .help = "Approval status; none: approval is not required. Default: none."),
};
static const struct fields content_fields = FIELD_TABLE("content", content_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_post
static const struct field post_rows[] = {
    ROW("id",           TEXT, id,           FIXTURE_ID, .help = "Post id (scheduledPostId). Default: generated."),
    ROW("content",      TEXT, content,      .required = true,
        .help = "Id of a content item of this project; it must be completed, and not pending approval or rejected."),
    ROW("account",      TEXT, account,      .required = true,
        .help = "Account of this project: its id, or its handle if unique."),
    ROW("mode",         ENUM, mode,         .words = &layers_publish_modes, .help = "Publish mode. Default: publish."),
    ROW("at",           TIME, due,          .required = true, .help = "Due time, in the past or in the future."),
    ROW("status",       ENUM, state,        .words = &layers_post_statuses,
        .help = "Post status; draft requires the mode draft. A post that is publishing ends timings.publish after "
                "`at`. Default: queued."),
    ROW("external_url", TEXT, external_url,
        .help = "URL of a published post. Default: a URL in the platform's format."),
    ROW("error",        TEXT, error,        .help = "Error code of a failed post. Default: PLATFORM_ERROR."),
};
static const struct fields post_fields = FIELD_TABLE("scheduled post", post_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_lease_request
static const struct field lease_request_rows[] = {
    ROW("id",           TEXT,  id,           FIXTURE_ID, .help = "Request id (requestId). Default: generated."),
    ROW("count",        INT,   count,        .required = true, .min = 1, .max = LEASE_MAX,
        .help = "Number of accounts requested."),
    ROW("vertical",     TEXT,  vertical,     .required = true, .min = 1, .help = "Topic of the accounts."),
    ROW("audience",     TEXT,  audience,     .help = "Audience of the accounts."),
    ROW("language",     TEXT,  language,     .help = "Language, as a BCP 47 tag."),
    ROW("geo",          TEXTS, geo,          .help = "Countries, as two-letter ISO codes. Default: any."),
    ROW("note",         TEXT,  note,         .help = "Note from the partner to the reviewers."),
    ROW("submitted_at", TIME,  submitted_at, .help = "Time of the request. Default: the clock's start."),
};
static const struct fields lease_request_fields =
    FIELD_TABLE("lease request", lease_request_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_ad_account
static const struct field ad_account_rows[] = {
    ROW("id",           TEXT, id,           FIXTURE_ID, .help = "Ad account id (adAccountId). Default: generated."),
    ROW("platform",     ENUM, platform,     .required = true, .words = &layers_ad_platforms,
        .help = "Ad platform. A project has at most one connected ad account per platform."),
    ROW("external_id",  TEXT, external_id,
        .help = "Id on the platform: act_ and digits (meta_ads), digits (tiktok_ads), or org- and digits (apple_ads). "
                "Default: generated."),
    ROW("name",         TEXT, name,         .required = true, .help = "Name on the platform."),
    ROW("currency",     TEXT, currency,     .min = 3, .max = 3, .help = "Currency, as an ISO 4217 code. Default: USD."),
    ROW("token_status", ENUM, token,        .words = &layers_ad_tokens,
        .help = "Token status; pending becomes valid after timings.ad_validation. Default: valid."),
    ROW("connected_at", TIME, connected_at, .help = "Time of the connection. Default: the clock's start."),
    ROW("disconnected", BOOL, disconnected,
        .help = "Whether the ad account was disconnected; it is then not listed. Default: false."),
};
static const struct fields ad_account_fields = FIELD_TABLE("ad account", ad_account_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_pool_account
static const struct field pool_account_rows[] = {
    ROW("handle",              TEXT,  handle,              FIXTURE_ID, .required = true,
        .help = "Handle on TikTok, without @. A leased account with this handle occupies this pool account."),
    ROW("vertical",            TEXT,  vertical,            .required = true, .min = 1,
        .help = "Topic of the account, matched with the vertical of a lease request."),
    ROW("geo",                 TEXTS, geo,                 .help = "Countries, as two-letter ISO codes. Default: any."),
    ROW("followers",           INT,   followers,           .max = FOLLOWERS_MAX, .help = "Followers. Default: 0."),
    ROW("monthly_price_cents", INT,   monthly_price_cents, .max = PRICE_MAX,
        .help = "Monthly price of a lease, in cents. Default: 0."),
};
static const struct fields pool_account_fields = FIELD_TABLE("pool account", pool_account_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_project
static const struct field project_rows[] = {
    ROW("id",                   TEXT, id,             FIXTURE_ID,
        .help = "Project id (projectId). Default: generated."),
    ROW("name",                 TEXT, name,           .help = "Project name. Default: its id."),
    ROW("timezone",             TEXT, timezone,       .help = "IANA time zone. Default: UTC."),
    ROW("customer_external_id", TEXT, customer_id,    FIXTURE_ID, .help = "Id that the partner uses for its customer."),
    ROW("owner_email",          TEXT, owner_email,    .help = "E-mail address of the owner, not checked."),
    ROW("primary_language",     TEXT, language,       .help = "Language tag. Default: en."),
    ROW("status",               ENUM, status,         .words = &layers_project_statuses,
        .help = "Project status. Default: active."),
    ROW("social_accounts",      LIST, accounts,       .sub = &account_fields,
        .help = "Social accounts of the project."),
    ROW("content",              LIST, content,        .sub = &content_fields, .help = "Content that can be posted."),
    ROW("scheduled_posts",      LIST, posts,          .sub = &post_fields,
        .help = "Scheduled posts, including those already published, failed or canceled."),
    ROW("lease_requests",       LIST, lease_requests, .sub = &lease_request_fields,
        .help = "Undecided requests for leased accounts."),
    ROW("ad_accounts",          LIST, ad_accounts,    .sub = &ad_account_fields, .help = "Ad accounts of the project."),
};
static const struct fields project_fields = FIELD_TABLE("project", project_rows, OF, offsetof(OF, at));
#undef OF

#define OF    struct fixture_limits
#define LIMIT .min = 1, .max = INT32_MAX
static const struct field limits_rows[] = {
    ROW("read",      INT, read,      LIMIT, .help = "Read calls per minute."),
    ROW("write",     INT, write,     LIMIT, .help = "Write calls per minute, except long-running ones."),
    ROW("long",      INT, longer,    LIMIT, .help = "Long-running calls per minute."),
    ROW("write_day", INT, write_day, LIMIT, .help = "Write calls per day, except long-running ones."),
};
static const struct fields limits_fields = FIELD_TABLE("limits", limits_rows, struct fixture_limits, FIELDS_NO_PLACE);
#undef OF

#define OF struct fixture_key
static const struct field key_rows[] = {
    ROW("id",             TEXT,  id,             FIXTURE_ID, .help = "Key id (apiKeyId). Default: generated."),
    ROW("name",           TEXT,  name,           .required = true, .help = "Name of the key in rules and logs."),
    ROW("key",            TEXT,  value,          .required = true,
        .help = "Key value: lp_live_... or lp_test_...; with lp_test_, consent is given immediately."),
    ROW("scopes",         TEXTS, scopes,         .help = "Scopes of the key; \"*\" is all scopes. Default: none."),
    ROW("return_domains", TEXTS, return_domains, .help = "Hosts that a return URL may have. Default: none."),
    ROW("tier",           TEXT,  tier,           .shape = "{enum: [standard, pilot, partner, internal, sandbox]}",
        .help = "Rate limit tier, with its limits (read, write, long, write_day): standard and sandbox 120, 60, 20, "
                "10000; pilot 1200, 600, 60, 100000; partner 6000, 3000, 300, 500000; internal: unlimited. Default: "
                "sandbox for an lp_test_ key, otherwise standard."),
    ROW("limits",         MAP,   limits,         .sub = &limits_fields,
        .help = "Rate limits of this key. Default: those of the tier."),
};
static const struct fields key_fields = FIELD_TABLE("key", key_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_webhook
static const struct field webhook_rows[] = {
    ROW("id",          TEXT,  hook.id,     FIXTURE_ID, .help = "Endpoint id. Default: generated."),
    ROW("url",         TEXT,  hook.url,    .required = true,
        .help = "URL that events are POSTed to: https, or http if the host is a loopback host or in webhooks.allow."),
    ROW("events",      TEXTS, hook.events, .required = true, .min = 1, .max = 50, .help = "Events to deliver."),
    ROW("secret",      TEXT,  hook.secret, .min = 1, .help = "Signing secret. Default: generated."),
    ROW("description", TEXT,  description, .help = "Description set by the partner."),
    ROW("project",     TEXT,  project,
        .help = "Id of the project whose events are delivered. Default: all projects."),
};
static const struct fields webhook_fields = FIELD_TABLE("webhook", webhook_rows, OF, offsetof(OF, hook.at));
#undef OF

#define OF struct fixture_organization
static const struct field organization_rows[] = {
    ROW("id",             TEXT, id,       FIXTURE_ID, .help = "Organization id (organizationId). Default: generated."),
    ROW("name",           TEXT, name,     .required = true, .help = "Name of the organization."),
    ROW("credit_balance", INT,  credits,  .max = INT32_MAX,
        .help = "Credit balance, returned by whoami as creditBalance. Default: 0."),
    ROW("keys",           LIST, keys,     .sub = &key_fields, .help = "API keys of the organization."),
    ROW("projects",       LIST, projects, .sub = &project_fields, .help = "Projects of the organization."),
    ROW("webhooks",       LIST, webhooks, .sub = &webhook_fields, .help = "Webhook endpoints of the organization."),
};
static const struct fields organization_fields = FIELD_TABLE("organization", organization_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_layers
static const struct field section_rows[] = {
    ROW("organizations", LIST, organizations, .sub = &organization_fields, .required = true,
        .help = "Partner organizations; none can access the data of another."),
    ROW("lease_pool",    LIST, lease_pool,    .sub = &pool_account_fields,
        .help = "Accounts that Layers can lease out; a request gets the first ones that match."),
};
const struct fields layers_fixture_fields = FIELD_TABLE("layers section", section_rows, OF, offsetof(OF, at));
#undef OF
/* clang-format on */
