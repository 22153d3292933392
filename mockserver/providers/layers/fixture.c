/* Reads, checks and builds the `layers:` section of a fixture in one pass, so that all problems are
 * reported at once. A world with a problem is discarded. */
#include "mockserver/providers/layers/fixture_build.h"
#include "mockserver/providers/layers/fixture_check.h"
#include "mockserver/providers/layers/layers.h"

#include <string.h>

#include "mockserver/state/record.h"

static bool report_duplicate(const struct fixture_load *load, struct where at, const char *what, const char *id)
{
    return error_add(load->err, ERROR_INPUT, at, "duplicate %s id '%s'", what, id);
}

static const char *id_or_minted(struct fixture_load *load, const char *id, const char *prefix)
{
    return id ? id : ids_mint(load->world, prefix, ID_OPEN);
}

static bool build_key(struct fixture_load *load, uint32_t organization, const struct fixture_key *k)
{
    if (!k->name || !k->value)
        return false;
    bool ok = fixture_check_key(load, k);
    if (key_find(load->world, LAYERS, str_from(k->value)))
        ok = error_add(load->err, ERROR_INPUT, k->at, "key '%s' has the same value as another key", k->name);
    bool is_test = str_starts(str_from(k->value), STR("lp_test_"));
    struct key_spec spec = {
        .name = k->name,
        .value = k->value,
        .public_id = id_or_minted(load, k->id, "key_"),
        .tier = k->tier   ? k->tier
                : is_test ? "sandbox"
                          : NULL,
        .scopes = k->scopes.items,
        .scope_count = k->scopes.count,
        .return_domains = k->return_domains.items,
        .return_domain_count = k->return_domains.count,
        .limits = {[LAYERS_WINDOW_READ] = k->limits.read,
                   [LAYERS_WINDOW_WRITE] = k->limits.write,
                   [LAYERS_WINDOW_LONG] = k->limits.longer,
                   [LAYERS_WINDOW_WRITE_DAY] = k->limits.write_day},
    };
    key_create(load->world, organization, &spec);
    return ok;
}

/* The status reauth_required does not say why the token was lost: a token that is past its expiry
 * time has expired, any other was withdrawn. */
static enum token token_of(const struct fixture_account *a, int64_t expires_at_ms, int64_t start_ms)
{
    if (a->status != LAYERS_REAUTH_REQUIRED)
        return TOKEN_LIVE;
    return expires_at_ms && expires_at_ms <= start_ms ? TOKEN_EXPIRED : TOKEN_WITHDRAWN;
}

static int64_t expiry_of(const struct fixture_load *load, const struct fixture_account *a, int64_t connected_at_ms)
{
    if (a->token_expires_at.given)
        return fixture_time(load, &a->token_expires_at);
    if (a->leased)
        return 0;
    int64_t from_ms = a->status == LAYERS_CONNECTED ? load->start_ms : connected_at_ms;
    return from_ms + layers_token_ms((enum platform)a->platform);
}

static bool build_account(struct fixture_load *load, uint32_t project, struct fixture_account *a)
{
    if (!a->handle)
        return false;
    bool ok = fixture_check_account(load, a);
    if (a->id && account_find(load->world, LAYERS, str_from(a->id)))
        ok = report_duplicate(load, a->at, "social account", a->id);
    fixture_lease_terms(load, a);
    int64_t connected_at_ms = a->connected_at.given ? fixture_time(load, &a->connected_at) : load->start_ms;
    int64_t expires_at_ms = expiry_of(load, a, connected_at_ms);
    struct account_spec spec = {
        .public_id = id_or_minted(load, a->id, "sa_"),
        .handle = a->handle,
        .avatar_url = a->avatar_url,
        .platform = (enum platform)a->platform,
        .token = token_of(a, expires_at_ms, load->start_ms),
        .leased = a->leased,
        .refreshes = a->refresh,
        .connected_at_ms = connected_at_ms,
        .token_expires_at_ms = expires_at_ms,
        .monthly_price_cents = a->monthly_price_cents,
        .followers = a->followers,
        .after = a->leased ? NULL : layers_after_connect((enum platform)a->platform),
    };
    a->row = account_connect(load->world, project, &spec);
    return fixture_lease_from_pool(load, a) && ok;
}

static bool build_content(struct fixture_load *load, uint32_t project, struct fixture_content *x)
{
    bool ok = true;
    if (x->id && content_find(load->world, LAYERS, str_from(x->id)))
        ok = report_duplicate(load, x->at, "content", x->id);
    struct content content = {
        .public_id = id_or_minted(load, x->id, "cnt_"),
        .media_type = x->media_type ? x->media_type : "video",
        .caption = x->caption,
        .state = layers_fixture_content_states[x->state],
        .approval = (enum approval)x->approval,
    };
    x->row = content_create(load->world, project, &content);
    return ok;
}

static uint32_t find_content(struct fixture_load *load, uint32_t project, const struct fixture_post *p)
{
    uint32_t row = content_find(load->world, LAYERS, str_from(p->content));
    if (row && content_read(load->world, row)->space == project)
        return row;
    error_add(load->err, ERROR_INPUT, p->at, "content '%s' does not exist in this project", p->content);
    return ROW_NONE;
}

static void create_post(struct fixture_load *load, uint32_t project, const struct fixture_post *p, uint32_t content,
                        uint32_t account)
{
    struct world *w = load->world;
    int64_t due_ms = fixture_time(load, &p->due);
    struct post post = {
        .content = content,
        .public_id = ids_mint(w, "post_", ID_ULID),
        .text = content_read(w, content)->caption,
        .due_at_ms = due_ms,
        .created_at_ms = fixture_post_created(load, due_ms),
    };
    struct destination_spec spec = {
        .account = account,
        .public_id = id_or_minted(load, p->id, "sp_"),
        .mode = (enum publish_mode)p->mode,
    };
    uint32_t row = destination_schedule(w, post_schedule(w, project, &post), &spec);
    enum failure failure = FAILURE_PLATFORM;
    if (p->error) {
        if (strcmp(p->error, layers_failure_code(FAILURE_TOKEN_DEAD)) == 0)
            failure = FAILURE_TOKEN_DEAD;
        destination_set_outcome(w, row, OUTCOME_NATURAL, p->error);
    }
    if (p->state != DESTINATION_QUEUED)
        destination_place(w, row, (enum destination_state)p->state, failure, p->external_url);
}

static bool build_post(struct fixture_load *load, uint32_t project, const struct handles *handles,
                       const struct fixture_post *p)
{
    if (!p->content || !p->account || !p->due.given)
        return false;
    bool ok = true;
    if (p->id && destination_find(load->world, LAYERS, str_from(p->id)))
        ok = report_duplicate(load, p->at, "scheduled post", p->id);
    uint32_t content = find_content(load, project, p);
    const struct fixture_account *account = handles_find(load, handles, p->account, p->at);
    if (!content || !account || !fixture_check_post(load, p, account))
        return false;
    create_post(load, project, p, content, account->row);
    return ok;
}

/* Must be called after the posts are created: a disconnected account keeps the posts that it
 * published before. */
static void disconnect_accounts(struct fixture_load *load, const struct fixture_project *p)
{
    const struct fixture_account *accounts = p->accounts.items;
    for (size_t i = 0; i < p->accounts.count; i++)
        if (accounts[i].row && accounts[i].status == LAYERS_DISCONNECTED)
            account_disconnect(load->world, accounts[i].row, DISCONNECT_REVOKED);
}

static bool build_project(struct fixture_load *load, uint32_t organization, struct fixture_project *p)
{
    bool ok = true;
    if (p->id && space_find(load->world, LAYERS, str_from(p->id)))
        ok = report_duplicate(load, p->at, "project", p->id);
    const char *id = id_or_minted(load, p->id, "prj_");
    struct space spec = {
        .public_id = id,
        .name = p->name ? p->name : id,
        .timezone = p->timezone ? p->timezone : "UTC",
        .customer_id = p->customer_id,
        .owner_email = p->owner_email,
        .language = p->language ? p->language : "en",
        .archived = p->status != 0,
    };
    uint32_t row = space_open(load->world, organization, &spec);

    struct handles handles;
    ok = handles_sort(load, p, &handles) && ok;
    for (size_t i = 0; i < p->accounts.count; i++)
        ok = build_account(load, row, (struct fixture_account *)p->accounts.items + i) && ok;
    for (size_t i = 0; i < p->content.count; i++)
        ok = build_content(load, row, (struct fixture_content *)p->content.items + i) && ok;
    for (size_t i = 0; i < p->posts.count; i++)
        ok = build_post(load, row, &handles, (struct fixture_post *)p->posts.items + i) && ok;
    disconnect_accounts(load, p);
    ok = fixture_build_lease_requests(load, row, p) && ok;
    return fixture_build_ad_accounts(load, row, p) && ok;
}

static bool build_organization(struct fixture_load *load, const struct fixture_organization *o)
{
    bool ok = true;
    if (o->id && organization_find(load->world, LAYERS, o->id))
        ok = report_duplicate(load, o->at, "organization", o->id);
    const char *id = id_or_minted(load, o->id, "org_");
    uint32_t row = organization_create(load->world, LAYERS, id, o->name);
    organization_set_credits(load->world, row, o->credits);
    for (size_t i = 0; i < o->keys.count; i++)
        ok = build_key(load, row, (struct fixture_key *)o->keys.items + i) && ok;
    for (size_t i = 0; i < o->projects.count; i++)
        ok = build_project(load, row, (struct fixture_project *)o->projects.items + i) && ok;
    return fixture_build_webhooks(load, row, o) && ok;
}

static bool read_section(const struct node *section, struct fixture_load *load)
{
    struct fixture_layers all = {0};
    bool ok = fields_read(&layers_fixture_fields, section, load->arena, &all, load->err);
    ok = fixture_build_pool(load, &all) && ok;
    for (size_t i = 0; i < all.organizations.count; i++)
        ok = build_organization(load, (struct fixture_organization *)all.organizations.items + i) && ok;
    return ok;
}

const struct fixture_reader layers_fixture = {"layers", read_section, &layers_fixture_fields};
