/* A user who grants fewer permissions than the app asked for: the account is connected, but may not publish. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/admin_test.h"

#define ALL_BUT_PUBLISH "[\"user.info.basic\",\"video.list\",\"video.upload\"]"
#define PE_KEY          "Authorization: Bearer pe_live_1"
#define PN_KEY          "embed-api-key: pn-one"

static const char others[] = "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
                             "posteverywhere:\n"
                             "  organizations: [ { name: Brand, keys: [ { name: brand, key: pe_live_1 } ] } ]\n"
                             "postnitro:\n"
                             "  workspaces: [ { id: ws_one, name: Nitro, keys: [ { name: nitro, key: pn-one } ] } ]\n";

static const char *schedule(struct mock *m, const char *account)
{
    struct mock_response a = mock_call(m, "POST /layers/v1/content/cnt_one/schedule",
                                       arena_printf(&m->arena,
                                                    "{\"targets\":[{\"socialAccountId\":\"%s\",\"mode\":\"publish\"}],"
                                                    "\"scheduledFor\":\"2026-05-02T10:00:00Z\"}",
                                                    account),
                                       KEY);
    const char *id = at(a, "/scheduledPosts/0/scheduledPostId");
    if (!id)
        fail_msg("%d " STR_FMT, a.status, STR_ARG(a.text));
    return id;
}

static struct mock_response layers_post(struct mock *m, const char *id)
{
    return mock_call(m, arena_printf(&m->arena, "GET /layers/v1/scheduled-posts/%s", id), NULL, KEY);
}

static void layers_connects_the_account_and_its_posts_fail(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m);
    struct mock_response a =
        consent(m, token, "\"outcome\":\"approve\",\"handle\":\"half\",\"scopes\":" ALL_BUT_PUBLISH);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/redirect"), "https://app.test/back");
    const char *id = at(a, "/account");
    assert_string_equal(oauth_attempt_status(m, token, "/status"), "completed");
    struct mock_response list = mock_call(m, LIST, NULL, KEY); /* newest first */
    assert_string_equal(at(list, "/items/0/socialAccountId"), id);
    assert_string_equal(at(list, "/items/0/status"), "connected");
    const char *post = schedule(m, id);
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"2h\"}");
    assert_string_equal(at(layers_post(m, post), "/status"), "failed");
    assert_string_equal(at(layers_post(m, post), "/lastError/code"), "CREDENTIAL_INVALID");

    /* the same user consents again, to everything */
    a = consent(m, begin_attempt(m), "\"outcome\":\"approve\",\"handle\":\"half\"");
    assert_string_equal(at(a, "/account"), id);
    assert_string_equal(
        at(mock_call(m, arena_printf(&m->arena, "GET /__admin/state/accounts/%s", id), NULL), "/limited"), "false");
}

static void a_later_consent_with_fewer_scopes_takes_the_permission_away(void **state)
{
    struct mock *m = *state;
    struct mock_response a = mock_call(m, "POST /layers/v1/projects/prj_one/social/reauth-url",
                                       "{\"socialAccountId\":\"sa_one\",\"returnUrl\":\"https://app.test/back\"}", KEY);
    assert_int_equal(consent(m, at(a, "/state"), "\"outcome\":\"approve\",\"scopes\":[\"video.list\"]").status, 200);
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"5d\"}");
    assert_string_equal(at(mock_call(m, "GET /__admin/state/destinations/sp_one", NULL), "/failure"), "scope_missing");
}

static void only_scopes_that_are_asked_for_can_be_granted(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m);
    assert_problem(consent(m, token, "\"outcome\":\"approve\",\"scopes\":[\"video.list\",\"pins:write\"]"), 422,
                   "/scopes/1", "not asked for; expected some of: user.info.basic, video.list");
    assert_problem(consent(m, token, "\"outcome\":\"approve\",\"scopes\":[]"), 422, "/scopes", "scopes");
    assert_problem(consent(m, token, "\"outcome\":\"deny\",\"scopes\":[\"video.list\"]"), 422, "/scopes", "approve");
    assert_string_equal(oauth_attempt_status(m, token, "/status"), "pending");

    struct mock_response own = mock_call(m, "POST /layers/v1/projects/prj_one/social/oauth-url",
                                         "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.test/back\",\"scopes\":["
                                         "\"video.publish\",\"biz.one\"]}",
                                         KEY);
    assert_problem(consent(m, at(own, "/state"), "\"outcome\":\"approve\",\"scopes\":[\"video.list\"]"), 422,
                   "/scopes/0", "expected some of: video.publish, biz.one");
    assert_int_equal(consent(m, at(own, "/state"), "\"outcome\":\"approve\",\"scopes\":[\"video.publish\"]").status,
                     200);
}

static void posteverywhere_reports_an_account_that_cannot_post(void **state)
{
    (void)state;
    struct mock *m = mock_test_new(others);
    struct mock_response link =
        mock_call(m, "POST /posteverywhere/api/v1/accounts/connect-link", "{\"platform\":\"x\"}", PE_KEY);
    struct mock_response a =
        consent(m, at(link, "/data/session_id"), "\"outcome\":\"approve\",\"scopes\":[\"tweet.read\",\"users.read\"]");
    assert_string_equal(at(a, "/status"), "completed");
    struct mock_response list = mock_call(m, "GET /posteverywhere/api/v1/accounts", NULL, PE_KEY);
    assert_string_equal(at(list, "/data/accounts/0/health/status"), "unhealthy");
    assert_string_equal(at(list, "/data/accounts/0/health/can_post"), "false");
    simulation(m, "health", arena_printf(&m->arena, "{\"account\":\"%s\",\"status\":\"healthy\"}", at(a, "/account")));
    list = mock_call(m, "GET /posteverywhere/api/v1/accounts", NULL, PE_KEY);
    assert_string_equal(at(list, "/data/accounts/0/health/can_post"), "true");
    mock_free(m);
}

static void postnitro_keeps_the_token_active_and_fails_the_post(void **state)
{
    (void)state;
    struct mock *m = mock_test_new(others);
    struct mock_response a = simulation(
        m, "account_connected",
        "{\"space\":\"ws_one\",\"platform\":\"threads\",\"handle\":\"half\",\"scopes\":[\"threads_basic\"]}");
    const char *id = at(a, "/account");
    struct mock_response list = mock_call(m, "GET /postnitro/social-account", NULL, PN_KEY);
    assert_string_equal(at(list, "/data/socialAccounts/threads/0/accessTokenStatus"), "active");
    struct mock_response post = mock_call(
        m, "POST /postnitro/schedule",
        arena_printf(&m->arena,
                     "{\"status\":\"SCHEDULED\",\"scheduledAt\":\"2026-05-03T09:00:00Z\",\"selectedAccounts\":[\"%s\"],"
                     "\"postContent\":{\"common\":\"Hi\"},\"threadsPostSettings\":{\"postType\":\"image\"}}",
                     id),
        PN_KEY);
    mock_call(m, "POST /__admin/clock/advance", "{\"by\":\"25h\"}");
    post = mock_call(m, arena_printf(&m->arena, "GET /postnitro/schedule/%s", at(post, "/data/id")), NULL, PN_KEY);
    assert_string_equal(at(post, "/data/status"), "FAILED");
    assert_non_null(strstr(at(post, "/data/socialAccounts/0/errorMessage"), "permission"));
    mock_free(m);
}

static struct mock_response submit(struct mock *m, const char *token, const char *form)
{
    return mock_call(m, arena_printf(&m->arena, "POST /__consent/layers/%s", token), form,
                     "Content-Type: application/x-www-form-urlencoded");
}

static void the_page_has_a_box_for_each_scope(void **state)
{
    struct mock *m = *state;
    const char *token = begin_attempt(m);
    struct mock_response page = mock_call(m, arena_printf(&m->arena, "GET /__consent/layers/%s", token), NULL);
    assert_non_null(strstr(page.text.s, "type=\"checkbox\" name=\"scope\" checked value=\"video.publish\""));
    page = submit(m, token, "handle=half&asks=scopes&decision=approve");
    assert_int_equal(page.status, 422);
    assert_non_null(strstr(page.text.s, "at least one permission"));
    assert_int_equal(submit(m, token, "handle=half&asks=scopes&scope=video.list&decision=approve").status, 303);
    const char *id = oauth_attempt_status(m, token, "/socialAccountId");
    assert_string_equal(
        at(mock_call(m, arena_printf(&m->arena, "GET /__admin/state/accounts/%s", id), NULL), "/limited"), "true");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(layers_connects_the_account_and_its_posts_fail),
        TEST(a_later_consent_with_fewer_scopes_takes_the_permission_away),
        TEST(only_scopes_that_are_asked_for_can_be_granted),
        cmocka_unit_test(posteverywhere_reports_an_account_that_cannot_post),
        cmocka_unit_test(postnitro_keeps_the_token_active_and_fails_the_post),
        TEST(the_page_has_a_box_for_each_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
