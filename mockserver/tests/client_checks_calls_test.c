/* Client checks for waits, Idempotency-Keys, polling and backoff. */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/tests/client_checks_test.h"

#define LIST     "GET /v1/projects/prj_acme_a/social-accounts"
#define WHOAMI   "GET /v1/whoami"
#define PROJECTS "GET /v1/projects"
#define SCHEDULE "POST /v1/content/cnt_open/schedule"
#define POST_TO(account)                                                                                               \
    "{\"scheduledFor\":\"2026-05-03T17:00:00Z\",\"targets\":[{\"socialAccountId\":\"" account                          \
    "\",\"mode\":\"publish\"}]}"
#define ONE   POST_TO("sa_acme_tiktok")
#define OTHER POST_TO("sa_acme_instagram")
#define KEY_A "Idempotency-Key: 6ba7b810-9dad-41d1-80b4-00c04fd430c8"
#define KEY_B "Idempotency-Key: 6ba7b811-9dad-41d1-80b4-00c04fd430c8"

/* --- Retry-After ------------------------------------------------------------------------------ */

static void limit_list(struct mock *m, const char *retry_after)
{
    add_rule(m, arena_printf(&m->arena,
                             "{\"name\":\"limited\",\"on\":\"layers.list_social_accounts\",\"when\":"
                             "{\"times\":1},\"then\":[{\"respond\":{\"error\":\"RATE_LIMITED\"}},"
                             "{\"headers\":{\"Retry-After\":\"%s\"}}]}",
                             retry_after));
}

static void without_retry_after_nothing_is_tested(void **state)
{
    mock_call(*state, LIST, NULL, AS_FULL);
    assert_client_check(*state, "retry_after", "not_tested 0 0", "");
}

static void waiting_as_requested_passes(void **state)
{
    limit_list(*state, "30");
    assert_int_equal(mock_call(*state, LIST, NULL, AS_FULL).status, 429);
    assert_client_check(*state, "retry_after", "not_tested 0 0", ""); /* it may still call too early */
    pass(*state, 30000);
    assert_int_equal(mock_call(*state, LIST, NULL, AS_FULL).status, 200);
    assert_client_check(*state, "retry_after", "passed 1 0", "");
}

static void calling_too_early_fails(void **state)
{
    limit_list(*state, "30");
    mock_call(*state, LIST, NULL, AS_FULL);
    pass(*state, 29000);
    mock_call(*state, LIST, NULL, AS_FULL);
    assert_client_check(*state, "retry_after", "failed 1 1", "429 requested a wait of 30s; called again after 29s");
    const struct node *o = node_at(node_get(client_check_result(*state, "retry_after"), "occurrences"), 0);
    assert_int_equal(node_get(o, "seq")->integer, 2);
    assert_int_equal(node_get(o, "after")->integer, 1);
    assert_int_equal(node_count(node_get(o, "request_ids")), 2);
    assert_string_equal(node_get_text(o, "operation"), "list_social_accounts");
    assert_string_equal(node_get_text(o, "at"), "2026-05-02T09:00:29.000Z");
}

static void a_refusal_by_a_rule_concerns_its_operation_and_key(void **state)
{
    limit_list(*state, "30");
    mock_call(*state, LIST, NULL, AS_FULL);
    pass(*state, 1000);
    mock_call(*state, WHOAMI, NULL, AS_FULL);
    mock_call(*state, LIST, NULL, AS_SECOND);
    assert_client_check(*state, "retry_after", "not_tested 0 0", "");
}

static void an_exhausted_rate_limit_concerns_all_its_operations(void **state)
{
    mock_call(*state, "POST /__admin/simulate/rate_limit", "{\"key\":\"full\",\"class\":\"read\",\"remaining\":0}");
    assert_int_equal(mock_call(*state, LIST, NULL, AS_FULL).status, 429);
    pass(*state, 1000);
    mock_call(*state, WHOAMI, NULL, AS_SECOND);
    mock_call(*state, SCHEDULE, ONE, AS_FULL);
    assert_client_check(*state, "retry_after", "not_tested 0 0", "");
    mock_call(*state, WHOAMI, NULL, AS_FULL);
    assert_client_check(*state, "retry_after", "failed 1 1", "429 requested a wait of 1m; called again after 1s");
}

static void each_form_of_retry_after_is_read(void **state)
{
    static const struct {
        const char *value;
        int64_t early_ms;
        const char *expected;
    } rows[] = {
        {"2",                             1000, "failed 1 1"    },
        {"2",                             1990, "passed 1 0"    }, /* an early timer */
        {"0",                             0,    "not_tested 0 0"},
        {"Sat, 02 May 2026 09:00:05 GMT", 4000, "failed 1 1"    },
        {"Sat, 02 May 2026 09:00:05 GMT", 5000, "passed 1 0"    },
        {"Sat, 02 May 2026 08:00:00 GMT", 0,    "not_tested 0 0"},
        {"-5",                            0,    "not_tested 0 0"},
        {"soon",                          0,    "not_tested 0 0"},
        {"9223372036854775807",           1000, "failed 1 1"    },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        mock_call(*state, "POST /__admin/reset", NULL);
        limit_list(*state, rows[i].value);
        mock_call(*state, LIST, NULL, AS_FULL);
        pass(*state, rows[i].early_ms);
        mock_call(*state, LIST, NULL, AS_FULL);
        const struct node *a = client_check_result(*state, "retry_after");
        if (!str_starts(str_from(rows[i].expected), str_from(node_get_text(a, "verdict"))))
            fail_msg("%s: %s", rows[i].value, node_get_text(a, "verdict"));
    }
}

static void a_truncated_response_requests_no_wait(void **state)
{
    add_rule(*state, "{\"on\":\"layers.list_social_accounts\",\"when\":{\"nth\":1},\"then\":["
                     "{\"respond\":{\"error\":\"RATE_LIMITED\"}},{\"close_connection\":\"before_headers\"}]}");
    mock_call(*state, LIST, NULL, AS_FULL);
    mock_call(*state, LIST, NULL, AS_FULL);
    assert_client_check(*state, "retry_after", "not_tested 0 0", "");
}

/* --- Idempotency-Key -------------------------------------------------------------------------- */

static void fail_first(struct mock *m, const char *effect)
{
    add_rule(
        m, arena_printf(&m->arena, "{\"on\":\"layers.schedule_content\",\"when\":{\"nth\":1},\"then\":[%s]}", effect));
}

#define SERVER_ERROR "{\"respond\":{\"error\":\"INTERNAL\"}}"
#define LIMITED      "{\"respond\":{\"error\":\"RATE_LIMITED\"}}"

static void a_repeated_write_must_keep_its_key(void **state)
{
    /* clang-format off */
    static const struct {
        const char *effect, *first, *second, *expected, *why;
    } rows[] = {
        {SERVER_ERROR,                          KEY_A,  KEY_A,  "passed 1 0",     ""},
        {SERVER_ERROR,                          KEY_A,  KEY_B,  "failed 1 1",
         "a write was repeated with another Idempotency-Key after status 500"},
        {SERVER_ERROR,                          KEY_A,  "X: y", "failed 1 1",
         "a write was repeated without its Idempotency-Key after status 500"},
        {SERVER_ERROR,                          "X: y", "X: y", "failed 1 1",
         "a write was repeated without any Idempotency-Key after status 500"},
        {SERVER_ERROR,                          "X: y", KEY_A,  "failed 1 1",
         "a write whose first try had no Idempotency-Key was repeated after status 500"},
        {LIMITED,                               KEY_A,  KEY_A,  "passed 1 0",     ""},
        {LIMITED, KEY_A, KEY_B, "failed 1 1", "a write was repeated with another Idempotency-Key after status 429"},
        {LIMITED,                               "X: y", "X: y", "not_tested 0 0", ""}, /* it had no effect */
        {LIMITED ",{\"delay_after\":\"10s\"}",  KEY_A,  KEY_B,  "not_tested 0 0", ""}, /* sent with it */
        {"{\"close_connection\":\"mid_body\"}", KEY_A,  KEY_A,  "passed 1 0",     ""},
        {"{\"close_connection\":\"reset\"}",    KEY_A,  KEY_B,  "failed 1 1",
         "a write was repeated with another Idempotency-Key after a truncated response"},
        {"{\"delay_after\":\"10s\"}",           KEY_A,  KEY_A,  "passed 1 0",     ""},
        {"{\"delay_after\":\"10s\"}",           KEY_A,  KEY_B,  "failed 1 1",
         "a write was repeated with another Idempotency-Key after a response that the client did not wait for"},
        {"{\"headers\":{\"A\":\"b\"}}",         KEY_A,  KEY_B,  "not_tested 0 0", ""}, /* two writes */
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        mock_call(*state, "POST /__admin/reset", NULL);
        fail_first(*state, rows[i].effect);
        mock_call(*state, SCHEDULE, ONE, AS_FULL, rows[i].first);
        assert_client_check(*state, "idempotency_kept", "not_tested 0 0", "");
        mock_call(*state, SCHEDULE, ONE, AS_FULL, rows[i].second);
        assert_client_check(*state, "idempotency_kept", rows[i].expected, rows[i].why);
    }
}

static void another_write_is_not_a_repetition(void **state)
{
    fail_first(*state, SERVER_ERROR);
    mock_call(*state, SCHEDULE, ONE, AS_FULL, KEY_A);
    mock_call(*state, SCHEDULE, OTHER, AS_FULL, KEY_B);
    mock_call(*state, SCHEDULE, ONE, AS_SECOND, KEY_B);
    assert_client_check(*state, "idempotency_kept", "not_tested 0 0", "");
}

static void one_key_is_for_one_write(void **state)
{
    mock_call(*state, SCHEDULE, ONE, AS_FULL, KEY_A);
    assert_client_check(*state, "idempotency_unique", "not_tested 0 0", "");
    mock_call(*state, SCHEDULE, ONE, AS_FULL, KEY_A);
    assert_client_check(*state, "idempotency_unique", "passed 1 0", "");
    assert_int_equal(mock_call(*state, SCHEDULE, OTHER, AS_FULL, KEY_A).status, 409);
    assert_client_check(*state, "idempotency_unique", "failed 2 1",
                        "an Idempotency-Key was reused with another path or body");
}

static void a_key_that_the_provider_forgot_can_be_reused(void **state)
{
    mock_call(*state, SCHEDULE, ONE, AS_FULL, KEY_A);
    pass(*state, DAY_MS);
    mock_call(*state, SCHEDULE, OTHER, AS_FULL, KEY_A);
    mock_call(*state, SCHEDULE, OTHER, AS_SECOND, KEY_A);
    assert_client_check(*state, "idempotency_unique", "not_tested 0 0", "");
}

/* --- polling ---------------------------------------------------------------------------------- */

static const char *begin_consent(struct mock *m)
{
    struct mock_response a =
        mock_call(m, "POST /v1/projects/prj_acme_a/social/oauth-url",
                  "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.your-product.com/x\"}", AS_FULL);
    assert_int_equal(a.status, 200);
    return at(a, "/state");
}

static struct mock_response poll(struct mock *m, const char *state)
{
    return mock_call(m, arena_printf(&m->arena, "GET /v1/social/oauth-status/%s", state), NULL, AS_FULL);
}

static void approve(struct mock *m, const char *state)
{
    const char *body = arena_printf(&m->arena, "{\"state\":\"%s\",\"outcome\":\"approve\"}", state);
    assert_int_equal(mock_call(m, "POST /__admin/simulate/consent", body).status, 200);
}

static void slow_polling_that_stops_passes(void **state)
{
    const char *one = begin_consent(*state), *two = begin_consent(*state);
    assert_client_check(*state, "poll_pace", "not_tested 0 0", "");
    poll(*state, one);
    poll(*state, two); /* a separate resource */
    pass(*state, 1000);
    poll(*state, one);
    pass(*state, 950);
    approve(*state, one);
    assert_string_equal(at(poll(*state, one), "/status"), "completed");
    assert_client_check(*state, "poll_pace", "passed 2 0", "");
    assert_client_check(*state, "poll_end", "not_tested 0 0", "");
    mock_call(*state, LIST, NULL, AS_FULL); /* so soon, it may still poll */
    assert_client_check(*state, "poll_end", "not_tested 0 0", "");
    pass(*state, 2000);
    mock_call(*state, LIST, NULL, AS_FULL);
    assert_client_check(*state, "poll_end", "passed 1 0", "");
    pass(*state, 60000);
    poll(*state, one); /* a lookup */
    assert_client_check(*state, "poll_end", "passed 1 0", "");
}

static void fast_or_endless_polling_fails(void **state)
{
    const char *one = begin_consent(*state);
    poll(*state, one);
    pass(*state, 300);
    poll(*state, one);
    assert_client_check(*state, "poll_pace", "failed 1 1", "polled 300ms after the previous poll; the minimum is 1s");
    assert_client_check(*state, "poll_end", "not_tested 0 0", "");
    pass(*state, 2000);
    approve(*state, one);
    poll(*state, one);
    pass(*state, 2000);
    mock_call(*state, arena_printf(&((struct mock *)*state)->arena, "GET /v1/social/oauth-status/%s?t=2", one), NULL,
              AS_FULL); /* a query does not make it another resource */
    assert_client_check(*state, "poll_end", "failed 1 1", "polled again 2s after the final state 'completed'");
    assert_client_check(*state, "poll_pace", "failed 2 1", "polled 300ms after the previous poll; the minimum is 1s");
}

static void a_poll_with_a_truncated_response_can_be_repeated(void **state)
{
    const char *one = begin_consent(*state);
    approve(*state, one);
    add_rule(*state, "{\"on\":\"layers.oauth_status\",\"when\":{\"nth\":1},"
                     "\"then\":[{\"close_connection\":\"mid_body\"}]}");
    poll(*state, one);
    pass(*state, 10);
    poll(*state, one);
    assert_client_check(*state, "poll_pace", "not_tested 0 0", "");
    assert_client_check(*state, "poll_end", "not_tested 0 0", "");
}

static void all_polled_operations_are_checked(void **state)
{
    static const char lease[] = "GET /v1/projects/prj_acme_a/leased-accounts/requests/lreq_acme_open";
    mock_call(*state, lease, NULL, AS_FULL);
    pass(*state, 300);
    mock_call(*state, lease, NULL, AS_FULL);
    assert_client_check(*state, "poll_pace", "failed 1 1", "polled 300ms after the previous poll; the minimum is 1s");
    mock_call(*state, LIST, NULL, AS_FULL);
    mock_call(*state, LIST, NULL, AS_FULL); /* a list call is not a poll */
    assert_client_check(*state, "poll_pace", "failed 1 1", "polled 300ms after the previous poll; the minimum is 1s");
}

/* --- pauses ----------------------------------------------------------------------------------- */

static void try_with_pauses(struct mock *m, const int64_t *pauses_ms, size_t count)
{
    mock_call(m, "POST /__admin/reset", NULL);
    add_rule(m, "{\"on\":\"layers.whoami\",\"then\":[" SERVER_ERROR "]}");
    mock_call(m, WHOAMI, NULL, AS_FULL);
    for (size_t i = 0; i < count; i++) {
        pass(m, pauses_ms[i]);
        mock_call(m, WHOAMI, NULL, AS_FULL);
    }
}

static void retries_without_backoff_get_advice(void **state)
{
    static const struct {
        int64_t pauses_ms[6];
        size_t count;
        const char *expected;
    } rows[] = {
        {{0},                           0, "not_tested 0 0"},
        {{200, 200, 200},               3, "not_tested 0 0"},
        {{200, 200, 200, 200},          4, "failed 1 1"    },
        {{200, 200, 200, 200, 200},     5, "failed 2 2"    },
        {{500, 1000, 2000, 4000, 8000}, 5, "passed 2 0"    },
        {{0, 500, 1000, 2000, 4000},    5, "passed 2 0"    }, /* the first retry at once, then slower */
        {{6000, 6000, 6000, 6000},      4, "passed 1 0"    },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        try_with_pauses(*state, rows[i].pauses_ms, rows[i].count);
        const struct node *a = client_check_result(*state, "backoff");
        assert_client_check(*state, "backoff", rows[i].expected, first_why(a));
        assert_true(node_get(a, "advice")->truth);
        assert_string_equal(at(mock_call(*state, CLIENT_CHECKS, NULL), "/failed"), "false");
    }
    try_with_pauses(*state, rows[3].pauses_ms, 4);
    assert_client_check(*state, "backoff", "failed 1 1",
                        "try 5 of a failing call (500) came 200ms after the previous one; the "
                        "first pause was 200ms");
}

static void waiting_as_requested_needs_no_backoff(void **state)
{
    add_rule(*state, "{\"on\":\"layers.whoami\",\"then\":[" LIMITED ",{\"headers\":{\"Retry-After\":\"1\"}}]}");
    for (int i = 0; i < 8; i++) {
        mock_call(*state, WHOAMI, NULL, AS_FULL);
        pass(*state, 1000);
    }
    assert_client_check(*state, "backoff", "passed 4 0", "");
    assert_client_check(*state, "retry_after", "passed 7 0", "");
}

static void a_successful_call_restarts_the_count(void **state)
{
    add_rule(*state, "{\"on\":\"layers.list_projects\",\"when\":{\"every\":2},\"then\":[" SERVER_ERROR "]}");
    for (int i = 0; i < 20; i++)
        mock_call(*state, PROJECTS, NULL, AS_FULL);
    assert_client_check(*state, "backoff", "not_tested 0 0", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLIENT_CHECKS_TEST(without_retry_after_nothing_is_tested),
        CLIENT_CHECKS_TEST(waiting_as_requested_passes),
        CLIENT_CHECKS_TEST(calling_too_early_fails),
        CLIENT_CHECKS_TEST(a_refusal_by_a_rule_concerns_its_operation_and_key),
        CLIENT_CHECKS_TEST(an_exhausted_rate_limit_concerns_all_its_operations),
        CLIENT_CHECKS_TEST(each_form_of_retry_after_is_read),
        CLIENT_CHECKS_TEST(a_truncated_response_requests_no_wait),
        CLIENT_CHECKS_TEST(a_repeated_write_must_keep_its_key),
        CLIENT_CHECKS_TEST(another_write_is_not_a_repetition),
        CLIENT_CHECKS_TEST(one_key_is_for_one_write),
        CLIENT_CHECKS_TEST(a_key_that_the_provider_forgot_can_be_reused),
        CLIENT_CHECKS_TEST(slow_polling_that_stops_passes),
        CLIENT_CHECKS_TEST(fast_or_endless_polling_fails),
        CLIENT_CHECKS_TEST(a_poll_with_a_truncated_response_can_be_repeated),
        CLIENT_CHECKS_TEST(all_polled_operations_are_checked),
        CLIENT_CHECKS_TEST(retries_without_backoff_get_advice),
        CLIENT_CHECKS_TEST(waiting_as_requested_needs_no_backoff),
        CLIENT_CHECKS_TEST(a_successful_call_restarts_the_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
