#include "mockserver/providers/layers/fixture_fields.h"

#include "mockserver/providers/layers/layers.h"

#define PRICE_MAX     100000000
#define FOLLOWERS_MAX 1000000000
#define LEASE_MAX     50
#define ID_LENGTH     .min = 1, .max = 128

/* OF names the struct that a table fills. */
#define OF struct fixture_account
static const struct field account_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "The socialAccountId. Default: minted."),
    FIELD("platform", FIELD_ENUM, OF, platform, .required = true, .texts = platform_texts,
          .text_count = LAYERS_PLATFORMS, .help = "Where the account is."),
    FIELD("handle", FIELD_TEXT, OF, handle, ID_LENGTH, .required = true,
          .help = "Its name there, without @."),
    FIELD("status", FIELD_ENUM, OF, status, .texts = layers_status_texts,
          .text_count = LAYERS_STATUS_COUNT, .help = "Default: connected."),
    FIELD("leased", FIELD_BOOL, OF, leased,
          .help = "Layers owns it and rents it out; TikTok only. Default: false."),
    FIELD("monthly_price_cents", FIELD_INT, OF, monthly_price_cents, .max = PRICE_MAX,
          .help = "What a leased account costs a month."),
    FIELD("followers", FIELD_INT, OF, followers, .max = FOLLOWERS_MAX,
          .help = "How many a leased account has. Default: the pool's figure, or 0."),
    FIELD("connected_at", FIELD_TIME, OF, connected_at, .help = "Default: the clock's start."),
    FIELD("token_expires_at", FIELD_TIME, OF, token_expires_at,
          .help = "When its token dies. Default: as long as the platform's tokens live from the "
                  "clock's start, or from connected_at where it is dead; never, if leased."),
    FIELD("refresh", FIELD_BOOL, OF, refresh,
          .help = "Its token is renewed when it would die. Default: false."),
    FIELD("avatar_url", FIELD_TEXT, OF, avatar_url,
          .help = "Default: on the Layers media host, by platform and handle."),
};
static const struct fields account_fields =
    FIELD_TABLE("social account", account_rows, OF, offsetof(OF, at));
#undef OF

/* What is absent reads as the first. */
static const char *const content_words[] = {"completed", "generating", "failed"};
const enum content_state layers_fixture_content_states[] = {CONTENT_COMPLETED, CONTENT_GENERATING,
                                                            CONTENT_FAILED};

#define OF struct fixture_content
static const struct field content_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "The containerId. Default: minted."),
    FIELD("media_type", FIELD_TEXT, OF, media_type,
          .help = "Such as video, image. Default: video."),
    FIELD("caption", FIELD_TEXT, OF, caption, .help = "Its text."),
    FIELD("status", FIELD_ENUM, OF, state, .texts = content_words,
          .text_count = CONTENT_STATE_COUNT, .help = "Default: completed."),
    FIELD("approval", FIELD_ENUM, OF, approval, .texts = approval_texts,
          .text_count = APPROVAL_COUNT, .help = "none: no approval is asked for. Default: none."),
};
static const struct fields content_fields =
    FIELD_TABLE("content", content_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_post
static const struct field post_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "The scheduledPostId. Default: minted."),
    FIELD("content", FIELD_TEXT, OF, content, .required = true,
          .help = "The id of content of this project."),
    FIELD("account", FIELD_TEXT, OF, account, .required = true,
          .help = "An account of this project: its id, or its handle where that is unique."),
    FIELD("mode", FIELD_ENUM, OF, mode, .texts = publish_mode_texts, .text_count = MODE_COUNT,
          .help = "Default: publish."),
    FIELD("at", FIELD_TIME, OF, due, .required = true, .help = "When it is, or was, due."),
    FIELD("status", FIELD_ENUM, OF, state, .texts = destination_state_texts,
          .text_count = LAYERS_POST_STATES, .help = "Default: queued."),
    FIELD("external_url", FIELD_TEXT, OF, external_url,
          .help = "The link of a published post. Default: one of the platform's shape."),
    FIELD("error", FIELD_TEXT, OF, error, .help = "A failed post's code. Default: PLATFORM_ERROR."),
};
static const struct fields post_fields =
    FIELD_TABLE("scheduled post", post_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_lease_request
static const struct field lease_request_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "The requestId. Default: minted."),
    FIELD("count", FIELD_INT, OF, count, .required = true, .min = 1, .max = LEASE_MAX,
          .help = "How many accounts are asked for."),
    FIELD("vertical", FIELD_TEXT, OF, vertical, .required = true, .min = 1,
          .help = "What they are about."),
    FIELD("audience", FIELD_TEXT, OF, audience, .help = "Whom they reach."),
    FIELD("language", FIELD_TEXT, OF, language, .help = "A BCP 47 tag."),
    FIELD("geo", FIELD_TEXTS, OF, geo, .help = "ISO country codes. Default: anywhere."),
    FIELD("note", FIELD_TEXT, OF, note, .help = "The partner's word to the reviewers."),
    FIELD("submitted_at", FIELD_TIME, OF, submitted_at, .help = "Default: the clock's start."),
};
static const struct fields lease_request_fields =
    FIELD_TABLE("lease request", lease_request_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_ad_account
static const struct field ad_account_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "The adAccountId. Default: minted."),
    FIELD("platform", FIELD_ENUM, OF, platform, .required = true, .texts = ad_platform_texts,
          .text_count = AD_PLATFORM_COUNT, .help = "Where the ads run; one account for each."),
    FIELD("external_id", FIELD_TEXT, OF, external_id,
          .help = "The platform's own id: act_..., digits, org-... Default: made up."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "Its name there."),
    FIELD("currency", FIELD_TEXT, OF, currency, .min = 3, .max = 3,
          .help = "ISO 4217. Default: USD."),
    FIELD("token_status", FIELD_ENUM, OF, token, .texts = ad_token_texts,
          .text_count = AD_TOKEN_COUNT,
          .help = "Default: valid. pending lasts timings.ad_validation."),
    FIELD("connected_at", FIELD_TIME, OF, connected_at, .help = "Default: the clock's start."),
    FIELD("disconnected", FIELD_BOOL, OF, disconnected,
          .help = "It is no longer in the list. Default: false."),
};
static const struct fields ad_account_fields =
    FIELD_TABLE("ad account", ad_account_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_pool_account
static const struct field pool_account_rows[] = {
    FIELD("handle", FIELD_TEXT, OF, handle, ID_LENGTH, .required = true,
          .help = "Its name on TikTok, without @. A leased account of that handle is this one."),
    FIELD("vertical", FIELD_TEXT, OF, vertical, .required = true, .min = 1,
          .help = "What it is about; matched with a request's."),
    FIELD("geo", FIELD_TEXTS, OF, geo, .help = "ISO country codes. Default: anywhere."),
    FIELD("followers", FIELD_INT, OF, followers, .max = FOLLOWERS_MAX, .help = "Default: 0."),
    FIELD("monthly_price_cents", FIELD_INT, OF, monthly_price_cents, .max = PRICE_MAX,
          .help = "What it costs a month once leased. Default: 0."),
};
static const struct fields pool_account_fields =
    FIELD_TABLE("pool account", pool_account_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_project
static const struct field project_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "The projectId. Default: minted."),
    FIELD("name", FIELD_TEXT, OF, name, .help = "Default: its id."),
    FIELD("timezone", FIELD_TEXT, OF, timezone, .help = "Default: UTC."),
    FIELD("customer_external_id", FIELD_TEXT, OF, customer_id, ID_LENGTH,
          .help = "The partner's own id of its customer."),
    FIELD("owner_email", FIELD_TEXT, OF, owner_email, .help = "Whom to write to."),
    FIELD("primary_language", FIELD_TEXT, OF, language, .help = "Default: en."),
    FIELD("status", FIELD_ENUM, OF, status, .texts = layers_project_status_texts, .text_count = 2,
          .help = "Default: active."),
    FIELD("social_accounts", FIELD_LIST, OF, accounts, .sub = &account_fields,
          .help = "The accounts it can publish through."),
    FIELD("content", FIELD_LIST, OF, content, .sub = &content_fields,
          .help = "What can be posted."),
    FIELD("scheduled_posts", FIELD_LIST, OF, posts, .sub = &post_fields,
          .help = "What is scheduled, and what became of what was."),
    FIELD("lease_requests", FIELD_LIST, OF, lease_requests, .sub = &lease_request_fields,
          .help = "Requests for leased accounts that wait for a decision."),
    FIELD("ad_accounts", FIELD_LIST, OF, ad_accounts, .sub = &ad_account_fields,
          .help = "Ad accounts of the partner's own."),
};
static const struct fields project_fields =
    FIELD_TABLE("project", project_rows, OF, offsetof(OF, at));
#undef OF

#define OF    struct fixture_limits
#define LIMIT .min = 1, .max = INT32_MAX
static const struct field limits_rows[] = {
    FIELD("read", FIELD_INT, OF, read, LIMIT, .help = "Reading calls a minute."),
    FIELD("write", FIELD_INT, OF, write, LIMIT, .help = "Small writing calls a minute."),
    FIELD("long", FIELD_INT, OF, longer, LIMIT, .help = "Calls that begin long work, a minute."),
    FIELD("write_day", FIELD_INT, OF, write_day, LIMIT, .help = "Small writing calls a day."),
};
static const struct fields limits_fields =
    FIELD_TABLE("limits", limits_rows, struct fixture_limits, FIELDS_NO_PLACE);
#undef OF

#define OF struct fixture_key
static const struct field key_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "Default: minted."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "What rules and logs call it."),
    FIELD("key", FIELD_TEXT, OF, value, .required = true,
          .help = "The key: lp_live_..., or lp_test_..., whose consents are given at once."),
    FIELD("scopes", FIELD_TEXTS, OF, scopes,
          .help = "What it may do; \"*\" is everything. Default: nothing."),
    FIELD("return_domains", FIELD_TEXTS, OF, return_domains,
          .help = "The hosts that consent may return to. Default: none."),
    FIELD("tier", FIELD_TEXT, OF, tier,
          .help = "standard, pilot, partner, internal or sandbox. Default: sandbox for lp_test_, "
                  "else standard."),
    FIELD("limits", FIELD_MAP, OF, limits, .sub = &limits_fields,
          .help = "Rate limits of its own, instead of its tier's."),
};
static const struct fields key_fields = FIELD_TABLE("key", key_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_webhook
static const struct field webhook_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "Default: minted."),
    FIELD("url", FIELD_TEXT, OF, url, .required = true,
          .help = "Where events are POSTed to: https, or http to this machine or to a host of "
                  "webhooks.allow."),
    FIELD("events", FIELD_TEXTS, OF, events, .required = true, .min = 1, .max = 50,
          .help = "Names of the events to tell."),
    FIELD("secret", FIELD_TEXT, OF, secret, .min = 1,
          .help = "Signs what is told. Default: minted."),
    FIELD("description", FIELD_TEXT, OF, description, .help = "The partner's own remark."),
    FIELD("project", FIELD_TEXT, OF, project, .help = "Tell of this project alone, by its id."),
};
static const struct fields webhook_fields =
    FIELD_TABLE("webhook", webhook_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_organization
static const struct field organization_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "Default: minted."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "The partner's name."),
    FIELD("credit_balance", FIELD_INT, OF, credits, .max = INT32_MAX,
          .help = "What whoami tells as creditBalance. Default: 0."),
    FIELD("keys", FIELD_LIST, OF, keys, .sub = &key_fields, .help = "Its API keys."),
    FIELD("projects", FIELD_LIST, OF, projects, .sub = &project_fields, .help = "Its projects."),
    FIELD("webhooks", FIELD_LIST, OF, webhooks, .sub = &webhook_fields,
          .help = "Where it wants to be told of what happens."),
};
static const struct fields organization_fields =
    FIELD_TABLE("organization", organization_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_layers
static const struct field section_rows[] = {
    FIELD("organizations", FIELD_LIST, OF, organizations, .sub = &organization_fields,
          .required = true, .help = "The partners, each apart from the others."),
    FIELD("lease_pool", FIELD_LIST, OF, lease_pool, .sub = &pool_account_fields,
          .help = "The accounts that Layers can lease out, first come first served."),
};
const struct fields layers_fixture_fields =
    FIELD_TABLE("layers section", section_rows, OF, offsetof(OF, at));
#undef OF
