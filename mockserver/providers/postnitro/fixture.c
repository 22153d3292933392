/* Reads, checks and builds the `postnitro:` section of a fixture in one pass, so that one load reports all errors. The
 * caller discards the state if there is any error. */
#include "mockserver/providers/postnitro/postnitro.h"

#include <string.h>

#include "base/units.h"
#include "mockserver/providers/shared/build.h"

#define TIMES_MAX 10000

/* --- fields ------------------------------------------------------------------------------------------- */

/* The section as structs: each field_list holds structs declared here; `at` is the place in the file. */
struct fixture_key {
    struct where at;
    const char *id, *name, *value;
    int plan; /* enum key_status */
};

struct fixture_account {
    struct where at;
    const char *id, *handle, *type, *name, *logo, *token_status;
    int platform; /* enum platform */
    struct field_time token_expires_at, created_at, updated_at;
    uint32_t row; /* set when the account is created */
};

struct fixture_design {
    struct where at;
    const char *id, *name, *type, *source;
};

struct fixture_post {
    struct where at;
    const char *id, *caption, *design, *error;
    struct field_list accounts; /* ids or handles */
    struct field_time due;
    int status; /* enum postnitro_status */
    int64_t times;
};

struct fixture_workspace {
    struct where at;
    const char *id, *name, *organization;
    struct field_list keys, accounts, designs, posts;
    struct fixture_library library;
};

struct fixture_postnitro {
    struct where at;
    struct field_list workspaces, keys;
};

/* OF is the struct that a table fills. */
static const struct enum_word plan_rows[] = {
    {KEY_ACTIVE, "paid"},
    {KEY_UNPAID, "none"},
};
static const struct enum_words plans = {plan_rows, COUNT(plan_rows), COUNT(plan_rows)};

#define OF struct fixture_key
static const struct field key_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the key. Default: generated."),
    FIELD("name", FIELD_TEXT, OF, name, .required = true, .help = "Name of the key in rules and logs."),
    FIELD("key", FIELD_TEXT, OF, value, .required = true, .help = "API key that clients send: pn-..."),
    FIELD("plan", FIELD_ENUM, OF, plan, .words = &plans,
          .help = "Plan of the key; with `none`, every call gets 402. Default: paid."),
};
static const struct fields key_fields = FIELD_TABLE("key", key_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_account
static const struct field account_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the account. Default: generated."),
    FIELD("platform", FIELD_ENUM, OF, platform, .required = true, .words = &postnitro_platforms,
          .help = "Platform of the account."),
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

/* The documents have no word for a post that is being published: clients see SCHEDULED, and PENDING links. */
enum post_status { POST_SCHEDULED, POST_DRAFT, POST_PUBLISHING, POST_PUBLISHED, POST_FAILED };
static const struct enum_word post_status_rows[] = {
    {POST_SCHEDULED,  "SCHEDULED" },
    {POST_DRAFT,      "DRAFT"     },
    {POST_PUBLISHING, "PUBLISHING"},
    {POST_PUBLISHED,  "PUBLISHED" },
    {POST_FAILED,     "FAILED"    },
};
static const struct enum_words post_statuses = {post_status_rows, COUNT(post_status_rows), COUNT(post_status_rows)};

#define OF struct fixture_post
static const struct field post_rows[] = {
    FIELD("id", FIELD_TEXT, OF, id, FIXTURE_ID, .help = "Id of the post. Default: generated."),
    FIELD("accounts", FIELD_TEXTS, OF, accounts, .required = true,
          .help = "Accounts of this workspace, by id or unique handle; may be empty."),
    FIELD("at", FIELD_TIME, OF, due, .required = true, .help = "Due time."),
    FIELD("status", FIELD_ENUM, OF, status, .words = &post_statuses,
          .help = "Status of the post at every account. One that is PUBLISHING ends timings.publish after `at`; until "
                  "then the API shows it as SCHEDULED. Default: SCHEDULED."),
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
    FIELD("templates", FIELD_LIST, OF, library.templates, .sub = &postnitro_template_fields,
          .help = "Templates of posts. Default: none."),
    FIELD("presets", FIELD_LIST, OF, library.presets, .sub = &postnitro_preset_fields,
          .help = "AI presets. Default: none."),
    FIELD("brands", FIELD_LIST, OF, library.brands, .sub = &postnitro_brand_fields, .help = "Brands. Default: none."),
    FIELD("audio", FIELD_LIST, OF, library.audio, .sub = &postnitro_audio_fields,
          .help = "Audio tracks. Default: none."),
    FIELD("generation", FIELD_LIST, OF, library.generation, .sub = &postnitro_generation_fields, .max = 1,
          .help = "At most one item: the outcome of each generation and import of a post in this workspace."),
};
static const struct fields workspace_fields = FIELD_TABLE("workspace", workspace_rows, OF, offsetof(OF, at));
#undef OF

#define OF struct fixture_postnitro
static const struct field section_rows[] = {
    FIELD("workspaces", FIELD_LIST, OF, workspaces, .sub = &workspace_fields, .required = true,
          .help = "Workspaces. Each sees only its own data."),
    FIELD("keys", FIELD_LIST, OF, keys, .sub = &key_fields, .help = "API keys without a workspace."),
};
static const struct fields section_fields = FIELD_TABLE("postnitro section", section_rows, OF, offsetof(OF, at));
#undef OF

/* --- keys, accounts and designs ----------------------------------------------------------------------- */

#define TOKEN_MS (60 * DAY_MS)

/* A `workspace` of ROW_NONE creates a key without a workspace. */
static bool build_key(struct fixture_load *load, uint32_t organization, uint32_t workspace, const struct fixture_key *k)
{
    if (!k->name || !k->value)
        return false;
    bool ok = fixture_key_valid(load, k->at, POSTNITRO, k->name, k->value, "pn-");
    const struct key spec = {
        .space = workspace,
        .status = (enum key_status)k->plan,
        .name = k->name,
        .value = k->value,
        .public_id = fixture_id(load, k->id, "c", ID_CUID),
    };
    key_create(load->world, organization, &spec);
    return ok;
}

static bool check_account(struct fixture_load *load, const struct fixture_account *a, const struct account *spec)
{
    bool ok = true;
    if (a->handle[0] == '@')
        ok = error_add(load->err, ERROR_INPUT, a->at, "invalid handle '%s'; omit the @", a->handle);
    const char *account = arena_printf(load->arena, "account '%s'", a->handle);
    ok = fixture_time_past(load, a->at, "created_at", account, spec->connected_at_ms) && ok;
    if (spec->token == TOKEN_LIVE)
        ok = fixture_token_live(load, a->at, a->handle, spec->token_expires_at_ms,
                                "'access_token_status' to 'expired' or 'revoked'") &&
             ok;
    if (a->id && account_find(load->world, POSTNITRO, str_from(a->id)))
        ok = fixture_duplicate(load, a->at, "social account", a->id);
    return ok;
}

static bool build_account(struct fixture_load *load, uint32_t workspace, struct fixture_account *a)
{
    if (!a->handle)
        return false;
    enum platform platform = (enum platform)a->platform;
    const struct enum_word *token = enum_word_find(&postnitro_tokens, str_from(a->token_status));
    int64_t created_ms = fixture_time_or(load, &a->created_at, load->start_ms);
    struct account spec = {
        .public_id = a->id,
        .handle = a->handle,
        .name = a->name ? a->name : a->handle,
        .avatar_url = a->logo ? a->logo : postnitro_logo_url(load->arena, platform, a->handle),
        .kind = a->type ? a->type : "personal",
        .platform = platform,
        .token = token ? (enum token)token->value : TOKEN_LIVE,
        .token_word = token ? NULL : a->token_status,
        .connected_at_ms = created_ms,
        .updated_at_ms = fixture_time_or(load, &a->updated_at, created_ms),
        .token_expires_at_ms = fixture_time_or(load, &a->token_expires_at, load->start_ms + TOKEN_MS),
    };
    bool ok = check_account(load, a, &spec);
    spec.public_id = fixture_id(load, a->id, "c", ID_CUID);
    a->row = account_connect(load->world, workspace, &spec);
    return ok;
}

static bool build_design(struct fixture_load *load, uint32_t workspace, const struct fixture_design *d)
{
    if (!d->id)
        return false;
    if (content_find(load->world, POSTNITRO, str_from(d->id)))
        return fixture_duplicate(load, d->at, "design", d->id);
    const struct content content = {
        .public_id = d->id,
        .media_type = d->type ? d->type : "carousel",
        .name = d->name ? d->name : d->id,
        .source = d->source ? d->source : "editor",
        .state = CONTENT_COMPLETED,
    };
    content_create(load->world, workspace, &content);
    return true;
}

/* --- posts ---------------------------------------------------------------------------------- */

static uint32_t find_account(struct fixture_load *load, const struct fixture_workspace *w, const struct fixture_post *p,
                             const char *name)
{
    const struct fixture_account *accounts = w->accounts.items, *found = NULL;
    const char **handles = arena_array(load->arena, const char *, w->accounts.count);
    size_t count = 0;
    for (size_t i = 0; i < w->accounts.count; i++) {
        if (!accounts[i].row)
            continue;
        if (accounts[i].id && strcmp(accounts[i].id, name) == 0)
            return accounts[i].row;
        handles[count++] = accounts[i].handle;
        if (strcmp(accounts[i].handle, name) != 0)
            continue;
        if (found) {
            error_add(load->err, ERROR_INPUT, p->at,
                      "several accounts of this workspace have the handle '%s'; use the id", name);
            return ROW_NONE;
        }
        found = &accounts[i];
    }
    if (found)
        return found->row;
    const char *near = str_nearest(str_from(name), handles, count);
    error_add(load->err, ERROR_INPUT, p->at, "this workspace has no account '%s'%s%s%s", name,
              near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
    return ROW_NONE;
}

static bool check_post(struct fixture_load *load, const struct fixture_post *p)
{
    bool ok = true;
    int64_t due_ms = fixture_time(load, &p->due);
    bool past = p->status == POST_PUBLISHED || p->status == POST_FAILED;
    if (past && due_ms > load->start_ms)
        ok = error_add(load->err, ERROR_INPUT, p->at,
                       "a PUBLISHED or FAILED post cannot be due after the clock's start");
    if (p->status == POST_PUBLISHING &&
        (due_ms > load->start_ms || due_ms + load->world->timings.publish_ms <= load->start_ms))
        ok = error_add(
            load->err, ERROR_INPUT, p->at,
            "the post is PUBLISHING, but the clock's start is not between 'at' and 'at' plus timings.publish");
    if (p->status == POST_SCHEDULED && due_ms < load->start_ms)
        ok = error_add(load->err, ERROR_INPUT, p->at, "a SCHEDULED post cannot be due before the clock's start");
    if (p->error && p->status != POST_FAILED)
        ok = error_add(load->err, ERROR_INPUT, p->at, "'error' requires status FAILED");
    if (p->id && p->times > 1)
        ok = error_add(load->err, ERROR_INPUT, p->at, "'id' cannot be used with 'times' greater than 1");
    if (p->id && post_find(load->world, POSTNITRO, str_from(p->id)))
        ok = fixture_duplicate(load, p->at, "post", p->id);
    return ok;
}

static void link_account(struct world *w, uint32_t post, uint32_t account, const struct fixture_post *p)
{
    const struct destination spec = {
        .account = account,
        .public_id = ids_mint(w, "c", ID_CUID),
        .mode = MODE_PUBLISH,
    };
    uint32_t row = destination_schedule(w, post, &spec);
    if (p->status == POST_FAILED) {
        destination_set_outcome(w, row, OUTCOME_NATURAL, p->error);
        destination_place(w, row, DESTINATION_FAILED, FAILURE_PLATFORM, NULL);
    } else if (p->status == POST_PUBLISHING) {
        destination_place(w, row, DESTINATION_PUBLISHING, FAILURE_NONE, NULL);
    } else if (p->status == POST_PUBLISHED) {
        destination_place(w, row, DESTINATION_PUBLISHED, FAILURE_NONE, NULL);
    }
}

static const char *details(struct arena *a, const char *caption)
{
    const struct node *text = node_new_text(a, str_from(caption));
    const struct node *content = node_with(a, NULL, "common", text);
    return postnitro_details(a, node_with(a, NULL, "postContent", content));
}

static bool build_post(struct fixture_load *load, uint32_t workspace, const struct fixture_workspace *of,
                       const struct fixture_post *p)
{
    if (!p->due.given || !check_post(load, p))
        return false;
    bool ok = true;
    const char *const *names = p->accounts.items;
    uint32_t *accounts = arena_array(load->arena, uint32_t, p->accounts.count);
    for (size_t i = 0; i < p->accounts.count; i++)
        ok = (accounts[i] = find_account(load, of, p, names[i])) != ROW_NONE && ok;
    struct post post = {
        .content = p->design ? content_find(load->world, POSTNITRO, str_from(p->design)) : ROW_NONE,
        .text = p->caption ? p->caption : "A post of this workspace.",
        .draft = p->status == POST_DRAFT,
        .due_at_ms = fixture_time(load, &p->due),
    };
    if (p->design && (!post.content || content_read(load->world, post.content)->space != workspace))
        ok = error_add(load->err, ERROR_INPUT, p->at, "this workspace has no design '%s'", p->design);
    if (!ok)
        return false;
    post.details = details(load->arena, post.text);
    post.created_at_ms = fixture_post_created(load, post.due_at_ms);
    for (int64_t n = 0; n == 0 || n < p->times; n++) {
        post.public_id = fixture_id(load, p->id, "c", ID_CUID);
        uint32_t row = post_schedule(load->world, workspace, &post);
        for (size_t i = 0; i < p->accounts.count; i++)
            link_account(load->world, row, accounts[i], p);
    }
    return true;
}

/* --- workspaces ----------------------------------------------------------------------------- */

static uint32_t organization_of(struct fixture_load *load, const struct fixture_workspace *w)
{
    uint32_t row = w->organization ? organization_find(load->world, POSTNITRO, w->organization) : ROW_NONE;
    if (row)
        return row;
    const char *id = fixture_id(load, w->organization, "c", ID_CUID);
    return organization_create(load->world, POSTNITRO, id, id);
}

static bool build_workspace(struct fixture_load *load, struct fixture_workspace *w)
{
    bool ok = true;
    if (w->id && space_find(load->world, POSTNITRO, str_from(w->id)))
        ok = fixture_duplicate(load, w->at, "workspace", w->id);
    uint32_t organization = organization_of(load, w);
    const char *id = fixture_id(load, w->id, "c", ID_CUID);
    uint32_t row = space_create(load->world, organization, id, w->name ? w->name : id);
    for (size_t i = 0; i < w->keys.count; i++)
        ok = build_key(load, organization, row, (struct fixture_key *)w->keys.items + i) && ok;
    for (size_t i = 0; i < w->accounts.count; i++)
        ok = build_account(load, row, (struct fixture_account *)w->accounts.items + i) && ok;
    for (size_t i = 0; i < w->designs.count; i++)
        ok = build_design(load, row, (struct fixture_design *)w->designs.items + i) && ok;
    ok = postnitro_build_library(load, row, &w->library) && ok;
    for (size_t i = 0; i < w->posts.count; i++)
        ok = build_post(load, row, w, (struct fixture_post *)w->posts.items + i) && ok;
    return ok;
}

/* The keys get an organization of their own. */
static bool build_keys_without_workspace(struct fixture_load *load, const struct field_list *keys)
{
    bool ok = true;
    if (!keys->count)
        return true;
    uint32_t organization = organization_of(load, &(struct fixture_workspace){0});
    for (size_t i = 0; i < keys->count; i++)
        ok = build_key(load, organization, ROW_NONE, (struct fixture_key *)keys->items + i) && ok;
    return ok;
}

static bool read_section(const struct node *section, struct fixture_load *load)
{
    struct fixture_postnitro all = {0};
    bool ok = fields_read(&section_fields, section, load->arena, &all, load->err);
    for (size_t i = 0; i < all.workspaces.count; i++)
        ok = build_workspace(load, (struct fixture_workspace *)all.workspaces.items + i) && ok;
    return build_keys_without_workspace(load, &all.keys) && ok;
}

const struct fixture_reader postnitro_fixture = {"postnitro", read_section, &section_fields};
