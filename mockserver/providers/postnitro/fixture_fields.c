#include "mockserver/providers/postnitro/fixture_fields.h"

#define TIMES_MAX 10000
#define ID_LENGTH .min = 1, .max = 128

/* OF names the struct that a table fills. */
static const char *const plan_texts[] = {"paid", "none"};

#define OF struct fixture_key
static const struct field key_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "Default: minted."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "What rules and logs call it."),
    FIELD("key", FIELD_TEXT, OF, value, .required = true, .help = "The key: pn-..."),
    FIELD("plan", FIELD_ENUM, OF, plan, .texts = plan_texts, .text_count = 2,
          .help = "Whether anybody pays for it. Default: paid."),
};
static const struct fields key_fields = FIELD_TABLE("key", key_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_account
static const struct field account_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "Default: minted."),
    FIELD("platform", FIELD_ENUM, OF, platform, .required = true, .texts = postnitro_platform_texts,
          .text_count = POSTNITRO_PLATFORMS, .help = "Where the account is."),
    FIELD("handle", FIELD_TEXT, OF, handle, .required = true, ID_LENGTH,
          .help = "Its name there, without @."),
    FIELD("type", FIELD_TEXT, OF, type, .help = "The accountType. Default: personal."),
    FIELD("name", FIELD_TEXT, OF, name, .help = "The name people see. Default: the handle."),
    FIELD("logo", FIELD_TEXT, OF, logo, .help = "Default: one by platform and handle."),
    FIELD("access_token_status", FIELD_TEXT, OF, token_status,
          .help = "active, expired, revoked, or any other word to be told instead of active."),
    FIELD("token_expires_at", FIELD_TIME, OF, token_expires_at,
          .help = "When its token dies. Default: 60 days after the clock's start."),
    FIELD("created_at", FIELD_TIME, OF, created_at, .help = "Default: the clock's start."),
    FIELD("updated_at", FIELD_TIME, OF, updated_at, .help = "Default: created_at."),
};
static const struct fields account_fields =
    FIELD_TABLE("social account", account_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_design
static const struct field design_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, .required = true, ID_LENGTH, .help = "The designId."),
    FIELD("name", FIELD_TEXT, OF, name, .help = "Default: the id."),
    FIELD("type", FIELD_TEXT, OF, type, .help = "The designType. Default: carousel."),
    FIELD("source", FIELD_TEXT, OF, source, .help = "Where it was made. Default: editor."),
};
static const struct fields design_fields = FIELD_TABLE("design", design_rows, OF, offsetof(OF, at));
#undef OF

static const char *const status_texts[] = {"SCHEDULED", "DRAFT", "PUBLISHED", "FAILED"};

#define OF struct fixture_post
static const struct field post_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "Default: minted."),
    FIELD("accounts", FIELD_TEXTS, OF, accounts, .required = true,
          .help = "Where it is posted, by id or handle; may be empty."),
    FIELD("at", FIELD_TIME, OF, due, .required = true, .help = "When it is due, or was."),
    FIELD("status", FIELD_ENUM, OF, status, .texts = status_texts, .text_count = 4,
          .help = "Of the post and all its links. Default: SCHEDULED."),
    FIELD("times", FIELD_INT, OF, times, .min = 1, .max = TIMES_MAX,
          .help = "So many such posts. Default: 1."),
    FIELD("caption", FIELD_TEXT, OF, caption,
          .help = "The common caption. Default: a made-up one."),
    FIELD("design", FIELD_TEXT, OF, design, .help = "A design of this workspace, by its id."),
    FIELD("error", FIELD_TEXT, OF, error, .help = "What the platform said of a FAILED one."),
};
static const struct fields post_fields = FIELD_TABLE("post", post_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_workspace
static const struct field workspace_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, ID_LENGTH, .help = "Default: minted."),
    FIELD("name", FIELD_TEXT, OF, name, .help = "Default: the id."),
    FIELD("organization", FIELD_TEXT, OF, organization, ID_LENGTH,
          .help =
              "Its organization's id; workspaces that name the same share it. Default: minted."),
    FIELD("keys", FIELD_LIST, OF, keys, .sub = &key_fields, .help = "The API keys attached to it."),
    FIELD("social_accounts", FIELD_LIST, OF, accounts, .sub = &account_fields,
          .help = "The accounts connected to it."),
    FIELD("designs", FIELD_LIST, OF, designs, .sub = &design_fields, .help = "What can be posted."),
    FIELD("posts", FIELD_LIST, OF, posts, .sub = &post_fields, .help = "Its scheduled posts."),
};
static const struct fields workspace_fields =
    FIELD_TABLE("workspace", workspace_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_postnitro
static const struct field section_rows[] = {
    FIELD("workspaces", FIELD_LIST, OF, workspaces, .sub = &workspace_fields, .required = true,
          .help = "The workspaces, each apart from the others."),
    FIELD("keys", FIELD_LIST, OF, keys, .sub = &key_fields,
          .help = "API keys that no workspace is attached to."),
};
const struct fields postnitro_fixture_fields =
    FIELD_TABLE("postnitro section", section_rows, OF, offsetof(OF, at));
#undef OF
