/* Client checks for reconnect URLs, writes for dead accounts, secrets in URLs and refused keys. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/client_checks_test.h"

#include <stdio.h>

#define REAUTH   "POST /v1/projects/prj_acme_a/social/reauth-url"
#define SCHEDULE "POST /v1/content/cnt_open/schedule"
#define LIST     "GET /v1/projects/prj_acme_a/social-accounts"
#define LARGE    400000
#define DELETE   "DELETE /v1/social-accounts/sa_acme_disposable"

static struct mock_response reauth(struct mock *m, const char *account)
{
    return mock_call(m, REAUTH,
                     arena_printf(&m->arena,
                                  "{\"socialAccountId\":\"%s\","
                                  "\"returnUrl\":\"https://app.your-product.com/x\"}",
                                  account),
                     AS_FULL);
}

static struct mock_response schedule(struct mock *m, const char *account)
{
    return mock_call(m, SCHEDULE,
                     arena_printf(&m->arena,
                                  "{\"scheduledFor\":\"2026-05-03T17:00:00Z\",\"targets\":[{"
                                  "\"captionOverride\":\"a \\\"quoted\\\" word\","
                                  "\"socialAccountId\":\"%s\",\"mode\":\"publish\"}]}",
                                  account),
                     AS_FULL);
}

/* --- reconnecting ----------------------------------------------------------------------------- */

static void one_reconnect_url_per_account_passes(void **state)
{
    assert_client_check(*state, "reauth_once", "not_tested 0 0", "");
    assert_int_equal(reauth(*state, "sa_acme_expired").status, 200);
    assert_int_equal(reauth(*state, "sa_acme_withdrawn").status, 200);
    assert_int_equal(reauth(*state, "sa_acme_nobody").status, 404);
    assert_client_check(*state, "reauth_once", "not_tested 0 0", ""); /* one each shows nothing */
    pass(*state, 600000);
    reauth(*state, "sa_acme_expired");
    assert_client_check(*state, "reauth_once", "passed 1 0", "");
}

static void a_second_url_while_one_is_open_fails(void **state)
{
    reauth(*state, "sa_acme_expired");
    reauth(*state, "sa_acme_expired");
    assert_client_check(*state, "reauth_once", "failed 1 1",
                        "requested another reconnect URL for sa_acme_expired while one was open");
}

static void an_expired_used_or_undelivered_url_is_not_open(void **state)
{
    reauth(*state, "sa_acme_expired");
    pass(*state, 600000);
    const char *used = at(reauth(*state, "sa_acme_expired"), "/state");
    mock_call(*state, "POST /__admin/simulate/consent",
              arena_printf(&((struct mock *)*state)->arena, "{\"state\":\"%s\",\"outcome\":\"deny\"}", used));
    add_rule(*state, "{\"on\":\"layers.create_reauth_url\",\"when\":{\"nth\":1},"
                     "\"then\":[{\"close_connection\":\"mid_body\"}]}");
    reauth(*state, "sa_acme_expired");
    reauth(*state, "sa_acme_expired");
    assert_client_check(*state, "reauth_once", "passed 2 0", "");
}

static void a_forgotten_url_is_not_open(void **state)
{
    struct world *w = mock_test_world(*state);
    w->history.age_ms = 60000;
    reauth(*state, "sa_acme_expired");
    uint32_t attempt = world_last(w, RECORD_OAUTH_ATTEMPT);
    for (int i = 0; i < 10; i++) {
        pass(*state, 600000);
        mock_call(*state, LIST, NULL, AS_FULL);
    }
    assert_false(world_has(w, RECORD_OAUTH_ATTEMPT, attempt));
    assert_int_equal(reauth(*state, "sa_acme_expired").status, 200);
    assert_client_check(*state, "reauth_once", "passed 1 0", "");
}

/* --- writes ----------------------------------------------------------------------------------- */

static void no_write_for_a_disconnected_account_passes(void **state)
{
    schedule(*state, "sa_acme_tiktok");
    assert_client_check(*state, "dead_accounts", "not_tested 0 0", "");
    assert_int_equal(mock_call(*state, DELETE, NULL, AS_FULL).status, 200);
    mock_call(*state, LIST, NULL, AS_FULL);
    mock_call(*state, DELETE, NULL, AS_FULL);
    mock_call(*state, "GET /v1/social-accounts/sa_acme_disposable/health", NULL, AS_FULL);
    schedule(*state, "sa_acme_tiktok");
    assert_client_check(*state, "dead_accounts", "passed 1 0", "");
}

static void a_second_write_for_a_disconnected_account_fails(void **state)
{
    mock_call(*state, DELETE, NULL, AS_FULL);
    schedule(*state, "sa_acme_disposable");
    assert_client_check(*state, "dead_accounts", "not_tested 0 0", "");
    pass(*state, 60000);
    schedule(*state, "sa_acme_disposable");
    assert_client_check(*state, "dead_accounts", "failed 1 1",
                        "wrote again for sa_acme_disposable, which was disconnected");
}

static void a_second_write_with_a_lost_token_fails(void **state)
{
    schedule(*state, "sa_acme_expired");
    reauth(*state, "sa_acme_expired");
    assert_client_check(*state, "dead_accounts", "passed 1 0", "");
    schedule(*state, "sa_acme_expired");
    assert_client_check(*state, "dead_accounts", "failed 1 1",
                        "wrote again for sa_acme_expired, which must be reconnected first");
}

static void a_reconnection_restarts_the_count(void **state)
{
    schedule(*state, "sa_acme_expired");
    const char *token = at(reauth(*state, "sa_acme_expired"), "/state");
    mock_call(*state, "POST /__admin/simulate/consent",
              arena_printf(&((struct mock *)*state)->arena, "{\"state\":\"%s\",\"outcome\":\"approve\"}", token));
    schedule(*state, "sa_acme_expired");
    schedule(*state, "sa_acme_expired");
    mock_call(*state, "POST /__admin/simulate/token_lost", "{\"account\":\"sa_acme_expired\",\"why\":\"expired\"}");
    schedule(*state, "sa_acme_expired");
    assert_client_check(*state, "dead_accounts", "passed 1 0", "");
}

static void accounts_are_found_in_each_providers_requests(void **state)
{
    /* clang-format off */
    static const struct {
        const char *fixture, *line, *body, *key, *why;
    } rows[] = {
        {"posteverywhere", "POST /api/v1/posts",
         "{\"content\":\"x\",\"account_ids\":[3001, 3004],\"scheduled_for\":\"2026-05-10T00:00:00Z\"}",
         "Authorization: Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a0c5e8d9a",
         "wrote again for 3004, which must be reconnected first"},
        {"posteverywhere", "POST /api/v1/posts", "{\"content\":\"x\",\"account_ids\":[3006]}",
         "Authorization: Bearer pe_live_0c5e8d9a0c5e8d9a0c5e8d9a0c5e8d9a",
         "wrote again for 3006, which must be reconnected first"},
        {"postnitro", "POST /schedule", "{\"status\":\"DRAFT\",\"selectedAccounts\":[\"cacme00000000000000expired\"]}",
         "embed-api-key: pn-acme00000000000000000001",
         "wrote again for cacme00000000000000expired, which must be reconnected first"},
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char path[256];
        (void)snprintf(path, sizeof path, SOURCE_DIR "/fixtures/%s-acme.yaml", rows[i].fixture);
        struct mock *m = mock_test_file(path);
        for (int n = 0; n < 2; n++)
            assert_true(mock_call(m, rows[i].line, rows[i].body, rows[i].key).status < 500);
        assert_client_check(m, "dead_accounts", "failed 1 1", rows[i].why);
        mock_free(m);
    }
}

/* Guards against quadratic parsing: each body takes minutes if its bytes are read many times. */
static void large_bodies_are_read_once(void **state)
{
    static const struct {
        const char *piece, *behind;
    } rows[] = {
        {"{\"account\":[", " " },
        {"\"account\": ",  " " },
        {"\"\",",          " " },
        {"\"\",",          "\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf body = {.arena = &((struct mock *)*state)->arena};
        while (body.n < LARGE)
            buf_text(&body, rows[i].piece);
        while (body.n < 2 * (size_t)LARGE)
            buf_text(&body, rows[i].behind);
        mock_call(*state, SCHEDULE, buf_c(&body), AS_FULL);
    }
    assert_client_check(*state, "dead_accounts", "not_tested 0 0", "");
}

/* --- secrets ---------------------------------------------------------------------------------- */

static void secrets_in_urls_are_found(void **state)
{
    /* clang-format off */
    static const struct {
        const char *line, *header, *why;
    } rows[] = {
        {"GET /v1/whoami",                                                 AS_FULL, ""},
        {"GET /v1/whoami?state=st_01HX9Y6K7EJ4T2AAAAAAAAAAAAAAAAAAAAAAAA", AS_FULL, ""},
        {"GET /v1/whoami?api_key=lp_live_01HX9Y6K7EJ4T2_full", AS_FULL, "the key 'full' appears in the query"},
        {"GET /v1/whoami?auth=Bearer%20lp%5Flive_01HX9Y6K7EJ4T2_reader",   AS_FULL,
         "the key 'reader' appears in the query"},
        {"GET /v1/whoami?access_token=lp_live_02ZZZZZZZZZZZZ_other", "X: y", "the key 'other' appears in the query"},
        {"GET /v1/social/oauth-status/lp_live_01HX9Y6K7EJ4T2_full", AS_FULL, "the key 'full' appears in the path"},
        {"GET /nowhere/lp_live_01HX9Y6K7EJ4T2_full/x", AS_FULL, "the key 'full' appears in the path"},
        {"GET /v1/whoami?token=something_unknown",                         "Authorization: Bearer something_unknown",
         "the credential of the request's header appears in the URL"},
        {"GET /v1/whoami?key=lp_live_01HX9Y6K7EJ4T2_fullx",                AS_FULL, ""},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        mock_call(*state, "POST /__admin/reset", NULL);
        mock_call(*state, rows[i].line, NULL, rows[i].header);
        assert_client_check(*state, "secrets_in_urls", *rows[i].why ? "failed 1 1" : "passed 1 0", rows[i].why);
        struct mock_response a = mock_call(*state, CLIENT_CHECKS, NULL);
        assert_false(str_has(a.text, STR("lp_live_")));
    }
}

static void secrets_created_later_are_found(void **state)
{
    struct mock_response hook = mock_call(*state, "POST /v1/webhook-endpoints",
                                          "{\"url\":\"http://localhost:9/x\",\"events\":[\"post.failed\"]}", AS_FULL);
    assert_int_equal(hook.status, 201);
    mock_call(*state, "GET /v1/whoami", NULL, AS_FULL);
    assert_client_check(*state, "secrets_in_urls", "passed 2 0", "");
    mock_call(*state, arena_printf(hook.arena, "GET /v1/whoami?s=%s", at(hook, "/signingSecret")), NULL, AS_FULL);
    assert_client_check(
        *state, "secrets_in_urls", "failed 3 1",
        arena_printf(hook.arena, "the secret of the webhook %s appears in the query", at(hook, "/endpoint/id")));
}

static void a_refused_key_must_not_be_used_again(void **state)
{
    static const char dead[] = "Authorization: Bearer lp_live_00000000000000_dead";
    mock_call(*state, LIST, NULL, AS_FULL);
    mock_call(*state, LIST, NULL); /* a call without a key does not count */
    assert_client_check(*state, "refused_key", "not_tested 0 0", "");
    mock_call(*state, LIST, NULL, dead);
    mock_call(*state, LIST, NULL, dead);
    assert_client_check(*state, "refused_key", "not_tested 0 0", "");
    mock_call(*state, LIST, NULL, AS_FULL); /* the client uses another key */
    assert_client_check(*state, "refused_key", "passed 1 0", "");
    mock_call(*state, "GET /v1/whoami", NULL, dead);
    assert_client_check(*state, "refused_key", "failed 1 1",
                        "an unknown key was used again after it was refused 2 times");
}

static void a_disabled_key_must_not_be_used_again(void **state)
{
    mock_call(*state, "POST /__admin/simulate/plan", "{\"key\":\"second\",\"status\":\"killed\"}");
    for (int i = 0; i < 3; i++)
        assert_int_equal(mock_call(*state, LIST, NULL, AS_SECOND).status, 503);
    assert_client_check(*state, "refused_key", "failed 1 1",
                        "the key 'second' was used again after it was refused 2 times");
    mock_call(*state, "POST /__admin/simulate/plan", "{\"key\":\"second\",\"status\":\"active\"}");
    mock_call(*state, LIST, NULL, AS_SECOND);
    mock_call(*state, "POST /__admin/simulate/plan", "{\"key\":\"second\",\"status\":\"killed\"}");
    mock_call(*state, LIST, NULL, AS_SECOND);
    assert_client_check(*state, "refused_key", "failed 1 1",
                        "the key 'second' was used again after it was refused 2 times");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLIENT_CHECKS_TEST(one_reconnect_url_per_account_passes),
        CLIENT_CHECKS_TEST(a_second_url_while_one_is_open_fails),
        CLIENT_CHECKS_TEST(an_expired_used_or_undelivered_url_is_not_open),
        CLIENT_CHECKS_TEST(a_forgotten_url_is_not_open),
        CLIENT_CHECKS_TEST(no_write_for_a_disconnected_account_passes),
        CLIENT_CHECKS_TEST(a_second_write_for_a_disconnected_account_fails),
        CLIENT_CHECKS_TEST(a_second_write_with_a_lost_token_fails),
        CLIENT_CHECKS_TEST(a_reconnection_restarts_the_count),
        cmocka_unit_test(accounts_are_found_in_each_providers_requests),
        CLIENT_CHECKS_TEST(large_bodies_are_read_once),
        CLIENT_CHECKS_TEST(secrets_in_urls_are_found),
        CLIENT_CHECKS_TEST(secrets_created_later_are_found),
        CLIENT_CHECKS_TEST(a_refused_key_must_not_be_used_again),
        CLIENT_CHECKS_TEST(a_disabled_key_must_not_be_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
