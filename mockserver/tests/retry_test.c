/* Flagged accounts, failed posts and retries; device logins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "mockserver/tests/state_test.h"

static void advance_by(struct scene *s, int64_t ms)
{
    events_advance(s->w, world_now(s->w) + ms);
}

static void a_flagged_account_keeps_its_token_and_publishes_nothing(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    uint32_t row = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    assert_true(account_can_publish(account_read(s.w, account)));
    account_flag(s.w, account);
    assert_int_equal(account_read(s.w, account)->token, TOKEN_LIVE);
    assert_false(account_can_publish(account_read(s.w, account)));
    assert_int_equal(destination_read(s.w, row)->state, DESTINATION_QUEUED);
    advance_by(&s, HOUR_MS);
    assert_int_equal(destination_read(s.w, row)->state, DESTINATION_FAILED);
    assert_int_equal(destination_read(s.w, row)->failure, FAILURE_FLAGGED);
    world_free(s.w);
}

static void reconnecting_clears_the_flag(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    account_flag(s.w, account);
    account_reconnect(s.w, account, world_now(s.w) + DAY_MS);
    assert_true(account_can_publish(account_read(s.w, account)));
    account_disconnect(s.w, account, DISCONNECT_REVOKED);
    assert_false(account_can_publish(account_read(s.w, account)));
    world_free(s.w);
}

static void an_inactive_account_still_publishes(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct account spec = {
        .public_id = "acc_inactive", .handle = "inactive", .platform = PLATFORM_X, .inactive = true};
    uint32_t account = account_connect(s.w, s.space, &spec);
    uint32_t row = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    advance_by(&s, HOUR_MS);
    assert_int_equal(destination_read(s.w, row)->state, DESTINATION_PUBLISHED);
    world_free(s.w);
}

static void a_retry_is_due_immediately_and_increments_attempts(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    uint32_t row = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    account_lose_token(s.w, account, TOKEN_EXPIRED);
    advance_by(&s, HOUR_MS);
    const struct destination *d = destination_read(s.w, row);
    assert_int_equal(d->attempts, 1);
    assert_int_equal(d->failure, FAILURE_TOKEN_DEAD);

    destination_retry(s.w, row);
    d = destination_read(s.w, row);
    assert_int_equal(d->state, DESTINATION_QUEUED);
    assert_int_equal(d->failure, FAILURE_NONE);
    assert_int_equal(d->attempts, 1);
    assert_int_equal(d->attempted_at_ms, 0);
    assert_int_equal(d->due_at_ms, world_now(s.w));
    advance_by(&s, 0);
    assert_int_equal(destination_read(s.w, row)->state, DESTINATION_FAILED);
    assert_int_equal(destination_read(s.w, row)->attempts, 2);

    account_reconnect(s.w, account, world_now(s.w) + DAY_MS);
    destination_retry(s.w, row);
    advance_by(&s, 0);
    assert_int_equal(destination_read(s.w, row)->state, DESTINATION_PUBLISHED);
    assert_int_equal(destination_read(s.w, row)->attempts, 3);
    world_free(s.w);
}

static void disconnecting_cancels_a_queued_retry(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t account = scene_account(&s, "acme");
    uint32_t row = scene_destination(&s, account, HOUR_MS, MODE_PUBLISH);
    account_lose_token(s.w, account, TOKEN_EXPIRED);
    advance_by(&s, HOUR_MS);
    destination_retry(s.w, row);
    assert_int_equal(account_disconnect(s.w, account, DISCONNECT_REVOKED), 1);
    advance_by(&s, HOUR_MS);
    assert_int_equal(destination_read(s.w, row)->state, DESTINATION_CANCELED);
    world_free(s.w);
}

static void a_completed_device_login_has_a_key(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct oauth_attempt spec = {
        .kind = OAUTH_ATTEMPT_FOR_KEY, .token = "device", .note = "a program", .expires_at_ms = SCENE_START + HOUR_MS};
    uint32_t row = oauth_attempt_begin(s.w, &spec);
    assert_int_equal(oauth_attempt_read(s.w, row)->key, ROW_NONE);
    oauth_attempt_complete_key(s.w, row, s.space, s.key);
    assert_int_equal(oauth_attempt_read(s.w, row)->state, OAUTH_ATTEMPT_COMPLETED);
    assert_int_equal(oauth_attempt_read(s.w, row)->key, s.key);
    assert_string_equal(oauth_attempt_platform_text(oauth_attempt_read(s.w, row)), "program");

    struct oauth_attempt late = spec;
    late.token = "late";
    row = oauth_attempt_begin(s.w, &late);
    advance_by(&s, HOUR_MS);
    assert_int_equal(oauth_attempt_read(s.w, row)->state, OAUTH_ATTEMPT_EXPIRED);
    world_free(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flagged_account_keeps_its_token_and_publishes_nothing),
        cmocka_unit_test(reconnecting_clears_the_flag),
        cmocka_unit_test(an_inactive_account_still_publishes),
        cmocka_unit_test(a_retry_is_due_immediately_and_increments_attempts),
        cmocka_unit_test(disconnecting_cancels_a_queued_retry),
        cmocka_unit_test(a_completed_device_login_has_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
