/* Reads, checks and builds the `layers:` section of a fixture in one pass, so that all problems are reported. */
#include "mockserver/providers/layers/fixture.h"

#include <string.h>

#include "base/array.h"
#include "mockserver/gates/gate.h"

static const char *const scopes[] = {
    "*",
    "social:read",
    "social:write",
    "leased:write",
    "publish:read",
    "publish:write",
    "content:write",
    "content:approve",
    "projects:read",
    "projects:write",
    "jobs:read",
    "jobs:cancel",
    "org:admin",
    "ads:read",
    "ads:write",
    "ads:write:campaigns",
    "ads:write:budgets",
    "ads:write:creative",
    "ads:write:lifecycle",
    "ads:write:policy",
    "ads:write:optimizer_trigger",
    "ads:write:pending",
    "ads:write:capi",
    "ads:write:connect",
    "ads:write:override",
};

static bool check_known(const struct fixture_load *load, struct where at, const char *what, const char *word,
                        const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    const char *near = str_nearest(str_from(word), words, count);
    return near ? fixture_problem(load, at, "unknown %s '%s' (did you mean '%s'?)", what, word, near)
                : fixture_problem(load, at, "unknown %s '%s'", what, word);
}

static bool check_tier(const struct fixture_load *load, const struct fixture_key *k)
{
    const char **names = arena_array(load->arena, const char *, layers_limits.tier_count);
    for (size_t i = 0; i < layers_limits.tier_count; i++)
        names[i] = layers_limits.tiers[i].name;
    return check_known(load, k->at, "tier", k->tier, names, layers_limits.tier_count);
}

static bool check_key(const struct fixture_load *load, const struct fixture_key *k)
{
    bool ok = true;
    struct str value = str_from(k->value);
    if (!str_starts(value, STR("lp_live_")) && !str_starts(value, STR("lp_test_")))
        ok = fixture_problem(load, k->at, "API key '%s' has an invalid value; expected lp_live_... or lp_test_...",
                             k->name);
    if (k->tier)
        ok = check_tier(load, k) && ok;
    const char *const *items = k->scopes.items;
    for (size_t i = 0; i < k->scopes.count; i++)
        ok = check_known(load, k->at, "scope", items[i], scopes, COUNT(scopes)) && ok;
    items = k->return_domains.items;
    for (size_t i = 0; i < k->return_domains.count; i++)
        if (!return_domain_valid(load->arena, items[i]))
            ok = fixture_problem(
                load, k->at, "invalid return domain '%s'; expected a host name without scheme, port or path", items[i]);
    return ok;
}

static bool build_key(struct fixture_load *load, uint32_t organization, const struct fixture_key *k)
{
    if (!k->name || !k->value)
        return false;
    bool ok = check_key(load, k);
    if (key_find(load->world, LAYERS, str_from(k->value)))
        ok = fixture_problem(load, k->at, "key '%s' has the same value as another key", k->name);
    bool is_test = str_starts(str_from(k->value), STR("lp_test_"));
    struct key spec = {
        .name = k->name,
        .value = k->value,
        .public_id = fixture_id(load, k->id, "key_", ID_OPEN),
        .tier = k->tier   ? k->tier
                : is_test ? "sandbox"
                          : NULL,
        .scopes = k->scopes.items,
        .scope_count = (uint32_t)k->scopes.count,
        .return_domains = k->return_domains.items,
        .return_domain_count = (uint32_t)k->return_domains.count,
        .limits = {[LAYERS_WINDOW_READ] = k->limits.read,
                   [LAYERS_WINDOW_WRITE] = k->limits.write,
                   [LAYERS_WINDOW_LONG] = k->limits.longer,
                   [LAYERS_WINDOW_WRITE_DAY] = k->limits.write_day},
    };
    key_create(load->world, organization, &spec);
    return ok;
}

static bool build_content(struct fixture_load *load, uint32_t project, struct fixture_content *x)
{
    bool ok = true;
    if (x->id && content_find(load->world, LAYERS, str_from(x->id)))
        ok = fixture_duplicate(load, x->at, "content", x->id);
    struct content content = {
        .public_id = fixture_id(load, x->id, "cnt_", ID_OPEN),
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
    fixture_problem(load, p->at, "content '%s' does not exist in this project", p->content);
    return ROW_NONE;
}

/* Checks the due time against the post's status and the clock's start. */
static bool check_due(const struct fixture_load *load, const struct fixture_post *p)
{
    int64_t due_ms = fixture_time(load, &p->due);
    const char *word = enum_word_of(&layers_post_statuses, p->state);
    switch ((enum destination_state)p->state) {
    case DESTINATION_QUEUED:
        return due_ms >= load->start_ms ||
               fixture_problem(load, p->at, "the post is queued, but 'at' is before the clock's start");
    case DESTINATION_PUBLISHING:
        if (due_ms + load->world->timings.publish_ms <= load->start_ms)
            return fixture_problem(load, p->at,
                                   "the post is publishing, but 'at' plus timings.publish is not after the clock's "
                                   "start");
        return due_ms <= load->start_ms ||
               fixture_problem(load, p->at, "the post is publishing, but 'at' is after the clock's start");
    case DESTINATION_DRAFT:
    case DESTINATION_PUBLISHED:
    case DESTINATION_FAILED:
        return due_ms <= load->start_ms ||
               fixture_problem(load, p->at, "the post is %s, but 'at' is after the clock's start", word);
    case DESTINATION_CANCELED:
    case DESTINATION_HELD:
    case DESTINATION_STATE_COUNT:
        break;
    }
    return true;
}

/* A post is created when its content is completed and approved, or needs no approval; an approved one stays so. */
static bool check_content(const struct fixture_load *load, const struct fixture_post *p, uint32_t content)
{
    const struct content *c = content_read(load->world, content);
    if (c->state != CONTENT_COMPLETED)
        return fixture_problem(load, p->at, "content '%s' is not completed, so it cannot have posts", p->content);
    if (c->approval == APPROVAL_PENDING || c->approval == APPROVAL_REJECTED)
        return fixture_problem(load, p->at, "content '%s' is not approved, so it cannot have posts", p->content);
    return true;
}

static bool check_post(const struct fixture_load *load, const struct fixture_post *p,
                       const struct fixture_account *account)
{
    bool ok = !p->due.given || check_due(load, p);
    const char *word = enum_word_of(&layers_post_statuses, p->state);
    if (p->state == DESTINATION_DRAFT && p->mode != MODE_DRAFT)
        ok = fixture_problem(load, p->at, "the post is draft, but its mode is %s; expected draft",
                             enum_word_of(&layers_publish_modes, p->mode));
    if (p->external_url && p->state != DESTINATION_PUBLISHED)
        ok = fixture_problem(load, p->at, "the post is %s, but has an 'external_url'", word);
    if (p->error && p->state != DESTINATION_FAILED)
        ok = fixture_problem(load, p->at, "the post is %s, but has an 'error'", word);
    if (account->status == LAYERS_DISCONNECTED &&
        (p->state == DESTINATION_QUEUED || p->state == DESTINATION_PUBLISHING))
        ok = fixture_problem(load, p->at, "the post is %s, but account '%s' is disconnected", word, account->handle);
    return ok;
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
    struct destination spec = {
        .account = account,
        .public_id = fixture_id(load, p->id, "sp_", ID_OPEN),
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
        ok = fixture_duplicate(load, p->at, "scheduled post", p->id);
    uint32_t content = find_content(load, project, p);
    const struct fixture_account *account = handles_find(load, handles, p->account, p->at);
    if (!content || !account)
        return false;
    ok = check_content(load, p, content) && ok;
    if (!check_post(load, p, account))
        return false;
    create_post(load, project, p, content, account->row);
    return ok;
}

/* Must be called after the posts are created: a disconnected account keeps the posts that it published before. */
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
        ok = fixture_duplicate(load, p->at, "project", p->id);
    ok = fixture_timezone_valid(load, p->at, p->timezone) && ok;
    const char *id = fixture_id(load, p->id, "prj_", ID_OPEN);
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
    handles_sort(load, p, &handles);
    for (size_t i = 0; i < p->accounts.count; i++)
        ok = fixture_build_account(load, row, (struct fixture_account *)p->accounts.items + i) && ok;
    for (size_t i = 0; i < p->content.count; i++)
        ok = build_content(load, row, (struct fixture_content *)p->content.items + i) && ok;
    for (size_t i = 0; i < p->posts.count; i++)
        ok = build_post(load, row, &handles, (struct fixture_post *)p->posts.items + i) && ok;
    disconnect_accounts(load, p);
    ok = fixture_build_lease_requests(load, row, p) && ok;
    return fixture_build_ad_accounts(load, row, p) && ok;
}

/* Must be called after all projects of the organization are created, as it looks one up. */
static bool build_webhook(struct fixture_load *load, uint32_t organization, const struct fixture_webhook *h)
{
    struct world *w = load->world;
    const struct fixture_hook *hook = &h->hook;
    if (!hook->url || !hook->events.count)
        return false;
    bool ok = fixture_hook_valid(load, hook, LAYERS, &layers_events);
    uint32_t space = h->project ? space_find(w, LAYERS, str_from(h->project)) : ROW_NONE;
    if (h->project && (!space || space_read(w, space)->organization != organization))
        ok = fixture_problem(load, hook->at, "project '%s' does not exist in this organization", h->project);
    if (!ok)
        return false;
    const struct webhook spec = {
        .space = space,
        .public_id = fixture_id(load, hook->id, "", ID_UUID),
        .url = hook->url,
        .description = h->description,
        .events = webhooks_events_text(load->arena, &hook->events),
        .secret = hook->secret ? hook->secret : hooks_mint_secret(w, ID_ULID, ID_ULID),
    };
    webhook_create(w, organization, &spec);
    return true;
}

static bool build_organization(struct fixture_load *load, const struct fixture_organization *o)
{
    bool ok = true;
    if (o->id && organization_find(load->world, LAYERS, o->id))
        ok = fixture_duplicate(load, o->at, "organization", o->id);
    const char *id = fixture_id(load, o->id, "org_", ID_OPEN);
    uint32_t row = organization_create(load->world, LAYERS, id, o->name);
    organization_set_credits(load->world, row, o->credits);
    for (size_t i = 0; i < o->keys.count; i++)
        ok = build_key(load, row, (struct fixture_key *)o->keys.items + i) && ok;
    for (size_t i = 0; i < o->projects.count; i++)
        ok = build_project(load, row, (struct fixture_project *)o->projects.items + i) && ok;
    for (size_t i = 0; i < o->webhooks.count; i++)
        ok = build_webhook(load, row, (struct fixture_webhook *)o->webhooks.items + i) && ok;
    return ok;
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
