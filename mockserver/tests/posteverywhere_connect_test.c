/* Connecting, reconnecting and device login: the client gets a link, then polls. */
#include "base/array.h"
#include "base/units.h"
#include "mockserver/tests/posteverywhere_test.h"

static struct mock_response poll(struct mock *m, struct mock_response session)
{
    return mock_call(m, line_of(session, GET("/auth/social-connect/poll/"), "/data/session_id", ""), NULL, AS_ACME);
}

static void consent(struct mock *m, struct mock_response session, const char *pointer, const char *outcome,
                    const char *more)
{
    simulate(
        m, "consent",
        arena_printf(session.arena, "{\"state\":\"%s\",\"outcome\":\"%s\"%s}", at(session, pointer), outcome, more));
}

static void both_families_of_paths_connect_a_new_account(void **state)
{
    static const char *const lines[] = {POST("/accounts/connect-link"), POST("/auth/social-connect/start")};
    int64_t last = 4001; /* one sequence for all organizations */
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct mock_response link = mock_call(*state, lines[i], "{\"platform\":\"threads\"}", AS_ACME);
        assert_int_equal(link.status, 200);
        assert_true(str_starts(str_from(at(link, "/data/authorize_url")),
                               STR("https://app.posteverywhere.ai/connect/threads?session=")));
        assert_string_equal(at(link, "/data/interval"), "2");
        assert_string_equal(at(link, "/data/expires_at"), "2026-04-10T12:10:00.000Z");
        assert_string_equal(at(poll(*state, link), "/data/status"), "pending");

        consent(*state, link, "/data/session_id", "approve", i ? ",\"handle\":\"b\"" : ",\"handle\":\"a\"");
        struct mock_response done = poll(*state, link);
        assert_string_equal(at(done, "/data/status"), "completed");
        assert_string_equal(at(done, "/data/account/platform"), "threads");
        assert_string_equal(at(done, "/data/account/account_name"), i ? "@b" : "@a");
        int64_t id;
        assert_true(str_to_int(str_from(at(done, "/data/account/account_id")), &id) && id > last);
        last = id;

        struct mock_response one =
            mock_call(*state, line_of(done, GET("/accounts/"), "/data/account/account_id", ""), NULL, AS_ACME);
        assert_string_equal(at(one, "/data/health/can_post"), "true");
        assert_string_equal(at(one, "/data/created_at"), "2026-04-10T12:00:00.000Z");
    }
}

static void reconnecting_repairs_the_same_account(void **state)
{
    /* clang-format off */
    static const struct {
        const char *line, *body, *account_id;
    } rows[] = {
        {POST("/accounts/3004/reconnect"), NULL, "3004"},
        {POST("/auth/social-connect/start"), "{\"platform\":\"tiktok\",\"mode\":\"reconnect\",\"account_id\":3006}",
         "3006"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response link = mock_call(*state, rows[i].line, rows[i].body, AS_ACME);
        assert_int_equal(link.status, 200);
        assert_string_equal(at(link, "/data/account_id"), rows[i].account_id);
        consent(*state, link, "/data/session_id", "approve", "");
        assert_string_equal(at(poll(*state, link), "/data/account/account_id"), rows[i].account_id);
        struct mock_response one =
            mock_call(*state, line_of(link, GET("/accounts/"), "/data/account_id", ""), NULL, AS_ACME);
        assert_string_equal(at(one, "/data/health/status"), "healthy");
        assert_string_equal(at(one, "/data/health/can_post"), "true");
    }
    struct mock_response list = mock_call(*state, GET("/accounts"), NULL, AS_ACME);
    assert_int_equal(node_count(node_pointer(list.body, "/data/accounts")), 9); /* no new account */
}

static void connecting_a_connected_user_repairs_the_same_account(void **state)
{
    const char *first = NULL;
    for (int i = 0; i < 2; i++) {
        struct mock_response link =
            mock_call(*state, POST("/accounts/connect-link"), "{\"platform\":\"threads\"}", AS_ACME);
        consent(*state, link, "/data/session_id", "approve", ",\"handle\":\"same\"");
        const char *id = at(poll(*state, link), "/data/account/account_id");
        assert_string_equal(id, first ? first : id);
        first = id;
        simulate(*state, "token_lost", arena_printf(link.arena, "{\"account\":\"%s\",\"why\":\"expired\"}", id));
    }
    struct mock_response list = mock_call(*state, GET("/accounts"), NULL, AS_ACME);
    assert_int_equal(node_count(node_pointer(list.body, "/data/accounts")), 10); /* one new account */
}

static void a_poll_reports_pending_cancelled_or_expired(void **state)
{
    static const struct {
        const char *outcome, *status;
    } rows[] = {
        {"deny",           "cancelled"},
        {"exchange_error", "cancelled"},
        {"abandon",        "pending"  },
    };
    struct mock_response link = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        link = mock_call(*state, POST("/accounts/connect-link"), "{\"platform\":\"x\"}", AS_ACME);
        consent(*state, link, "/data/session_id", rows[i].outcome, "");
        assert_string_equal(at(poll(*state, link), "/data/status"), rows[i].status);
    }
    advance(*state, 10 * MINUTE_MS);
    assert_string_equal(at(poll(*state, link), "/data/status"), "expired");
    assert_refused(mock_call(*state, GET("/auth/social-connect/poll/unknown"), NULL, AS_ACME), 404, "not_found");
    struct mock_response foreign =
        mock_call(*state, line_of(link, GET("/auth/social-connect/poll/"), "/data/session_id", ""), NULL, AS_OTHER);
    assert_refused(foreign, 404, "not_found");
}

static void an_invalid_connect_request_is_refused(void **state)
{
    static const struct {
        const char *line, *body;
        int status;
        const char *code;
    } rows[] = {
        {POST("/accounts/connect-link"),       "{}",                          400, "validation_error"},
        {POST("/accounts/connect-link"),       "{\"platform\":\"twitter\"}",  400, "validation_error"},
        {POST("/accounts/9/reconnect"),        NULL,                          404, "not_found"       },
        {POST("/auth/social-connect/start"),   "{\"mode\":\"again\"}",        400, "validation_error"},
        {POST("/auth/social-connect/start"),   "{\"mode\":\"reconnect\"}",    400, "validation_error"},
        {POST("/auth/social-connect/bluesky"), "{\"handle\":\"a\"}",          400, "validation_error"},
        {POST("/accounts/connect-credential"), "{\"platform\":\"telegram\"}", 400, "validation_error"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused(mock_call(*state, rows[i].line, rows[i].body, AS_ACME), rows[i].status, rows[i].code);
}

static void a_device_login_returns_a_working_key(void **state)
{
    struct mock_response session = mock_call(*state, POST("/auth/device"), "{\"client_name\":\"posteverywhere-cli\"}");
    assert_int_equal(session.status, 200);
    assert_int_equal(strlen(at(session, "/data/user_code")), 9);
    assert_true(str_has(str_from(at(session, "/data/verification_uri_complete")), STR("?code=")));
    const char *body = line_of(session, "{\"device_code\":\"", "/data/device_code", "\"}");
    struct mock_response got = mock_call(*state, POST("/auth/device/token"), body);
    assert_string_equal(at(got, "/data/status"), "pending");
    assert_null(at(got, "/data/api_key"));

    consent(*state, session, "/data/device_code", "approve", ",\"handle\":\"other\"");
    got = mock_call(*state, POST("/auth/device/token"), body);
    assert_string_equal(at(got, "/data/status"), "authorized");
    assert_non_null(at(got, "/data/user/email"));
    struct mock_response list =
        mock_call(*state, GET("/accounts"), NULL, line_of(got, "Authorization: Bearer ", "/data/api_key", ""));
    assert_string_equal(at(list, "/data/account_ids"), "[4001]");
}

/* A key may have no name. The search for a key by name must skip it. */
static void a_device_login_by_key_name_skips_keys_without_a_name(void **state)
{
    struct mock_response first = mock_call(*state, "GET /__admin/state/keys?name=brand", NULL);
    mock_call(*state, line_of(first, "PATCH /__admin/state/keys/", "/items/0/id", ""), "{\"name\":null}");
    struct mock_response session = mock_call(*state, POST("/auth/device"), "{}");
    consent(*state, session, "/data/device_code", "approve", ",\"handle\":\"other\"");
    struct mock_response got = mock_call(*state, POST("/auth/device/token"),
                                         line_of(session, "{\"device_code\":\"", "/data/device_code", "\"}"));
    assert_string_equal(at(got, "/data/status"), "authorized");
}

static void a_device_login_can_be_denied_and_can_expire(void **state)
{
    struct mock_response session = mock_call(*state, POST("/auth/device"), "{}");
    const char *body = line_of(session, "{\"device_code\":\"", "/data/device_code", "\"}");
    consent(*state, session, "/data/device_code", "deny", "");
    struct mock_response got = mock_call(*state, POST("/auth/device/token"), body);
    assert_string_equal(at(got, "/data/status"), "denied");

    session = mock_call(*state, POST("/auth/device"), "{}");
    body = line_of(session, "{\"device_code\":\"", "/data/device_code", "\"}");
    advance(*state, 10 * MINUTE_MS);
    got = mock_call(*state, POST("/auth/device/token"), body);
    assert_string_equal(at(got, "/data/status"), "expired");
    assert_refused(mock_call(*state, POST("/auth/device/token"), "{\"device_code\":\"x\"}"), 404, "not_found");
}

/* The path of the page: its URL without scheme and host. */
static const char *page_of(struct mock_response a, const char *pointer)
{
    return at(a, pointer) + strlen("http://mock.test");
}

static void local_consent_serves_the_mocks_own_consent_page(void **state)
{
    mock_test_world(*state)->local_consent = true;
    struct mock_response link =
        mock_call(*state, ("POST /posteverywhere" V "/accounts/connect-link"), "{\"platform\":\"x\"}", AS_ACME);
    const char *page = page_of(link, "/data/authorize_url");
    assert_true(str_starts(str_from(page), STR("/__consent/posteverywhere/")));
    struct mock_response shown = mock_call(*state, arena_printf(link.arena, "GET %s", page), NULL);
    assert_int_equal(shown.status, 200);
    assert_true(str_has(shown.text, STR("Acme Everywhere wants to connect your X account")));
    struct mock_response sent =
        mock_call(*state, arena_printf(link.arena, "POST %s", page), "decision=approve&handle=by.page",
                  "Content-Type: application/x-www-form-urlencoded");
    assert_int_equal(sent.status, 200);
    assert_string_equal(at(poll(*state, link), "/data/account/account_name"), "@by.page");

    struct mock_response session = mock_call(*state, POST("/auth/device"), "{\"client_name\":\"<my> program\"}");
    page = page_of(session, "/data/verification_uri");
    shown = mock_call(*state, arena_printf(link.arena, "GET %s", page), NULL);
    assert_true(str_has(shown.text, STR("&lt;my&gt; program wants to sign in")));
    assert_true(str_has(shown.text, STR("value=\"brand\"")));
}

#define CREDENTIAL POST("/accounts/connect-credential")
#define TOKEN      "123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void credentials_connect_an_account_without_a_browser(void **state)
{
    static const struct {
        const char *line, *body, *platform, *name;
    } rows[] = {
        {CREDENTIAL,
         "{\"platform\":\"bluesky\",\"handle\":\"me.bsky.social\",\"app_password\":\"abcd-efgh-ijkl-mnop\"}",                             "bluesky",
         "@me.bsky.social"                                                                                                                                              },
        {POST("/auth/social-connect/bluesky"),
         "{\"handle\":\"@you.bsky.social\",\"app_password\":\"abcd-efgh-ijkl-mnop\"}",                                                    "bluesky",  "@you.bsky.social"},
        {CREDENTIAL,                            "{\"platform\":\"telegram\",\"bot_token\":\"" TOKEN "\",\"channel\":\"@news\"}",          "telegram",
         "@news"                                                                                                                                                        },
        {POST("/auth/social-connect/telegram"), "{\"bot_token\":\"" TOKEN "\",\"channel\":\"-1001\"}",                                    "telegram",
         "@-1001"                                                                                                                                                       },
        {CREDENTIAL,                            "{\"platform\":\"discord\",\"webhook_url\":\"https://discord.com/api/webhooks/12/tok\"}",
         "discord",                                                                                                                                   "Discord channel" },
        {POST("/auth/social-connect/discord"),  "{\"webhook_url\":\"https://discord.com/api/webhooks/13/tok\"}",
         "discord",                                                                                                                                   "Discord channel" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(*state, rows[i].line, rows[i].body, AS_ACME);
        assert_int_equal(a.status, 200);
        assert_string_equal(at(a, "/data/account/platform"), rows[i].platform);
        assert_string_equal(at(a, "/data/account/account_name"), rows[i].name);
        struct mock_response got =
            mock_call(*state, line_of(a, GET("/accounts/"), "/data/account/account_id", ""), NULL, AS_ACME);
        assert_string_equal(at(got, "/data/health/can_post"), "true");
        assert_string_equal(at(got, "/data/platform"), rows[i].platform);
        assert_int_equal(
            mock_call(*state, line_of(a, GET("/accounts/"), "/data/account/account_id", ""), NULL, AS_OTHER).status,
            404);
    }
    assert_refused(mock_call(*state, CREDENTIAL, rows[0].body, AS_READER), 403, "insufficient_scope");
    assert_refused(mock_call(*state, POST("/accounts/connect-link"), "{\"platform\":\"bluesky\"}", AS_ACME), 400,
                   "validation_error");
}

static void credentials_repair_an_account_in_place(void **state)
{
    static const char body[] = "{\"handle\":\"me.bsky.social\",\"app_password\":\"abcd-efgh-ijkl-mnop\"}";
    struct mock_response a = mock_call(*state, POST("/auth/social-connect/bluesky"), body, AS_ACME);
    simulate(*state, "health", line_of(a, "{\"status\":\"expired\",\"account\":\"", "/data/account/account_id", "\"}"));
    const char *read = line_of(a, GET("/accounts/"), "/data/account/account_id", "");
    assert_string_equal(at(mock_call(*state, read, NULL, AS_ACME), "/data/health/can_post"), "false");
    struct mock_response again = mock_call(*state, POST("/auth/social-connect/bluesky"), body, AS_ACME);
    assert_string_equal(at(again, "/data/account/account_id"), at(a, "/data/account/account_id"));
    assert_string_equal(at(mock_call(*state, read, NULL, AS_ACME), "/data/health/can_post"), "true");
}

static void credentials_of_a_wrong_form_are_refused(void **state)
{
    static const char *const bodies[] = {
        "{}",
        "{\"platform\":\"instagram\"}",
        "{\"platform\":\"bluesky\",\"handle\":\"me.bsky.social\"}",
        "{\"platform\":\"bluesky\",\"handle\":\"me.bsky.social\",\"app_password\":\"my main password\"}",
        "{\"platform\":\"bluesky\",\"handle\":\"me\",\"app_password\":\"abcd-efgh-ijkl-mnop\"}",
        "{\"platform\":\"telegram\",\"bot_token\":\"" TOKEN "\"}",
        "{\"platform\":\"telegram\",\"bot_token\":\"secret\",\"channel\":\"@news\"}",
        "{\"platform\":\"telegram\",\"bot_token\":\"" TOKEN "\",\"channel\":\"news\"}",
        "{\"platform\":\"discord\",\"webhook_url\":\"https://example.com/api/webhooks/1/t\"}",
        "{\"platform\":\"discord\",\"webhook_url\":\"https://discord.com/api/webhooks/1\"}",
    };
    uint32_t before = world_count(mock_test_world(*state), RECORD_ACCOUNT);
    for (size_t i = 0; i < COUNT(bodies); i++)
        assert_refused(mock_call(*state, CREDENTIAL, bodies[i], AS_ACME), 400, "validation_error");
    assert_int_equal(world_count(mock_test_world(*state), RECORD_ACCOUNT), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PE_TEST(credentials_connect_an_account_without_a_browser),
        PE_TEST(credentials_repair_an_account_in_place),
        PE_TEST(credentials_of_a_wrong_form_are_refused),
        PE_TEST(both_families_of_paths_connect_a_new_account),
        PE_TEST(reconnecting_repairs_the_same_account),
        PE_TEST(connecting_a_connected_user_repairs_the_same_account),
        PE_TEST(a_poll_reports_pending_cancelled_or_expired),
        PE_TEST(an_invalid_connect_request_is_refused),
        PE_TEST(a_device_login_returns_a_working_key),
        PE_TEST(a_device_login_by_key_name_skips_keys_without_a_name),
        PE_TEST(a_device_login_can_be_denied_and_can_expire),
        PE_TEST(local_consent_serves_the_mocks_own_consent_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
