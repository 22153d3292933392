#include "mockserver/providers/posteverywhere/fixture_fields.h"

#include "mockserver/state/record.h"

#define ID_MAX ((INT64_C(1) << 53) - 1) /* every larger integer may be inexact as a JSON number */

/* OF is the struct that a table fills. */
#define OF struct fixture_limits
static const struct field limit_rows[] = {
    FIELD("minute", FIELD_INT, OF, minute, .min = 1, .max = INT32_MAX, .help = "Calls per minute. Default: 60."),
    FIELD("hour", FIELD_INT, OF, hour, .min = 1, .max = INT32_MAX, .help = "Calls per hour. Default: 1000."),
};
static const struct fields limit_fields = FIELD_TABLE("limits", limit_rows, OF, FIELDS_NO_PLACE);
#undef OF

#define API_VERSION_ROWS                                                                                               \
    FIELD("api_version", FIELD_ENUM, OF, api_version, .words = &pe_api_versions,                                       \
          .help = "API version that responses follow: `current` is the one of the page \"List "                        \
                  "accounts\"; in `older`, an account has only `id`, a text. Default: `default`; "                     \
                  "for a key it means the section's version, for the section `current`."),                             \
        FIELD("id_alias", FIELD_BOOL, OF, id_alias,                                                                    \
              .help = "Also print `account_id` as `id`; ignored with api_version `older`. Default: "                   \
                      "false.")

#define OF struct fixture_key
static const struct field key_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the key. Default: generated."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "Name of the key in rules and logs."),
    FIELD("key", FIELD_TEXT, OF, value, .required = true, .help = "API key that clients send: pe_live_..."),
    FIELD("scopes", FIELD_TEXTS, OF, scopes, .help = "Scopes: `read`, `write`, `ai` or `*`. Default: all."),
    FIELD("limits", FIELD_MAP, OF, limits, .sub = &limit_fields, .help = "Rate limits of the key."),
    API_VERSION_ROWS,
};
static const struct fields key_fields = FIELD_TABLE("key", key_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_account
static const struct field account_rows[] = {
    FIELD("account_id", FIELD_INT, OF, account_id, .min = 1, .max = ID_MAX,
          .help = "Id of the account. Default: generated."),
    FIELD("platform", FIELD_ENUM, OF, platform, .required = true, .words = &pe_platforms,
          .help = "Platform of the account."),
    FIELD("account_name", FIELD_TEXT, OF, name, FIXTURE_ID, .required = true,
          .help = "Display name or @handle of the account."),
    FIELD("avatar_url", FIELD_TEXT, OF, avatar_url, .help = "Picture URL. Default: null."),
    FIELD("is_active", FIELD_NODE, OF, is_active, .shape = "{type: boolean}",
          .help = "The account is active. Default: true."),
    FIELD("health", FIELD_ENUM, OF, health, .words = &pe_healths,
          .help = "Health of the account. Only a healthy account can post. Default: healthy."),
    FIELD("created_at", FIELD_TIME, OF, created_at, .help = "Time of the connection. Default: the clock's start."),
    FIELD("token_expires_at", FIELD_TIME, OF, token_expires_at,
          .help = "Expiry time of the access token; the account's health is `expired` from then "
                  "on. Default: never."),
};
static const struct fields account_fields = FIELD_TABLE("account", account_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_media
static const struct field media_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the media. Default: generated."),
    FIELD("filename", FIELD_TEXT, OF, filename, .required = true, .help = "File name."),
    FIELD("content_type", FIELD_TEXT, OF, content_type, .required = true, .help = "MIME type."),
    FIELD("size", FIELD_INT, OF, size, .max = RECORD_NUMBER_MAX, .help = "Size in bytes. Default: unknown."),
    FIELD("width", FIELD_INT, OF, width, .max = INT32_MAX, .help = "Width in pixels. Default: unknown."),
    FIELD("height", FIELD_INT, OF, height, .max = INT32_MAX, .help = "Height in pixels. Default: unknown."),
};
static const struct fields media_fields = FIELD_TABLE("media", media_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_post
static const struct field post_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the post. Default: generated."),
    FIELD("content", FIELD_TEXT, OF, content, .required = true, .help = "Text of the post."),
    FIELD("accounts", FIELD_NODE, OF, accounts, .shape = "{type: array, items: {type: integer}}",
          .help = "Account ids of this organization; required unless the post is a draft."),
    FIELD("at", FIELD_TIME, OF, due, .help = "Due time; required unless the post is a draft."),
    FIELD("status", FIELD_ENUM, OF, status, .words = &pe_statuses,
          .help = "Status of the post; `publishing` is rejected. Default: draft."),
    FIELD("failed", FIELD_NODE, OF, failed, .shape = "{type: array, items: {type: integer}}",
          .help = "Account ids at which the post failed. Only for status `partially_failed`, where "
                  "it is required."),
    FIELD("timezone", FIELD_TEXT, OF, timezone, .help = "IANA time zone, not checked. Default: UTC."),
    FIELD("created_at", FIELD_TIME, OF, created_at,
          .help = "Creation time. Default: the clock's start, or one day before `at` if that is "
                  "earlier."),
};
static const struct fields post_fields = FIELD_TABLE("post", post_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_webhook
static const struct field webhook_rows[] = {
    FIELD("id", FIELD_TEXT, OF, hook.id, FIXTURE_ID, .help = "Id of the webhook. Default: generated."),
    FIELD("url", FIELD_TEXT, OF, hook.url, .required = true,
          .help = "URL that events are POSTed to: https, or http to a loopback host or to a host "
                  "of `webhooks.allow`."),
    FIELD("events", FIELD_TEXTS, OF, hook.events, .required = true, .min = 1,
          .help = "Names of the events to deliver, for example `post.published`."),
    FIELD("name", FIELD_TEXT, OF, name, .help = "Name of the webhook. Default: null."),
    FIELD("secret", FIELD_TEXT, OF, hook.secret, .help = "Secret that signs the deliveries. Default: generated."),
};
static const struct fields webhook_fields = FIELD_TABLE("webhook", webhook_rows, OF, offsetof(OF, hook.at));
#undef OF

#define OF struct fixture_organization
static const struct field organization_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the organization. Default: generated."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "Name of the organization."),
    FIELD("keys", FIELD_LIST, OF, keys, .sub = &key_fields, .help = "API keys."),
    FIELD("accounts", FIELD_LIST, OF, accounts, .sub = &account_fields, .help = "Connected accounts."),
    FIELD("media", FIELD_LIST, OF, media, .sub = &media_fields, .help = "Uploaded media."),
    FIELD("posts", FIELD_LIST, OF, posts, .sub = &post_fields, .help = "Posts in any status."),
    FIELD("webhooks", FIELD_LIST, OF, webhooks, .sub = &webhook_fields, .help = "Registered webhooks."),
};
static const struct fields organization_fields = FIELD_TABLE("organization", organization_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_posteverywhere
static const struct field section_rows[] = {
    API_VERSION_ROWS,
    FIELD("organizations", FIELD_LIST, OF, organizations, .sub = &organization_fields,
          .help = "Customers of PostEverywhere. Each sees only its own data."),
};
const struct fields pe_fixture_fields = FIELD_TABLE("posteverywhere", section_rows, OF, offsetof(OF, at));
#undef OF
