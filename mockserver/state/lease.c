#include "mockserver/state/lease.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mockserver/state/record.h"
#include "mockserver/state/tenant.h"

const char *const lease_state_texts[] = {LEASE_STATES(ENUM_TEXT)};
const char *const wallet_reason_texts[] = {WALLET_REASONS(ENUM_TEXT)};

static const struct record_field lease_request_fields[] = {
    MEMBER_ID(lease_request, public_id),
    MEMBER_REF(lease_request, space, FIXED_NEEDED, RECORD_SPACE),
    MEMBER_REF(lease_request, key, FIXED, RECORD_KEY),
    MEMBER_INT(lease_request, count),
    MEMBER_TEXT(lease_request, vertical, NEEDED),
    MEMBER_TEXT(lease_request, audience, FREE),
    MEMBER_TEXT(lease_request, language, FREE),
    MEMBER_TEXT(lease_request, geo, FREE),
    MEMBER_TEXT(lease_request, note, FREE),
    MEMBER_TEXT(lease_request, remark, FREE),
    MEMBER_ENUM(lease_request, state, lease_state_texts, LEASE_STATE_COUNT),
    MEMBER_TIME(lease_request, submitted_at),
    MEMBER_TIME(lease_request, decided_at),
};

static const char *check_request(const struct world *w, const struct index *waiting, uint32_t row)
{
    (void)waiting;
    const struct lease_request *r = lease_request_read(w, row);
    int64_t assigned = index_count_of(&w->indexes[INDEX_ACCOUNT_REQUEST], row);
    if (!r->space || !r->vertical || r->count < 1)
        return "a lease request must have a space, a vertical and a 'count' of at least 1";
    if ((r->state == LEASE_REQUESTED) != (r->decided_at_ms == 0))
        return "'decided_at' must be set if and only if the lease request was decided";
    if (r->state == LEASE_ASSIGNED  ? assigned != r->count
        : r->state == LEASE_PARTIAL ? assigned < 1 || assigned >= r->count
                                    : assigned != 0)
        return "the number of accounts of a lease request must match its 'state' and 'count'";
    return NULL;
}

const struct record_type lease_request_record_type = {
    RECORD_TYPE(RECORD_LEASE_REQUEST, lease_request, public_id),
    .help = "a request for leased accounts",
    RECORD_PROVIDER(lease_request),
    RECORD_STATE(lease_request, state, lease_state_texts, LEASE_STATE_COUNT),
    .id_per_organization = true,
    .final_states = STATE_BIT(LEASE_ASSIGNED) | STATE_BIT(LEASE_PARTIAL) | STATE_BIT(LEASE_REJECTED),
    .check = check_request,
};

static const struct record_field pool_account_fields[] = {
    MEMBER_ID(pool_account, handle),
    MEMBER_ENUM(pool_account, platform, platform_texts, PLATFORM_COUNT),
    MEMBER_TEXT(pool_account, vertical, NEEDED),
    MEMBER_TEXT(pool_account, geo, FREE),
    MEMBER_INT(pool_account, followers),
    MEMBER_INT(pool_account, monthly_price_cents),
    MEMBER_REF(pool_account, account, FREE, RECORD_ACCOUNT),
};

static const char *const pool_state_texts[] = {POOL_STATES(ENUM_TEXT)};

static int pool_state(const void *record)
{
    return ((const struct pool_account *)record)->account ? POOL_LEASED : POOL_FREE;
}

static void add_pool_entries(const struct world *w, const void *record, uint32_t row, struct index_entries *to)
{
    (void)w;
    const struct pool_account *p = record;
    if (p->account)
        index_entries_put(to, INDEX_POOL_ACCOUNT, p->account, 0, row);
}

static const char *check_pool_account(const struct world *w, const struct index *waiting, uint32_t row)
{
    (void)waiting;
    const struct pool_account *p = pool_account_read(w, row);
    if (!p->handle || !p->vertical)
        return "a pool account must have a handle and a vertical";
    if (!p->account)
        return NULL;
    const struct account *a = account_read(w, p->account);
    if (!a->leased || !account_is_listed(a) || a->provider != p->provider || strcmp(a->handle, p->handle) != 0)
        return "a pool account's 'account' must be connected and leased, with the same provider and handle";
    return NULL;
}

const struct record_type pool_account_record_type = {
    RECORD_TYPE(RECORD_POOL_ACCOUNT, pool_account, handle),
    .help = "an account that Layers can lease out",
    RECORD_PROVIDER(pool_account),
    RECORD_STATE_COMPUTED(pool_state, pool_state_texts, POOL_STATE_COUNT),
    .add_entries = add_pool_entries,
    .check = check_pool_account,
};

static const struct record_field wallet_entry_fields[] = {
    MEMBER_ID(wallet_entry, public_id),
    MEMBER_REF(wallet_entry, organization, FIXED_NEEDED, RECORD_ORGANIZATION),
    MEMBER_REF(wallet_entry, account, FIXED_NEEDED, RECORD_ACCOUNT),
    MEMBER_ENUM(wallet_entry, what, wallet_reason_texts, WALLET_REASON_COUNT),
    MEMBER_INT(wallet_entry, cents),
    MEMBER_TIME(wallet_entry, at),
};

static const char *check_wallet_entry(const struct world *w, const struct index *waiting, uint32_t row)
{
    (void)waiting;
    const struct wallet_entry *e = wallet_entry_read(w, row);
    if (!e->organization || !e->account)
        return "a wallet entry must have an organization and an account";
    uint32_t space = account_read(w, e->account)->space;
    return space_read(w, space)->organization == e->organization
               ? NULL
               : "a wallet entry's account must belong to its organization";
}

/* It never changes. */
static enum keeping wallet_keeping(const struct world *w, uint32_t row)
{
    (void)w;
    (void)row;
    return KEEP_AGED;
}

const struct record_type wallet_entry_record_type = {
    RECORD_TYPE(RECORD_WALLET_ENTRY, wallet_entry, public_id),
    .help = "one month that an organization was charged for a leased account",
    RECORD_PROVIDER(wallet_entry),
    .check = check_wallet_entry,
    .keeping = wallet_keeping,
};

uint32_t lease_request_create(struct world *w, uint32_t space, const struct lease_request *init)
{
    if (!world_require(w, init->public_id && init->vertical && init->count > 0))
        return ROW_NONE;
    struct lease_request r = *init;
    r.space = space;
    r.provider = space_provider(w, space);
    r.submitted_at_ms = init->submitted_at_ms ? init->submitted_at_ms : world_now(w);
    return record_create(w, RECORD_LEASE_REQUEST, &r, TRANSITION_LEASE_REQUEST_CREATE);
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
    for (uint32_t row = 0; world_next(w, RECORD_POOL_ACCOUNT, &row);)
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

/* Charges one month of a leased account to the organization that leases it. Part of a transition: the caller must run
 * the check. */
static void charge_month(struct world *w, uint32_t account, enum wallet_reason what)
{
    const struct account *a = account_read(w, account);
    char id[32];
    snprintf(id, sizeof id, "entry_%" PRIu32, world_last(w, RECORD_WALLET_ENTRY) + 1);
    const struct wallet_entry e = {
        .organization = space_read(w, a->space)->organization,
        .account = account,
        .provider = a->provider,
        .public_id = world_text(w, id),
        .what = what,
        .at_ms = world_now(w),
        .cents = -a->monthly_price_cents,
    };
    record_add(w, RECORD_WALLET_ENTRY, &e, TRANSITION_WALLET_CHARGE_MONTH);
}

static uint32_t lease_to_space(struct world *w, uint32_t space, uint32_t pool, const char *id_prefix)
{
    const struct pool_account *p = pool_account_read(w, pool);
    const struct account init = {
        .public_id = ids_mint(w, id_prefix, ID_OPEN),
        .handle = p->handle,
        .platform = p->platform,
        .leased = true,
        .followers = p->followers,
        .monthly_price_cents = p->monthly_price_cents,
    };
    uint32_t account = account_connect(w, space, &init);
    pool_account_lease(w, pool, account);
    charge_month(w, account, WALLET_ASSIGNMENT);
    return account;
}

/* A request that is not decided must have no accounts, so lease_request is set at the very end. The new accounts have
 * consecutive rows. */
void lease_request_decide(struct world *w, uint32_t request, const struct lease_decision *d)
{
    if (!world_require(w, lease_request_judge(w, request, d) == LEASE_POSSIBLE))
        return;
    uint32_t first = world_last(w, RECORD_ACCOUNT) + 1, end = first + (uint32_t)d->count;
    const struct lease_request requested = *lease_request_read(w, request);
    struct transition t;
    for (uint32_t pool = 0, next = first; next < end && world_next(w, RECORD_POOL_ACCOUNT, &pool);)
        if (matches(pool_account_read(w, pool), &requested)) {
            uint32_t account = lease_to_space(w, requested.space, pool, d->id_prefix);
            if (!world_require(w, account == next))
                return;
            next = account + 1;
        }
    for (uint32_t account = first; account < end; account++) {
        ((struct account *)transition_begin(&t, w, RECORD_ACCOUNT, account))->lease_request = request;
        transition_end_part(&t);
    }
    struct lease_request *r = transition_begin(&t, w, RECORD_LEASE_REQUEST, request);
    r->state = d->outcome;
    r->remark = world_text(w, d->remark);
    r->decided_at_ms = world_now(w);
    transition_end(&t, TRANSITION_LEASE_REQUEST_DECIDE);
}

uint32_t pool_account_create(struct world *w, const struct pool_account *init)
{
    if (!world_require(w, init->handle && init->vertical && !init->account))
        return ROW_NONE;
    return record_create(w, RECORD_POOL_ACCOUNT, init, TRANSITION_POOL_ACCOUNT_CREATE);
}

static void set_account(struct world *w, uint32_t pool, uint32_t account, enum transition_kind what)
{
    struct transition t;
    struct pool_account *p = transition_begin(&t, w, RECORD_POOL_ACCOUNT, pool);
    p->account = account;
    transition_end(&t, what);
}

void pool_account_lease(struct world *w, uint32_t pool, uint32_t account)
{
    if (world_require(w, !pool_account_read(w, pool)->account))
        set_account(w, pool, account, TRANSITION_POOL_ACCOUNT_LEASE);
}

void pool_account_free(struct world *w, uint32_t account)
{
    struct index_walk walk;
    index_from(&w->indexes[INDEX_POOL_ACCOUNT], &walk, (struct index_entry){account, INT64_MIN, 0});
    if (index_next_of(&walk, account))
        set_account(w, walk.entry.row, ROW_NONE, TRANSITION_POOL_ACCOUNT_FREE);
}

void lease_renewal_due(struct world *w, uint32_t account)
{
    const struct account *before = account_read(w, account);
    int64_t now = world_now(w);
    if (!before->renews_at_ms || before->renews_at_ms > now)
        return; /* the lease has ended, or the renewal was moved */
    charge_month(w, account, WALLET_RENEWAL);
    struct transition t;
    struct account *a = transition_begin(&t, w, RECORD_ACCOUNT, account);
    a->renews_at_ms = account_next_renewal(a->connected_at_ms, now);
    events_add(w, a->renews_at_ms, EVENT_LEASE_RENEWS, account);
    transition_end(&t, TRANSITION_ACCOUNT_RENEW_LEASE);
}

uint32_t lease_request_find(const struct world *w, uint32_t organization, struct str public_id)
{
    return record_find_in(w, RECORD_LEASE_REQUEST, organization, public_id);
}

const struct lease_request *lease_request_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_LEASE_REQUEST, row);
}

uint32_t pool_account_find(const struct world *w, int provider, struct str handle)
{
    return record_find_in(w, RECORD_POOL_ACCOUNT, provider, handle);
}

const struct pool_account *pool_account_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_POOL_ACCOUNT, row);
}

const struct wallet_entry *wallet_entry_read(const struct world *w, uint32_t row)
{
    return world_read(w, RECORD_WALLET_ENTRY, row);
}
