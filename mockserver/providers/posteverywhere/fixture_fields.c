#include "mockserver/providers/posteverywhere/fixture_fields.h"

#include "mockserver/state/records.h"

#define ID_LENGTH .min = 1, .max = 128
#define ID_MAX    ((INT64_C(1) << 53) - 1) /* what every client can hold */

/* OF names the struct that a table fills. */
/* What is absent reads as the first. */
static const char *const api_version_texts[] = {"default", "current", "older"};
const enum pe_api_version pe_fixture_api_versions[] = {PE_API_VERSION_UNSET, PE_API_VERSION_CURRENT,
                                                       PE_API_VERSION_OLDER};

#define OF struct fixture_limits
static const struct field limit_rows[] = {
    FIELD("minute", FIELD_INT, OF, minute, .min = 1, .max = INT32_MAX, .help = "Default: 60."),
    FIELD("hour", FIELD_INT, OF, hour, .min = 1, .max = INT32_MAX, .help = "Default: 1000."),
};
static const struct fields limit_fields = FIELD_TABLE("limits", limit_rows, OF, FIELDS_NO_PLACE);
#undef OF

#define API_VERSION_ROWS                                                                           \
    FIELD("api_version", FIELD_ENUM, OF, api_version, .texts = api_version_texts, .text_count = 3, \
          .help = "API version that responses follow: `current` is the one of the page \"List "    \
                  "accounts\"; in `older`, an account has only `id`, a text. Default: `default`; " \
                  "for a key it means the section's version, for the section `current`."),         \
        FIELD("id_alias", FIELD_BOOL, OF, id_alias,                                                \
              .help = "Whether an account has its account_id as id as well. Default: false.")

#define OF struct fixture_key
static const struct field key_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "Default: minted."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "What rules and logs call it."),
    FIELD("key", FIELD_TEXT, OF, value, .required = true, .help = "The key: pe_live_..."),
    FIELD("scopes", FIELD_TEXTS, OF, scopes, .help = "Of read, write, ai, *. Default: all."),
    FIELD("limits", FIELD_MAP, OF, limits, .sub = &limit_fields,
          .help = "How many calls a minute and an hour allow."),
    API_VERSION_ROWS,
};
static const struct fields key_fields = FIELD_TABLE("key", key_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_account
static const struct field account_rows[] = {
    FIELD("account_id", FIELD_INT, OF, account_id, .min = 1, .max = ID_MAX,
          .help = "Default: minted."),
    FIELD("platform", FIELD_ENUM, OF, platform, .required = true, .texts = platform_texts,
          .text_count = PLATFORM_COUNT, .help = "Where the account is."),
    FIELD("account_name", FIELD_TEXT, OF, name, ID_LENGTH, .required = true,
          .help = "Its name there, as people see it."),
    FIELD("avatar_url", FIELD_TEXT, OF, avatar_url, .help = "Default: it has no picture."),
    FIELD("is_active", FIELD_NODE, OF, is_active, .shape = "{type: boolean}",
          .help = "Default: true."),
    FIELD("health", FIELD_ENUM, OF, health, .texts = pe_health_texts, .text_count = PE_HEALTH_COUNT,
          .help = "Default: healthy."),
    FIELD("created_at", FIELD_TIME, OF, created_at, .help = "Default: the clock's start."),
    FIELD("token_expires_at", FIELD_TIME, OF, token_expires_at,
          .help = "When its token dies. Default: never, while it is healthy."),
};
static const struct fields account_fields =
    FIELD_TABLE("account", account_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_media
static const struct field media_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "Default: minted."),
    FIELD("filename", FIELD_TEXT, OF, filename, .required = true, .help = "The file's name."),
    FIELD("content_type", FIELD_TEXT, OF, content_type, .required = true, .help = "Its MIME type."),
    FIELD("size", FIELD_INT, OF, size, .max = RECORD_NUMBER_MAX, .help = "Bytes."),
    FIELD("width", FIELD_INT, OF, width, .max = INT32_MAX, .help = "Pixels."),
    FIELD("height", FIELD_INT, OF, height, .max = INT32_MAX, .help = "Pixels."),
};
static const struct fields media_fields = FIELD_TABLE("media", media_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_post
static const struct field post_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "Default: minted."),
    FIELD("content", FIELD_TEXT, OF, content, .required = true, .help = "What it says."),
    FIELD("accounts", FIELD_NODE, OF, accounts, .shape = "{type: array, items: {type: integer}}",
          .help = "Ids of accounts of this organization; a draft may have none."),
    FIELD("at", FIELD_TIME, OF, due, .help = "When it is, or was, due; a draft may have no time."),
    FIELD("status", FIELD_ENUM, OF, status, .texts = pe_status_texts, .text_count = PE_STATUS_COUNT,
          .help = "draft, scheduled, published, partially_failed or failed. Default: draft."),
    FIELD("failed", FIELD_NODE, OF, failed, .shape = "{type: array, items: {type: integer}}",
          .help = "Of a partially failed post: where it failed."),
    FIELD("timezone", FIELD_TEXT, OF, timezone, .help = "Default: UTC."),
    FIELD("created_at", FIELD_TIME, OF, created_at,
          .help = "Default: the clock's start, or `at` where that was before."),
};
static const struct fields post_fields = FIELD_TABLE("post", post_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_webhook
static const struct field webhook_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "Default: minted."),
    FIELD("url", FIELD_TEXT, OF, url, .required = true,
          .help = "Where events are POSTed to: https, or http to this machine or to a host of "
                  "webhooks.allow."),
    FIELD("events", FIELD_TEXTS, OF, events, .required = true, .min = 1,
          .help = "Names of events."),
    FIELD("name", FIELD_TEXT, OF, name, .help = "What its owner calls it."),
    FIELD("secret", FIELD_TEXT, OF, secret, .help = "Default: minted."),
};
static const struct fields webhook_fields =
    FIELD_TABLE("webhook", webhook_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_organization
static const struct field organization_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "Default: minted."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "What people call it."),
    FIELD("keys", FIELD_LIST, OF, keys, .sub = &key_fields, .help = "Who may call for it."),
    FIELD("accounts", FIELD_LIST, OF, accounts, .sub = &account_fields,
          .help = "What it has connected."),
    FIELD("media", FIELD_LIST, OF, media, .sub = &media_fields, .help = "What it has uploaded."),
    FIELD("posts", FIELD_LIST, OF, posts, .sub = &post_fields,
          .help = "What it has posted, or will."),
    FIELD("webhooks", FIELD_LIST, OF, webhooks, .sub = &webhook_fields,
          .help = "Where it is told of what happens."),
};
static const struct fields organization_fields =
    FIELD_TABLE("organization", organization_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_posteverywhere
static const struct field section_rows[] = {
    API_VERSION_ROWS,
    FIELD("organizations", FIELD_LIST, OF, organizations, .sub = &organization_fields,
          .help = "Who has an account with PostEverywhere; none sees another."),
};
const struct fields pe_fixture_fields =
    FIELD_TABLE("posteverywhere", section_rows, OF, offsetof(OF, at));
#undef OF
