/* The `posteverywhere:` section of a fixture: read, checked and built in one go, so that one reading
 * tells all mistakes; a world with any of them is thrown away. */
#include "mockserver/providers/posteverywhere/fixture_fields.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "mockserver/state/ids.h"

#define WRONG(...) error_add(load->err, ERROR_INPUT, __VA_ARGS__)

static const char *given_or_minted(struct fixture_load *load, const char *id)
{
    return id ? id : ids_mint(load->world, "", ID_UUID);
}

static bool taken(const struct fixture_load *load, struct where at, const char *what,
                  const char *id)
{
    return WRONG(at, "there is another %s with the id '%s'", what, id);
}

static bool scopes_valid(const struct fixture_load *load, const struct fixture_key *k)
{
    static const char *const known[] = {"*", "read", "write", "ai"};
    const char *const *items = k->scopes.items;
    bool good = true;
    for (size_t i = 0; i < k->scopes.count; i++) {
        size_t j = 0;
        while (j < sizeof known / sizeof *known && strcmp(known[j], items[i]) != 0)
            j++;
        if (j == sizeof known / sizeof *known)
            good = WRONG(k->at, "there is no scope '%s'", items[i]);
    }
    return good;
}

static enum pe_api_version api_version_of(int api_version, bool id_alias)
{
    enum pe_api_version e = pe_fixture_api_versions[api_version];
    return e != PE_API_VERSION_OLDER && id_alias ? PE_API_VERSION_WITH_ID : e;
}

static bool build_key(struct fixture_load *load, uint32_t organization, const struct fixture_key *k)
{
    static const char *const all[] = {"*"};
    if (!k->name || !k->value)
        return false;
    bool good = scopes_valid(load, k);
    if (!str_starts(str_from(k->value), STR("pe_live_")))
        good = WRONG(k->at, "a key begins with pe_live_");
    if (key_find(load->world, POSTEVERYWHERE, str_from(k->value)))
        good = WRONG(k->at, "key '%s' has the value of another key", k->name);
    const struct key_spec spec = {
        .name = k->name,
        .value = k->value,
        .public_id = given_or_minted(load, k->id),
        .api_version = api_version_of(k->api_version, k->id_alias),
        .scopes = k->scopes.count ? k->scopes.items : all,
        .scope_count = k->scopes.count ? k->scopes.count : 1,
        .limits = {[PE_WINDOW_MINUTE] = k->limits.minute, [PE_WINDOW_HOUR] = k->limits.hour},
    };
    key_create(load->world, organization, &spec);
    return good;
}

static bool account_valid(const struct fixture_load *load, const struct fixture_account *a,
                          int64_t created_ms)
{
    int64_t expires_ms = fixture_time(load, &a->token_expires_at);
    if (created_ms > load->start_ms)
        return WRONG(a->at, "'%s' is created after the clock's start", a->name);
    if (a->is_active && a->is_active->kind != NODE_BOOL)
        return WRONG(a->is_active->at, "'is_active' takes true or false, not %s",
                     node_kind_name(a->is_active->kind));
    if (a->token_expires_at.given && a->health == PE_HEALTHY && expires_ms <= load->start_ms)
        return WRONG(a->at,
                     "the token of '%s' has expired when the clock starts, yet it is healthy",
                     a->name);
    return true;
}

static bool build_account(struct fixture_load *load, uint32_t space, struct fixture_account *a)
{
    struct account_spec spec = {0};
    if (!a->name)
        return false;
    spec.handle = a->name[0] == '@' ? a->name + 1 : a->name;
    pe_consented(load->world, (enum platform)a->platform, &spec);
    if (a->account_id)
        spec.public_id = arena_printf(load->arena, "%" PRId64, a->account_id);
    spec.name = a->name;
    spec.avatar_url = a->avatar_url;
    spec.token = a->health == PE_EXPIRED ? TOKEN_EXPIRED : TOKEN_LIVE;
    spec.flagged = a->health == PE_UNHEALTHY;
    spec.inactive = a->is_active && a->is_active->kind == NODE_BOOL && !a->is_active->truth;
    spec.connected_at_ms =
        a->created_at.given ? fixture_time(load, &a->created_at) : load->start_ms;
    spec.token_expires_at_ms =
        a->token_expires_at.given ? fixture_time(load, &a->token_expires_at) : 0;
    bool good = account_valid(load, a, spec.connected_at_ms);
    if (account_find(load->world, POSTEVERYWHERE, str_from(spec.public_id)))
        good = taken(load, a->at, "account", spec.public_id);
    a->row = account_connect(load->world, space, &spec);
    return good;
}

static bool build_media(struct fixture_load *load, uint32_t space, const struct fixture_media *m)
{
    if (!m->filename || !m->content_type)
        return false;
    bool good = true;
    if (m->id && media_find(load->world, POSTEVERYWHERE, str_from(m->id)))
        good = taken(load, m->at, "media", m->id);
    const struct media said = {
        .public_id = given_or_minted(load, m->id),
        .name = m->filename,
        .content_type = m->content_type,
        .state = MEDIA_READY,
        .size = m->size,
        .width = m->width,
        .height = m->height,
    };
    media_create(load->world, space, &said);
    return good;
}

/* ROW_NONE, and a complaint, unless it is an account of that organization. */
static uint32_t account_of(struct fixture_load *load, uint32_t space, const struct fixture_post *p,
                           const struct node *id)
{
    const char *text = id->kind == NODE_INT ? arena_printf(load->arena, "%" PRId64, id->integer)
                                            : json_print_short(load->arena, id, 40);
    uint32_t row = account_find(load->world, POSTEVERYWHERE, str_from(text));
    if (row && account_read(load->world, row)->space == space)
        return row;
    WRONG(p->at, "this organization has no account %s", text);
    return ROW_NONE;
}

static bool is_among(const struct node *ids, const struct node *id)
{
    for (size_t i = 0; i < node_count(ids); i++)
        if (node_equal(node_at(ids, i), id))
            return true;
    return false;
}

static bool post_valid(const struct fixture_load *load, const struct fixture_post *p)
{
    const char *word = pe_status_texts[p->status];
    int64_t due_ms = fixture_time(load, &p->due);
    if (p->accounts && p->accounts->kind != NODE_LIST)
        return WRONG(p->accounts->at, "'accounts' takes a list of account ids, not %s",
                     node_kind_name(p->accounts->kind));
    if (p->failed && p->failed->kind != NODE_LIST)
        return WRONG(p->failed->at, "'failed' takes a list of account ids, not %s",
                     node_kind_name(p->failed->kind));
    int64_t created_ms = fixture_time(load, &p->created_at);
    if (p->created_at.given && created_ms > load->start_ms)
        return WRONG(p->at, "the post is created after the clock's start");
    if (p->status == PE_DRAFT)
        return true;
    if (p->status == PE_PUBLISHING)
        return WRONG(p->at, "no post is publishing when a world begins: say scheduled");
    if (!p->due.given || !node_count(p->accounts))
        return WRONG(p->at, "a post that is %s needs 'accounts' and 'at'", word);
    if (p->status == PE_SCHEDULED && due_ms <= load->start_ms)
        return WRONG(p->at, "the post is scheduled, but was due before the clock's start");
    if (p->status != PE_SCHEDULED && due_ms > load->start_ms)
        return WRONG(p->at, "the post is %s, but due after the clock's start", word);
    if (p->status != PE_SCHEDULED && p->created_at.given && created_ms > due_ms)
        return WRONG(p->at, "the post is %s, but created after it was due", word);
    if ((p->status == PE_PARTIALLY_FAILED) != (node_count(p->failed) > 0))
        return WRONG(p->at, "just a post that is partially_failed says where it 'failed'");
    for (size_t i = 0; i < node_count(p->failed); i++)
        if (!is_among(p->accounts, node_at(p->failed, i)))
            return WRONG(p->at, "the post failed where it does not go: %s",
                         json_print_short(load->arena, node_at(p->failed, i), 40));
    return true;
}

/* What failed failed for an expired token where the account has one. */
static void settle(struct world *w, uint32_t destination, bool failed)
{
    const struct account *a = account_read(w, destination_read(w, destination)->account);
    enum failure failure = account_can_publish(a) ? FAILURE_PLATFORM : FAILURE_TOKEN_DEAD;
    destination_place(w, destination, failed ? DESTINATION_FAILED : DESTINATION_PUBLISHED,
                      failed ? failure : FAILURE_NONE, NULL);
}

static bool build_destinations(struct fixture_load *load, uint32_t space, uint32_t post,
                               const struct fixture_post *p)
{
    bool good = true;
    for (size_t i = 0; i < node_count(p->accounts); i++) {
        const struct node *id = node_at(p->accounts, i);
        uint32_t account = account_of(load, space, p, id);
        good = good && account;
        if (!account)
            continue;
        const struct destination_spec spec = {.account = account,
                                              .public_id = ids_mint(load->world, "", ID_UUID)};
        uint32_t row = destination_schedule(load->world, post, &spec);
        if (p->status != PE_DRAFT && p->status != PE_SCHEDULED)
            settle(load->world, row, p->status == PE_FAILED || is_among(p->failed, id));
    }
    return good;
}

static bool build_post(struct fixture_load *load, uint32_t space, const struct fixture_post *p)
{
    if (!p->content || !post_valid(load, p))
        return false;
    bool good = true;
    if (p->id && post_find(load->world, POSTEVERYWHERE, str_from(p->id)))
        good = taken(load, p->at, "post", p->id);
    int64_t due_ms = p->due.given ? fixture_time(load, &p->due) : 0;
    int64_t usual_ms = due_ms ? fixture_post_created(load, due_ms) : load->start_ms;
    int64_t created_ms = p->created_at.given ? fixture_time(load, &p->created_at) : usual_ms;
    const struct pe_details details = {.timezone = p->timezone ? p->timezone : "UTC"};
    const struct post post = {
        .public_id = given_or_minted(load, p->id),
        .text = p->content,
        .details = pe_details_write(load->arena, &details),
        .draft = p->status == PE_DRAFT,
        .due_at_ms = due_ms,
        .created_at_ms = created_ms,
    };
    uint32_t row = post_schedule(load->world, space, &post);
    return build_destinations(load, space, row, p) && good;
}

static bool build_organization(struct fixture_load *load, const struct fixture_organization *o)
{
    bool good = true;
    if (o->id && organization_find(load->world, POSTEVERYWHERE, o->id))
        good = taken(load, o->at, "organization", o->id);
    uint32_t row =
        organization_create(load->world, POSTEVERYWHERE, given_or_minted(load, o->id), o->name);
    uint32_t space = space_create(load->world, row, ids_mint(load->world, "", ID_UUID), o->name);
    const struct fixture_key *keys = o->keys.items;
    struct fixture_account *accounts = o->accounts.items;
    const struct fixture_media *media = o->media.items;
    const struct fixture_post *posts = o->posts.items;
    const struct fixture_webhook *webhooks = o->webhooks.items;
    for (size_t i = 0; i < o->keys.count; i++)
        good = build_key(load, row, &keys[i]) && good;
    for (size_t i = 0; i < o->accounts.count; i++)
        good = build_account(load, space, &accounts[i]) && good;
    for (size_t i = 0; i < o->media.count; i++)
        good = build_media(load, space, &media[i]) && good;
    for (size_t i = 0; i < o->posts.count; i++)
        good = build_post(load, space, &posts[i]) && good;
    for (size_t i = 0; i < o->webhooks.count; i++)
        good = pe_fixture_webhook(load, row, &webhooks[i]) && good;
    return good;
}

static bool read_section(const struct node *section, struct fixture_load *load)
{
    struct fixture_posteverywhere all = {0};
    bool good = fields_read(&pe_fixture_fields, section, load->arena, &all, load->err);
    load->world->api_versions[POSTEVERYWHERE] = api_version_of(all.api_version, all.id_alias);
    const struct fixture_organization *organizations = all.organizations.items;
    for (size_t i = 0; i < all.organizations.count; i++)
        good = build_organization(load, &organizations[i]) && good;
    return good;
}

const struct fixture_reader posteverywhere_fixture = {"posteverywhere", read_section,
                                                      &pe_fixture_fields};
