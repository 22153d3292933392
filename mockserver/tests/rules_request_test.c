/* The effects that act before the gates (request, skip, clock), and the effect edit. */
#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

#define LIST   "GET /layers/v1/projects/prj_one/social-accounts"
#define READ   "GET /layers/v1/social-accounts/sa_one/health"
#define KEY    "Authorization: Bearer lp_live_full"
#define READER "Authorization: Bearer lp_live_reader"
#define OTHER  "Authorization: Bearer lp_live_other"

static const char fixture[] =
    "name: rules\n"
    "clock: { start: 2026-05-02T09:00:00Z, mode: frozen }\n"
    "layers:\n"
    "  organizations:\n"
    "    - name: Acme\n"
    "      keys:\n"
    "        - { name: full, key: lp_live_full, scopes: ['*'], return_domains: [app.test] }\n"
    "        - { name: reader, key: lp_live_reader, scopes: ['social:read'] }\n"
    "      projects:\n"
    "        - id: prj_one\n"
    "          name: One\n"
    "          social_accounts:\n"
    "            - { id: sa_one, platform: tiktok, handle: one, connected_at: -2d, token_expires_at: +20d }\n"
    "            - { id: sa_two, platform: instagram, handle: two, connected_at: -1d, token_expires_at: +20d }\n"
    "          content: [ { id: cnt_one, media_type: video } ]\n"
    "    - name: Globex\n"
    "      keys:\n"
    "        - { name: other, key: lp_live_other, scopes: ['*'] }\n"
    "      projects: [ { id: prj_two, name: Two } ]\n"
    "postnitro:\n"
    "  workspaces:\n"
    "    - id: ws_one\n"
    "      name: One\n"
    "      keys: [ { name: pn, key: pn-abcdefghijklmnopqrstuvwx } ]\n"
    "      social_accounts: [ { id: acc_one, platform: linkedin, handle: one } ]\n";

static int setup(void **state)
{
    *state = mock_test_new(fixture);
    return 0;
}

static void add_rule(struct mock *m, const char *json)
{
    struct mock_response a = mock_call(m, "POST /__admin/rules", json);
    if (a.status != 201)
        fail_msg("%s", a.text.s);
}

static void request_key_serves_the_call_as_if_that_key_was_sent(void **state)
{
    struct mock *m = *state;
    assert_int_equal(mock_call(m, READ, NULL, OTHER).status, 404);
    add_rule(m, "{\"name\":\"no-owner-check\",\"on\":\"layers.social_account_health\",\"when\":{\"key\":\"other\"},"
                "\"then\":[{\"request\":{\"key\":\"full\"}}]}");
    struct mock_response a = mock_call(m, READ, NULL, OTHER);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/socialAccountId"), "sa_one");
    assert_null(header_of(a, "X-Mock-Rule-Missed"));
    assert_int_equal(mock_call(m, LIST, NULL, OTHER).status, 404); /* another operation */
}

static void request_key_moves_scopes_and_rate_limit_too(void **state)
{
    struct mock *m = *state;
    const char *url = "POST /layers/v1/projects/prj_one/social/oauth-url";
    const char *body = "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.test/\"}";
    assert_int_equal(mock_call(m, url, body, READER).status, 403);
    add_rule(m, "{\"when\":{\"key\":\"reader\"},\"then\":[{\"request\":{\"key\":\"full\"}}]}");
    assert_int_equal(mock_call(m, url, body, READER).status, 200);
    struct mock_response first = mock_call(m, LIST, NULL, KEY), second = mock_call(m, LIST, NULL, READER);
    assert_int_equal(atoi(header_of(second, "X-RateLimit-Remaining")),
                     atoi(header_of(first, "X-RateLimit-Remaining")) - 1);
}

static void keys_are_exchanged_without_a_chain(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"when\":{\"key\":\"other\"},\"then\":[{\"request\":{\"key\":\"full\"}}]}");
    add_rule(m, "{\"when\":{\"key\":\"full\"},\"then\":[{\"request\":{\"key\":\"other\"}}]}");
    assert_int_equal(mock_call(m, READ, NULL, OTHER).status, 200);
    assert_int_equal(mock_call(m, READ, NULL, KEY).status, 404);
}

static void a_call_without_a_valid_key_can_be_accepted(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"when\":{\"key\":null},\"then\":[{\"request\":{\"key\":\"full\"}}]}");
    assert_int_equal(mock_call(m, LIST, NULL, "Authorization: lp_live_full").status, 200);
    assert_int_equal(mock_call(m, LIST, NULL).status, 200);
    assert_int_equal(mock_call(m, "GET /layers/v1/projects/prj_one/social-accounts", NULL, OTHER).status, 404);
}

static void a_key_of_another_header_is_replaced(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"provider\":\"postnitro\",\"when\":{\"key\":null},\"then\":[{\"request\":{\"key\":\"pn\"}}]}");
    assert_int_equal(mock_call(m, "GET /postnitro/social-account/acc_one", NULL, "embed-api-key: pn-wrong").status,
                     200);
}

static void request_key_null_removes_the_key(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"then\":[{\"request\":{\"key\":null}}]}");
    assert_int_equal(mock_call(m, LIST, NULL, KEY).status, 401);
}

static void request_changes_query_path_headers_and_body(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"on\":\"list_social_accounts\",\"provider\":\"layers\",\"when\":{\"nth\":1},"
                "\"then\":[{\"request\":{\"query\":{\"platform\":null,\"limit\":\"1\"}}}]}");
    struct mock_response a = mock_call(m, LIST "?platform=tiktok&status=connected", NULL, KEY);
    assert_int_equal(node_count(node_pointer(a.body, "/items")), 1);
    assert_string_equal(at(a, "/items/0/handle"), "two");
    a = mock_call(m, LIST "?platform=tiktok", NULL, KEY);
    assert_string_equal(at(a, "/items/0/handle"), "one");

    add_rule(m, "{\"on\":\"layers.social_account_health\",\"then\":[{\"request\":{\"path\":\"/v1/social-accounts/"
                "sa_two/health\"}}]}");
    assert_string_equal(at(mock_call(m, READ, NULL, KEY), "/socialAccountId"), "sa_two");

    add_rule(m, "{\"on\":\"create_oauth_url\",\"then\":[{\"request\":{\"body\":[{\"op\":\"replace\","
                "\"path\":\"/returnUrl\",\"value\":\"https://app.test/\"}]}}]}");
    assert_int_equal(mock_call(m, "POST /layers/v1/projects/prj_one/social/oauth-url",
                               "{\"platform\":\"tiktok\",\"returnUrl\":\"https://evil.test/\"}", KEY)
                         .status,
                     200);

    add_rule(m, "{\"on\":\"layers.whoami\",\"then\":[{\"request\":{\"headers\":{\"Authorization\":\"Bearer "
                "lp_live_other\"}}}]}");
    assert_string_equal(at(mock_call(m, "GET /layers/v1/whoami", NULL, KEY), "/organizationName"), "Globex");
}

static void a_path_keeps_the_ids_that_it_names(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"on\":\"layers.list_social_accounts\",\"then\":[{\"request\":{\"path\":\"/v1/projects/{1}\"}}]}");
    assert_string_equal(at(mock_call(m, LIST, NULL, KEY), "/name"), "One");
}

static void a_change_that_does_not_fit_is_marked(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"then\":[{\"request\":{\"body\":[{\"op\":\"remove\",\"path\":\"/nowhere\"}]}}]}");
    struct mock_response a = mock_call(m, LIST, NULL, KEY);
    assert_int_equal(a.status, 200);
    assert_string_equal(header_of(a, "X-Mock-Rule-Missed"), "request");
}

static void journal_explain_and_later_rules_see_the_right_request(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"name\":\"first\",\"when\":{\"key\":\"reader\"},\"then\":[{\"request\":{\"key\":\"full\","
                "\"query\":{\"limit\":\"1\"}}}]}");
    add_rule(m, "{\"name\":\"second\",\"when\":{\"key\":\"full\",\"query\":{\"limit\":\"1\"}},"
                "\"then\":[{\"headers\":{\"X-Seen\":\"1\"}}]}");
    struct mock_response a = mock_call(m, LIST, NULL, READER);
    assert_string_equal(header_of(a, "X-Seen"), "1");
    struct mock_response log = mock_call(m, "GET /__admin/requests", NULL);
    assert_string_equal(at(log, "/items/0/rules"), "[\"first\",\"second\"]");
    assert_string_equal(at(log, "/items/0/key"), "reader");
    assert_string_equal(at(log, "/items/0/request/target"), "/layers/v1/projects/prj_one/social-accounts");
    struct mock_response why = mock_call(m, "GET /__admin/explain/1", NULL);
    assert_string_equal(at(why, "/rules/0/before_gates"), "true");
    assert_string_equal(at(why, "/rules/1/before_gates"), "false");
}

static void a_rule_that_acts_twice_is_counted_once(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"when\":{\"nth\":2},\"then\":[{\"request\":{\"key\":\"other\"}},{\"headers\":{\"X-Seen\":\"1\"}}]}");
    assert_int_equal(mock_call(m, READ, NULL, KEY).status, 200);
    struct mock_response a = mock_call(m, READ, NULL, KEY);
    assert_int_equal(a.status, 404);
    assert_string_equal(header_of(a, "X-Seen"), "1");
    assert_int_equal(mock_call(m, READ, NULL, KEY).status, 200);
    a = mock_call(m, "GET /__admin/rules", NULL);
    assert_string_equal(at(a, "/items/0/seen"), "3");
    assert_string_equal(at(a, "/items/0/hits"), "1");
}

static void skip_lets_the_call_pass_a_gate(void **state)
{
    struct mock *m = *state;
    const char *url = "POST /layers/v1/content/cnt_one/schedule";
    const char *body = "{\"scheduledFor\":\"2026-05-04T09:00:00Z\",\"targets\":[{\"socialAccountId\":\"sa_one\","
                       "\"mode\":\"publish\"}]}";
    assert_int_equal(mock_call(m, url, body, READER).status, 403);
    add_rule(m, "{\"name\":\"s\",\"then\":[{\"skip\":[\"scope\"]}]}");
    struct mock_response a = mock_call(m, url, body, READER);
    if (a.status >= 300)
        fail_msg("%s", a.text.s);
    mock_call(m, "DELETE /__admin/rules", NULL);

    assert_int_equal(mock_call(m, LIST, NULL).status, 401);
    add_rule(m, "{\"then\":[{\"skip\":[\"authentication\"]}]}");
    assert_int_equal(mock_call(m, LIST, NULL).status, 200); /* with the first key of the provider */
    assert_int_equal(mock_call(m, LIST, NULL, OTHER).status, 404);
}

static void skip_idempotency_ignores_the_header(void **state)
{
    struct mock *m = *state;
    const char *url = "POST /layers/v1/content/cnt_one/schedule";
    const char *body = "{\"scheduledFor\":\"2026-05-04T09:00:00Z\",\"targets\":[{\"socialAccountId\":\"sa_one\","
                       "\"mode\":\"publish\"}]}";
    struct mock_response a = mock_call(m, url, body, KEY, "Idempotency-Key: a");
    assert_string_equal(header_of(mock_call(m, url, body, KEY, "Idempotency-Key: a"), "X-Mock-Replayed"), "true");
    add_rule(m, "{\"then\":[{\"skip\":[\"idempotency\"]}]}");
    struct mock_response b = mock_call(m, url, body, KEY, "Idempotency-Key: a");
    assert_null(header_of(b, "X-Mock-Replayed"));
    assert_int_equal(a.status, b.status);
}

static void clock_shifts_the_time_of_the_call_only(void **state)
{
    struct mock *m = *state;
    const char *url = "POST /layers/v1/projects/prj_one/social/oauth-url";
    const char *body = "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.test/\"}";
    add_rule(m, "{\"name\":\"late\",\"when\":{\"nth\":2},\"then\":[{\"clock\":\"+1h\"}]}");
    const char *expires = at(mock_call(m, url, body, KEY), "/expiresAt");
    struct mock_response shifted = mock_call(m, url, body, KEY), later = mock_call(m, url, body, KEY);
    assert_string_not_equal(at(shifted, "/expiresAt"), expires);
    assert_string_equal(header_of(shifted, "Date"), "Sat, 02 May 2026 09:00:00 GMT");
    assert_string_equal(at(later, "/expiresAt"), expires);
    assert_string_equal(at(mock_call(m, "GET /__admin/requests", NULL), "/items/1/at"), "2026-05-02T09:00:00.000Z");
}

static void edit_changes_body_and_headers(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"on\":\"layers.list_social_accounts\",\"then\":[{\"edit\":["
                "{\"at\":\"/items/*/handle\",\"where\":\"two\",\"set\":\"changed\"},"
                "{\"at\":\"/items/*/nowhere\",\"remove\":true},"
                "{\"header\":\"X-RateLimit-Limit\",\"multiply\":2},{\"header\":\"X-Request-Id\",\"remove\":true}]}]}");
    struct mock_response a = mock_call(m, LIST, NULL, KEY);
    assert_string_equal(at(a, "/items/0/handle"), "changed");
    assert_string_equal(at(a, "/items/1/handle"), "one");
    assert_null(header_of(a, "X-Request-Id"));
    assert_null(header_of(a, "X-Mock-Rule-Missed"));
    const char *doubled = header_of(a, "X-RateLimit-Limit");
    mock_call(m, "DELETE /__admin/rules", NULL);
    assert_int_equal(atoi(doubled), 2 * atoi(header_of(mock_call(m, LIST, NULL, KEY), "X-RateLimit-Limit")));
}

/* Each rule reads and writes the whole body; 11 MB twelve times are too much. */
static void many_changes_of_a_large_body_are_bounded(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"then\":[{\"edit\":[{\"at\":\"\",\"set\":[\"01234567890\"]},{\"at\":\"/0\",\"repeat\":1000},"
                "{\"at\":\"/0\",\"repeat\":1000}]}]}");
    assert_null(header_of(mock_call(m, LIST, NULL, KEY), "X-Mock-Rule-Missed"));
    for (int i = 0; i < 11; i++)
        add_rule(m, "{\"then\":[{\"edit\":[{\"at\":\"\",\"append\":[1]}]}]}");
    struct mock_response a = mock_call(m, LIST, NULL, KEY);
    assert_string_equal(header_of(a, "X-Mock-Rule-Missed"), "edit");
    assert_true(node_count(a.body) < 8);
}

static void an_edit_that_does_not_fit_is_marked(void **state)
{
    static const char *const edits[] = {"{\"at\":\"/items/0/handle\",\"add\":1}",
                                        "{\"header\":\"X-Request-Id\",\"multiply\":2}"};
    for (size_t i = 0; i < COUNT(edits); i++) {
        struct mock *m = mock_test_new(fixture);
        add_rule(m, arena_printf(&m->arena, "{\"then\":[{\"edit\":[%s]}]}", edits[i]));
        struct mock_response a = mock_call(m, LIST, NULL, KEY);
        assert_int_equal(a.status, 200);
        assert_string_equal(at(a, "/items/0/handle"), "two");
        assert_string_equal(header_of(a, "X-Mock-Rule-Missed"), "edit");
        mock_free(m);
    }
    (void)state;
}

static void invalid_effects_are_refused_at_their_place(void **state)
{
    struct mock *m = *state;
    /* clang-format off */
    static const struct {
        const char *effect, *pointer, *words;
    } rows[] = {
        {"{\"request\":{}}",                            "/then/0/request",              "is empty"},
        {"{\"request\":{\"key\":1}}",                   "/then/0/request/key",          "name or value of a key"},
        {"{\"request\":{\"key\":\"nobody\"}}",          "/then/0/request/key",          "no key has the name"},
        {"{\"request\":{\"path\":\"/nowhere\"}}",       "/then/0/request/path",         "no route has the path"},
        {"{\"request\":{\"query\":{\"a\":1}}}",         "/then/0/request/query/a",      "must be a string"},
        {"{\"request\":{\"headers\":{\"a b\":\"1\"}}}", "/then/0/request/headers/a b",  "header name"},
        {"{\"request\":{\"body\":{}}}",                 "/then/0/request/body",         "an array of steps"},
        {"{\"request\":{\"boddy\":[]}}",                "/then/0/request/boddy",        "did you mean 'body'"},
        {"{\"skip\":[]}",                               "/then/0/skip",                 "an array of gates"},
        {"{\"skip\":[\"scopes\"]}",                     "/then/0/skip/0",               "did you mean 'scope'"},
        {"{\"clock\":\"soon\"}",                        "/then/0/clock",                "duration"},
        {"{\"clock\":\"400d\"}",                        "/then/0/clock",                "366d"},
        {"{\"edit\":[{\"at\":\"/a\"}]}",                "/then/0/edit/0",               "exactly one change"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a =
            mock_call(m, "POST /__admin/rules", arena_printf(&m->arena, "{\"then\":[%s]}", rows[i].effect));
        assert_int_equal(a.status, 422);
        if (!strstr(a.text.s, rows[i].words) || !strstr(a.text.s, arena_printf(&m->arena, "\"%s\"", rows[i].pointer)))
            fail_msg("%s: %s", rows[i].effect, a.text.s);
    }
}

/* No provider reads the state of such a call without a key. */
static void every_operation_survives_each_effect(void **state)
{
    static const char *const effects[] = {
        "{\"skip\":[\"authentication\",\"scope\",\"rate_limit\",\"idempotency\"]}",
        "{\"clock\":\"-366d\"}",
        "{\"clock\":\"+366d\"}",
        "{\"request\":{\"key\":null}}",
        "{\"request\":{\"path\":\"/v1/whoami\"}}",
    };
    for (size_t e = 0; e < COUNT(effects); e++) {
        struct mock *m = mock_test_new(fixture);
        add_rule(m, arena_printf(&m->arena, "{\"then\":[%s]}", effects[e]));
        for (size_t d = 0; d < provider_count; d++)
            for (size_t i = 0; i < providers[d]->route_count; i++) {
                const struct route *r = &providers[d]->routes[i];
                const char *target = arena_printf(&m->arena, "%s %s%s", r->method, providers[d]->mount, r->pattern);
                struct mock_response a = mock_call(m, target, "{}", KEY);
                assert_in_range(a.status, 200, 599);
                mock_call(m, target, "{}");
            }
        mock_free(m);
    }
    (void)state;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, mock_test_teardown)
    const struct CMUnitTest tests[] = {
        TEST(request_key_serves_the_call_as_if_that_key_was_sent),
        TEST(request_key_moves_scopes_and_rate_limit_too),
        TEST(keys_are_exchanged_without_a_chain),
        TEST(a_call_without_a_valid_key_can_be_accepted),
        TEST(a_key_of_another_header_is_replaced),
        TEST(request_key_null_removes_the_key),
        TEST(request_changes_query_path_headers_and_body),
        TEST(a_path_keeps_the_ids_that_it_names),
        TEST(a_change_that_does_not_fit_is_marked),
        TEST(journal_explain_and_later_rules_see_the_right_request),
        TEST(a_rule_that_acts_twice_is_counted_once),
        TEST(skip_lets_the_call_pass_a_gate),
        TEST(skip_idempotency_ignores_the_header),
        TEST(clock_shifts_the_time_of_the_call_only),
        TEST(edit_changes_body_and_headers),
        TEST(many_changes_of_a_large_body_are_bounded),
        cmocka_unit_test(an_edit_that_does_not_fit_is_marked),
        TEST(invalid_effects_are_refused_at_their_place),
        cmocka_unit_test(every_operation_survives_each_effect),
    };
    return cmocka_run_group_tests_name("rules_request", tests, NULL, NULL);
}
