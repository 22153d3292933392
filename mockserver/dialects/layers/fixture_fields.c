#include "mockserver/dialects/layers/fixture_fields.h"

#include "mockserver/dialects/layers/layers.h"

#define PRICE_MAX     100000000
#define FOLLOWERS_MAX 1000000000
#define LEASE_MAX     50
#define ID_LENGTH     .min = 1, .max = 128

/* A row goes to the member of the struct that OF names. */
#define ROW(name, kind, member, ...)                                                               \
    {                                                                                              \
        .key = (name), .type = (kind), .offset = offsetof(OF, member), __VA_ARGS__                 \
    }
#define TABLE(name, rows)                                                                          \
    {                                                                                              \
        name, rows, sizeof(rows) / sizeof *(rows), sizeof(OF), offsetof(OF, at)                    \
    }

#define OF struct fixture_account
static const struct field account_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "The socialAccountId. Default: minted."),
    ROW("platform", FIELD_ENUM, platform, .required = true, .texts = platform_texts,
        .text_count = LAYERS_PLATFORMS, .help = "Where the account is."),
    ROW("handle", FIELD_TEXT, handle, ID_LENGTH, .required = true,
        .help = "Its name there, without @."),
    ROW("status", FIELD_ENUM, status, .texts = layers_status_texts,
        .text_count = LAYERS_STATUS_COUNT, .help = "Default: connected."),
    ROW("leased", FIELD_BOOL, leased,
        .help = "Layers owns it and rents it out; TikTok only. Default: false."),
    ROW("monthly_price_cents", FIELD_INT, monthly_price_cents, .max = PRICE_MAX,
        .help = "What a leased account costs a month."),
    ROW("followers", FIELD_INT, followers, .max = FOLLOWERS_MAX,
        .help = "How many a leased account has. Default: the pool's figure, or 0."),
    ROW("connected_at", FIELD_TIME, connected_at, .help = "Default: the clock's start."),
    ROW("token_expires_at", FIELD_TIME, token_expires_at,
        .help = "When its token dies. Default: as long as the platform's tokens live from the "
                "clock's start, or from connected_at where it is dead; never, if leased."),
    ROW("refresh", FIELD_BOOL, refresh,
        .help = "Its token is renewed when it would die. Default: false."),
    ROW("avatar_url", FIELD_TEXT, avatar_url,
        .help = "Default: on the Layers media host, by platform and handle."),
};
static const struct fields account_fields = TABLE("social account", account_rows);
#undef OF

/* What is absent reads as the first. */
static const char *const content_words[] = {"completed", "generating", "failed"};
const enum content_state layers_fixture_content_states[] = {CONTENT_COMPLETED, CONTENT_GENERATING,
                                                            CONTENT_FAILED};

#define OF struct fixture_content
static const struct field content_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "The containerId. Default: minted."),
    ROW("media_type", FIELD_TEXT, media_type, .help = "Such as video, image. Default: video."),
    ROW("caption", FIELD_TEXT, caption, .help = "Its text."),
    ROW("status", FIELD_ENUM, state, .texts = content_words, .text_count = CONTENT_STATE_COUNT,
        .help = "Default: completed."),
    ROW("approval", FIELD_ENUM, approval, .texts = approval_texts, .text_count = APPROVAL_COUNT,
        .help = "none: no approval is asked for. Default: none."),
};
static const struct fields content_fields = TABLE("content", content_rows);
#undef OF

#define OF struct fixture_post
static const struct field post_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "The scheduledPostId. Default: minted."),
    ROW("content", FIELD_TEXT, content, .required = true,
        .help = "The id of content of this project."),
    ROW("account", FIELD_TEXT, account, .required = true,
        .help = "An account of this project: its id, or its handle where that is unique."),
    ROW("mode", FIELD_ENUM, mode, .texts = publish_mode_texts, .text_count = MODE_COUNT,
        .help = "Default: publish."),
    ROW("at", FIELD_TIME, due, .required = true, .help = "When it is, or was, due."),
    ROW("status", FIELD_ENUM, state, .texts = destination_state_texts,
        .text_count = LAYERS_POST_STATES, .help = "Default: queued."),
    ROW("external_url", FIELD_TEXT, external_url,
        .help = "The link of a published post. Default: one of the platform's shape."),
    ROW("error", FIELD_TEXT, error, .help = "A failed post's code. Default: PLATFORM_ERROR."),
};
static const struct fields post_fields = TABLE("scheduled post", post_rows);
#undef OF

#define OF struct fixture_lease_request
static const struct field lease_request_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "The requestId. Default: minted."),
    ROW("count", FIELD_INT, count, .required = true, .min = 1, .max = LEASE_MAX,
        .help = "How many accounts are asked for."),
    ROW("vertical", FIELD_TEXT, vertical, .required = true, .min = 1,
        .help = "What they are about."),
    ROW("audience", FIELD_TEXT, audience, .help = "Whom they reach."),
    ROW("language", FIELD_TEXT, language, .help = "A BCP 47 tag."),
    ROW("geo", FIELD_TEXTS, geo, .help = "ISO country codes. Default: anywhere."),
    ROW("note", FIELD_TEXT, note, .help = "The partner's word to the reviewers."),
    ROW("submitted_at", FIELD_TIME, submitted_at, .help = "Default: the clock's start."),
};
static const struct fields lease_request_fields = TABLE("lease request", lease_request_rows);
#undef OF

#define OF struct fixture_ad_account
static const struct field ad_account_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "The adAccountId. Default: minted."),
    ROW("platform", FIELD_ENUM, platform, .required = true, .texts = ad_platform_texts,
        .text_count = AD_PLATFORM_COUNT, .help = "Where the ads run; one account for each."),
    ROW("external_id", FIELD_TEXT, external_id,
        .help = "The platform's own id: act_..., digits, org-... Default: made up."),
    ROW("name", FIELD_TEXT, name, .required = true, .help = "Its name there."),
    ROW("currency", FIELD_TEXT, currency, .min = 3, .max = 3, .help = "ISO 4217. Default: USD."),
    ROW("token_status", FIELD_ENUM, token, .texts = ad_token_texts, .text_count = AD_TOKEN_COUNT,
        .help = "Default: valid. pending lasts timings.ad_validation."),
    ROW("connected_at", FIELD_TIME, connected_at, .help = "Default: the clock's start."),
    ROW("disconnected", FIELD_BOOL, disconnected,
        .help = "It is no longer in the list. Default: false."),
};
static const struct fields ad_account_fields = TABLE("ad account", ad_account_rows);
#undef OF

#define OF struct fixture_pool_account
static const struct field pool_account_rows[] = {
    ROW("handle", FIELD_TEXT, handle, ID_LENGTH, .required = true,
        .help = "Its name on TikTok, without @. A leased account of that handle is this one."),
    ROW("vertical", FIELD_TEXT, vertical, .required = true, .min = 1,
        .help = "What it is about; matched with a request's."),
    ROW("geo", FIELD_TEXTS, geo, .help = "ISO country codes. Default: anywhere."),
    ROW("followers", FIELD_INT, followers, .max = FOLLOWERS_MAX, .help = "Default: 0."),
    ROW("monthly_price_cents", FIELD_INT, monthly_price_cents, .max = PRICE_MAX,
        .help = "What it costs a month once leased. Default: 0."),
};
static const struct fields pool_account_fields = TABLE("pool account", pool_account_rows);
#undef OF

#define OF struct fixture_project
static const struct field project_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "The projectId. Default: minted."),
    ROW("name", FIELD_TEXT, name, .help = "Default: its id."),
    ROW("timezone", FIELD_TEXT, timezone, .help = "Default: UTC."),
    ROW("customer_external_id", FIELD_TEXT, customer_id, ID_LENGTH,
        .help = "The partner's own id of its customer."),
    ROW("owner_email", FIELD_TEXT, owner_email, .help = "Whom to write to."),
    ROW("primary_language", FIELD_TEXT, language, .help = "Default: en."),
    ROW("status", FIELD_ENUM, status, .texts = layers_project_status_texts, .text_count = 2,
        .help = "Default: active."),
    ROW("social_accounts", FIELD_LIST, accounts, .sub = &account_fields,
        .help = "The accounts it can publish through."),
    ROW("content", FIELD_LIST, content, .sub = &content_fields, .help = "What can be posted."),
    ROW("scheduled_posts", FIELD_LIST, posts, .sub = &post_fields,
        .help = "What is scheduled, and what became of what was."),
    ROW("lease_requests", FIELD_LIST, lease_requests, .sub = &lease_request_fields,
        .help = "Requests for leased accounts that wait for a decision."),
    ROW("ad_accounts", FIELD_LIST, ad_accounts, .sub = &ad_account_fields,
        .help = "Ad accounts of the partner's own."),
};
static const struct fields project_fields = TABLE("project", project_rows);
#undef OF

#define OF    struct fixture_limits
#define LIMIT .min = 1, .max = INT32_MAX
static const struct field limits_rows[] = {
    ROW("read", FIELD_INT, read, LIMIT, .help = "Reading calls a minute."),
    ROW("write", FIELD_INT, write, LIMIT, .help = "Small writing calls a minute."),
    ROW("long", FIELD_INT, longer, LIMIT, .help = "Calls that begin long work, a minute."),
    ROW("write_day", FIELD_INT, write_day, LIMIT, .help = "Small writing calls a day."),
};
static const struct fields limits_fields =
    FIELD_TABLE("limits", limits_rows, struct fixture_limits, FIELDS_NO_PLACE);
#undef OF

#define OF struct fixture_key
static const struct field key_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "Default: minted."),
    ROW("name", FIELD_TEXT, name, .required = true, .help = "What rules and logs call it."),
    ROW("key", FIELD_TEXT, value, .required = true,
        .help = "The key: lp_live_..., or lp_test_..., whose consents are given at once."),
    ROW("scopes", FIELD_TEXTS, scopes,
        .help = "What it may do; \"*\" is everything. Default: nothing."),
    ROW("return_domains", FIELD_TEXTS, return_domains,
        .help = "The hosts that consent may return to. Default: none."),
    ROW("tier", FIELD_TEXT, tier,
        .help = "standard, pilot, partner, internal or sandbox. Default: sandbox for lp_test_, "
                "else standard."),
    ROW("limits", FIELD_MAP, limits, .sub = &limits_fields,
        .help = "Rate budgets of its own, instead of its tier's."),
};
static const struct fields key_fields = TABLE("key", key_rows);
#undef OF

#define OF struct fixture_webhook
static const struct field webhook_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "Default: minted."),
    ROW("url", FIELD_TEXT, url, .required = true,
        .help = "Where events are POSTed to: https, or http to this machine."),
    ROW("events", FIELD_TEXTS, events, .required = true, .min = 1, .max = 50,
        .help = "Names of the events to tell."),
    ROW("secret", FIELD_TEXT, secret, .min = 1, .help = "Signs what is told. Default: minted."),
    ROW("description", FIELD_TEXT, description, .help = "The partner's own remark."),
    ROW("project", FIELD_TEXT, project, .help = "Tell of this project alone, by its id."),
};
static const struct fields webhook_fields = TABLE("webhook", webhook_rows);
#undef OF

#define OF struct fixture_organization
static const struct field organization_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "Default: minted."),
    ROW("name", FIELD_TEXT, name, .required = true, .help = "The partner's name."),
    ROW("credit_balance", FIELD_INT, credits, .max = INT32_MAX,
        .help = "What whoami tells as creditBalance. Default: 0."),
    ROW("keys", FIELD_LIST, keys, .sub = &key_fields, .help = "Its API keys."),
    ROW("projects", FIELD_LIST, projects, .sub = &project_fields, .help = "Its projects."),
    ROW("webhooks", FIELD_LIST, webhooks, .sub = &webhook_fields,
        .help = "Where it wants to be told of what happens."),
};
static const struct fields organization_fields = TABLE("organization", organization_rows);
#undef OF

#define OF struct fixture_layers
static const struct field section_rows[] = {
    ROW("organizations", FIELD_LIST, organizations, .sub = &organization_fields, .required = true,
        .help = "The partners, each apart from the others."),
    ROW("lease_pool", FIELD_LIST, lease_pool, .sub = &pool_account_fields,
        .help = "The accounts that Layers can lease out, first come first served."),
};
const struct fields layers_fixture_fields = TABLE("layers section", section_rows);
