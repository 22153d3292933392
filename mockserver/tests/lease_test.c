#include "base/array.h"
#include "mockserver/state/lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "base/units.h"
#include "mockserver/tests/state_test.h"

static void fill_pool(struct scene *s)
{
    static const struct pool_account pool[] = {
        {.handle = "cup.daily", .vertical = "coffee",  .geo = "US",    .monthly_price_cents = 9000 },
        {.handle = "fit.daily", .vertical = "fitness", .geo = "US",    .monthly_price_cents = 15000},
        {.handle = "fit.uk",    .vertical = "fitness", .geo = "GB",    .monthly_price_cents = 20000},
        {.handle = "lift.log",  .vertical = "fitness", .geo = "CA,US", .monthly_price_cents = 12000},
        {.handle = "run.club",  .vertical = "Fitness", .followers = 7, .monthly_price_cents = 18000},
    };
    for (size_t i = 0; i < COUNT(pool); i++)
        pool_account_create(s->w, &pool[i]);
}

static uint32_t add_request(struct scene *s, int64_t count, const char *geo)
{
    const struct lease_request spec = {
        .public_id = ids_mint(s->w, "lreq_", ID_ULID),
        .key = s->key,
        .count = count,
        .vertical = "fitness",
        .geo = geo,
        .note = "for May",
    };
    return lease_request_create(s->w, s->space, &spec);
}

static struct lease_decision decision(enum lease_state outcome, int64_t count)
{
    return (struct lease_decision){outcome, count, "approved", "acc_"};
}

static void decide(struct scene *s, uint32_t request, enum lease_state outcome, int64_t count)
{
    struct lease_decision d = decision(outcome, count);
    assert_int_equal(lease_request_judge(s->w, request, &d), LEASE_POSSIBLE);
    lease_request_decide(s->w, request, &d);
}

/* Handles of a request's accounts, in the order of assignment. */
static const char *assigned_handles(struct arena *a, const struct world *w, uint32_t request)
{
    struct buf out = {.arena = a};
    struct index_walk walk;
    index_from(&w->indexes[INDEX_ACCOUNT_REQUEST], &walk, (struct index_entry){request, INT64_MIN, 0});
    while (index_next_of(&walk, request))
        buf_printf(&out, "%s%s", out.n ? " " : "", account_read(w, walk.entry.row)->handle);
    return buf_c(&out);
}

static void a_request_gets_matching_accounts_in_pool_order(void **state)
{
    static const struct {
        const char *geo, *handles;
    } rows[] = {
        {"US",    "fit.daily lift.log run.club"       },
        {"CA",    "lift.log run.club"                 },
        {"GB",    "fit.uk run.club"                   },
        {"GB,CA", "fit.uk lift.log run.club"          },
        {"FR",    "run.club"                          },
        {NULL,    "fit.daily fit.uk lift.log run.club"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a = {0};
        struct scene s = scene_new();
        fill_pool(&s);
        uint32_t request = add_request(&s, 50, rows[i].geo);
        decide(&s, request, LEASE_PARTIAL, lease_request_matches(s.w, request));
        assert_string_equal(assigned_handles(&a, s.w, request), rows[i].handles);
        world_free(s.w);
        arena_end(&a);
    }
}

static void an_assigned_account_is_an_ordinary_leased_account(void **state)
{
    (void)state;
    struct scene s = scene_new();
    fill_pool(&s);
    uint32_t request = add_request(&s, 1, "FR");
    decide(&s, request, LEASE_ASSIGNED, 1);
    uint32_t row = world_last(s.w, RECORD_ACCOUNT);
    const struct account *a = account_read(s.w, row);
    assert_true(a->leased && account_is_listed(a));
    assert_string_equal(a->handle, "run.club");
    assert_int_equal(a->space, s.space);
    assert_int_equal(a->platform, PLATFORM_TIKTOK);
    assert_int_equal(a->token, TOKEN_LIVE);
    assert_int_equal(a->token_expires_at_ms, 0);
    assert_int_equal(a->followers, 7);
    assert_int_equal(a->monthly_price_cents, 18000);
    assert_int_equal(a->connected_at_ms, SCENE_START);
    assert_int_equal(a->lease_request, request);
    assert_int_equal(index_count_of(&s.w->indexes[INDEX_ACCOUNT_SPACE_LEASED], index_pair_key(s.space, true)), 1);
    uint32_t destination = scene_destination(&s, row, HOUR_MS, MODE_PUBLISH);
    events_advance(s.w, SCENE_START + HOUR_MS);
    assert_int_equal(destination_read(s.w, destination)->state, DESTINATION_PUBLISHED);
    world_free(s.w);
}

/* A request for two accounts, brought into that state. The pool has enough accounts. */
static uint32_t request_in(struct scene *s, enum lease_state in)
{
    static const int64_t counts[] = {[LEASE_ASSIGNED] = 2, [LEASE_PARTIAL] = 1};
    uint32_t request = add_request(s, 2, "US");
    if (in != LEASE_REQUESTED)
        decide(s, request, in, in == LEASE_REJECTED ? 0 : counts[in]);
    return request;
}

static void a_request_is_decided_once_with_a_valid_count(void **state)
{
    static const struct {
        int64_t count;
        enum lease_state outcome;
        bool possible;
    } rows[] = {
        {2,  LEASE_ASSIGNED,  true },
        {1,  LEASE_PARTIAL,   true },
        {0,  LEASE_REJECTED,  true },
        {0,  LEASE_ASSIGNED,  false},
        {1,  LEASE_ASSIGNED,  false},
        {3,  LEASE_ASSIGNED,  false},
        {0,  LEASE_PARTIAL,   false},
        {2,  LEASE_PARTIAL,   false},
        {-1, LEASE_PARTIAL,   false},
        {1,  LEASE_REJECTED,  false},
        {0,  LEASE_REQUESTED, false},
        {2,  LEASE_REQUESTED, false},
    };
    (void)state;
    for (enum lease_state in = 0; in < LEASE_STATE_COUNT; in++)
        for (size_t i = 0; i < COUNT(rows); i++) {
            struct arena a = {0};
            struct scene s = scene_new();
            fill_pool(&s);
            uint32_t request = request_in(&s, in);
            uint32_t charged = world_count(s.w, RECORD_WALLET_ENTRY);
            const char *before = dump_world(&a, s.w);
            struct lease_decision d = decision(rows[i].outcome, rows[i].count);
            enum lease_verdict verdict = lease_request_judge(s.w, request, &d);
            assert_string_equal(dump_world(&a, s.w), before);
            if (in != LEASE_REQUESTED) {
                assert_int_equal(verdict, LEASE_DECIDED_ALREADY);
            } else if (!rows[i].possible) {
                assert_int_equal(verdict, LEASE_WRONG_COUNT);
            } else {
                events_advance(s.w, SCENE_START + HOUR_MS);
                decide(&s, request, d.outcome, d.count);
                const struct lease_request *r = lease_request_read(s.w, request);
                assert_int_equal(r->state, d.outcome);
                assert_int_equal(r->decided_at_ms, SCENE_START + HOUR_MS);
                assert_string_equal(r->remark, "approved");
                assert_int_equal(index_count_of(&s.w->indexes[INDEX_ACCOUNT_REQUEST], request), d.count);
                assert_int_equal(world_count(s.w, RECORD_WALLET_ENTRY) - charged, d.count);
                const struct change *last = changes_read(s.w, changes_last(s.w));
                assert_int_equal(last->what, TRANSITION_LEASE_REQUEST_DECIDE);
                assert_int_equal(last->from, LEASE_REQUESTED);
                assert_int_equal(last->to, d.outcome);
            }
            world_free(s.w);
            arena_end(&a);
        }
}

static void a_decision_that_exceeds_the_pool_is_not_possible(void **state)
{
    (void)state;
    struct scene s = scene_new();
    fill_pool(&s);
    struct lease_decision all = decision(LEASE_ASSIGNED, 4), part = decision(LEASE_PARTIAL, 3);
    uint32_t request = add_request(&s, 4, "CA");
    assert_int_equal(lease_request_matches(s.w, request), 2);
    assert_int_equal(lease_request_judge(s.w, request, &all), LEASE_POOL_TOO_SMALL);
    assert_int_equal(lease_request_judge(s.w, request, &part), LEASE_POOL_TOO_SMALL);
    decide(&s, request, LEASE_PARTIAL, 2);
    uint32_t next = add_request(&s, 1, "CA");
    assert_int_equal(lease_request_matches(s.w, next), 0); /* leased accounts are not free */
    decide(&s, next, LEASE_REJECTED, 0);
    world_free(s.w);
}

static int64_t instant(const char *text)
{
    int64_t ms;
    assert_true(time_parse(str_from(text), &ms));
    return ms;
}

static void a_lease_is_charged_monthly_until_it_ends(void **state)
{
    static const char *const days[] = {"2026-05-31T09:00:00Z", "2026-06-30T09:00:00Z", "2026-07-31T09:00:00Z",
                                       "2026-08-31T09:00:00Z", "2026-09-30T09:00:00Z"};
    (void)state;
    struct scene s = scene_new();
    fill_pool(&s);
    events_advance(s.w, instant(days[0]));
    decide(&s, add_request(&s, 1, "FR"), LEASE_ASSIGNED, 1);
    uint32_t account = world_last(s.w, RECORD_ACCOUNT);
    events_advance(s.w, instant(days[4]) + DAY_MS);
    assert_int_equal(world_count(s.w, RECORD_WALLET_ENTRY), 5);
    for (uint32_t i = 0; i < 5; i++) {
        const struct wallet_entry *e = wallet_entry_read(s.w, i + 1);
        assert_int_equal(e->at_ms, instant(days[i]));
        assert_int_equal(e->cents, -18000);
        assert_int_equal(e->organization, s.organization);
        assert_int_equal(e->account, account);
        assert_int_equal(e->what, i ? WALLET_RENEWAL : WALLET_ASSIGNMENT);
    }
    account_disconnect(s.w, account, DISCONNECT_RELEASED);
    assert_int_equal(account_read(s.w, account)->renews_at_ms, 0);
    events_advance(s.w, instant(days[4]) + 200 * DAY_MS);
    assert_int_equal(world_count(s.w, RECORD_WALLET_ENTRY), 5); /* and no refund */
    world_free(s.w);
}

static void a_lease_from_before_the_start_is_charged_from_the_next_month(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct account spec = {
        .public_id = "acc_old",
        .handle = "old",
        .leased = true,
        .connected_at_ms = instant("2026-01-12T08:00:00Z"),
        .monthly_price_cents = 500,
    };
    uint32_t account = account_connect(s.w, s.space, &spec);
    assert_int_equal(world_count(s.w, RECORD_WALLET_ENTRY), 0);
    assert_int_equal(account_read(s.w, account)->renews_at_ms, instant("2026-05-12T08:00:00Z"));
    account_lose_token(s.w, account, TOKEN_WITHDRAWN); /* it stays leased */
    events_advance(s.w, instant("2026-06-12T08:00:00Z"));
    assert_int_equal(world_count(s.w, RECORD_WALLET_ENTRY), 2);
    assert_int_equal(wallet_entry_read(s.w, 1)->at_ms, instant("2026-05-12T08:00:00Z"));
    assert_int_equal(wallet_entry_read(s.w, 2)->cents, -500);
    world_free(s.w);
}

static void every_kind_of_disconnect_frees_the_pool_account(void **state)
{
    static const enum disconnect reasons[] = {DISCONNECT_REVOKED, DISCONNECT_RELEASED, DISCONNECT_REMOVED_BY_USER};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct arena a = {0};
        struct scene s = scene_new();
        fill_pool(&s);
        uint32_t first = add_request(&s, 1, "FR"), again = add_request(&s, 1, "FR");
        decide(&s, first, LEASE_ASSIGNED, 1);
        uint32_t account = world_last(s.w, RECORD_ACCOUNT);
        uint32_t pool = pool_account_find(s.w, 0, STR("run.club"));
        uint32_t queued = scene_destination(&s, account, DAY_MS, MODE_PUBLISH);
        assert_int_equal(pool_account_read(s.w, pool)->account, account);
        assert_int_equal(lease_request_matches(s.w, again), 0);
        account_disconnect(s.w, account, reasons[i]);
        assert_int_equal(record_state(s.w, RECORD_POOL_ACCOUNT, pool), POOL_FREE);
        assert_int_equal(destination_read(s.w, queued)->state, DESTINATION_CANCELED);
        assert_string_equal(assigned_handles(&a, s.w, first), "run.club"); /* still listed */
        decide(&s, again, LEASE_ASSIGNED, 1);
        assert_int_equal(pool_account_read(s.w, pool)->account, account + 1);
        assert_string_not_equal(account_read(s.w, account)->public_id, account_read(s.w, account + 1)->public_id);
        world_free(s.w);
        arena_end(&a);
    }
}

static void set_renewal(struct world *w, uint32_t account, const char *at)
{
    const struct record_edit edit = {record_field_named(record_types[RECORD_ACCOUNT], STR("renews_at")), {.text = at}};
    assert_true(record_update(w, RECORD_ACCOUNT, account, &edit, 1, NULL));
    assert_true(w->checks);
}

static void an_edited_renewal_time_is_used(void **state)
{
    (void)state;
    struct scene s = scene_new();
    fill_pool(&s);
    decide(&s, add_request(&s, 1, "FR"), LEASE_ASSIGNED, 1);
    uint32_t account = world_last(s.w, RECORD_ACCOUNT);
    set_renewal(s.w, account, "2026-05-03T00:00:00Z"); /* earlier */
    events_advance(s.w, SCENE_START + DAY_MS);
    assert_int_equal(world_count(s.w, RECORD_WALLET_ENTRY), 2);
    assert_int_equal(account_read(s.w, account)->renews_at_ms, instant("2026-06-02T09:00:00Z"));
    set_renewal(s.w, account, "2026-06-20T00:00:00Z"); /* later */
    events_advance(s.w, instant("2026-06-19T00:00:00Z"));
    assert_int_equal(world_count(s.w, RECORD_WALLET_ENTRY), 2);
    events_advance(s.w, instant("2026-06-20T00:00:00Z"));
    assert_int_equal(world_count(s.w, RECORD_WALLET_ENTRY), 3);
    world_free(s.w);
}

static void organizations_have_separate_leases_and_wallets(void **state)
{
    (void)state;
    struct scene s = scene_new();
    fill_pool(&s);
    uint32_t other = organization_create(s.w, 0, "org_2", "Other");
    uint32_t space = space_create(s.w, other, "sp_9", "Elsewhere");
    const struct lease_request spec = {.public_id = "lreq_9", .count = 1, .vertical = "coffee"};
    decide(&s, add_request(&s, 1, "FR"), LEASE_ASSIGNED, 1);
    decide(&s, lease_request_create(s.w, space, &spec), LEASE_ASSIGNED, 1);
    const struct index *leases = &s.w->indexes[INDEX_ACCOUNT_LEASE];
    assert_int_equal(index_count_of(leases, index_pair_key(s.organization, false)), 1);
    assert_int_equal(index_count_of(leases, index_pair_key(other, false)), 1);
    assert_int_equal(wallet_entry_read(s.w, 1)->organization, s.organization);
    assert_int_equal(wallet_entry_read(s.w, 2)->organization, other);
    account_disconnect(s.w, 1, DISCONNECT_RELEASED);
    assert_int_equal(index_count_of(leases, index_pair_key(s.organization, false)), 0);
    assert_int_equal(index_count_of(leases, index_pair_key(s.organization, true)), 1);
    world_free(s.w);
}

static uint32_t next_random(uint64_t *seed, uint32_t sides)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % sides;
}

static void step(struct scene *s, uint64_t *seed)
{
    static const char *const countries[] = {"US", "CA", "GB", "FR", NULL};
    uint32_t requests = world_count(s->w, RECORD_LEASE_REQUEST);
    uint32_t accounts = world_count(s->w, RECORD_ACCOUNT);
    switch (next_random(seed, 4)) {
    case 0:
        add_request(s, 1 + next_random(seed, 3), countries[next_random(seed, 5)]);
        break;
    case 1:
        if (requests) {
            uint32_t request = 1 + next_random(seed, requests);
            struct lease_decision d =
                decision((enum lease_state)next_random(seed, LEASE_STATE_COUNT), next_random(seed, 4));
            if (lease_request_judge(s->w, request, &d) == LEASE_POSSIBLE)
                lease_request_decide(s->w, request, &d);
        }
        break;
    case 2:
        if (accounts && account_is_listed(account_read(s->w, accounts)))
            account_disconnect(s->w, accounts, DISCONNECT_RELEASED);
        break;
    default:
        events_advance(s->w, world_now(s->w) + next_random(seed, 20) * DAY_MS);
        break;
    }
}

/* world_check covers the other invariants of leases. */
static void every_leased_month_is_charged_once_in_random_histories(void **state)
{
    (void)state;
    uint32_t renewals = 0;
    for (uint64_t round = 1; round <= 20; round++) {
        struct scene s = scene_new();
        fill_pool(&s);
        uint64_t seed = round;
        for (int i = 0; i < 150; i++)
            step(&s, &seed);
        for (uint32_t row = 0; world_next(s.w, RECORD_ACCOUNT, &row);) {
            const struct account *a = account_read(s.w, row);
            int64_t end_ms = account_is_listed(a) ? world_now(s.w) : a->disconnected_at_ms;
            uint32_t months = 1, charged = 0;
            for (int64_t at = account_next_renewal(a->connected_at_ms, a->connected_at_ms); at <= end_ms;
                 at = account_next_renewal(a->connected_at_ms, at))
                months++;
            for (uint32_t e = 0; world_next(s.w, RECORD_WALLET_ENTRY, &e);)
                charged += wallet_entry_read(s.w, e)->account == row;
            assert_int_equal(charged, months);
            renewals += months - 1;
        }
        world_free(s.w);
    }
    assert_true(renewals > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_gets_matching_accounts_in_pool_order),
        cmocka_unit_test(an_assigned_account_is_an_ordinary_leased_account),
        cmocka_unit_test(a_request_is_decided_once_with_a_valid_count),
        cmocka_unit_test(a_decision_that_exceeds_the_pool_is_not_possible),
        cmocka_unit_test(a_lease_is_charged_monthly_until_it_ends),
        cmocka_unit_test(a_lease_from_before_the_start_is_charged_from_the_next_month),
        cmocka_unit_test(every_kind_of_disconnect_frees_the_pool_account),
        cmocka_unit_test(an_edited_renewal_time_is_used),
        cmocka_unit_test(organizations_have_separate_leases_and_wallets),
        cmocka_unit_test(every_leased_month_is_charged_once_in_random_histories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
