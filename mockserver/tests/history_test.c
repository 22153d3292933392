/* The limits of what a state keeps: changes, events and records that have ended. */
#include "mockserver/state/connection.h"
#include "mockserver/state/history.h"
#include "mockserver/tests/state_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct scene begin(uint32_t count, int64_t age_ms)
{
    struct scene s = scene_new();
    s.w->history.count = count;
    s.w->history.age_ms = age_ms;
    history_begin(s.w, true);
    return s;
}

/* As between calls: webhooks have processed all changes. */
static void run_steps(struct world *w, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        w->webhook_cursor = changes_last(w);
        history_step(w);
    }
}

static void check(const struct world *w)
{
    struct arena a = {0};
    struct buf why = {.arena = &a};
    assert_null(world_check(w, &why));
    arena_end(&a);
}

/* The post's row. */
static uint32_t publish(struct scene *s, uint32_t account)
{
    uint32_t destination = scene_destination(s, account, 0, MODE_PUBLISH);
    uint32_t post = destination_read(s->w, destination)->post;
    events_run_due(s->w);
    return post;
}

static void the_change_log_keeps_the_newest(void **state)
{
    (void)state;
    struct scene s = begin(20, HISTORY_UNLIMITED_MS);
    uint32_t account = scene_account(&s, "acme");
    for (int i = 0; i < 500; i++) {
        account_set_outcome(s.w, account, OUTCOME_SUCCESS, NULL);
        run_steps(s.w, 1);
        assert_true(changes_last(s.w) - changes_first(s.w) < 40);
        assert_false(table_has(&s.w->changes, changes_first(s.w) - 1));
    }
    run_steps(s.w, 10);
    assert_int_equal(changes_last(s.w) - changes_first(s.w) + 1, 20);
    assert_int_equal(changes_after(s.w, 1), changes_first(s.w));
    assert_int_equal(changes_after(s.w, changes_last(s.w)), changes_last(s.w) + 1);
    world_free(s.w);
}

static void changes_that_webhooks_need_stay(void **state)
{
    (void)state;
    struct scene s = begin(5, HISTORY_UNLIMITED_MS);
    uint32_t account = scene_account(&s, "acme"), cursor = changes_last(s.w);
    s.w->webhook_cursor = cursor;
    for (int i = 0; i < 100; i++) {
        account_set_outcome(s.w, account, OUTCOME_SUCCESS, NULL);
        history_step(s.w);
    }
    assert_int_equal(changes_first(s.w), cursor + 1);
    run_steps(s.w, 20);
    assert_int_equal(changes_last(s.w) - changes_first(s.w) + 1, 5);
    world_free(s.w);
}

static void old_changes_go_in_small_steps(void **state)
{
    (void)state;
    struct scene s = begin(HISTORY_UNLIMITED, 90 * DAY_MS);
    uint32_t account = scene_account(&s, "acme");
    for (int i = 0; i < 1000; i++)
        account_set_outcome(s.w, account, OUTCOME_SUCCESS, NULL);
    run_steps(s.w, 100);
    assert_int_equal(changes_first(s.w), 1);
    events_advance(s.w, world_now(s.w) + 3650 * DAY_MS);
    uint32_t before = changes_first(s.w);
    run_steps(s.w, 1);
    assert_in_range(changes_first(s.w) - before, 1, 64);
    run_steps(s.w, 200);
    assert_int_equal(changes_first(s.w), changes_last(s.w) + 1); /* the log is empty */
    world_free(s.w);
}

static void published_posts_go_with_their_destinations(void **state)
{
    (void)state;
    struct scene s = begin(10, HISTORY_UNLIMITED_MS);
    uint32_t account = scene_account(&s, "acme"), first = publish(&s, account);
    for (int i = 0; i < 200; i++) {
        publish(&s, account);
        run_steps(s.w, 1);
    }
    run_steps(s.w, 20);
    assert_false(world_has(s.w, RECORD_POST, first));
    assert_int_equal(world_count(s.w, RECORD_POST), 10);
    assert_int_equal(world_count(s.w, RECORD_DESTINATION), 10);
    assert_int_equal(s.w->indexes[INDEX_DESTINATION_SPACE].count, 10);
    assert_true(world_has(s.w, RECORD_POST, world_last(s.w, RECORD_POST)));
    assert_true(s.w->events.count < 30);
    world_free(s.w);
}

static void a_post_that_is_open_stays_and_keeps_its_account(void **state)
{
    (void)state;
    struct scene s = begin(1, DAY_MS);
    uint32_t account = scene_account(&s, "acme"), other = scene_account(&s, "bloom");
    uint32_t open = scene_destination(&s, account, 1000 * DAY_MS, MODE_PUBLISH);
    uint32_t post = destination_read(s.w, open)->post;
    for (int i = 0; i < 20; i++) {
        publish(&s, other);
        events_advance(s.w, world_now(s.w) + 2 * DAY_MS);
        run_steps(s.w, 5);
    }
    assert_true(world_has(s.w, RECORD_POST, post));
    assert_int_equal(world_count(s.w, RECORD_POST), 1); /* the others are old */
    events_advance(s.w, world_now(s.w) + 1000 * DAY_MS);
    assert_true(world_has(s.w, RECORD_POST, post)); /* published just now */
    events_advance(s.w, world_now(s.w) + 2 * DAY_MS);
    run_steps(s.w, 20);
    assert_false(world_has(s.w, RECORD_POST, post));
    world_free(s.w);
}

static void an_account_goes_after_all_that_refer_to_it(void **state)
{
    (void)state;
    struct scene s = begin(HISTORY_UNLIMITED, 10 * DAY_MS);
    uint32_t account = scene_account(&s, "acme"), post = publish(&s, account);
    account_disconnect(s.w, account, DISCONNECT_REVOKED);
    assert_int_equal(record_tail_read(s.w, RECORD_ACCOUNT, account)->refs, 1);
    events_advance(s.w, world_now(s.w) + 11 * DAY_MS);
    run_steps(s.w, 20);
    assert_false(world_has(s.w, RECORD_POST, post));
    assert_false(world_has(s.w, RECORD_ACCOUNT, account));
    assert_int_equal(account_find_user(s.w, s.space, PLATFORM_TIKTOK, "acme"), ROW_NONE);
    world_free(s.w);
}

static void records_of_the_initial_state_stay(void **state)
{
    (void)state;
    struct scene s = begin(1, DAY_MS);
    uint32_t account = scene_account(&s, "acme"), post = publish(&s, account);
    history_begin(s.w, true);
    for (int i = 0; i < 50; i++)
        publish(&s, account);
    events_advance(s.w, world_now(s.w) + 100 * DAY_MS);
    run_steps(s.w, 100);
    assert_true(world_has(s.w, RECORD_POST, post));
    assert_int_equal(world_count(s.w, RECORD_POST), 1);
    world_free(s.w);
}

static void a_fork_forgets_for_itself(void **state)
{
    (void)state;
    struct scene s = begin(10, HISTORY_UNLIMITED_MS);
    uint32_t account = scene_account(&s, "acme");
    for (int i = 0; i < 50; i++)
        publish(&s, account);
    uint32_t posts = world_count(s.w, RECORD_POST);
    struct world *fork = world_fork(s.w);
    run_steps(fork, 100);
    assert_int_equal(world_count(fork, RECORD_POST), 10);
    assert_int_equal(world_count(s.w, RECORD_POST), posts);
    check(s.w);
    check(fork);
    world_free(fork);
    world_free(s.w);
}

static void the_memory_of_a_busy_world_is_bounded(void **state)
{
    (void)state;
    struct scene s = begin(200, HISTORY_UNLIMITED_MS);
    s.w->checks = false;
    uint32_t account = scene_account(&s, "acme");
    size_t bytes = 0;
    for (int i = 0; i < 20000; i++) {
        publish(&s, account);
        run_steps(s.w, 1);
        bytes = i == 5000 ? table_own_bytes(&s.w->records[RECORD_POST]) + table_own_bytes(&s.w->changes) +
                                table_own_bytes(&s.w->events) + table_own_bytes(&s.w->records[RECORD_DESTINATION])
                          : bytes;
    }
    size_t after = table_own_bytes(&s.w->records[RECORD_POST]) + table_own_bytes(&s.w->changes) +
                   table_own_bytes(&s.w->events) + table_own_bytes(&s.w->records[RECORD_DESTINATION]);
    assert_in_range(after, bytes * 9 / 10, bytes * 11 / 10);
    check(s.w);
    world_free(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_change_log_keeps_the_newest),
        cmocka_unit_test(changes_that_webhooks_need_stay),
        cmocka_unit_test(old_changes_go_in_small_steps),
        cmocka_unit_test(published_posts_go_with_their_destinations),
        cmocka_unit_test(a_post_that_is_open_stays_and_keeps_its_account),
        cmocka_unit_test(an_account_goes_after_all_that_refer_to_it),
        cmocka_unit_test(records_of_the_initial_state_stay),
        cmocka_unit_test(a_fork_forgets_for_itself),
        cmocka_unit_test(the_memory_of_a_busy_world_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
