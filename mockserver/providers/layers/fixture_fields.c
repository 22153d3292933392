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
#define OF struct fixture_account
static const struct field account_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Account id (socialAccountId). Default: generated."),
    FIELD("platform", FIELD_ENUM, OF, platform, .required = true, .words = &layers_platforms,
          .help = "Platform of the account."),
    FIELD("handle", FIELD_TEXT, OF, handle, FIXTURE_ID, .required = true, .help = "Handle on the platform, without @."),
    FIELD("status", FIELD_ENUM, OF, status, .words = &layers_account_statuses,
          .help = "Account status. Default: connected."),
    FIELD("leased", FIELD_BOOL, OF, leased,
          .help = "Whether the account is leased from Layers (TikTok only). Default: false."),
    FIELD("monthly_price_cents", FIELD_INT, OF, monthly_price_cents, .max = PRICE_MAX,
          .help = "Monthly price of a leased account, in cents. Default: the pool account's price, or 0."),
    FIELD("followers", FIELD_INT, OF, followers, .max = FOLLOWERS_MAX,
          .help = "Followers of a leased account. Default: the pool account's followers, or 0."),
    FIELD("connected_at", FIELD_TIME, OF, connected_at, .help = "Time of the connection. Default: the clock's start."),
    FIELD("token_expires_at", FIELD_TIME, OF, token_expires_at,
          .help = "Expiry time of the token. Default: one token lifetime (TikTok: 30 days, Instagram: 60 days) after "
                  "the clock's start, or after connected_at if the status is not connected; never for a leased "
                  "account."),
    FIELD("refresh", FIELD_BOOL, OF, refresh,
          .help = "Whether the token is renewed before it expires. Default: false."),
    FIELD("avatar_url", FIELD_TEXT, OF, avatar_url,
          .help = "Avatar URL. Default: a URL on the Layers media host, made of platform and handle."),
};
static const struct fields account_fields = FIELD_TABLE("social account", account_rows, OF, offsetof(OF, at));
#undef OF

/* The default is the first. */
static const char *const content_words[] = {"completed", "generating", "failed"};
const enum content_state layers_fixture_content_states[] = {CONTENT_COMPLETED, CONTENT_GENERATING, CONTENT_FAILED};

#define OF struct fixture_content
static const struct field content_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Content id (containerId). Default: generated."),
    FIELD("media_type", FIELD_TEXT, OF, media_type, .help = "Media type, for example video or image. Default: video."),
    FIELD("caption", FIELD_TEXT, OF, caption, .help = "Caption of its posts."),
    FIELD("status", FIELD_ENUM, OF, state, .texts = content_words, .text_count = CONTENT_STATE_COUNT,
          .help = "Generation status. Default: completed."),
    FIELD("approval", FIELD_ENUM, OF, approval, .words = &layers_approvals,
          .help = "Approval status; none: approval is not required. Default: none."),
};
static const struct fields content_fields = FIELD_TABLE("content", content_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_post
static const struct field post_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Post id (scheduledPostId). Default: generated."),
    FIELD("content", FIELD_TEXT, OF, content, .required = true, .help = "Id of a content item of this project."),
    FIELD("account", FIELD_TEXT, OF, account, .required = true,
          .help = "Account of this project: its id, or its handle if unique."),
    FIELD("mode", FIELD_ENUM, OF, mode, .words = &layers_publish_modes, .help = "Publish mode. Default: publish."),
    FIELD("at", FIELD_TIME, OF, due, .required = true, .help = "Due time, in the past or in the future."),
    FIELD("status", FIELD_ENUM, OF, state, .words = &layers_post_statuses, .help = "Post status. Default: queued."),
    FIELD("external_url", FIELD_TEXT, OF, external_url,
          .help = "URL of a published post. Default: a URL in the platform's format."),
    FIELD("error", FIELD_TEXT, OF, error, .help = "Error code of a failed post. Default: PLATFORM_ERROR."),
};
static const struct fields post_fields = FIELD_TABLE("scheduled post", post_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_lease_request
static const struct field lease_request_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Request id (requestId). Default: generated."),
    FIELD("count", FIELD_INT, OF, count, .required = true, .min = 1, .max = LEASE_MAX,
          .help = "Number of accounts requested."),
    FIELD("vertical", FIELD_TEXT, OF, vertical, .required = true, .min = 1, .help = "Topic of the accounts."),
    FIELD("audience", FIELD_TEXT, OF, audience, .help = "Audience of the accounts."),
    FIELD("language", FIELD_TEXT, OF, language, .help = "Language, as a BCP 47 tag."),
    FIELD("geo", FIELD_TEXTS, OF, geo, .help = "Countries, as two-letter ISO codes. Default: any."),
    FIELD("note", FIELD_TEXT, OF, note, .help = "Note from the partner to the reviewers."),
    FIELD("submitted_at", FIELD_TIME, OF, submitted_at, .help = "Time of the request. Default: the clock's start."),
};
static const struct fields lease_request_fields =
    FIELD_TABLE("lease request", lease_request_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_ad_account
static const struct field ad_account_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Ad account id (adAccountId). Default: generated."),
    FIELD("platform", FIELD_ENUM, OF, platform, .required = true, .words = &layers_ad_platforms,
          .help = "Ad platform. A project has at most one connected ad account per platform."),
    FIELD("external_id", FIELD_TEXT, OF, external_id,
          .help = "Id on the platform: act_ and digits (meta_ads), digits (tiktok_ads), or org- and digits "
                  "(apple_ads). Default: generated."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "Name on the platform."),
    FIELD("currency", FIELD_TEXT, OF, currency, .min = 3, .max = 3,
          .help = "Currency, as an ISO 4217 code. Default: USD."),
    FIELD("token_status", FIELD_ENUM, OF, token, .words = &layers_ad_tokens,
          .help = "Token status; pending becomes valid after timings.ad_validation. Default: valid."),
    FIELD("connected_at", FIELD_TIME, OF, connected_at, .help = "Time of the connection. Default: the clock's start."),
    FIELD("disconnected", FIELD_BOOL, OF, disconnected,
          .help = "Whether the ad account was disconnected; it is then not listed. Default: false."),
};
static const struct fields ad_account_fields = FIELD_TABLE("ad account", ad_account_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_pool_account
static const struct field pool_account_rows[] = {
    FIELD("handle", FIELD_TEXT, OF, handle, FIXTURE_ID, .required = true,
          .help = "Handle on TikTok, without @. A leased account with this handle occupies this pool account."),
    FIELD("vertical", FIELD_TEXT, OF, vertical, .required = true, .min = 1,
          .help = "Topic of the account, matched with the vertical of a lease request."),
    FIELD("geo", FIELD_TEXTS, OF, geo, .help = "Countries, as two-letter ISO codes. Default: any."),
    FIELD("followers", FIELD_INT, OF, followers, .max = FOLLOWERS_MAX, .help = "Followers. Default: 0."),
    FIELD("monthly_price_cents", FIELD_INT, OF, monthly_price_cents, .max = PRICE_MAX,
          .help = "Monthly price of a lease, in cents. Default: 0."),
};
static const struct fields pool_account_fields = FIELD_TABLE("pool account", pool_account_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_project
static const struct field project_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Project id (projectId). Default: generated."),
    FIELD("name", FIELD_TEXT, OF, name, .help = "Project name. Default: its id."),
    FIELD("timezone", FIELD_TEXT, OF, timezone, .help = "IANA time zone, not checked. Default: UTC."),
    FIELD("customer_external_id", FIELD_TEXT, OF, customer_id, FIXTURE_ID,
          .help = "Id that the partner uses for its customer."),
    FIELD("owner_email", FIELD_TEXT, OF, owner_email, .help = "E-mail address of the owner, not checked."),
    FIELD("primary_language", FIELD_TEXT, OF, language, .help = "Language tag. Default: en."),
    FIELD("status", FIELD_ENUM, OF, status, .words = &layers_project_statuses,
          .help = "Project status. Default: active."),
    FIELD("social_accounts", FIELD_LIST, OF, accounts, .sub = &account_fields,
          .help = "Social accounts of the project."),
    FIELD("content", FIELD_LIST, OF, content, .sub = &content_fields, .help = "Content that can be posted."),
    FIELD("scheduled_posts", FIELD_LIST, OF, posts, .sub = &post_fields,
          .help = "Scheduled posts, including those already published, failed or canceled."),
    FIELD("lease_requests", FIELD_LIST, OF, lease_requests, .sub = &lease_request_fields,
          .help = "Undecided requests for leased accounts."),
    FIELD("ad_accounts", FIELD_LIST, OF, ad_accounts, .sub = &ad_account_fields, .help = "Ad accounts of the project."),
};
static const struct fields project_fields = FIELD_TABLE("project", project_rows, OF, offsetof(OF, at));
#undef OF

#define OF    struct fixture_limits
#define LIMIT .min = 1, .max = INT32_MAX
static const struct field limits_rows[] = {
    FIELD("read", FIELD_INT, OF, read, LIMIT, .help = "Read calls per minute."),
    FIELD("write", FIELD_INT, OF, write, LIMIT, .help = "Write calls per minute, except long-running ones."),
    FIELD("long", FIELD_INT, OF, longer, LIMIT, .help = "Long-running calls per minute."),
    FIELD("write_day", FIELD_INT, OF, write_day, LIMIT, .help = "Write calls per day, except long-running ones."),
};
static const struct fields limits_fields = FIELD_TABLE("limits", limits_rows, struct fixture_limits, FIELDS_NO_PLACE);
#undef OF

#define OF struct fixture_key
static const struct field key_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Key id (apiKeyId). Default: generated."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "Name of the key in rules and logs."),
    FIELD("key", FIELD_TEXT, OF, value, .required = true,
          .help = "Key value: lp_live_... or lp_test_...; with lp_test_, consent is given immediately."),
    FIELD("scopes", FIELD_TEXTS, OF, scopes, .help = "Scopes of the key; \"*\" is all scopes. Default: none."),
    FIELD("return_domains", FIELD_TEXTS, OF, return_domains,
          .help = "Hosts that a return URL may have. Default: none."),
    FIELD("tier", FIELD_TEXT, OF, tier, .shape = "{enum: [standard, pilot, partner, internal, sandbox]}",
          .help = "Rate limit tier, with its limits (read, write, long, write_day): standard and sandbox 120, 60, 20, "
                  "10000; pilot 1200, 600, 60, 100000; partner 6000, 3000, 300, 500000; internal: unlimited. Default: "
                  "sandbox for an lp_test_ key, otherwise standard."),
    FIELD("limits", FIELD_MAP, OF, limits, .sub = &limits_fields,
          .help = "Rate limits of this key. Default: those of the tier."),
};
static const struct fields key_fields = FIELD_TABLE("key", key_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_webhook
static const struct field webhook_rows[] = {
    FIELD("id", FIELD_TEXT, OF, hook.id, FIXTURE_ID, .help = "Endpoint id. Default: generated."),
    FIELD("url", FIELD_TEXT, OF, hook.url, .required = true,
          .help = "URL that events are POSTed to: https, or http if the host is a loopback host or in webhooks.allow."),
    FIELD("events", FIELD_TEXTS, OF, hook.events, .required = true, .min = 1, .max = 50, .help = "Events to deliver."),
    FIELD("secret", FIELD_TEXT, OF, hook.secret, .min = 1, .help = "Signing secret. Default: generated."),
    FIELD("description", FIELD_TEXT, OF, description, .help = "Description set by the partner."),
    FIELD("project", FIELD_TEXT, OF, project,
          .help = "Id of the project whose events are delivered. Default: all projects."),
};
static const struct fields webhook_fields = FIELD_TABLE("webhook", webhook_rows, OF, offsetof(OF, hook.at));
#undef OF

#define OF struct fixture_organization
static const struct field organization_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Organization id (organizationId). Default: generated."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "Name of the organization."),
    FIELD("credit_balance", FIELD_INT, OF, credits, .max = INT32_MAX,
          .help = "Credit balance, returned by whoami as creditBalance. Default: 0."),
    FIELD("keys", FIELD_LIST, OF, keys, .sub = &key_fields, .help = "API keys of the organization."),
    FIELD("projects", FIELD_LIST, OF, projects, .sub = &project_fields, .help = "Projects of the organization."),
    FIELD("webhooks", FIELD_LIST, OF, webhooks, .sub = &webhook_fields,
          .help = "Webhook endpoints of the organization."),
};
static const struct fields organization_fields = FIELD_TABLE("organization", organization_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_layers
static const struct field section_rows[] = {
    FIELD("organizations", FIELD_LIST, OF, organizations, .sub = &organization_fields, .required = true,
          .help = "Partner organizations; none can access the data of another."),
    FIELD("lease_pool", FIELD_LIST, OF, lease_pool, .sub = &pool_account_fields,
          .help = "Accounts that Layers can lease out; a request gets the first ones that match."),
};
const struct fields layers_fixture_fields = FIELD_TABLE("layers section", section_rows, OF, offsetof(OF, at));
#undef OF
