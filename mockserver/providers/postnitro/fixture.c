/* Reads, checks and builds the `postnitro:` section of a fixture in one pass, so that one load
 * reports all errors. The caller discards the state if there is any error. */
#include "base/units.h"
#include "mockserver/providers/postnitro/fixture_fields.h"

#include <string.h>

#define TOKEN_MS (60 * DAY_MS)

/* A `workspace` of ROW_NONE creates a key without a workspace. */
static bool build_key(struct fixture_load *load, uint32_t organization, uint32_t workspace, const struct fixture_key *k)
{
    if (!k->name || !k->value)
        return false;
    bool ok = fixture_key_valid(load, k->at, POSTNITRO, k->name, k->value, "pn-");
    const struct key spec = {
        .space = workspace,
        .status = k->plan ? KEY_UNPAID : KEY_ACTIVE,
        .name = k->name,
        .value = k->value,
        .public_id = fixture_id(load, k->id, "c", ID_CUID),
    };
    key_create(load->world, organization, &spec);
    return ok;
}

static enum token token_of(const char *status)
{
    for (enum token t = TOKEN_LIVE; status && t < TOKEN_COUNT; t++)
        if (strcmp(status, postnitro_token_texts[t]) == 0)
            return t;
    return TOKEN_LIVE;
}

static bool check_account(struct fixture_load *load, const struct fixture_account *a, const struct account *spec)
{
    bool ok = true;
    if (a->handle[0] == '@')
        ok = error_add(load->err, ERROR_INPUT, a->at, "invalid handle '%s'; omit the @", a->handle);
    const char *account = arena_printf(load->arena, "account '%s'", a->handle);
    ok = fixture_time_past(load, a->at, "created_at", account, spec->connected_at_ms) && ok;
    if (spec->token == TOKEN_LIVE && spec->token_expires_at_ms <= load->start_ms)
        ok = error_add(load->err, ERROR_INPUT, a->at,
                       "the token of account '%s' has expired by the clock's start; set "
                       "'access_token_status' to 'expired' or 'revoked'",
                       a->handle);
    if (a->id && account_find(load->world, POSTNITRO, str_from(a->id)))
        ok = fixture_duplicate(load, a->at, "social account", a->id);
    return ok;
}

static bool build_account(struct fixture_load *load, uint32_t workspace, struct fixture_account *a)
{
    if (!a->handle)
        return false;
    enum platform platform = postnitro_platforms[a->platform];
    enum token token = token_of(a->token_status);
    int64_t created_ms = fixture_time_or(load, &a->created_at, load->start_ms);
    struct account spec = {
        .public_id = a->id,
        .handle = a->handle,
        .name = a->name ? a->name : a->handle,
        .avatar_url = a->logo ? a->logo : postnitro_logo_url(load->arena, platform, a->handle),
        .kind = a->type ? a->type : "personal",
        .platform = platform,
        .token = token,
        .token_word =
            a->token_status && strcmp(a->token_status, postnitro_token_texts[token]) != 0 ? a->token_status : NULL,
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
    bool past = p->status == FIXTURE_PUBLISHED || p->status == FIXTURE_FAILED;
    if (past && due_ms > load->start_ms)
        ok = error_add(load->err, ERROR_INPUT, p->at,
                       "a PUBLISHED or FAILED post cannot be due after the clock's start");
    if (p->status == FIXTURE_SCHEDULED && due_ms < load->start_ms)
        ok = error_add(load->err, ERROR_INPUT, p->at, "a SCHEDULED post cannot be due before the clock's start");
    if (p->error && p->status != FIXTURE_FAILED)
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
    if (p->status == FIXTURE_FAILED) {
        destination_set_outcome(w, row, OUTCOME_NATURAL, p->error);
        destination_place(w, row, DESTINATION_FAILED, FAILURE_PLATFORM, NULL);
    } else if (p->status == FIXTURE_PUBLISHED) {
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
        .draft = p->status == FIXTURE_DRAFT,
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
    bool ok = fields_read(&postnitro_fixture_fields, section, load->arena, &all, load->err);
    for (size_t i = 0; i < all.workspaces.count; i++)
        ok = build_workspace(load, (struct fixture_workspace *)all.workspaces.items + i) && ok;
    return build_keys_without_workspace(load, &all.keys) && ok;
}

const struct fixture_reader postnitro_fixture = {"postnitro", read_section, &postnitro_fixture_fields};
