/* Simulations of provider-side and end-user actions. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/admin_test.h"

static void approval_connects_the_account_and_redirects(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m);
    struct mock_response a = consent(m, token, "\"outcome\":\"approve\",\"handle\":\"@newcomer\"");
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/redirect"), "https://app.test/back");
    assert_string_equal(at(a, "/status"), "completed");
    const char *id = at(a, "/account");
    assert_memory_equal(id, "sa_", 3);
    assert_string_equal(oauth_attempt_status(m, token, "/status"), "completed");
    assert_string_equal(oauth_attempt_status(m, token, "/socialAccountId"), id);
    struct mock_response account = mock_call(m, arena_printf(&m->arena, "GET /__admin/state/accounts/%s", id), NULL);
    assert_string_equal(at(account, "/handle"), "newcomer");
    assert_string_equal(at(account, "/token_expires_at"), "2026-06-01T09:00:00.000Z");
    assert_string_equal(at(a, "/changes/0/cause"), "simulation");
    assert_string_equal(at(a, "/changes/0/id"), id);
}

static void each_consent_outcome_ends_as_documented(void **state)
{
    (void)state;
    static const struct {
        const char *outcome, *redirect, *status;
    } rows[] = {
        {"approve",        "https://app.test/back",                                    "completed"},
        {"deny",           "https://app.test/back?layers_oauth_error=access_denied",   "failed"   },
        {"exchange_error", "https://app.test/back?layers_oauth_error=exchange_failed", "failed"   },
        {"abandon",        "null",                                                     "pending"  },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock *m = mock_test_new(admin_fixture);
        const char *token = begin_attempt(m);
        struct mock_response a = consent(m, token, arena_printf(&m->arena, "\"outcome\":\"%s\"", rows[i].outcome));
        assert_string_equal(at(a, "/redirect"), rows[i].redirect);
        assert_string_equal(oauth_attempt_status(m, token, "/status"), rows[i].status);
        mock_free(m);
    }
}

static void an_oauth_attempt_ends_once(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m);
    consent(m, token, "\"outcome\":\"deny\"");
    assert_problem(consent(m, token, "\"outcome\":\"approve\""), 409, NULL, "failed");
    const char *late = begin_attempt(m);
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"1h\"}");
    assert_problem(consent(m, late, "\"outcome\":\"approve\""), 409, NULL, "expired");
}

static void simulations_refuse_invalid_input(void **state)
{
    struct mock *m = *state;
    /* clang-format off */
    static const struct {
        const char *simulation, *body, *pointer, *words;
    } rows[] = {
        {"consent",         NULL,                                          "",         "object"},
        {"consent",         "[]",                                          "",         "object"},
        {"consent",         "{\"outcome\":\"deny\"}",                      "",         "state"},
        {"consent",         "{\"state\":\"st_x\",\"outcome\":\"denied\"}", "/outcome", "deny"},
        {"consent",         "{\"state\":\"st_x\",\"outcome\":\"deny\",\"hande\":\"x\"}", "/hande",   "handle"},
        {"consent",         "{\"state\":\"st_x\",\"outcome\":\"deny\"}",   "/state",   "no attempt"},
        {"token_lost",      "{\"account\":\"sa_on\",\"why\":\"expired\"}", "/account", "sa_one"},
        {"token_lost",      "{\"account\":\"twin\",\"why\":\"expired\"}",  "/account", "sa_two, sa_three"},
        {"token_lost",      "{\"account\":\"one\",\"why\":\"tired\"}",     "/why",     "tired"},
        {"account_connected", "{\"space\":\"prj_nine\",\"platform\":\"tiktok\",\"handle\":\"x\"}", "/space",   "prj_"},
        {"account_connected", "{\"space\":\"prj_one\",\"platform\":\"tiktok\",\"handle\":\"x y\"}", "/handle",
         "handle"},
        {"publish_outcome", "{\"outcome\":\"error\"}",                     "",         "exactly one of"},
        {"publish_outcome", "{\"post\":\"sp_on\",\"outcome\":\"error\"}",  "/post",    "sp_one"},
        {"publish_outcome", "{\"post\":\"sp_one\",\"outcome\":\"success\",\"code\":\"X\"}", "/code",    "error"},
        {"fail",            "{\"operation\":\"list_social_acounts\",\"times\":1,\"status\":500}", "/operation",
         "list_social_accounts"},
        {"fail", "{\"operation\":\"layers.list_social_accounts\",\"times\":0,\"status\":500}", "/times", "times"},
        {"fail",            "{\"operation\":\"layers.list_social_accounts\",\"times\":1}", "", "exactly one of"},
        {"fail", "{\"operation\":\"layers.list_social_accounts\",\"times\":1,\"error\":\"NO\"}", "/error", "NO"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_problem(simulation(m, rows[i].simulation, rows[i].body), 422, rows[i].pointer, rows[i].words);
    assert_problem(simulation(m, "consent", "{"), 400, NULL, "JSON");
    assert_string_equal(at(mock_call(m, "GET /__admin/rules", NULL), "/items"), "[]");
}

static void a_lost_token_needs_new_consent(void **state)
{
    struct mock *m = *state;
    struct mock_response a = simulation(m, "token_lost", "{\"account\":\"@one\",\"why\":\"revoked_upstream\"}");
    assert_string_equal(at(a, "/account"), "sa_one");
    assert_string_equal(at(a, "/state"), "withdrawn");
    assert_string_equal(at(a, "/changes/0/from"), "live");
    const char *dead = LIST "?status=reauth_required";
    struct mock_response list = mock_call(m, dead, NULL, KEY);
    assert_string_equal(at(list, "/items/0/socialAccountId"), "sa_one");
    assert_string_equal(at(mock_call(m, "GET /__admin/state/destinations/sp_one", NULL), "/state"), "queued");
    assert_problem(simulation(m, "token_lost", "{\"account\":\"sa_one\",\"why\":\"expired\"}"), 409, NULL, "withdrawn");
}

static void end_users_connect_and_remove_accounts(void **state)
{
    struct mock *m = *state;
    struct mock_response gone = simulation(m, "account_removed", "{\"account\":\"one\"}");
    assert_string_equal(at(gone, "/state"), "disconnected");
    assert_string_equal(at(mock_call(m, "GET /__admin/state/destinations/sp_one", NULL), "/state"), "canceled");
    assert_problem(simulation(m, "account_removed", "{\"account\":\"sa_one\"}"), 409, NULL, "disconnected");
    struct mock_response back =
        simulation(m, "account_connected", "{\"space\":\"One\",\"platform\":\"tiktok\",\"handle\":\"one\"}");
    assert_string_equal(at(back, "/state"), "live");
    assert_string_not_equal(at(back, "/account"), "sa_one");

    struct mock_response again =
        simulation(m, "account_connected", "{\"space\":\"One\",\"platform\":\"tiktok\",\"handle\":\"one\"}");
    assert_string_equal(at(again, "/account"), at(back, "/account"));
    assert_string_equal(at(again, "/changes/0/what"), "account_reconnect");
}

static void the_result_of_publishing_can_be_set(void **state)
{
    struct mock *m = *state;
    simulation(m, "publish_outcome", "{\"post\":\"sp_one\",\"outcome\":\"error\",\"code\":\"TOO_LONG\"}");
    struct mock_response a = mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"5d\"}");
    assert_string_equal(at(a, "/now"), "2026-05-07T09:00:00.000Z");
    assert_string_equal(at(a, "/changes/0/id"), "sp_one");
    assert_string_equal(at(a, "/changes/0/to"), "failed");
    assert_string_equal(at(a, "/changes/0/at"), "2026-05-04T09:00:00.000Z");
    assert_string_equal(at(a, "/changes/0/cause"), "time");
    assert_string_equal(at(a, "/changes/1/to"), "published");
    assert_string_equal(at(mock_call(m, "GET /__admin/state/destinations/sp_one", NULL), "/failure_code"), "TOO_LONG");
    assert_problem(simulation(m, "publish_outcome", "{\"post\":\"sp_one\",\"outcome\":\"success\"}"), 409, NULL,
                   "failed");
}

static void calls_can_be_made_to_fail(void **state)
{
    struct mock *m = *state;
    struct mock_response a =
        simulation(m, "fail", "{\"operation\":\"layers.list_social_accounts\",\"times\":2,\"error\":\"RATE_LIMITED\"}");
    assert_string_equal(at(a, "/rule"), "rule-1");
    for (int i = 0; i < 2; i++) {
        struct mock_response limited = mock_call(m, LIST, NULL, KEY);
        assert_int_equal(limited.status, 429);
        assert_string_equal(header_of(limited, "X-Mock-Error"), "rule:rule-1");
    }
    assert_int_equal(mock_call(m, LIST, NULL, KEY).status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(approval_connects_the_account_and_redirects),
        cmocka_unit_test(each_consent_outcome_ends_as_documented),
        TEST(an_oauth_attempt_ends_once),
        TEST(simulations_refuse_invalid_input),
        TEST(a_lost_token_needs_new_consent),
        TEST(end_users_connect_and_remove_accounts),
        TEST(the_result_of_publishing_can_be_set),
        TEST(calls_can_be_made_to_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
