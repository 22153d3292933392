#include "base/array.h"
#include "mockserver/state/webhook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "mockserver/tests/state_test.h"

static const int64_t waits[] = {0, 30 * SECOND_MS, MINUTE_MS};
static const struct delivery_policy patient = {
    .name = "patient",
    .waits_ms = waits,
    .attempts = 3,
    .gave_up = DELIVERY_FAILED,
    .pause_after = 20,
};
static const struct delivery_policy brief = {
    .name = "brief",
    .waits_ms = waits,
    .attempts = 2,
    .refusals_end = true,
    .gave_up = DELIVERY_ABANDONED,
    .pause_after = 2,
};

static uint32_t add_webhook(struct scene *s, uint32_t space)
{
    const struct webhook spec = {
        .space = space,
        .public_id = ids_mint(s->w, "", ID_UUID),
        .url = "http://127.0.0.1:9/hook",
        .events = "post.published social_account.revoked",
        .secret = "whsec_1",
    };
    return webhook_create(s->w, s->organization, &spec);
}

static uint32_t add_delivery(struct scene *s, uint32_t webhook)
{
    const struct delivery spec = {
        .public_id = ids_mint(s->w, "", ID_UUID),
        .event_id = ids_mint(s->w, "evt_", ID_ULID),
        .type = "post.published",
        .payload = "{}",
    };
    return delivery_create(s->w, webhook, &spec, 0);
}

/* Runs the next event, which must start an attempt, and ends the attempt with that status. */
static const struct delivery *run_attempt(struct scene *s, uint32_t row, int status,
                                          const struct delivery_policy *policy)
{
    int64_t at;
    assert_true(events_next_at(s->w, &at));
    events_advance(s->w, at);
    assert_int_equal(delivery_read(s->w, row)->state, DELIVERY_DELIVERING);
    delivery_attempt_end(s->w, row, status, status ? NULL : "refused", policy);
    return delivery_read(s->w, row);
}

static void a_delivery_is_due_immediately_and_ends_with_a_2xx_response(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t webhook = add_webhook(&s, ROW_NONE), row = add_delivery(&s, webhook);
    assert_int_equal(delivery_read(s.w, row)->state, DELIVERY_PENDING);
    assert_int_equal(delivery_read(s.w, row)->next_attempt_at_ms, SCENE_START);
    const struct delivery *d = run_attempt(&s, row, 204, &patient);
    assert_int_equal(d->state, DELIVERY_DELIVERED);
    assert_int_equal(d->attempts, 1);
    assert_int_equal(d->last_status, 204);
    assert_int_equal(d->ended_at_ms, SCENE_START);
    assert_int_equal(webhook_read(s.w, webhook)->last_success_at_ms, SCENE_START);
    assert_int_equal(webhook_read(s.w, webhook)->failures, 0);
    world_free(s.w);
}

static void failures_are_retried_after_each_wait_until_the_last_attempt(void **state)
{
    (void)state;
    static const int statuses[] = {500, 404, 0};
    struct scene s = scene_new();
    uint32_t row = add_delivery(&s, add_webhook(&s, ROW_NONE));
    int64_t at = SCENE_START;
    for (size_t i = 0; i < 3; i++) {
        at += waits[i];
        const struct delivery *d = run_attempt(&s, row, statuses[i], &patient);
        assert_int_equal(world_now(s.w), at);
        assert_int_equal(d->state, i < 2 ? DELIVERY_PENDING : DELIVERY_FAILED);
        assert_int_equal(d->next_attempt_at_ms, i < 2 ? at + waits[i + 1] : 0);
        assert_int_equal(d->last_status, statuses[i]);
    }
    assert_string_equal(delivery_read(s.w, row)->last_error, "refused");
    world_free(s.w);
}

static void refusals_end_stops_retries_after_a_4xx(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum delivery_state then;
    } rows[] = {
        {400, DELIVERY_ABANDONED},
        {410, DELIVERY_ABANDONED},
        {429, DELIVERY_PENDING  },
        {302, DELIVERY_PENDING  },
        {503, DELIVERY_PENDING  },
        {0,   DELIVERY_PENDING  },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene s = scene_new();
        uint32_t row = add_delivery(&s, add_webhook(&s, ROW_NONE));
        assert_int_equal(run_attempt(&s, row, rows[i].status, &brief)->state, rows[i].then);
        world_free(s.w);
    }
}

static void consecutive_failures_pause_a_webhook_and_resuming_sends_pending_deliveries(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t webhook = add_webhook(&s, ROW_NONE), row = add_delivery(&s, webhook);
    run_attempt(&s, row, 500, &brief);
    assert_int_equal(webhook_read(s.w, webhook)->state, WEBHOOK_ACTIVE);
    assert_int_equal(run_attempt(&s, row, 500, &brief)->state, DELIVERY_ABANDONED);
    assert_int_equal(webhook_read(s.w, webhook)->state, WEBHOOK_AUTO_PAUSED);
    assert_int_equal(webhook_read(s.w, webhook)->failures, 2);
    assert_false(webhook_subscribes(webhook_read(s.w, webhook), s.space, "post.published"));

    uint32_t second = add_delivery(&s, webhook);
    events_run_due(s.w);
    assert_int_equal(delivery_read(s.w, second)->state, DELIVERY_PENDING);
    assert_int_equal(delivery_read(s.w, second)->next_attempt_at_ms, 0);
    webhook_set_state(s.w, webhook, WEBHOOK_ACTIVE);
    assert_int_equal(webhook_read(s.w, webhook)->failures, 0);
    assert_int_equal(run_attempt(&s, second, 200, &brief)->state, DELIVERY_DELIVERED);
    world_free(s.w);
}

static void a_success_resets_the_failure_count(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t webhook = add_webhook(&s, ROW_NONE);
    run_attempt(&s, add_delivery(&s, webhook), 400, &brief);
    run_attempt(&s, add_delivery(&s, webhook), 200, &brief);
    run_attempt(&s, add_delivery(&s, webhook), 400, &brief);
    assert_int_equal(webhook_read(s.w, webhook)->state, WEBHOOK_ACTIVE);
    assert_int_equal(webhook_read(s.w, webhook)->failures, 1);
    world_free(s.w);
}

static void deliveries_of_a_deleted_webhook_are_abandoned(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t webhook = add_webhook(&s, ROW_NONE), in_flight = add_delivery(&s, webhook);
    events_run_due(s.w);
    uint32_t pending = add_delivery(&s, webhook);
    webhook_delete(s.w, webhook);
    assert_int_equal(delivery_read(s.w, pending)->state, DELIVERY_ABANDONED);
    assert_int_equal(delivery_read(s.w, in_flight)->state, DELIVERY_DELIVERING);
    delivery_attempt_end(s.w, in_flight, 500, NULL, &patient);
    assert_int_equal(delivery_read(s.w, in_flight)->state, DELIVERY_ABANDONED);
    assert_int_equal(index_count_of(&s.w->indexes[INDEX_WEBHOOK_ORGANIZATION], s.organization), 0);
    world_free(s.w);
}

static void the_previous_secret_is_valid_until_its_time(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t webhook = add_webhook(&s, ROW_NONE);
    assert_null(webhook_previous_secret(s.w, webhook_read(s.w, webhook)));
    webhook_rotate(s.w, webhook, "whsec_2", SCENE_START + DAY_MS);
    assert_string_equal(webhook_read(s.w, webhook)->secret, "whsec_2");
    assert_string_equal(webhook_previous_secret(s.w, webhook_read(s.w, webhook)), "whsec_1");
    events_advance(s.w, SCENE_START + DAY_MS);
    assert_null(webhook_previous_secret(s.w, webhook_read(s.w, webhook)));
    world_free(s.w);
}

static void an_active_webhook_subscribes_to_its_events_in_its_space(void **state)
{
    (void)state;
    struct scene s = scene_new();
    const struct webhook *all = webhook_read(s.w, add_webhook(&s, ROW_NONE));
    const struct webhook *one = webhook_read(s.w, add_webhook(&s, s.space));
    assert_true(webhook_subscribes(all, s.space, "post.published"));
    assert_true(webhook_subscribes(all, s.other_space, "social_account.revoked"));
    assert_false(webhook_subscribes(all, s.space, "post.publish"));
    assert_false(webhook_subscribes(all, s.space, "published"));
    assert_true(webhook_subscribes(one, s.space, "post.published"));
    assert_false(webhook_subscribes(one, s.other_space, "post.published"));
    world_free(s.w);
}

static void an_update_keeps_unnamed_members(void **state)
{
    (void)state;
    struct scene s = scene_new();
    uint32_t webhook = add_webhook(&s, ROW_NONE);
    const struct webhook spec = {.description = "ours"};
    webhook_update(s.w, webhook, &spec);
    const struct webhook *h = webhook_read(s.w, webhook);
    assert_string_equal(h->description, "ours");
    assert_string_equal(h->url, "http://127.0.0.1:9/hook");
    assert_string_equal(h->events, "post.published social_account.revoked");
    world_free(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delivery_is_due_immediately_and_ends_with_a_2xx_response),
        cmocka_unit_test(failures_are_retried_after_each_wait_until_the_last_attempt),
        cmocka_unit_test(refusals_end_stops_retries_after_a_4xx),
        cmocka_unit_test(consecutive_failures_pause_a_webhook_and_resuming_sends_pending_deliveries),
        cmocka_unit_test(a_success_resets_the_failure_count),
        cmocka_unit_test(deliveries_of_a_deleted_webhook_are_abandoned),
        cmocka_unit_test(the_previous_secret_is_valid_until_its_time),
        cmocka_unit_test(an_active_webhook_subscribes_to_its_events_in_its_space),
        cmocka_unit_test(an_update_keeps_unnamed_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
