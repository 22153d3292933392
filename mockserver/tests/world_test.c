#include "base/array.h"
#include "mockserver/state/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "mockserver/tests/state_test.h"

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *seed >> 33;
}

/* A random row in that state, or ROW_NONE. */
static uint32_t pick(const struct world *w, enum record_kind kind, int state, uint64_t *seed)
{
    uint32_t count = world_count(w, kind);
    for (uint32_t i = 0, at = count ? (uint32_t)(next_random(seed) % count) : 0; i < count; i++) {
        uint32_t row = (at + i) % count + 1;
        if (record_state(w, kind, row) == state)
            return row;
    }
    return ROW_NONE;
}

static uint32_t pick_listed(const struct world *w, uint64_t *seed)
{
    static const enum account_state states[] = {ACCOUNT_LIVE, ACCOUNT_EXPIRED, ACCOUNT_WITHDRAWN, ACCOUNT_LIVE};
    for (size_t i = 0, at = next_random(seed) % 4; i < 4; i++) {
        uint32_t row = pick(w, RECORD_ACCOUNT, states[(at + i) % 4], seed);
        if (row)
            return row;
    }
    return ROW_NONE;
}

static void begin_attempt(struct scene *s, uint64_t *seed)
{
    uint32_t account = next_random(seed) % 2 ? pick_listed(s->w, seed) : ROW_NONE;
    const struct oauth_attempt spec = {
        .key = s->key,
        .space = account ? account_read(s->w, account)->space : s->space,
        .account = account,
        .reconnects = account != ROW_NONE,
        .platform = PLATFORM_INSTAGRAM,
        .token = ids_mint(s->w, "st_", ID_ULID),
        .expires_at_ms = world_now(s->w) + 10 * MINUTE_MS,
    };
    oauth_attempt_begin(s->w, &spec);
}

static void end_attempt(struct scene *s, uint32_t attempt, uint64_t *seed)
{
    const struct connection user = {
        .account =
            {
                      .public_id = ids_mint(s->w, "acc_", ID_ULID),
                      .handle = "user",
                      .token_expires_at_ms = world_now(s->w) + (int64_t)(next_random(seed) % 5) * HOUR_MS,
                      },
    };
    if (next_random(seed) % 3)
        oauth_attempt_complete(s->w, attempt, &user);
    else
        oauth_attempt_fail(s->w, attempt, "access_denied");
}

/* A random transition of the account. */
static void step_account(struct scene *s, uint32_t account, uint64_t *seed)
{
    switch (next_random(seed) % 6) {
    case 0:
        account_lose_token(s->w, account, TOKEN_WITHDRAWN);
        break;
    case 1:
        account_reconnect(s->w, account, world_now(s->w) + 2 * HOUR_MS);
        break;
    case 2:
        account_set_outcome(s->w, account, (enum outcome)(next_random(seed) % OUTCOME_COUNT), "E");
        break;
    case 3:
        if (next_random(seed) % 2)
            account_disconnect(s->w, account, DISCONNECT_REVOKED);
        break;
    default:
        scene_destination(s, account, (int64_t)(next_random(seed) % 300) * MINUTE_MS - HOUR_MS,
                          (enum publish_mode)(next_random(seed) % MODE_COUNT));
        break;
    }
}

/* Removes the post, removes the account's destinations, or revises the post as a draft or not. */
static void step_post(struct scene *s, uint32_t destination, uint64_t *seed)
{
    const struct destination spec = {.account = destination_read(s->w, destination)->account};
    uint32_t row = destination_read(s->w, destination)->post;
    if (post_read(s->w, row)->removed_at_ms)
        return;
    struct post post = *post_read(s->w, row);
    switch (next_random(seed) % 4) {
    case 0:
        post_remove(s->w, row);
        break;
    case 1:
        account_leave_posts(s->w, spec.account);
        break;
    default:
        post.draft = next_random(seed) % 2;
        post_remove_destinations(s->w, row);
        post_revise(s->w, row, &post);
        destination_schedule(s->w, row, &spec);
        break;
    }
}

static void step_destination(struct scene *s, uint32_t destination, uint64_t *seed)
{
    switch (next_random(seed) % 4) {
    case 0:
        destination_cancel(s->w, destination);
        break;
    case 1:
        destination_reschedule(s->w, destination, world_now(s->w) + 20 * MINUTE_MS);
        break;
    case 2:
        step_post(s, destination, seed);
        break;
    default:
        destination_set_outcome(s->w, destination, (enum outcome)(next_random(seed) % OUTCOME_COUNT), "F");
        break;
    }
}

static void step(struct scene *s, uint64_t *seed)
{
    uint32_t row;
    switch (next_random(seed) % 8) {
    case 0:
        scene_account(s, "handle");
        break;
    case 1:
        begin_attempt(s, seed);
        break;
    case 2:
        if ((row = pick(s->w, RECORD_OAUTH_ATTEMPT, OAUTH_ATTEMPT_PENDING, seed)))
            end_attempt(s, row, seed);
        break;
    case 3:
        if ((row = pick(s->w, RECORD_DESTINATION, DESTINATION_QUEUED, seed)))
            step_destination(s, row, seed);
        break;
    case 4:
        s->w->timings.publish_ms = (int64_t)(next_random(seed) % 2) * 30 * SECOND_MS;
        events_advance(s->w, world_now(s->w) + (int64_t)(next_random(seed) % 60) * MINUTE_MS);
        break;
    default:
        if ((row = pick_listed(s->w, seed)))
            step_account(s, row, seed);
        break;
    }
}

/* Counts how often a destination reached each state. */
static void count_states(const struct world *w, uint32_t seen[DESTINATION_STATE_COUNT])
{
    for (uint32_t seq = 1; seq <= changes_last(w); seq++) {
        const struct change *c = changes_read(w, seq);
        if (c->kind == RECORD_DESTINATION)
            seen[c->to]++;
    }
}

static void all_invariants_hold_after_random_steps(void **state)
{
    (void)state;
    enum { WORLDS = 40, STEPS = 250 };
    uint32_t seen[DESTINATION_STATE_COUNT] = {0};
    for (uint64_t n = 0; n < WORLDS; n++) {
        uint64_t seed = n;
        struct scene s = scene_new();
        for (size_t i = 0; i < STEPS; i++)
            step(&s, &seed); /* aborts if an invariant is violated */
        count_states(s.w, seen);
        world_free(s.w);
    }
    for (size_t i = 0; i < DESTINATION_STATE_COUNT; i++)
        assert_true(seen[i] > 0); /* otherwise the steps cover too little */
}

static void the_same_seed_and_calls_give_the_same_world(void **state)
{
    (void)state;
    struct arena a = {0};
    struct scene s[2] = {scene_new(), scene_new()};
    for (size_t i = 0; i < 2; i++) {
        uint64_t seed = 7;
        for (size_t n = 0; n < 300; n++)
            step(&s[i], &seed);
    }
    assert_string_equal(dump_world(&a, s[0].w), dump_world(&a, s[1].w));
    world_free(s[0].w);
    world_free(s[1].w);
    arena_end(&a);
}

static void a_fork_starts_equal_and_changes_independently(void **state)
{
    (void)state;
    struct arena a = {0};
    uint64_t seed = 3;
    struct scene s = scene_new();
    for (size_t n = 0; n < 100; n++)
        step(&s, &seed);
    struct scene fork = s;
    fork.w = world_fork(s.w);
    const char *then = dump_world(&a, s.w);
    assert_string_equal(dump_world(&a, fork.w), then);

    uint64_t same = seed;
    for (size_t n = 0; n < 100; n++)
        step(&fork, &seed);
    assert_string_equal(dump_world(&a, s.w), then);
    assert_string_not_equal(dump_world(&a, fork.w), then);
    for (size_t n = 0; n < 100; n++)
        step(&s, &same);
    const char *now = dump_world(&a, s.w);
    assert_string_equal(dump_world(&a, fork.w), now);

    world_free(s.w);
    assert_string_equal(dump_world(&a, fork.w), now);
    world_free(fork.w);
    arena_end(&a);
}

static void restoring_a_snapshot_repeatedly_gives_the_same_world(void **state)
{
    (void)state;
    struct arena a = {0};
    struct scene s = scene_new();
    scene_destination(&s, scene_account(&s, "acme"), HOUR_MS, MODE_PUBLISH);
    struct world *snapshot = world_fork(s.w);
    const char *then = dump_world(&a, snapshot);
    for (uint64_t seed = 0; seed < 20; seed++) {
        uint64_t walk = seed;
        for (size_t n = 0; n < 20; n++)
            step(&s, &walk);
        world_free(s.w);
        s.w = world_fork(snapshot);
        assert_string_equal(dump_world(&a, s.w), then);
    }
    world_free(s.w);
    world_free(snapshot);
    arena_end(&a);
}

static void forking_a_large_world_uses_little_memory(void **state)
{
    (void)state;
    enum { ACCOUNTS = 100000 };
    struct scene s = scene_new();
    s.w->checks = false;
    uint32_t account = ROW_NONE;
    for (size_t i = 0; i < ACCOUNTS; i++)
        account = scene_account(&s, "handle");
    size_t whole = world_own_bytes(s.w);
    assert_in_range(whole / ACCOUNTS, 300, 460); /* with its events, changes and index entries */
    struct world *fork = world_fork(s.w);
    assert_in_range(world_own_bytes(fork), 1, 8 * 1024);
    account_lose_token(fork, account / 2, TOKEN_WITHDRAWN);
    assert_in_range(world_own_bytes(fork), 1, 48 * 1024);
    assert_int_equal(account_read(s.w, account / 2)->token, TOKEN_LIVE);
    world_free(fork);
    assert_int_equal(world_own_bytes(s.w), whole);
    world_free(s.w);
}

static void a_long_chain_of_forks_is_freed(void **state)
{
    (void)state;
    struct scene s = scene_new();
    s.w->checks = false;
    for (size_t i = 0; i < 20000; i++) {
        world_text(s.w, "kept");
        struct world *next = world_fork(s.w);
        world_free(s.w);
        s.w = next;
    }
    assert_string_equal(organization_read(s.w, s.organization)->name, "Acme");
    world_free(s.w);
}

static void a_frozen_clock_does_not_move_and_a_running_one_never_goes_back(void **state)
{
    (void)state;
    struct clock c;
    clock_start(&c, 1000, CLOCK_FROZEN);
    assert_int_equal(clock_now(&c), 1000);
    clock_move_to(&c, 5000);
    assert_int_equal(clock_now(&c), 5000);
    clock_set_mode(&c, CLOCK_RUNS);
    int64_t before = clock_now(&c);
    assert_true(before >= 5000);
    c.base_wall_us -= INT64_C(60000000); /* a minute passes */
    assert_true(clock_now(&c) >= before + MINUTE_MS);
    before = clock_now(&c);
    clock_set_mode(&c, CLOCK_FROZEN);
    assert_true(clock_now(&c) >= before);
    assert_int_equal(clock_now(&c), clock_now(&c));
}

static void events_run_by_time_and_then_in_the_order_added(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    static const int64_t in_minutes[] = {30, 10, 20, 10, 30};
    static const uint32_t order[] = {2, 4, 3, 1, 5};
    for (size_t i = 0; i < 5; i++)
        scene_destination(&s, account, in_minutes[i] * MINUTE_MS, MODE_PUBLISH);
    int64_t at;
    assert_true(events_next_at(s.w, &at));
    assert_int_equal(at, SCENE_START + 10 * MINUTE_MS);
    uint32_t seq = changes_last(s.w);
    assert_int_equal(events_advance(s.w, SCENE_START + HOUR_MS), 5);
    for (size_t i = 0; i < 5; i++) {
        const struct change *c = changes_read(s.w, ++seq);
        assert_int_equal(c->row, order[i]);
        assert_int_equal(c->at_ms, SCENE_START + in_minutes[order[i] - 1] * MINUTE_MS);
        assert_int_equal(c->cause, CAUSE_TIME);
    }
    assert_int_equal(world_now(s.w), SCENE_START + HOUR_MS);
    world_free(s.w);
}

static void a_late_event_runs_at_its_own_time(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t destination = scene_destination(&s, scene_account(&s, "acme"), HOUR_MS, MODE_PUBLISH);
    s.w->timings.publish_ms = 30 * SECOND_MS;
    clock_move_to(&s.w->clock, SCENE_START + HOUR_MS + 5 * MINUTE_MS);
    assert_int_equal(events_run_due(s.w), 2);
    const struct destination *d = destination_read(s.w, destination);
    assert_int_equal(d->attempted_at_ms, SCENE_START + HOUR_MS);
    assert_int_equal(d->published_at_ms, SCENE_START + HOUR_MS + 30 * SECOND_MS);
    assert_int_equal(changes_read(s.w, changes_last(s.w))->at_ms, d->published_at_ms);
    assert_int_equal(world_now(s.w), SCENE_START + HOUR_MS + 5 * MINUTE_MS);
    assert_int_equal(events_run_due(s.w), 0);
    world_free(s.w);
}

static void an_event_for_the_past_runs_at_the_time_it_was_added(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t destination = scene_destination(&s, scene_account(&s, "acme"), -DAY_MS, MODE_PUBLISH);
    events_run_due(s.w);
    assert_int_equal(destination_read(s.w, destination)->published_at_ms, SCENE_START);
    world_free(s.w);
}

static bool is_of(const char *text, const char *alphabet)
{
    return strspn(text, alphabet) == strlen(text);
}

static void ids_have_the_right_format_and_never_repeat(void **state)
{
    (void)state;
    struct scene s = scene_new(), same = scene_new();
    for (size_t i = 0; i < 1000; i++) {
        const char *ulid = ids_mint(s.w, "sa_", ID_ULID), *uuid = ids_mint(s.w, "", ID_UUID);
        assert_int_equal(strlen(ulid), 29);
        assert_true(ulid[3] >= '0' && ulid[3] <= '7');
        assert_true(is_of(ulid + 3, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"));
        assert_int_equal(strlen(uuid), 36);
        assert_true(is_of(uuid, "0123456789abcdef-") && uuid[14] == '4');
        assert_non_null(strchr("89ab", uuid[19]));
        const char *hex = ids_mint(s.w, "r", ID_HEX8);
        assert_true(strlen(hex) == 9 && is_of(hex + 1, "0123456789abcdef"));
        assert_string_equal(ids_mint(same.w, "sa_", ID_ULID), ulid);
        assert_string_equal(ids_mint(same.w, "", ID_UUID), uuid);
        assert_string_equal(ids_mint(same.w, "r", ID_HEX8), hex);
    }
    world_free(s.w);
    world_free(same.w);
}

static void ids_mint_skips_ids_that_are_taken(void **state)
{
    (void)state;
    struct scene s = scene_new(), first = scene_new();
    const char *taken = ids_mint(first.w, "acc_", ID_ULID);
    space_create(s.w, s.organization, taken, "taken");
    assert_string_not_equal(ids_mint(s.w, "acc_", ID_ULID), taken);
    world_free(s.w);
    world_free(first.w);
}

static void a_key_is_found_by_its_value_within_its_provider(void **state)
{
    (void)state;
    struct scene s = scene_new();
    assert_int_equal(key_find(s.w, 0, STR("secret-1")), s.key);
    assert_int_equal(key_find(s.w, 1, STR("secret-1")), ROW_NONE);
    assert_int_equal(key_find(s.w, 0, STR("secret-")), ROW_NONE);
    const struct key *k = key_read(s.w, s.key);
    assert_true(key_has_scope(k, "posts:read"));
    assert_false(key_has_scope(k, "posts"));
    assert_string_equal(k->return_domains[0], "app.example.com");
    assert_int_equal(space_find(s.w, 0, STR("sp_2")), s.other_space);
    assert_int_equal(space_find(s.w, 1, STR("sp_2")), ROW_NONE);
    assert_int_equal(organization_find(s.w, 0, "org_1"), s.organization);
    world_free(s.w);
}

/* Edits that violate an invariant; no transition does this. */
struct violation {
    const char *message; /* part of world_check's message */
    void (*apply)(struct world *w);
};

static void set_queued(struct world *w)
{
    ((struct destination *)world_edit(w, RECORD_DESTINATION, 1))->state = DESTINATION_QUEUED;
}

static void remove_link(struct world *w)
{
    ((struct destination *)world_edit(w, RECORD_DESTINATION, 1))->external_url = NULL;
}

static void change_space(struct world *w)
{
    ((struct destination *)world_edit(w, RECORD_DESTINATION, 1))->space = 2;
}

static void drop_first_event(struct world *w)
{
    struct index_entry first;
    index_first(&w->indexes[INDEX_DUE], &first);
    index_remove(&w->indexes[INDEX_DUE], first);
}

static void add_stray_entry(struct world *w)
{
    index_add(&w->indexes[INDEX_ACCOUNT_SPACE], (struct index_entry){1, 5, 1});
}

static void remove_entry(struct world *w)
{
    const struct account *a = account_read(w, 1);
    index_remove(&w->indexes[INDEX_ACCOUNT_SPACE], (struct index_entry){a->space, -a->connected_at_ms, 1});
}

static void expire_without_change(struct world *w)
{
    ((struct account *)world_edit(w, RECORD_ACCOUNT, 1))->token = TOKEN_EXPIRED;
}

static void log_change_of_final_state(struct world *w)
{
    changes_add(w, RECORD_DESTINATION, 1, TRANSITION_DESTINATION_PUBLISH, DESTINATION_PUBLISHED, DESTINATION_QUEUED);
}

static void log_publish_without_token(struct world *w)
{
    changes_add(w, RECORD_ACCOUNT, 1, TRANSITION_ACCOUNT_LOSE_TOKEN, ACCOUNT_LIVE, ACCOUNT_EXPIRED);
    changes_add(w, RECORD_DESTINATION, 2, TRANSITION_DESTINATION_PUBLISH, DESTINATION_QUEUED, DESTINATION_PUBLISHED);
}

static void repeat_id(struct world *w)
{
    const struct account spec = {.public_id = account_read(w, 1)->public_id, .handle = "x"};
    account_connect(w, 1, &spec);
}

static void refer_to_missing_content(struct world *w)
{
    ((struct post *)world_edit(w, RECORD_POST, 1))->content = 77;
}

static void create_after_publishing(struct world *w)
{
    struct destination *d = world_edit(w, RECORD_DESTINATION, 1);
    d->created_at_ms = d->published_at_ms + 1;
}

static void create_post_after_publishing(struct world *w)
{
    struct post *p = world_edit(w, RECORD_POST, 1);
    p->created_at_ms = p->published_at_ms + 1;
}

static void world_check_finds_each_violation(void **state)
{
    (void)state;
    static const struct violation violations[] = {
        {"'attempted_at' must be set if",         set_queued                  },
        {"'external_url' must be set if",         remove_link                 },
        {"the same space and provider",           change_space                },
        {"events have not run",                   drop_first_event            },
        {"entries that belong to no record",      add_stray_entry             },
        {"one of its index entries is missing",   remove_entry                },
        {"must be the 'to' of its last change",   expire_without_change       },
        {"a change must not leave a final state", log_change_of_final_state   },
        {"published without a live token",        log_publish_without_token   },
        {"another record has the same id",        repeat_id                   },
        {"refers to a record that does not",      refer_to_missing_content    },
        {"a destination's other times must not",  create_after_publishing     },
        {"a post's 'updated_at' and",             create_post_after_publishing},
    };
    struct scene s = scene_new();
    s.w->checks = false;
    uint32_t account = scene_account(&s, "acme");
    scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    scene_destination(&s, account, 9 * HOUR_MS, MODE_PUBLISH);
    events_advance(s.w, SCENE_START + 2 * HOUR_MS);
    for (size_t i = 0; i < COUNT(violations); i++) {
        struct arena a = {0};
        struct buf message = {.arena = &a};
        struct world *w = world_fork(s.w);
        assert_null(world_check(w, &message));
        violations[i].apply(w);
        const char *found = world_check(w, &message);
        assert_non_null(found);
        if (!strstr(found, violations[i].message))
            fail_msg("violation %zu: expected '%s', got '%s'", i, violations[i].message, found);
        world_free(w);
        arena_end(&a);
    }
    world_free(s.w);
}

static void a_world_is_freed_in_steps_and_its_fork_stays(void **state)
{
    (void)state;
    struct world *w = world_new(1, 0, CLOCK_FROZEN), *fork = NULL;
    char id[32];
    for (int i = 0; i < 20000; i++) {
        if (i == 10000)
            fork = world_fork(w);
        snprintf(id, sizeof id, "org_%d", i);
        organization_create(w, 1, id, "A name");
    }
    size_t steps = 1, pages = 10;
    for (; !world_free_some(w, &pages); steps++, pages = 10)
        assert_int_equal(pages, 0);
    assert_true(steps > 50);
    assert_int_equal(world_count(fork, RECORD_ORGANIZATION), 10000);
    assert_true(organization_find(fork, 1, "org_9999"));
    world_free(fork);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_invariants_hold_after_random_steps),
        cmocka_unit_test(the_same_seed_and_calls_give_the_same_world),
        cmocka_unit_test(a_fork_starts_equal_and_changes_independently),
        cmocka_unit_test(restoring_a_snapshot_repeatedly_gives_the_same_world),
        cmocka_unit_test(forking_a_large_world_uses_little_memory),
        cmocka_unit_test(a_world_is_freed_in_steps_and_its_fork_stays),
        cmocka_unit_test(a_long_chain_of_forks_is_freed),
        cmocka_unit_test(a_frozen_clock_does_not_move_and_a_running_one_never_goes_back),
        cmocka_unit_test(events_run_by_time_and_then_in_the_order_added),
        cmocka_unit_test(a_late_event_runs_at_its_own_time),
        cmocka_unit_test(an_event_for_the_past_runs_at_the_time_it_was_added),
        cmocka_unit_test(ids_have_the_right_format_and_never_repeat),
        cmocka_unit_test(ids_mint_skips_ids_that_are_taken),
        cmocka_unit_test(a_key_is_found_by_its_value_within_its_provider),
        cmocka_unit_test(world_check_finds_each_violation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
