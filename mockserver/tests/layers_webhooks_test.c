/* Tests of webhook deliveries: events, signatures, retries and simulations. */
#include "mockserver/tests/layers_webhooks_test.h"
#include "base/array.h"

static int set_up_brief(void **state)
{
    return set_up_with(state, WORLD("webhooks: { retries: brief, signature_time: virtual }\n"));
}

static void a_published_post_is_delivered_with_a_signature_over_the_exact_bytes(void **state)
{
    struct network *n = *state;
    advance(n, "59m");
    assert_int_equal(n->count, 0);
    advance(n, "1m");
    assert_int_equal(n->count, 1);
    assert_string_equal(n->sent[0].url, "http://127.0.0.1:9099/hook");
    assert_string_equal(text_at(n, 0, "/type"), "post.published");
    assert_string_equal(text_at(n, 0, "/id"), n->sent[0].id);
    assert_true(str_starts(str_from(n->sent[0].id), STR("evt_")));
    assert_int_equal(strlen(n->sent[0].id), 4 + 26);
    assert_string_equal(text_at(n, 0, "/data/scheduledPostId"), "sp_a");
    assert_string_equal(text_at(n, 0, "/data/containerId"), "cnt_a");
    assert_string_equal(text_at(n, 0, "/data/scheduledFor"), "2026-05-02T10:00:00Z");
    assert_non_null(text_at(n, 0, "/data/externalId"));
    assert_non_null(text_at(n, 0, "/data/externalUrl"));
    assert_null(text_at(n, 0, "/replayOf"));
    assert_int_equal(signatures_by(n, 0, "whsec_test"), 1);
    assert_int_equal(signatures_by(n, 0, "whsec_other"), 0);

    struct mock_response list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
    assert_string_equal(at(list, "/items/0/status"), "delivered");
    assert_string_equal(at(list, "/items/0/attempts"), "1");
    assert_string_equal(at(list, "/items/0/lastStatusCode"), "200");
    assert_string_equal(at(list, "/items/0/eventId"), n->sent[0].id);
    assert_string_equal(at(list, "/items/0/deliveredAt"), "2026-05-02T10:00:00.000Z");
}

static void each_change_is_delivered_as_its_own_event(void **state)
{
    struct network *n = *state;
    /* clang-format off */
    static const struct {
        const char *simulation, *body, *type, *pointer, *value;
    } rows[] = {
        {"account_connected", "{\"space\":\"prj_b\",\"platform\":\"tiktok\",\"handle\":\"new\"}",
         "social_account.connected", "/data/displayName", "new"},
        {"token_lost", "{\"account\":\"sa_a\",\"why\":\"expired\"}", "social_account.needs_reauth",
         "/data/socialAccountId", "sa_a"},
        {"token_lost", "{\"account\":\"sa_b\",\"why\":\"revoked_upstream\"}", "social_account.needs_reauth",
         "/data/platform", "instagram"},
        {"account_removed", "{\"account\":\"sa_b\"}", "social_account.revoked", "/data/disconnectedAt",
         "2026-05-02T09:00:00Z"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        simulation(n, rows[i].simulation, rows[i].body);
        assert_int_equal(n->count, i + 1);
        assert_string_equal(text_at(n, i, "/type"), rows[i].type);
        assert_string_equal(text_at(n, i, rows[i].pointer), rows[i].value);
    }
    advance(n, "1h");
    assert_string_equal(text_at(n, COUNT(rows), "/type"), "post.failed");
    assert_string_equal(text_at(n, COUNT(rows), "/data/error/code"), "CREDENTIAL_INVALID");
}

static void connecting_a_connected_user_delivers_no_event(void **state)
{
    struct network *n = *state;
    simulation(n, "account_connected", "{\"space\":\"prj_a\",\"platform\":\"tiktok\",\"handle\":\"acme\"}");
    assert_int_equal(n->count, 0);
    simulation(n, "account_removed", "{\"account\":\"sa_a\"}");
    n->count = 0;
    simulation(n, "account_connected", "{\"space\":\"prj_a\",\"platform\":\"tiktok\",\"handle\":\"acme\"}");
    assert_int_equal(n->count, 1);
    assert_string_equal(text_at(n, 0, "/type"), "social_account.connected");
}

static void a_decided_lease_request_is_delivered_but_not_its_accounts(void **state)
{
    struct network *n = *state;
    static const struct {
        const char *body, *type, *status;
        size_t accounts;
    } rows[] = {
        {"{\"request\":\"lreq_one\",\"outcome\":\"assigned\"}",   "lease_request.assigned", "assigned", 1},
        {"{\"request\":\"lreq_two\",\"outcome\":\"partial\"}",    "lease_request.assigned", "partial",  1},
        {"{\"request\":\"lreq_three\",\"outcome\":\"rejected\"}", "lease_request.rejected", "rejected", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        simulation(n, "lease_decide", rows[i].body);
        assert_int_equal(n->count, i + 1);
        assert_string_equal(text_at(n, i, "/type"), rows[i].type);
        assert_string_equal(text_at(n, i, "/data/status"), rows[i].status);
        assert_string_equal(text_at(n, i, "/data/projectId"), "prj_a");
        assert_int_equal(node_count(node_pointer(n->sent[i].json, "/data/assignedSocialAccountIds")), rows[i].accounts);
    }
}

static void scheduling_and_canceling_are_delivered_but_not_rescheduling(void **state)
{
    struct network *n = *state;
    mock_call(n->mock, "POST /v1/content/cnt_a/schedule",
              ("{\"scheduledFor\":\"2026-05-04T09:00:00Z\","
               "\"targets\":[{\"socialAccountId\":\"sa_a\",\"mode\":\"publish\"}]}"),
              AS_FULL);
    assert_int_equal(n->count, 1);
    assert_string_equal(text_at(n, 0, "/type"), "post.scheduled");
    mock_call(n->mock, "POST /v1/scheduled-posts/sp_a/reschedule", "{\"scheduledFor\":\"2026-05-05T09:00:00Z\"}",
              AS_FULL);
    assert_int_equal(n->count, 1);
    mock_call(n->mock, "DELETE /v1/scheduled-posts/sp_a", NULL, AS_FULL);
    assert_int_equal(n->count, 2);
    assert_string_equal(text_at(n, 1, "/type"), "post.canceled");
    mock_call(n->mock, "DELETE /v1/social-accounts/sa_a", NULL, AS_FULL);
    assert_int_equal(n->count, 4); /* also the other post's event and the account's */
    assert_string_equal(text_at(n, 2, "/type"), "post.canceled");
    assert_string_equal(text_at(n, 3, "/type"), "social_account.revoked");
}

static void a_failed_delivery_is_attempted_eight_times_with_the_same_id_and_body(void **state)
{
    struct network *n = *state;
    static const char *const waits[] = {"30s", "1m", "5m", "15m", "1h", "6h", "24h"};
    n->status = 404;
    advance(n, "1h");
    assert_int_equal(n->count, 1);
    for (size_t i = 0; i < COUNT(waits); i++) {
        struct mock_response list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
        assert_string_equal(at(list, "/items/0/status"), "pending");
        advance(n, waits[i]);
        assert_int_equal(n->count, i + 2);
        assert_string_equal(n->sent[i + 1].id, n->sent[0].id);
        assert_string_equal(n->sent[i + 1].body, n->sent[0].body);
    }
    struct mock_response list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
    assert_string_equal(at(list, "/items/0/status"), "failed");
    assert_string_equal(at(list, "/items/0/attempts"), "8");
    assert_non_null(at(list, "/items/0/abandonedAt"));
    advance(n, "48h");
    assert_int_equal(n->count, 8);
}

static void a_successful_retry_resets_the_failure_count(void **state)
{
    struct network *n = *state;
    n->status = 500;
    advance(n, "1h");
    n->status = 204;
    advance(n, "30s");
    advance(n, "48h");
    assert_int_equal(n->count, 2);
    struct mock_response hook = hook_call(n, "GET", "/" HOOK, NULL);
    assert_string_equal(at(hook, "/consecutiveFailureCount"), "0");
    assert_string_equal(at(hook, "/lastFailureAt"), "2026-05-02T10:00:00.000Z");
    assert_string_equal(at(hook, "/lastSuccessAt"), "2026-05-02T10:00:30.000Z");
}

static void the_brief_policy_abandons_after_a_refusal_or_five_failures(void **state)
{
    struct network *n = *state;
    n->status = 410;
    advance(n, "1h");
    advance(n, "48h");
    assert_int_equal(n->count, 1);
    n->status = 503;
    simulation(n, "token_lost", "{\"account\":\"sa_a\",\"why\":\"expired\"}");
    advance(n, "48h");
    assert_int_equal(n->count, 1 + 5);
    struct mock_response list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
    assert_string_equal(at(list, "/items/0/status"), "abandoned");
    assert_string_equal(at(list, "/items/1/status"), "abandoned");
}

static void a_signature_has_the_virtual_time_if_the_fixture_sets_it(void **state)
{
    struct network *n = *state;
    advance(n, "1h");
    assert_true(str_starts(str_from(n->sent[0].signature), STR("t=1777716000,")));
    assert_int_equal(signatures_by(n, 0, "whsec_test"), 1);
}

static void twenty_failures_in_a_row_pause_an_endpoint_until_it_is_resumed(void **state)
{
    struct network *n = *state;
    n->status = 500;
    for (int i = 0; i < 20; i++) {
        struct mock_response a = hook_call(n, "POST", "/" HOOK "/test", NULL);
        assert_int_equal(a.status, 200);
    }
    struct mock_response hook = hook_call(n, "GET", "/" HOOK, NULL);
    assert_string_equal(at(hook, "/status"), "auto_paused");
    assert_string_equal(at(hook, "/consecutiveFailureCount"), "20");
    size_t before = n->count;
    assert_refused(hook_call(n, "POST", "/" HOOK "/test", NULL), 409, "CONFLICT");
    advance(n, "1h"); /* retries wait, and a new event is not delivered */
    assert_int_equal(n->count, before);

    n->status = 200;
    hook = hook_call(n, "PATCH", "/" HOOK, "{\"status\":\"active\"}");
    assert_string_equal(at(hook, "/status"), "active");
    assert_string_equal(at(hook, "/consecutiveFailureCount"), "0");
    advance(n, "1s");
    assert_int_equal(n->count, before + 20);
}

static void a_replay_has_a_new_id_and_names_the_original_delivery(void **state)
{
    struct network *n = *state;
    advance(n, "1h");
    struct mock_response list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
    const char *id = at(list, "/items/0/id");
    struct mock_response a =
        mock_call(n->mock, arena_printf(&n->arena, "POST /v1/webhook-deliveries/%s/replay", id), NULL, AS_FULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/originalDeliveryId"), id);
    assert_string_equal(at(a, "/scheduledAt"), "2026-05-02T10:00:00.000Z");
    assert_int_equal(n->count, 2);
    assert_string_not_equal(n->sent[1].id, n->sent[0].id);
    assert_string_equal(text_at(n, 1, "/replayOf"), id);
    assert_string_equal(text_at(n, 1, "/type"), "post.published");
    assert_string_equal(text_at(n, 1, "/data/scheduledPostId"), "sp_a");
    list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
    assert_string_equal(at(list, "/items/0/id"), at(a, "/replayDeliveryId"));
    assert_string_equal(at(list, "/items/0/replayOf"), id);
}

static void a_reset_or_restored_namespace_delivers_no_event_twice(void **state)
{
    struct network *n = *state;
    advance(n, "1h");
    assert_int_equal(n->count, 1);
    mock_call(n->mock, "POST /__admin/snapshots", "{\"name\":\"then\"}");
    mock_call(n->mock, "POST /__admin/snapshots/then/restore", NULL);
    advance(n, "1m");
    assert_int_equal(n->count, 1);
    mock_call(n->mock, "POST /__admin/reset", NULL);
    assert_int_equal(n->count, 1);
    advance(n, "1h");
    assert_int_equal(n->count, 2);
    assert_string_equal(n->sent[0].body, n->sent[1].body); /* the reset namespace sends identical bytes */
}

static void a_simulation_repeats_holds_back_or_drops_the_next_event_of_a_type(void **state)
{
    struct network *n = *state;
    simulation(n, "webhook", "{\"event\":\"social_account.needs_reauth\",\"action\":\"duplicate\"}");
    simulation(n, "token_lost", "{\"account\":\"sa_a\",\"why\":\"expired\"}");
    assert_int_equal(n->count, 2);
    assert_string_equal(n->sent[0].id, n->sent[1].id);
    assert_string_equal(n->sent[0].body, n->sent[1].body);

    simulation(n, "webhook", "{\"event\":\"post.failed\",\"action\":\"delay\",\"by\":\"10m\"}");
    advance(n, "1h");
    assert_int_equal(n->count, 2);
    simulation(n, "token_lost", "{\"account\":\"sa_b\",\"why\":\"expired\"}"); /* is delivered before it */
    assert_string_equal(text_at(n, 2, "/type"), "social_account.needs_reauth");
    advance(n, "10m");
    assert_string_equal(text_at(n, 3, "/type"), "post.failed");

    simulation(n, "webhook", "{\"event\":\"social_account.revoked\",\"action\":\"drop\"}");
    simulation(n, "account_removed", "{\"account\":\"sa_b\"}");
    advance(n, "48h");
    assert_int_equal(n->count, 4);
    simulation(n, "account_removed", "{\"account\":\"sa_a\"}");
    assert_int_equal(n->count, 5);
}

static void a_simulation_delivers_an_event_without_a_change(void **state)
{
    struct network *n = *state;
    struct mock_response a = simulation(n, "webhook",
                                        ("{\"event\":\"job.completed\",\"webhook\":\"" HOOK "\","
                                         "\"data\":{\"jobId\":\"job_1\"}}"));
    assert_non_null(at(a, "/delivery"));
    assert_int_equal(n->count, 1);
    assert_string_equal(text_at(n, 0, "/type"), "job.completed");
    assert_string_equal(text_at(n, 0, "/data/jobId"), "job_1");
    assert_int_equal(signatures_by(n, 0, "whsec_test"), 1);
}

static void an_invalid_webhook_simulation_is_refused(void **state)
{
    struct network *n = *state;
    static const struct {
        const char *body, *pointer;
    } rows[] = {
        {"{\"event\":\"job.completed\"}",                                  "/webhook"},
        {"{\"event\":\"job.completed\",\"webhook\":\"unknown\"}",          "/webhook"},
        {"{\"event\":\"x\",\"action\":\"drop\",\"webhook\":\"" HOOK "\"}", "/webhook"},
        {"{\"event\":\"x\",\"action\":\"delay\"}",                         "/by"     },
        {"{\"event\":\"x\",\"action\":\"drop\",\"by\":\"1m\"}",            "/by"     },
        {"{\"event\":\"x\",\"action\":\"drop\",\"data\":{}}",              "/data"   },
        {"{\"event\":\"x y\",\"action\":\"drop\"}",                        "/event"  },
        {"{\"event\":\"x\",\"action\":\"lose\"}",                          "/action" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(n->mock, "POST /__admin/simulate/webhook", rows[i].body);
        assert_int_equal(a.status, 422);
        assert_string_equal(at(a, "/pointer"), rows[i].pointer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_published_post_is_delivered_with_a_signature_over_the_exact_bytes),
        TEST(each_change_is_delivered_as_its_own_event),
        TEST(connecting_a_connected_user_delivers_no_event),
        TEST(a_decided_lease_request_is_delivered_but_not_its_accounts),
        TEST(scheduling_and_canceling_are_delivered_but_not_rescheduling),
        TEST(a_failed_delivery_is_attempted_eight_times_with_the_same_id_and_body),
        TEST(a_successful_retry_resets_the_failure_count),
        TEST_WITH(the_brief_policy_abandons_after_a_refusal_or_five_failures, set_up_brief),
        TEST_WITH(a_signature_has_the_virtual_time_if_the_fixture_sets_it, set_up_brief),
        TEST(twenty_failures_in_a_row_pause_an_endpoint_until_it_is_resumed),
        TEST(a_replay_has_a_new_id_and_names_the_original_delivery),
        TEST(a_reset_or_restored_namespace_delivers_no_event_twice),
        TEST(a_simulation_repeats_holds_back_or_drops_the_next_event_of_a_type),
        TEST(a_simulation_delivers_an_event_without_a_change),
        TEST(an_invalid_webhook_simulation_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
