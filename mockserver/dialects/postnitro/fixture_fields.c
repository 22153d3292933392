#include "mockserver/dialects/postnitro/fixture_fields.h"

#define TIMES_MAX 10000
#define ID_LENGTH .min = 1, .max = 128

/* A row goes to the member of the struct that OF names. */
#define ROW(name, kind, member, ...) FIELD(name, kind, OF, member, __VA_ARGS__)
#define TABLE(name, rows)            FIELD_TABLE(name, rows, OF, offsetof(OF, at))

static const char *const plan_texts[] = {"paid", "none"};

#define OF struct fixture_key
static const struct field key_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "Default: minted."),
    ROW("name", FIELD_TEXT, name, .required = true, .help = "What rules and logs call it."),
    ROW("key", FIELD_TEXT, value, .required = true, .help = "The key: pn-..."),
    ROW("plan", FIELD_ENUM, plan, .texts = plan_texts, .text_count = 2,
        .help = "Whether anybody pays for it. Default: paid."),
};
static const struct fields key_fields = TABLE("key", key_rows);
#undef OF

#define OF struct fixture_account
static const struct field account_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "Default: minted."),
    ROW("platform", FIELD_ENUM, platform, .required = true, .texts = postnitro_platform_texts,
        .text_count = POSTNITRO_PLATFORMS, .help = "Where the account is."),
    ROW("handle", FIELD_TEXT, handle, .required = true, ID_LENGTH,
        .help = "Its name there, without @."),
    ROW("type", FIELD_TEXT, type, .help = "The accountType. Default: personal."),
    ROW("name", FIELD_TEXT, name, .help = "The name people see. Default: the handle."),
    ROW("logo", FIELD_TEXT, logo, .help = "Default: one by platform and handle."),
    ROW("access_token_status", FIELD_TEXT, token_status,
        .help = "active, expired, revoked, or any other word to be told instead of active."),
    ROW("token_expires_at", FIELD_TIME, token_expires_at,
        .help = "When its token dies. Default: 60 days after the clock's start."),
    ROW("created_at", FIELD_TIME, created_at, .help = "Default: the clock's start."),
    ROW("updated_at", FIELD_TIME, updated_at, .help = "Default: created_at."),
};
static const struct fields account_fields = TABLE("social account", account_rows);
#undef OF

#define OF struct fixture_design
static const struct field design_rows[] = {
    ROW("id", FIELD_TEXT, id, .required = true, ID_LENGTH, .help = "The designId."),
    ROW("name", FIELD_TEXT, name, .help = "Default: the id."),
    ROW("type", FIELD_TEXT, type, .help = "The designType. Default: carousel."),
    ROW("source", FIELD_TEXT, source, .help = "Where it was made. Default: editor."),
};
static const struct fields design_fields = TABLE("design", design_rows);
#undef OF

static const char *const status_texts[] = {"SCHEDULED", "DRAFT", "PUBLISHED", "FAILED"};

#define OF struct fixture_post
static const struct field post_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "Default: minted."),
    ROW("accounts", FIELD_TEXTS, accounts, .required = true,
        .help = "Where it is posted, by id or handle; may be empty."),
    ROW("at", FIELD_TIME, due, .required = true, .help = "When it is due, or was."),
    ROW("status", FIELD_ENUM, status, .texts = status_texts, .text_count = 4,
        .help = "Of the post and all its links. Default: SCHEDULED."),
    ROW("times", FIELD_INT, times, .min = 1, .max = TIMES_MAX,
        .help = "So many such posts. Default: 1."),
    ROW("caption", FIELD_TEXT, caption, .help = "The common caption. Default: a made-up one."),
    ROW("design", FIELD_TEXT, design, .help = "A design of this workspace, by its id."),
    ROW("error", FIELD_TEXT, error, .help = "What the platform said of a FAILED one."),
};
static const struct fields post_fields = TABLE("post", post_rows);
#undef OF

#define OF struct fixture_workspace
static const struct field workspace_rows[] = {
    ROW("id", FIELD_TEXT, id, ID_LENGTH, .help = "Default: minted."),
    ROW("name", FIELD_TEXT, name, .help = "Default: the id."),
    ROW("organization", FIELD_TEXT, organization, ID_LENGTH,
        .help = "Its organization's id; workspaces that name the same share it. Default: minted."),
    ROW("keys", FIELD_LIST, keys, .sub = &key_fields, .help = "The API keys attached to it."),
    ROW("social_accounts", FIELD_LIST, accounts, .sub = &account_fields,
        .help = "The accounts connected to it."),
    ROW("designs", FIELD_LIST, designs, .sub = &design_fields, .help = "What can be posted."),
    ROW("posts", FIELD_LIST, posts, .sub = &post_fields, .help = "Its scheduled posts."),
};
static const struct fields workspace_fields = TABLE("workspace", workspace_rows);
#undef OF

#define OF struct fixture_postnitro
static const struct field section_rows[] = {
    ROW("workspaces", FIELD_LIST, workspaces, .sub = &workspace_fields, .required = true,
        .help = "The workspaces, each apart from the others."),
    ROW("keys", FIELD_LIST, keys, .sub = &key_fields,
        .help = "API keys that no workspace is attached to."),
};
const struct fields postnitro_fixture_fields = TABLE("postnitro section", section_rows);
#undef OF
