#include "mockserver/providers/layers/fixture_build.h"

#include "mockserver/state/lease.h"
#include "mockserver/state/record.h"

static bool geo_valid(const struct fixture_load *load, const struct field_list *geo, struct where at)
{
    bool ok = true;
    const char *const *items = geo->items;
    for (size_t i = 0; i < geo->count; i++)
        if (!layers_is_country(items[i]))
            ok = error_add(load->err, ERROR_INPUT, at,
                           "invalid country code '%s'; expected two capital letters, for example US", items[i]);
    return ok;
}

static bool build_pool_account(struct fixture_load *load, const struct fixture_pool_account *p)
{
    if (!p->handle || !p->vertical || !geo_valid(load, &p->geo, p->at))
        return false;
    if (pool_account_find(load->world, LAYERS, str_from(p->handle)))
        return error_add(load->err, ERROR_INPUT, p->at, "'%s' is already in the pool", p->handle);
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

void fixture_lease_terms(const struct fixture_load *load, struct fixture_account *a)
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

bool fixture_lease_from_pool(struct fixture_load *load, const struct fixture_account *a)
{
    uint32_t row = find_pool_account(load, a);
    if (!row)
        return true;
    if (pool_account_read(load->world, row)->account)
        return error_add(load->err, ERROR_INPUT, a->at, "pool account '%s' is already leased", a->handle);
    pool_account_lease(load->world, row, a->row);
    return true;
}

static bool build_request(struct fixture_load *load, uint32_t project, const struct fixture_lease_request *r)
{
    if (!r->vertical || r->count < 1 || !geo_valid(load, &r->geo, r->at))
        return false;
    uint32_t organization = space_read(load->world, project)->organization;
    if (r->id && lease_request_find(load->world, organization, str_from(r->id)))
        return error_add(load->err, ERROR_INPUT, r->at, "duplicate lease request id '%s'", r->id);
    int64_t submitted_at_ms = r->submitted_at.given ? fixture_time(load, &r->submitted_at) : load->start_ms;
    if (submitted_at_ms > load->start_ms)
        return error_add(load->err, ERROR_INPUT, r->at, "'submitted_at' is after the clock's start");
    const struct lease_request request = {
        .public_id = r->id ? r->id : ids_mint(load->world, "lreq_", ID_ULID),
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
