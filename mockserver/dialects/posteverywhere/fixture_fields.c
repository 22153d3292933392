#include "mockserver/dialects/posteverywhere/fixture_fields.h"

#define ID_LENGTH .min = 1, .max = 128
#define ID_MAX    ((INT64_C(1) << 53) - 1) /* what every client can hold */

/* A row goes to the member of the struct that OF names. */
#define ROW(name, kind, member, ...) FIELD(name, kind, OF, member, __VA_ARGS__)
#define TABLE(name, rows)            FIELD_TABLE(name, rows, OF, offsetof(OF, at))

/* What is absent reads as the first. */
static const char *const edition_texts[] = {"default", "seed", "older"};
const enum pe_edition pe_fixture_editions[] = {PE_EDITION_UNSAID, PE_EDITION_PRESENT,
                                               PE_EDITION_OLDER};

#define OF struct fixture_limits
static const struct field limit_rows[] = {
    ROW("minute", FIELD_INT, minute, .min = 1, .max = INT32_MAX, .help = "Default: 60."),
    ROW("hour", FIELD_INT, hour, .min = 1, .max = INT32_MAX, .help = "Default: 1000."),
};
static const struct fields limit_fields = FIELD_TABLE("limits", limit_rows, OF, FIELDS_NO_PLACE);
#undef OF

#define EDITION_ROWS                                                                               \
    ROW("edition", FIELD_ENUM, edition, .texts = edition_texts, .text_count = 3,                   \
        .help = "Which documents answers follow: those of the list of accounts (seed), or the "    \
                "older ones, where an account has a text as id. Default: of a key, what the "      \
                "section says; of the section, seed."),                                            \
        ROW("id_alias", FIELD_BOOL, id_alias,                                                      \
            .help = "Whether an account has its account_id as id as well. Default: false.")

#define OF struct fixture_key
static const struct field key_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "Default: minted."),
    ROW("name", FIELD_TEXT, name, .required = true, .help = "What rules and logs call it."),
    ROW("key", FIELD_TEXT, value, .required = true, .help = "The key: pe_live_..."),
    ROW("scopes", FIELD_TEXTS, scopes, .help = "Of read, write, ai, *. Default: all."),
    ROW("limits", FIELD_MAP, limits, .sub = &limit_fields,
        .help = "How many calls a minute and an hour allow."),
    EDITION_ROWS,
};
static const struct fields key_fields = TABLE("key", key_rows);
#undef OF

#define OF struct fixture_account
static const struct field account_rows[] = {
    ROW("account_id", FIELD_INT, account_id, .min = 1, .max = ID_MAX, .help = "Default: minted."),
    ROW("platform", FIELD_ENUM, platform, .required = true, .texts = platform_texts,
        .text_count = PLATFORM_COUNT, .help = "Where the account is."),
    ROW("account_name", FIELD_TEXT, name, ID_LENGTH, .required = true,
        .help = "Its name there, as people see it."),
    ROW("avatar_url", FIELD_TEXT, avatar_url, .help = "Default: it has no picture."),
    ROW("is_active", FIELD_NODE, is_active, .help = "Default: true."),
    ROW("health", FIELD_ENUM, health, .texts = pe_health_texts, .text_count = PE_HEALTH_COUNT,
        .help = "Default: healthy."),
    ROW("created_at", FIELD_TIME, created_at, .help = "Default: the clock's start."),
    ROW("token_expires_at", FIELD_TIME, token_expires_at,
        .help = "When its token dies. Default: never, while it is healthy."),
};
static const struct fields account_fields = TABLE("account", account_rows);
#undef OF

#define OF struct fixture_media
static const struct field media_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "Default: minted."),
    ROW("filename", FIELD_TEXT, filename, .required = true, .help = "The file's name."),
    ROW("content_type", FIELD_TEXT, content_type, .required = true, .help = "Its MIME type."),
    ROW("size", FIELD_INT, size, .max = INT64_MAX, .help = "Bytes."),
    ROW("width", FIELD_INT, width, .max = INT32_MAX, .help = "Pixels."),
    ROW("height", FIELD_INT, height, .max = INT32_MAX, .help = "Pixels."),
};
static const struct fields media_fields = TABLE("media", media_rows);
#undef OF

#define OF struct fixture_post
static const struct field post_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "Default: minted."),
    ROW("content", FIELD_TEXT, content, .required = true, .help = "What it says."),
    ROW("accounts", FIELD_NODE, accounts,
        .help = "Ids of accounts of this organization; a draft may have none."),
    ROW("at", FIELD_TIME, due, .help = "When it is, or was, due; a draft may have no time."),
    ROW("status", FIELD_ENUM, status, .texts = pe_status_texts, .text_count = PE_STATUS_COUNT,
        .help = "draft, scheduled, published, partially_failed or failed. Default: draft."),
    ROW("failed", FIELD_NODE, failed, .help = "Of a partially failed post: where it failed."),
    ROW("timezone", FIELD_TEXT, timezone, .help = "Default: UTC."),
    ROW("created_at", FIELD_TIME, created_at,
        .help = "Default: the clock's start, or `at` where that was before."),
};
static const struct fields post_fields = TABLE("post", post_rows);
#undef OF

#define OF struct fixture_webhook
static const struct field webhook_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "Default: minted."),
    ROW("url", FIELD_TEXT, url, .required = true, .help = "Where to POST events to."),
    ROW("events", FIELD_TEXTS, events, .required = true, .min = 1, .help = "Names of events."),
    ROW("name", FIELD_TEXT, name, .help = "What its owner calls it."),
    ROW("secret", FIELD_TEXT, secret, .help = "Default: minted."),
};
static const struct fields webhook_fields = TABLE("webhook", webhook_rows);
#undef OF

#define OF struct fixture_organization
static const struct field organization_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "Default: minted."),
    ROW("name", FIELD_TEXT, name, .required = true, .help = "What people call it."),
    ROW("keys", FIELD_LIST, keys, .sub = &key_fields, .help = "Who may call for it."),
    ROW("accounts", FIELD_LIST, accounts, .sub = &account_fields, .help = "What it has connected."),
    ROW("media", FIELD_LIST, media, .sub = &media_fields, .help = "What it has uploaded."),
    ROW("posts", FIELD_LIST, posts, .sub = &post_fields, .help = "What it has posted, or will."),
    ROW("webhooks", FIELD_LIST, webhooks, .sub = &webhook_fields,
        .help = "Where it is told of what happens."),
};
static const struct fields organization_fields = TABLE("organization", organization_rows);
#undef OF

#define OF struct fixture_posteverywhere
static const struct field section_rows[] = {
    EDITION_ROWS,
    ROW("organizations", FIELD_LIST, organizations, .sub = &organization_fields,
        .help = "Who has an account with PostEverywhere; none sees another."),
};
const struct fields pe_fixture_fields = TABLE("posteverywhere", section_rows);
#undef OF
