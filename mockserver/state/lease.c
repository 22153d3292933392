#include "mockserver/state/lease.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/enum.h"
#include "base/time.h"
#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"

const char *const lease_state_texts[] = {LEASE_STATES(ENUM_TEXT)};

uint32_t lease_request_create(struct world *w, uint32_t space, const struct lease_request *spec)
{
    assert(spec->public_id && spec->vertical && spec->count > 0);
    uint32_t row;
    struct lease_request *r = table_add(&w->records[RECORD_LEASE_REQUEST], &row);
    *r = (struct lease_request){
        .space = space,
        .key = spec->key,
        .provider = space_provider(w, space),
        .public_id = world_text(w, spec->public_id),
        .count = spec->count,
        .vertical = world_text(w, spec->vertical),
        .audience = world_text(w, spec->audience),
        .language = world_text(w, spec->language),
        .geo = world_text(w, spec->geo),
        .note = world_text(w, spec->note),
        .state = LEASE_REQUESTED,
        .submitted_at_ms = spec->submitted_at_ms ? spec->submitted_at_ms : world_now(w),
    };
    index_entries_add(w, RECORD_LEASE_REQUEST, row);
    changes_add(w, RECORD_LEASE_REQUEST, row, "lease_request_create", NULL, lease_state_texts[r->state]);
    world_transition_done(w);
    return row;
}

static bool list_contains(const char *countries, struct str country)
{
    struct str rest = str_from(countries);
    while (rest.n)
        if (str_eq_nocase(str_cut(&rest, ','), country))
            return true;
    return false;
}

static bool geo_matches(const char *wanted, const char *offered)
{
    struct str rest = str_from(wanted);
    if (!rest.n || !offered)
        return true;
    while (rest.n)
        if (list_contains(offered, str_cut(&rest, ',')))
            return true;
    return false;
}

static bool matches(const struct pool_account *p, const struct lease_request *r)
{
    return !p->account && p->provider == r->provider && str_eq_nocase(str_from(p->vertical), str_from(r->vertical)) &&
           geo_matches(r->geo, p->geo);
}

int64_t lease_request_matches(const struct world *w, uint32_t request)
{
    int64_t count = 0;
    for (uint32_t row = 1; row <= world_count(w, RECORD_POOL_ACCOUNT); row++)
        count += matches(pool_account_read(w, row), lease_request_read(w, request));
    return count;
}

static bool count_is_valid(const struct lease_request *r, const struct lease_decision *d)
{
    switch (d->outcome) {
    case LEASE_ASSIGNED:
        return d->count == r->count;
    case LEASE_PARTIAL:
        return d->count > 0 && d->count < r->count;
    case LEASE_REJECTED:
        return d->count == 0;
    case LEASE_REQUESTED:
    case LEASE_STATE_COUNT:
        break;
    }
    return false;
}

enum lease_verdict lease_request_judge(const struct world *w, uint32_t request, const struct lease_decision *d)
{
    const struct lease_request *r = lease_request_read(w, request);
    if (r->state != LEASE_REQUESTED)
        return LEASE_DECIDED_ALREADY;
    if (!count_is_valid(r, d))
        return LEASE_WRONG_COUNT;
    return d->count <= lease_request_matches(w, request) ? LEASE_POSSIBLE : LEASE_POOL_TOO_SMALL;
}

static uint32_t lease_to_space(struct world *w, uint32_t space, uint32_t pool, const char *id_prefix)
{
    const struct pool_account *p = pool_account_read(w, pool);
    const struct account_spec spec = {
        .public_id = ids_mint(w, id_prefix, ID_OPEN),
        .handle = p->handle,
        .platform = p->platform,
        .leased = true,
        .followers = p->followers,
        .monthly_price_cents = p->monthly_price_cents,
    };
    uint32_t account = account_connect(w, space, &spec);
    pool_account_lease(w, pool, account);
    wallet_charge_month(w, account, WALLET_ASSIGNMENT);
    return account;
}

static void set_request(struct world *w, uint32_t account, uint32_t request)
{
    struct index_entries before;
    index_entries_of(w, RECORD_ACCOUNT, account, &before);
    ((struct account *)world_edit(w, RECORD_ACCOUNT, account))->lease_request = request;
    index_entries_move(w, RECORD_ACCOUNT, account, &before);
}

/* A request that is not decided must have no accounts, so lease_request is set at the very end. The
 * new accounts have consecutive rows. */
void lease_request_decide(struct world *w, uint32_t request, const struct lease_decision *d)
{
    assert(lease_request_judge(w, request, d) == LEASE_POSSIBLE);
    uint32_t first = world_count(w, RECORD_ACCOUNT) + 1, end = first + (uint32_t)d->count;
    const struct lease_request requested = *lease_request_read(w, request);
    for (uint32_t pool = 1, next = first; next < end; pool++)
        if (matches(pool_account_read(w, pool), &requested)) {
            uint32_t account = lease_to_space(w, requested.space, pool, d->id_prefix);
            assert(account == next);
            next = account + 1;
        }
    for (uint32_t account = first; account < end; account++)
        set_request(w, account, request);
    struct lease_request *r = world_edit(w, RECORD_LEASE_REQUEST, request);
    changes_add(w, RECORD_LEASE_REQUEST, request, "lease_request_decide", lease_state_texts[r->state],
                lease_state_texts[d->outcome]);
    r->state = d->outcome;
    r->remark = world_text(w, d->remark);
    r->decided_at_ms = world_now(w);
    world_transition_done(w);
}

uint32_t pool_account_create(struct world *w, const struct pool_account *p)
{
    assert(p->handle && p->vertical);
    uint32_t row;
    struct pool_account *kept = table_add(&w->records[RECORD_POOL_ACCOUNT], &row);
    *kept = (struct pool_account){
        .provider = p->provider,
        .platform = p->platform,
        .handle = world_text(w, p->handle),
        .vertical = world_text(w, p->vertical),
        .geo = world_text(w, p->geo),
        .followers = p->followers,
        .monthly_price_cents = p->monthly_price_cents,
    };
    index_entries_add(w, RECORD_POOL_ACCOUNT, row);
    changes_add(w, RECORD_POOL_ACCOUNT, row, "pool_account_create", NULL, pool_account_state_text(kept));
    world_transition_done(w);
    return row;
}

static void set_account(struct world *w, uint32_t pool, uint32_t account, const char *what)
{
    struct index_entries before;
    const char *from = pool_account_state_text(pool_account_read(w, pool));
    index_entries_of(w, RECORD_POOL_ACCOUNT, pool, &before);
    struct pool_account *p = world_edit(w, RECORD_POOL_ACCOUNT, pool);
    p->account = account;
    index_entries_move(w, RECORD_POOL_ACCOUNT, pool, &before);
    changes_add(w, RECORD_POOL_ACCOUNT, pool, what, from, pool_account_state_text(p));
}

void pool_account_lease(struct world *w, uint32_t pool, uint32_t account)
{
    assert(!pool_account_read(w, pool)->account);
    set_account(w, pool, account, "pool_account_lease");
    world_transition_done(w);
}

void pool_account_free(struct world *w, uint32_t account)
{
    struct index_walk walk;
    index_from(&w->indexes[INDEX_POOL_ACCOUNT], &walk, (struct index_entry){account, INT64_MIN, 0});
    if (index_next_of(&walk, account))
        set_account(w, walk.entry.row, ROW_NONE, "pool_account_free");
}

int64_t lease_next_renewal(int64_t since_ms, int64_t after_ms)
{
    int64_t at = since_ms;
    do
        at = time_next_month(at, time_day(since_ms));
    while (at <= after_ms);
    return at;
}

void lease_renewal_due(struct world *w, uint32_t account)
{
    const struct account *a = account_read(w, account);
    int64_t now = world_now(w);
    if (!a->renews_at_ms || a->renews_at_ms > now)
        return; /* the lease has ended, or the renewal was moved */
    wallet_charge_month(w, account, WALLET_RENEWAL);
    struct account *edited = world_edit(w, RECORD_ACCOUNT, account);
    edited->renews_at_ms = lease_next_renewal(edited->connected_at_ms, now);
    events_add(w, edited->renews_at_ms, EVENT_LEASE_RENEWS, account);
    const char *word = account_state_text(edited);
    changes_add(w, RECORD_ACCOUNT, account, "account_renew_lease", word, word);
    world_transition_done(w);
}

uint32_t lease_request_find(const struct world *w, uint32_t organization, struct str public_id)
{
    return index_entries_find(w, RECORD_LEASE_REQUEST, organization, public_id);
}

const struct lease_request *lease_request_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_LEASE_REQUEST, row);
}

uint32_t pool_account_find(const struct world *w, int provider, struct str handle)
{
    return index_entries_find(w, RECORD_POOL_ACCOUNT, provider, handle);
}

const struct pool_account *pool_account_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_POOL_ACCOUNT, row);
}

const char *pool_account_state_text(const struct pool_account *p)
{
    return p->account ? "leased" : "free";
}

const char *const wallet_reason_texts[] = {WALLET_REASONS(ENUM_TEXT)};

uint32_t wallet_charge_month(struct world *w, uint32_t account, enum wallet_reason what)
{
    const struct account *a = account_read(w, account);
    uint32_t row;
    char id[32];
    struct wallet_entry *e = table_add(&w->records[RECORD_WALLET_ENTRY], &row);
    snprintf(id, sizeof id, "entry_%" PRIu32, row);
    *e = (struct wallet_entry){
        .organization = space_read(w, a->space)->organization,
        .account = account,
        .provider = a->provider,
        .public_id = world_text(w, id),
        .what = what,
        .at_ms = world_now(w),
        .cents = -a->monthly_price_cents,
    };
    index_entries_add(w, RECORD_WALLET_ENTRY, row);
    changes_add(w, RECORD_WALLET_ENTRY, row, "wallet_charge_month", NULL, record_state(w, RECORD_WALLET_ENTRY, row));
    return row;
}

const struct wallet_entry *wallet_entry_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_WALLET_ENTRY, row);
}
