/* Tests of webhook endpoints: create, update, rotate, delete, and the accepted URLs. */
#include "base/array.h"
#include "mockserver/tests/layers_webhooks_test.h"

static int set_up_allowing(void **state)
{
    return set_up_with(state, WORLD("webhooks: { allow: [app.example, hooks.example, app] }\n"));
}

static void a_partner_cannot_set_the_status_auto_paused(void **state)
{
    struct network *n = *state;
    assert_refused(hook_call(n, "PATCH", "/" HOOK, "{\"status\":\"auto_paused\"}"), 422, "VALIDATION");
    struct mock_response a = hook_call(n, "PATCH", "/" HOOK, "{\"status\":\"paused\"}");
    assert_string_equal(at(a, "/status"), "paused");
    advance(n, "1h");
    assert_int_equal(n->count, 0);
}

static void a_rotated_secret_signs_together_with_the_new_one_for_a_day(void **state)
{
    struct network *n = *state;
    struct mock_response a = hook_call(n, "POST", "/" HOOK "/rotate-secret", NULL);
    assert_int_equal(a.status, 200);
    const char *secret = at(a, "/signingSecret");
    assert_true(str_starts(str_from(secret), STR("whsec_")));
    assert_string_equal(at(a, "/previousSecretExpiresAt"), "2026-05-03T09:00:00.000Z");
    hook_call(n, "POST", "/" HOOK "/test", NULL);
    assert_int_equal(signatures_by(n, 0, secret), 1);
    assert_int_equal(signatures_by(n, 0, "whsec_test"), 1);
    advance(n, "24h");
    hook_call(n, "POST", "/" HOOK "/test", NULL);
    assert_int_equal(signatures_by(n, n->count - 1, secret), 1);
    assert_int_equal(signatures_by(n, n->count - 1, "whsec_test"), 0);
}

static void a_test_event_is_delivered_without_a_subscription(void **state)
{
    struct network *n = *state;
    struct mock_response a = hook_call(n, "POST", "/" HOOK "/test", NULL);
    assert_int_equal(a.status, 200);
    assert_int_equal(n->count, 1);
    assert_string_equal(text_at(n, 0, "/type"), "test.ping");
    assert_string_equal(at(a, "/eventId"), n->sent[0].id);
    assert_non_null(at(a, "/deliveryId"));
    assert_string_equal(at(a, "/scheduledAt"), "2026-05-02T09:00:00.000Z");
}

static void only_the_response_that_creates_an_endpoint_shows_its_secret(void **state)
{
    struct network *n = *state;
    struct mock_response a = hook_call(n, "POST", "",
                                       "{\"url\":\"http://localhost:9/x\",\"description\":\"ours\","
                                       "\"events\":[\"social_account.revoked\"],\"projectId\":\"prj_b\","
                                       "\"metadata\":{\"team\":7}}");
    assert_int_equal(a.status, 201);
    const char *id = at(a, "/endpoint/id");
    assert_int_equal(strlen(id), 36);
    assert_true(str_starts(str_from(at(a, "/signingSecret")), STR("whsec_")));
    struct mock_response read = hook_call(n, "GET", arena_printf(&n->arena, "/%s", id), NULL);
    static const struct {
        const char *pointer, *value;
    } rows[] = {
        {"/organizationId",          "org_acme"                    },
        {"/projectId",               "prj_b"                       },
        {"/url",                     "http://localhost:9/x"        },
        {"/description",             "ours"                        },
        {"/status",                  "active"                      },
        {"/events",                  "[\"social_account.revoked\"]"},
        {"/apiVersion",              "v1"                          },
        {"/metadata",                "{\"team\":7}"                },
        {"/createdAt",               "2026-05-02T09:00:00.000Z"    },
        {"/updatedAt",               "2026-05-02T09:00:00.000Z"    },
        {"/lastSuccessAt",           "null"                        },
        {"/lastFailureAt",           "null"                        },
        {"/consecutiveFailureCount", "0"                           },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(at(read, rows[i].pointer), rows[i].value);
    assert_null(at(read, "/signingSecret"));

    struct mock_response list = hook_call(n, "GET", "?limit=1", NULL);
    assert_string_equal(at(list, "/items/0/id"), id); /* newest first */
    list = hook_call(n, "GET", arena_printf(&n->arena, "?cursor=%s", at(list, "/nextCursor")), NULL);
    assert_string_equal(at(list, "/items/0/id"), HOOK);
    assert_string_equal(at(list, "/nextCursor"), "null");

    mock_call(n->mock, "DELETE /v1/social-accounts/sa_b", NULL, AS_FULL);
    assert_int_equal(n->count, 2); /* both endpoints get it, with the same event id */
    assert_string_equal(n->sent[0].id, n->sent[1].id);
    assert_string_not_equal(n->sent[0].url, n->sent[1].url);
    mock_call(n->mock, "DELETE /v1/social-accounts/sa_a", NULL, AS_FULL);
    assert_int_equal(n->count, 4); /* post and account; only for the endpoint of all projects */
}

static void an_invalid_endpoint_is_refused_with_the_path_of_the_problem(void **state)
{
    struct network *n = *state;
    static const struct {
        const char *body, *path;
    } rows[] = {
        {"{\"events\":[\"post.failed\"]}",                                               "url"      },
        {"{\"url\":\"https://a.example\"}",                                              "events"   },
        {"{\"url\":\"https://a.example\",\"events\":[]}",                                "events"   },
        {"{\"url\":\"https://a.example\",\"events\":[\"post.lost\"]}",                   "events[0]"},
        {"{\"url\":\"http://a.example\",\"events\":[\"post.failed\"]}",                  "url"      },
        {"{\"url\":\"ftp://localhost\",\"events\":[\"post.failed\"]}",                   "url"      },
        {"{\"url\":\"http://localhost.evil.example\",\"events\":[\"post.failed\"]}",     "url"      },
        {"{\"url\":\"https://a.example\",\"events\":[\"post.failed\"],\"x\":1}",         "x"        },
        {"{\"url\":\"https://a.example\",\"events\":[\"post.failed\"],\"metadata\":[]}", "metadata" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = hook_call(n, "POST", "", rows[i].body);
        assert_refused(a, 422, "VALIDATION");
        assert_string_equal(at(a, "/error/details/issues/0/path"), rows[i].path);
    }
    assert_refused(hook_call(n, "POST", "",
                             "{\"url\":\"https://a.example\",\"events\":[\"post.failed\"],"
                             "\"projectId\":\"prj_other\"}"),
                   404, "NOT_FOUND");
    assert_refused(mock_call(n->mock, "POST " ENDPOINTS,
                             "{\"url\":\"https://a.example\",\"events\":[\"post.failed\"],"
                             "\"scope\":\"all_children\"}",
                             AS_READER),
                   403, "FORBIDDEN_SCOPE");
    struct mock_response list = hook_call(n, "GET", "", NULL);
    assert_int_equal(node_count(node_get(list.body, "items")), 1);
}

static void another_organizations_endpoints_return_404(void **state)
{
    struct network *n = *state;
    static const struct {
        const char *method, *path;
    } rows[] = {
        {"GET",    "/" OTHER_HOOK                 },
        {"PATCH",  "/" OTHER_HOOK                 },
        {"DELETE", "/" OTHER_HOOK                 },
        {"POST",   "/" OTHER_HOOK "/rotate-secret"},
        {"POST",   "/" OTHER_HOOK "/test"         },
        {"GET",    "/" OTHER_HOOK "/deliveries"   },
        {"GET",    "/nothing"                     },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused(hook_call(n, rows[i].method, rows[i].path, "{}"), 404, "NOT_FOUND");
    advance(n, "1h");
    struct mock_response list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
    assert_refused(mock_call(n->mock,
                             arena_printf(&n->arena, "POST /v1/webhook-deliveries/%s/replay", at(list, "/items/0/id")),
                             NULL, AS_OTHER),
                   404, "NOT_FOUND");
    assert_int_equal(n->count, 1); /* and the other endpoint got no event */
}

static void a_deleted_endpoint_gets_no_more_deliveries(void **state)
{
    struct network *n = *state;
    n->status = 500;
    hook_call(n, "POST", "/" HOOK "/test", NULL);
    struct mock_response a = hook_call(n, "DELETE", "/" HOOK, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/id"), HOOK);
    assert_string_equal(at(a, "/deleted"), "true");
    assert_refused(hook_call(n, "GET", "/" HOOK, NULL), 404, "NOT_FOUND");
    advance(n, "48h");
    assert_int_equal(n->count, 1);
    struct mock_response state_of = mock_call(n->mock, "GET /__admin/state/deliveries", NULL);
    assert_string_equal(at(state_of, "/items/0/state"), "abandoned");
}

static void deliveries_to_other_hosts_fail_unless_allowed(void **state)
{
    struct network *n = *state;
    static const struct {
        const char *url;
        bool allowed;
    } rows[] = {
        {"https://app.example/hook",           true },
        {"https://HOOKS.example:8443/hook",    true },
        {"https://elsewhere.example/hook",     false},
        {"https://app.example.evil.test/hook", false},
        {"https://10.0.0.1/hook",              false},
        {"https://127.evil.test/hook",         false},
        {"https://localhost/hook",             true },
        {"http://127.0.0.1:1/hook",            true },
        {"http://app:9/a",                     true },
        {"http://APP.example/hook",            true },
        {"http://app.localhost:9/a",           true },
        {"http://[::1]:9/a",                   true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t before = n->count;
        struct mock_response a =
            hook_call(n, "PATCH", "/" HOOK, arena_printf(&n->arena, "{\"url\":\"%s\"}", rows[i].url));
        assert_int_equal(a.status, 200);
        hook_call(n, "POST", "/" HOOK "/test", NULL);
        assert_int_equal(n->count - before, rows[i].allowed);
        struct mock_response list = mock_call(n->mock, DELIVERIES, NULL, AS_FULL);
        assert_int_equal(strstr(at(list, "/items/0/lastError"), "not allowed") != NULL, !rows[i].allowed);
    }
}

static void plain_http_is_accepted_for_loopback_and_allowed_hosts_only(void **state)
{
    struct network *n = *state;
    static const struct {
        const char *url;
        bool accepted;
    } rows[] = {
        {"http://app:9/a",                   true },
        {"http://hooks.example/a",           true },
        {"http://127.0.0.2:9/a",             true },
        {"http://app:9@elsewhere.example/a", false},
        {"http://elsewhere.example/a",       false},
        {"http://x.app/a",                   false},
        {"http://app.evil.example/a",        false},
        {"http://127.1:9/a",                 false},
        {"http://0.0.0.0:9/a",               false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = hook_call(
            n, "POST", "", arena_printf(&n->arena, "{\"url\":\"%s\",\"events\":[\"post.failed\"]}", rows[i].url));
        assert_int_equal(a.status, rows[i].accepted ? 201 : 422);
        a = hook_call(n, "PATCH", "/" HOOK, arena_printf(&n->arena, "{\"url\":\"%s\"}", rows[i].url));
        assert_int_equal(a.status, rows[i].accepted ? 200 : 422);
        if (rows[i].accepted)
            assert_string_equal(at(a, "/url"), rows[i].url);
        else
            assert_string_equal(at(a, "/error/details/issues/0/path"), "url");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_partner_cannot_set_the_status_auto_paused),
        TEST(a_rotated_secret_signs_together_with_the_new_one_for_a_day),
        TEST(a_test_event_is_delivered_without_a_subscription),
        TEST(only_the_response_that_creates_an_endpoint_shows_its_secret),
        TEST(an_invalid_endpoint_is_refused_with_the_path_of_the_problem),
        TEST(another_organizations_endpoints_return_404),
        TEST(a_deleted_endpoint_gets_no_more_deliveries),
        TEST_WITH(deliveries_to_other_hosts_fail_unless_allowed, set_up_allowing),
        TEST_WITH(plain_http_is_accepted_for_loopback_and_allowed_hosts_only, set_up_allowing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
