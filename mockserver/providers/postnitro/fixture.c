/* The `postnitro:` section of a fixture: read, checked and built in one go, so that one reading
 * tells all mistakes; a world with any of them is thrown away. */
#include "mockserver/providers/postnitro/fixture_fields.h"

#include <string.h>

#include "mockserver/state/ids.h"

#define DAY_MS   (INT64_C(24) * 60 * 60 * 1000)
#define TOKEN_MS (60 * DAY_MS)

static const char *given_or_minted(struct fixture_load *load, const char *id, const char *prefix)
{
    return id ? id : ids_mint(load->world, prefix, ID_CUID);
}

static bool taken(const struct fixture_load *load, struct where at, const char *what,
                  const char *id)
{
    return error_add(load->err, ERROR_INPUT, at, "there is another %s with the id '%s'", what, id);
}

static int64_t time_or(const struct fixture_load *load, const struct field_time *t, int64_t ms)
{
    return t->given ? fixture_time(load, t) : ms;
}

/* `workspace` ROW_NONE: the key has none. */
static bool build_key(struct fixture_load *load, uint32_t organization, uint32_t workspace,
                      const struct fixture_key *k)
{
    if (!k->name || !k->value)
        return false;
    bool good = str_starts(str_from(k->value), STR("pn-")) ||
                error_add(load->err, ERROR_INPUT, k->at, "a key begins with pn-");
    if (key_find(load->world, POSTNITRO, str_from(k->value)))
        good = error_add(load->err, ERROR_INPUT, k->at, "key '%s' has the value of another key",
                         k->name);
    const struct key_spec spec = {
        .space = workspace,
        .status = k->plan ? KEY_UNPAID : KEY_ACTIVE,
        .name = k->name,
        .value = k->value,
        .public_id = given_or_minted(load, k->id, "c"),
    };
    key_create(load->world, organization, &spec);
    return good;
}

static enum token token_of(const char *status)
{
    for (enum token t = TOKEN_LIVE; status && t < TOKEN_COUNT; t++)
        if (strcmp(status, postnitro_token_texts[t]) == 0)
            return t;
    return TOKEN_LIVE;
}

static bool check_account(struct fixture_load *load, const struct fixture_account *a,
                          const struct account_spec *spec)
{
    bool good = true;
    if (a->handle[0] == '@')
        good = error_add(load->err, ERROR_INPUT, a->at, "handle '%s' is written without the @",
                         a->handle);
    if (spec->connected_at_ms > load->start_ms)
        good = error_add(load->err, ERROR_INPUT, a->at, "'%s' is created after the clock's start",
                         a->handle);
    if (spec->token == TOKEN_LIVE && spec->token_expires_at_ms <= load->start_ms)
        good =
            error_add(load->err, ERROR_INPUT, a->at,
                      "the token of '%s' has expired when the clock starts, yet it is not said to"
                      " be expired",
                      a->handle);
    if (a->id && account_find(load->world, POSTNITRO, str_from(a->id)))
        good = taken(load, a->at, "social account", a->id);
    return good;
}

static bool build_account(struct fixture_load *load, uint32_t workspace, struct fixture_account *a)
{
    if (!a->handle)
        return false;
    enum platform platform = postnitro_platforms[a->platform];
    enum token token = token_of(a->token_status);
    int64_t created_ms = time_or(load, &a->created_at, load->start_ms);
    struct account_spec spec = {
        .public_id = a->id,
        .handle = a->handle,
        .name = a->name ? a->name : a->handle,
        .avatar_url = a->logo ? a->logo : postnitro_logo_url(load->arena, platform, a->handle),
        .kind = a->type ? a->type : "personal",
        .platform = platform,
        .token = token,
        .token_word = a->token_status && strcmp(a->token_status, postnitro_token_texts[token]) != 0
                          ? a->token_status
                          : NULL,
        .connected_at_ms = created_ms,
        .updated_at_ms = time_or(load, &a->updated_at, created_ms),
        .token_expires_at_ms = time_or(load, &a->token_expires_at, load->start_ms + TOKEN_MS),
    };
    bool good = check_account(load, a, &spec);
    spec.public_id = given_or_minted(load, a->id, "c");
    a->row = account_connect(load->world, workspace, &spec);
    return good;
}

static bool build_design(struct fixture_load *load, uint32_t workspace,
                         const struct fixture_design *d)
{
    if (!d->id)
        return false;
    if (content_find(load->world, POSTNITRO, str_from(d->id)))
        return taken(load, d->at, "design", d->id);
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

static uint32_t find_account(struct fixture_load *load, const struct fixture_workspace *w,
                             const struct fixture_post *p, const char *name)
{
    const struct fixture_account *accounts = w->accounts.items, *found = NULL;
    const char **words = arena_array(load->arena, const char *, w->accounts.count);
    size_t count = 0;
    for (size_t i = 0; i < w->accounts.count; i++) {
        if (!accounts[i].row)
            continue;
        if (accounts[i].id && strcmp(accounts[i].id, name) == 0)
            return accounts[i].row;
        words[count++] = accounts[i].handle;
        if (strcmp(accounts[i].handle, name) != 0)
            continue;
        if (found) {
            error_add(load->err, ERROR_INPUT, p->at,
                      "'%s' names several accounts of this workspace: name one by its id", name);
            return ROW_NONE;
        }
        found = &accounts[i];
    }
    if (found)
        return found->row;
    const char *near = str_nearest(str_from(name), words, count);
    error_add(load->err, ERROR_INPUT, p->at, "this workspace has no account '%s'%s%s%s", name,
              near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
    return ROW_NONE;
}

static bool check_post(struct fixture_load *load, const struct fixture_post *p)
{
    bool good = true;
    int64_t due_ms = fixture_time(load, &p->due);
    bool over = p->status == FIXTURE_PUBLISHED || p->status == FIXTURE_FAILED;
    if (over && due_ms > load->start_ms)
        good = error_add(load->err, ERROR_INPUT, p->at,
                         "the post is over, but due after the clock's start");
    if (p->status == FIXTURE_SCHEDULED && due_ms < load->start_ms)
        good = error_add(load->err, ERROR_INPUT, p->at,
                         "the post is SCHEDULED, but was due before the clock's start");
    if (p->error && p->status != FIXTURE_FAILED)
        good = error_add(load->err, ERROR_INPUT, p->at, "the post has an error, but is not FAILED");
    if (p->id && p->times > 1)
        good =
            error_add(load->err, ERROR_INPUT, p->at, "one id cannot be of %d posts", (int)p->times);
    if (p->id && post_find(load->world, POSTNITRO, str_from(p->id)))
        good = taken(load, p->at, "post", p->id);
    return good;
}

static void link_account(struct world *w, uint32_t post, uint32_t account,
                         const struct fixture_post *p)
{
    const struct destination_spec spec = {
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

static bool build_post(struct fixture_load *load, uint32_t workspace,
                       const struct fixture_workspace *of, const struct fixture_post *p)
{
    if (!p->due.given || !check_post(load, p))
        return false;
    bool good = true;
    const char *const *names = p->accounts.items;
    uint32_t *accounts = arena_array(load->arena, uint32_t, p->accounts.count);
    for (size_t i = 0; i < p->accounts.count; i++)
        good = (accounts[i] = find_account(load, of, p, names[i])) != ROW_NONE && good;
    struct post post = {
        .content = p->design ? content_find(load->world, POSTNITRO, str_from(p->design)) : ROW_NONE,
        .text = p->caption ? p->caption : "A post of this workspace.",
        .draft = p->status == FIXTURE_DRAFT,
        .due_at_ms = fixture_time(load, &p->due),
    };
    if (p->design && (!post.content || content_read(load->world, post.content)->space != workspace))
        good = error_add(load->err, ERROR_INPUT, p->at, "this workspace has no design '%s'",
                         p->design);
    if (!good)
        return false;
    post.details = details(load->arena, post.text);
    post.created_at_ms = fixture_post_created(load, post.due_at_ms);
    for (int64_t n = 0; n == 0 || n < p->times; n++) {
        post.public_id = given_or_minted(load, p->id, "c");
        uint32_t row = post_schedule(load->world, workspace, &post);
        for (size_t i = 0; i < p->accounts.count; i++)
            link_account(load->world, row, accounts[i], p);
    }
    return true;
}

/* --- workspaces ----------------------------------------------------------------------------- */

static uint32_t organization_of(struct fixture_load *load, const struct fixture_workspace *w)
{
    uint32_t row =
        w->organization ? organization_find(load->world, POSTNITRO, w->organization) : ROW_NONE;
    if (row)
        return row;
    const char *id = given_or_minted(load, w->organization, "c");
    return organization_create(load->world, POSTNITRO, id, id);
}

static bool build_workspace(struct fixture_load *load, struct fixture_workspace *w)
{
    bool good = true;
    if (w->id && space_find(load->world, POSTNITRO, str_from(w->id)))
        good = taken(load, w->at, "workspace", w->id);
    uint32_t organization = organization_of(load, w);
    const char *id = given_or_minted(load, w->id, "c");
    uint32_t row = space_create(load->world, organization, id, w->name ? w->name : id);
    for (size_t i = 0; i < w->keys.count; i++)
        good = build_key(load, organization, row, (struct fixture_key *)w->keys.items + i) && good;
    for (size_t i = 0; i < w->accounts.count; i++)
        good = build_account(load, row, (struct fixture_account *)w->accounts.items + i) && good;
    for (size_t i = 0; i < w->designs.count; i++)
        good = build_design(load, row, (struct fixture_design *)w->designs.items + i) && good;
    for (size_t i = 0; i < w->posts.count; i++)
        good = build_post(load, row, w, (struct fixture_post *)w->posts.items + i) && good;
    return good;
}

/* They have an organization all the same. */
static bool build_loose_keys(struct fixture_load *load, const struct field_list *keys)
{
    bool good = true;
    if (!keys->count)
        return true;
    uint32_t organization = organization_of(load, &(struct fixture_workspace){0});
    for (size_t i = 0; i < keys->count; i++)
        good =
            build_key(load, organization, ROW_NONE, (struct fixture_key *)keys->items + i) && good;
    return good;
}

static bool read_section(const struct node *section, struct fixture_load *load)
{
    struct fixture_postnitro all = {0};
    bool good = fields_read(&postnitro_fixture_fields, section, load->arena, &all, load->err);
    for (size_t i = 0; i < all.workspaces.count; i++)
        good = build_workspace(load, (struct fixture_workspace *)all.workspaces.items + i) && good;
    return build_loose_keys(load, &all.keys) && good;
}

const struct fixture_reader postnitro_fixture = {"postnitro", read_section,
                                                 &postnitro_fixture_fields};
