/* Checks and builds a fixture's social accounts, lease pool, lease requests and ad accounts. */
#include "mockserver/providers/layers/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "mockserver/state/lease.h"

static bool geo_valid(const struct fixture_load *load, const struct field_list *geo, struct where at)
{
    bool ok = true;
    const char *const *items = geo->items;
    for (size_t i = 0; i < geo->count; i++)
        if (!layers_is_country(items[i]))
            ok = fixture_problem(load, at, "invalid country code '%s'; expected one of ISO 3166-1, for example US",
                                 items[i]);
    return ok;
}

static bool build_pool_account(struct fixture_load *load, const struct fixture_pool_account *p)
{
    if (!p->handle || !p->vertical || !geo_valid(load, &p->geo, p->at))
        return false;
    if (pool_account_find(load->world, LAYERS, str_from(p->handle)))
        return fixture_problem(load, p->at, "'%s' is already in the pool", p->handle);
    const struct pool_account account = {
        .provider = LAYERS,
        .platform = PLATFORM_TIKTOK,
        .handle = p->handle,
        .vertical = p->vertical,
        .geo = layers_countries(load->arena, &p->geo),
        .followers = p->followers,
        .monthly_price_cents = p->monthly_price_cents,
    };
    pool_account_create(load->world, &account);
    return true;
}

bool fixture_build_pool(struct fixture_load *load, const struct fixture_layers *all)
{
    bool ok = true;
    const struct fixture_pool_account *items = all->lease_pool.items;
    for (size_t i = 0; i < all->lease_pool.count; i++)
        ok = build_pool_account(load, &items[i]) && ok;
    return ok;
}

/* Returns the pool account that `a` leases, or ROW_NONE. */
static uint32_t find_pool_account(const struct fixture_load *load, const struct fixture_account *a)
{
    return a->leased && a->status != LAYERS_DISCONNECTED ? pool_account_find(load->world, LAYERS, str_from(a->handle))
                                                         : ROW_NONE;
}

/* Copies price and followers from the pool account of that handle if a leased account has none. */
static void copy_lease_terms(const struct fixture_load *load, struct fixture_account *a)
{
    uint32_t row = find_pool_account(load, a);
    if (!row)
        return;
    const struct pool_account *p = pool_account_read(load->world, row);
    if (!a->monthly_price_cents)
        a->monthly_price_cents = p->monthly_price_cents;
    if (!a->followers)
        a->followers = p->followers;
}

/* Marks the pool account of that handle, if there is one, as leased. Reports a problem if it already is. */
static bool lease_from_pool(struct fixture_load *load, const struct fixture_account *a)
{
    uint32_t row = find_pool_account(load, a);
    if (!row)
        return true;
    if (pool_account_read(load->world, row)->account)
        return fixture_problem(load, a->at, "pool account '%s' is already leased", a->handle);
    pool_account_lease(load->world, row, a->row);
    return true;
}

static bool check_token(const struct fixture_load *load, const struct fixture_account *a)
{
    int64_t expires_ms = fixture_time(load, &a->token_expires_at);
    if (a->leased)
        return fixture_problem(
            load, a->at, "'token_expires_at' is set on leased account '%s', whose token never expires", a->handle);
    if (a->connected_at.given && expires_ms < fixture_time(load, &a->connected_at))
        return fixture_problem(load, a->at, "'token_expires_at' of '%s' is before 'connected_at'", a->handle);
    if (a->status == LAYERS_CONNECTED && expires_ms <= load->start_ms)
        return fixture_problem(load, a->at,
                               "'token_expires_at' of '%s' is not after the clock's start, but the status is connected",
                               a->handle);
    return true;
}

static bool check_account(const struct fixture_load *load, const struct fixture_account *a)
{
    bool ok = true;
    if (a->handle[0] == '@')
        ok = fixture_problem(load, a->at, "invalid handle '%s'; omit the @", a->handle);
    if (a->leased && a->platform != PLATFORM_TIKTOK)
        ok = fixture_problem(load, a->at, "leased account '%s' is on %s; only tiktok accounts can be leased", a->handle,
                             enum_word_of(&layers_platforms, a->platform));
    if (!a->leased && a->monthly_price_cents)
        ok = fixture_problem(load, a->at, "'monthly_price_cents' is set on '%s', which is not leased", a->handle);
    if (!a->leased && a->followers)
        ok = fixture_problem(load, a->at, "'followers' is set on '%s', which is not leased", a->handle);
    if (a->leased && a->refresh)
        ok = fixture_problem(load, a->at, "'refresh' is set on leased account '%s', whose token never expires",
                             a->handle);
    if (a->connected_at.given && fixture_time(load, &a->connected_at) > load->start_ms)
        ok = fixture_problem(load, a->at, "'connected_at' of '%s' is after the clock's start", a->handle);
    if (a->token_expires_at.given)
        ok = check_token(load, a) && ok;
    return ok;
}

/* The status reauth_required does not say why the token was lost: a token that is past its expiry time has expired, any
 * other was withdrawn. */
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

bool fixture_build_account(struct fixture_load *load, uint32_t project, struct fixture_account *a)
{
    if (!a->handle)
        return false;
    bool ok = check_account(load, a);
    if (a->id && account_find(load->world, LAYERS, str_from(a->id)))
        ok = fixture_duplicate(load, a->at, "social account", a->id);
    copy_lease_terms(load, a);
    int64_t connected_at_ms = fixture_time_or(load, &a->connected_at, load->start_ms);
    int64_t expires_at_ms = expiry_of(load, a, connected_at_ms);
    const struct connection connection = {
        .account =
            {
                      .public_id = fixture_id(load, a->id, "sa_", ID_OPEN),
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
                      },
        .steps = a->leased ? NULL : layers_connect_steps((enum platform)a->platform),
    };
    a->row = connection_add(load->world, project, &connection);
    return lease_from_pool(load, a) && ok;
}

static int compare_handles(const void *x, const void *y)
{
    const struct fixture_account *a = *(const struct fixture_account *const *)x;
    const struct fixture_account *b = *(const struct fixture_account *const *)y;
    int order = strcmp(a->handle, b->handle);
    if (!order)
        order = a->platform - b->platform;
    return order ? order : (a > b) - (a < b);
}

void handles_sort(const struct fixture_load *load, struct fixture_project *p, struct handles *out)
{
    const struct fixture_account *accounts = p->accounts.items;
    *out = (struct handles){arena_array(load->arena, const struct fixture_account *, p->accounts.count), 0};
    for (size_t i = 0; i < p->accounts.count; i++)
        if (accounts[i].handle)
            out->items[out->count++] = &accounts[i];
    if (out->count)
        qsort(out->items, out->count, sizeof(const struct fixture_account *), compare_handles);
}

static size_t first_at_least(const struct handles *h, const char *handle)
{
    size_t low = 0, high = h->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(h->items[middle]->handle, handle) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const char *nearest_handle(const struct fixture_load *load, const struct handles *h, const char *name)
{
    const char **words = arena_array(load->arena, const char *, h->count);
    for (size_t i = 0; i < h->count; i++)
        words[i] = h->items[i]->handle;
    return str_nearest(str_from(name), words, h->count);
}

/* Returns the project's account that was created as `row`, or NULL. */
static const struct fixture_account *find_row(const struct fixture_load *load, const struct handles *h, uint32_t row)
{
    const char *handle = account_read(load->world, row)->handle;
    size_t i = first_at_least(h, handle);
    for (; i < h->count && strcmp(h->items[i]->handle, handle) == 0; i++)
        if (h->items[i]->row == row)
            return h->items[i];
    return NULL;
}

const struct fixture_account *handles_find(const struct fixture_load *load, const struct handles *h, const char *name,
                                           struct where at)
{
    uint32_t row = account_find(load->world, LAYERS, str_from(name));
    const struct fixture_account *named = row ? find_row(load, h, row) : NULL;
    size_t i = first_at_least(h, name);
    if (named)
        return named;
    if (i < h->count && strcmp(h->items[i]->handle, name) == 0) {
        if (i + 1 == h->count || strcmp(h->items[i + 1]->handle, name) != 0)
            return h->items[i];
        fixture_problem(load, at, "'%s' matches several accounts of this project; use an account id", name);
        return NULL;
    }
    const char *near = nearest_handle(load, h, name);
    if (near)
        fixture_problem(load, at, "account '%s' does not exist in this project (did you mean '%s'?)", name, near);
    else
        fixture_problem(load, at, "account '%s' does not exist in this project", name);
    return NULL;
}

static bool build_request(struct fixture_load *load, uint32_t project, const struct fixture_lease_request *r)
{
    if (!r->vertical || r->count < 1 || !geo_valid(load, &r->geo, r->at))
        return false;
    if (r->language && !layers_is_language(r->language))
        return fixture_problem(load, r->at, "invalid language '%s'; expected a BCP 47 tag, for example en-US",
                               r->language);
    uint32_t organization = space_read(load->world, project)->organization;
    if (r->id && lease_request_find(load->world, organization, str_from(r->id)))
        return fixture_duplicate(load, r->at, "lease request", r->id);
    int64_t submitted_at_ms = fixture_time_or(load, &r->submitted_at, load->start_ms);
    if (submitted_at_ms > load->start_ms)
        return fixture_problem(load, r->at, "'submitted_at' is after the clock's start");
    const struct lease_request request = {
        .public_id = fixture_id(load, r->id, "lreq_", ID_ULID),
        .count = r->count,
        .vertical = r->vertical,
        .audience = r->audience,
        .language = r->language,
        .geo = layers_countries(load->arena, &r->geo),
        .note = r->note,
        .submitted_at_ms = submitted_at_ms,
    };
    lease_request_create(load->world, project, &request);
    return true;
}

bool fixture_build_lease_requests(struct fixture_load *load, uint32_t project, const struct fixture_project *p)
{
    bool ok = true;
    const struct fixture_lease_request *items = p->lease_requests.items;
    for (size_t i = 0; i < p->lease_requests.count; i++)
        ok = build_request(load, project, &items[i]) && ok;
    return ok;
}

static bool is_currency(const char *code)
{
    for (size_t i = 0; code[i]; i++)
        if (code[i] < 'A' || code[i] > 'Z')
            return false;
    return strlen(code) == 3;
}

static bool check_ad_account(const struct fixture_load *load, const struct fixture_ad_account *a)
{
    bool ok = true;
    const char *platform = enum_word_of(&layers_ad_platforms, a->platform);
    if (a->id && ad_account_find(load->world, LAYERS, str_from(a->id)))
        ok = fixture_duplicate(load, a->at, "ad account", a->id);
    if (a->external_id && !layers_is_external_id((enum ad_platform)a->platform, str_from(a->external_id)))
        ok = fixture_problem(load, a->at, "invalid external_id '%s' for %s; expected, for example, %s", a->external_id,
                             platform, layers_external_id_sample((enum ad_platform)a->platform));
    if (a->currency && !is_currency(a->currency))
        ok = fixture_problem(load, a->at, "invalid currency '%s'; expected an ISO 4217 code, for example USD",
                             a->currency);
    if (a->token == AD_TOKEN_PENDING && !a->disconnected && !load->world->timings.ad_validation_ms)
        ok = fixture_problem(load, a->at, "the token is pending, but timings.ad_validation is 0");
    return fixture_time_past(load, a->at, "connected_at", "the ad account",
                             fixture_time_or(load, &a->connected_at, load->start_ms)) &&
           ok;
}

/* Moves the token of a new ad account to the state that the fixture requires. */
static void set_token(struct world *w, uint32_t row, enum ad_token token)
{
    bool pending = ad_account_can(ad_account_read(w, row), AD_VALIDATES);
    switch (token) {
    case AD_TOKEN_VALID:
        if (pending)
            ad_account_validate(w, row);
        break;
    case AD_TOKEN_EXPIRED:
    case AD_TOKEN_REVOKED:
        ad_account_lose(w, row, token);
        break;
    case AD_TOKEN_PENDING:
    case AD_TOKEN_COUNT:
        break;
    }
}

static bool build_ad_account(struct fixture_load *load, uint32_t project, const struct fixture_ad_account *a)
{
    if (!a->name)
        return false;
    bool ok = check_ad_account(load, a);
    uint32_t other = ad_account_of(load->world, project, (enum ad_platform)a->platform);
    if (other)
        return fixture_problem(load, a->at, "the project already has an ad account on %s",
                               enum_word_of(&layers_ad_platforms, a->platform));
    struct ad_account spec;
    layers_ad_consented(load->world, (enum ad_platform)a->platform, a->name, &spec);
    if (a->id)
        spec.public_id = a->id;
    if (a->external_id)
        spec.external_id = a->external_id;
    if (a->currency)
        spec.currency = a->currency;
    if (a->connected_at.given)
        spec.connected_at_ms = fixture_time(load, &a->connected_at);
    uint32_t row = ad_account_connect(load->world, project, &spec);
    set_token(load->world, row, (enum ad_token)a->token);
    if (a->disconnected)
        ad_account_disconnect(load->world, row);
    return ok;
}

/* Builds the disconnected ad accounts first: a project can have only one connected ad account per platform, but any
 * number of disconnected ones. */
bool fixture_build_ad_accounts(struct fixture_load *load, uint32_t project, const struct fixture_project *p)
{
    bool ok = true;
    const struct fixture_ad_account *items = p->ad_accounts.items;
    for (int gone = 1; gone >= 0; gone--)
        for (size_t i = 0; i < p->ad_accounts.count; i++)
            if (items[i].disconnected == gone)
                ok = build_ad_account(load, project, &items[i]) && ok;
    return ok;
}
