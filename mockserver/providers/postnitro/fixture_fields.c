#include "mockserver/providers/postnitro/fixture_fields.h"

#define TIMES_MAX 10000

/* Below, OF is the struct that a table fills. */
static const char *const plan_texts[] = {"paid", "none"};

#define OF struct fixture_key
static const struct field key_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the key. Default: generated."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "Name of the key in rules and logs."),
    FIELD("key", FIELD_TEXT, OF, value, .required = true, .help = "API key that clients send: pn-..."),
    FIELD("plan", FIELD_ENUM, OF, plan, .texts = plan_texts, .text_count = 2,
          .help = "Plan of the key; with `none`, every call gets 402. Default: paid."),
};
static const struct fields key_fields = FIELD_TABLE("key", key_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_account
static const struct field account_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the account. Default: generated."),
    FIELD("platform", FIELD_ENUM, OF, platform, .required = true, .texts = postnitro_platform_texts,
          .text_count = POSTNITRO_PLATFORMS, .help = "Platform of the account."),
    FIELD("handle", FIELD_TEXT, OF, handle, .required = true, FIXTURE_ID, .help = "Handle of the account, without @."),
    FIELD("type", FIELD_TEXT, OF, type, .help = "Value of accountType. Default: personal."),
    FIELD("name", FIELD_TEXT, OF, name, .help = "Display name. Default: the handle."),
    FIELD("logo", FIELD_TEXT, OF, logo, .help = "Logo URL. Default: a URL made from platform and handle."),
    FIELD("access_token_status", FIELD_TEXT, OF, token_status,
          .help = "Value of accessTokenStatus: `active`, `expired`, `revoked`, or any other text, "
                  "which is printed until the token's state changes. Default: active."),
    FIELD("token_expires_at", FIELD_TIME, OF, token_expires_at,
          .help = "Expiry time of the access token. Default: 60 days after the clock's start."),
    FIELD("created_at", FIELD_TIME, OF, created_at, .help = "Time of the connection. Default: the clock's start."),
    FIELD("updated_at", FIELD_TIME, OF, updated_at, .help = "Time of the last change. Default: created_at."),
};
static const struct fields account_fields = FIELD_TABLE("social account", account_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_design
static const struct field design_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, .required = true, FIXTURE_ID, .help = "Value of designId."),
    FIELD("name", FIELD_TEXT, OF, name, .help = "Name of the design. Default: the id."),
    FIELD("type", FIELD_TEXT, OF, type, .help = "Value of designType. Default: carousel."),
    FIELD("source", FIELD_TEXT, OF, source, .help = "Value of source. Default: editor."),
};
static const struct fields design_fields = FIELD_TABLE("design", design_rows, OF, offsetof(OF, at));
#undef OF

static const char *const status_texts[] = {"SCHEDULED", "DRAFT", "PUBLISHED", "FAILED"};

#define OF struct fixture_post
static const struct field post_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the post. Default: generated."),
    FIELD("accounts", FIELD_TEXTS, OF, accounts, .required = true,
          .help = "Accounts of this workspace, by id or unique handle; may be empty."),
    FIELD("at", FIELD_TIME, OF, due, .required = true, .help = "Due time."),
    FIELD("status", FIELD_ENUM, OF, status, .texts = status_texts, .text_count = 4,
          .help = "Status of the post at every account. Default: SCHEDULED."),
    FIELD("times", FIELD_INT, OF, times, .min = 1, .max = TIMES_MAX,
          .help = "Number of such posts to create. Default: 1."),
    FIELD("caption", FIELD_TEXT, OF, caption, .help = "Common caption. Default: \"A post of this workspace.\""),
    FIELD("design", FIELD_TEXT, OF, design, .help = "Id of a design of this workspace. Default: none."),
    FIELD("error", FIELD_TEXT, OF, error,
          .help = "Error message of a post with status FAILED. Default: \"The platform refused "
                  "the post.\""),
};
static const struct fields post_fields = FIELD_TABLE("post", post_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_workspace
static const struct field workspace_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the workspace. Default: generated."),
    FIELD("name", FIELD_TEXT, OF, name, .help = "Name of the workspace. Default: the id."),
    FIELD("organization", FIELD_TEXT, OF, organization, FIXTURE_ID,
          .help = "Id of the organization; workspaces with the same id share it. Default: "
                  "generated."),
    FIELD("keys", FIELD_LIST, OF, keys, .sub = &key_fields, .help = "API keys attached to this workspace."),
    FIELD("social_accounts", FIELD_LIST, OF, accounts, .sub = &account_fields, .help = "Connected accounts."),
    FIELD("designs", FIELD_LIST, OF, designs, .sub = &design_fields, .help = "Designs that a post can use."),
    FIELD("posts", FIELD_LIST, OF, posts, .sub = &post_fields, .help = "Scheduled posts."),
};
static const struct fields workspace_fields = FIELD_TABLE("workspace", workspace_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_postnitro
static const struct field section_rows[] = {
    FIELD("workspaces", FIELD_LIST, OF, workspaces, .sub = &workspace_fields, .required = true,
          .help = "Workspaces. Each sees only its own data."),
    FIELD("keys", FIELD_LIST, OF, keys, .sub = &key_fields, .help = "API keys without a workspace."),
};
const struct fields postnitro_fixture_fields = FIELD_TABLE("postnitro section", section_rows, OF, offsetof(OF, at));
#undef OF
