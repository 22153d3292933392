#include "base/array.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/mock_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/yaml.h"
#include "mockserver/rules/rules.h"

#define LIST   "GET /layers/v1/projects/prj_one/social-accounts"
#define KEY    "Authorization: Bearer lp_live_full"
#define READER "Authorization: Bearer lp_live_reader"

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
    "            - { id: sa_one, platform: tiktok, handle: one, connected_at: -2d, "
    "token_expires_at: +20d }\n"
    "            - { id: sa_two, platform: instagram, handle: two, connected_at: -1d, "
    "token_expires_at: +20d }\n"
    "          content: [ { id: cnt_one, media_type: video } ]\n"
    "          scheduled_posts: [ { id: sp_one, content: cnt_one, account: sa_one, at: +2d } ]\n";

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

/* Makes `count` calls and returns their statuses: "200 429 200". */
static const char *statuses(struct mock *m, int count, const char *target, const char *key)
{
    struct buf text = {.arena = &m->arena};
    for (int i = 0; i < count; i++)
        buf_printf(&text, "%s%d", i ? " " : "", mock_call(m, target, NULL, key).status);
    return buf_c(&text);
}

static void counts_decide_which_calls_a_rule_acts_on(void **state)
{
    (void)state;
    static const struct {
        const char *when, *expected;
    } rows[] = {
        {"{\"nth\":2}",               "200 429 200 200 200 200"},
        {"{\"times\":2}",             "429 429 200 200 200 200"},
        {"{\"every\":2}",             "200 429 200 429 200 429"},
        {"{\"after\":4}",             "200 200 200 200 429 429"},
        {"{\"after\":1,\"every\":2}", "200 200 429 200 429 200"},
        {"{\"after\":1,\"times\":1}", "200 429 200 200 200 200"},
        {"{\"every\":2,\"times\":1}", "200 429 200 200 200 200"},
        {"{\"probability\":0}",       "200 200 200 200 200 200"},
        {"{\"probability\":1}",       "429 429 429 429 429 429"},
        {"{}",                        "429 429 429 429 429 429"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock *m = mock_test_new(fixture);
        add_rule(m, arena_printf(&m->arena,
                                 "{\"on\":\"layers.list_social_accounts\",\"when\":%s,"
                                 "\"then\":[{\"respond\":{\"error\":\"RATE_LIMITED\"}}]}",
                                 rows[i].when));
        assert_string_equal(statuses(m, 6, LIST, KEY), rows[i].expected);
        mock_free(m);
    }
}

static void a_seeded_probability_selects_the_same_calls_each_time(void **state)
{
    (void)state;
    const char *first = NULL;
    char kept[64];
    for (int i = 0; i < 2; i++) {
        struct mock *m = mock_test_new(fixture);
        add_rule(m, "{\"name\":\"now-and-then\",\"when\":{\"probability\":0.5},"
                    "\"then\":[{\"respond\":{\"status\":500}}]}");
        const char *seen = statuses(m, 12, LIST, KEY);
        if (first)
            assert_string_equal(seen, kept);
        snprintf(kept, sizeof kept, "%s", seen);
        first = kept;
        assert_non_null(strstr(kept, "200"));
        assert_non_null(strstr(kept, "500"));
        mock_free(m);
    }
}

static void conditions_match_the_call(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *target, *key;
        int expected;
    } rows[] = {
        {"\"on\":\"layers.list_social_accounts\"",                             LIST,                       KEY,    418},
        {"\"on\":\"oauth_status\"",                                            LIST,                       KEY,    200},
        {"\"provider\":\"layers\"",                                            LIST,                       KEY,    418},
        {"\"method\":\"GET\"",                                                 LIST,                       KEY,    418},
        {"\"method\":\"POST\"",                                                LIST,                       KEY,    200},
        {"\"path\":\"/v1/projects/{}/social-accounts\"",                       LIST,                       KEY,    418},
        {"\"when\":{\"key\":\"reader\"}",                                      LIST,                       READER, 418},
        {"\"when\":{\"key\":\"lp_live_reader\"}",                              LIST,                       READER, 418},
        {"\"when\":{\"key\":\"reader\"}",                                      LIST,                       KEY,    200},
        {"\"when\":{\"query\":{\"platform\":\"tiktok\"}}",                     LIST "?platform=tiktok",    KEY,    418},
        {"\"when\":{\"query\":{\"platform\":\"tiktok\"}}",                     LIST "?platform=instagram", KEY,    200},
        {"\"when\":{\"query\":{\"platform\":{\"$absent\":true}}}",             LIST,                       KEY,    418},
        {"\"when\":{\"header\":{\"authorization\":{\"$matches\":\"full$\"}}}", LIST,                       KEY,    418},
        {"\"when\":{\"path\":{\"$matches\":\"prj_one\"}}",                     LIST,                       KEY,    418},
        {"\"when\":{\"path\":{\"$matches\":\"prj_two\"}}",                     LIST,                       KEY,    200},
        {"\"when\":{\"body\":{\"a\":1}}",                                      LIST,                       KEY,    200},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock *m = mock_test_new(fixture);
        add_rule(m, arena_printf(&m->arena, "{%s,\"then\":[{\"respond\":{\"status\":418}}]}", rows[i].rule));
        int status = mock_call(m, rows[i].target, NULL, rows[i].key).status;
        if (status != rows[i].expected)
            fail_msg("%s: %d", rows[i].rule, status);
        mock_free(m);
    }
}

static void a_rule_can_match_the_body(void **state)
{
    struct mock *m = *state;
    const char *url = "POST /layers/v1/projects/prj_one/social/oauth-url";
    add_rule(m, "{\"on\":\"create_oauth_url\",\"when\":{\"body\":{\"platform\":\"instagram\"}},"
                "\"then\":[{\"respond\":{\"status\":503}}]}");
    assert_int_equal(mock_call(m, url, "{\"platform\":\"tiktok\",\"returnUrl\":\"https://app.test/\"}", KEY).status,
                     200);
    assert_int_equal(mock_call(m, url, "{\"platform\":\"instagram\",\"returnUrl\":\"https://app.test/\"}", KEY).status,
                     503);
}

static void an_error_has_the_format_of_the_provider(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"name\":\"limited\",\"on\":\"layers.list_social_accounts\",\"then\":[{\"respond\":"
                "{\"error\":\"RATE_LIMITED\",\"headers\":{\"Retry-After\":\"2\"}}}]}");
    struct mock_response a = mock_call(m, LIST, NULL, KEY);
    assert_int_equal(a.status, 429);
    assert_string_equal(at(a, "/error/code"), "RATE_LIMITED");
    assert_string_equal(header_of(a, "Retry-After"), "2");
    assert_string_equal(header_of(a, "X-Mock-Error"), "rule:limited");
}

static void a_rule_can_respond_with_any_status_and_body(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"when\":{\"nth\":1},\"then\":[{\"respond\":{\"status\":502,"
                "\"body\":\"<h1>Bad gateway</h1>\",\"headers\":{\"Content-Type\":\"text/html\"}}}]}");
    add_rule(m, "{\"when\":{\"nth\":2},\"then\":[{\"respond\":{\"status\":200,"
                "\"body\":{\"items\":\"none\"}}}]}");
    struct mock_response first = mock_call(m, LIST, NULL, KEY);
    assert_int_equal(first.status, 502);
    assert_true(str_is(first.text, "<h1>Bad gateway</h1>"));
    assert_string_equal(header_of(first, "Content-Type"), "text/html");
    struct mock_response second = mock_call(m, LIST, NULL, KEY);
    assert_string_equal(at(second, "/items"), "none");
    assert_null(header_of(second, "X-Mock-Error"));
}

static void a_call_that_a_rule_fails_has_no_effect(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"on\":\"revoke_social_account\",\"when\":{\"times\":1},"
                "\"then\":[{\"respond\":{\"status\":500}}]}");
    assert_int_equal(mock_call(m, "DELETE /layers/v1/social-accounts/sa_one", NULL, KEY).status, 500);
    assert_string_equal(at(mock_call(m, "GET /__admin/state/accounts/sa_one", NULL), "/disconnect"), "none");
    assert_int_equal(mock_call(m, "DELETE /layers/v1/social-accounts/sa_one", NULL, KEY).status, 200);
}

static void a_patch_changes_the_response_and_nothing_else(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"on\":\"revoke_social_account\",\"then\":[{\"patch\":[{\"op\":\"replace\","
                "\"path\":\"/canceledScheduledPosts\",\"value\":\"1\"}]}]}");
    struct mock_response a = mock_call(m, "DELETE /layers/v1/social-accounts/sa_one", NULL, KEY);
    assert_int_equal(a.status, 200);
    assert_int_equal(node_get(a.body, "canceledScheduledPosts")->kind, NODE_TEXT);
    assert_string_equal(at(a, "/socialAccountId"), "sa_one");
    assert_null(header_of(a, "X-Mock-Error"));
}

static void a_patch_without_its_place_is_marked_on_the_response(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"then\":[{\"patch\":[{\"op\":\"remove\",\"path\":\"/nowhere\"}]}]}");
    struct mock_response a = mock_call(m, LIST, NULL, KEY);
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/items/0/handle"), "two");
    assert_string_equal(header_of(a, "X-Mock-Rule-Missed"), "patch");
}

static void set_state_changes_records_after_serving(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"on\":\"revoke_social_account\",\"then\":[{\"set_state\":{\"destinations\":{"
                "\"where\":{\"account\":\"$call.account\",\"state\":\"canceled\"},"
                "\"set\":{\"state\":\"queued\",\"canceled_at\":null}}}}]}");
    struct mock_response a = mock_call(m, "DELETE /layers/v1/social-accounts/sa_one", NULL, KEY);
    assert_string_equal(at(a, "/canceledScheduledPosts"), "1");
    struct mock_response post = mock_call(m, "GET /__admin/state/destinations/sp_one", NULL);
    assert_string_equal(at(post, "/state"), "queued");
    struct mock_response log = mock_call(m, "GET /__admin/requests", NULL);
    const struct node *changes = node_pointer(log.body, "/items/0/changes");
    const struct node *last = node_at(changes, node_count(changes) - 1);
    assert_string_equal(node_get_text(last, "cause"), "rule");
}

static void set_state_finds_a_record_by_each_kind_of_reference(void **state)
{
    (void)state;
    static const char *const references[] = {"$call.account", "$call.1", "sa_one"};
    for (size_t i = 0; i < COUNT(references); i++) {
        struct mock *m = mock_test_new(fixture);
        add_rule(m, arena_printf(&m->arena,
                                 "{\"on\":\"revoke_social_account\",\"then\":[{\"set_state\":{"
                                 "\"accounts\":{\"where\":{\"id\":\"%s\"},"
                                 "\"set\":{\"handle\":\"renamed\"}}}}]}",
                                 references[i]));
        mock_call(m, "DELETE /layers/v1/social-accounts/sa_one", NULL, KEY);
        assert_string_equal(at(mock_call(m, "GET /__admin/state/accounts/sa_one", NULL), "/handle"), "renamed");
        assert_string_equal(at(mock_call(m, "GET /__admin/state/accounts/sa_two", NULL), "/handle"), "two");
        mock_free(m);
    }
}

/* Checks the exchange, because mock_call does not return wire effects. */
static void wire_effects_reach_the_response(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"then\":[{\"delay_after\":\"800ms\"},{\"close_connection\":\"mid_body\"},"
                "{\"throttle\":\"2KiB/s\"},{\"headers\":{\"X-Extra\":\"1\"}}]}");
    struct exchange x = {
        .request = {.method = STR("GET"), .target = STR("/layers/v1/whoami"), .path = STR("/layers/v1/whoami")}
    };
    mock_handle(m, &x);
    assert_int_equal(x.response.delay_us, 800000);
    assert_int_equal(x.response.cut, CUT_MID_BODY);
    assert_int_equal(x.response.bytes_per_second, 2048);
    assert_true(str_is(headers_get(&x.response.headers, "X-Extra"), "1"));
    arena_end(&x.arena);
}

static int64_t delay_of_next(struct mock *m)
{
    struct exchange x = {
        .request = {.method = STR("GET"), .target = STR("/layers/v1/whoami"), .path = STR("/layers/v1/whoami")}
    };
    mock_handle(m, &x);
    int64_t delay_us = x.response.delay_us;
    arena_end(&x.arena);
    return delay_us;
}

static void lognormal_delays_spread_around_their_median(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"then\":[{\"delay_after\":{\"lognormal\":{\"median\":\"80ms\",\"sigma\":0.4}}}]}");
    int shorter = 0, usual = 0;
    for (int i = 0; i < 200; i++) {
        int64_t us = delay_of_next(m);
        shorter += us < 80000;
        usual += us > 53000 && us < 120000; /* within one sigma: about two of three */
    }
    assert_in_range(shorter, 75, 125);
    assert_in_range(usual, 110, 165);
}

static void a_header_of_a_rule_replaces_that_of_the_provider(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"then\":[{\"headers\":{\"X-RateLimit-Remaining\":\"1\",\"Date\":\"never\","
                "\"X-Request-Id\":\"mine\"}}]}");
    struct mock_response a = mock_call(m, LIST, NULL, KEY);
    assert_string_equal(header_of(a, "X-RateLimit-Remaining"), "1");
    assert_string_equal(header_of(a, "X-Request-Id"), "mine");
    assert_string_equal(header_of(a, "Date"), "never");
}

static void rules_count_their_hits(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"name\":\"second\",\"when\":{\"nth\":2},\"then\":[{\"respond\":{\"status\":500}}]}");
    add_rule(m, "{\"then\":[{\"headers\":{\"X-Seen\":\"1\"}}]}");
    statuses(m, 3, LIST, KEY);
    struct mock_response a = mock_call(m, "GET /__admin/rules", NULL);
    assert_string_equal(at(a, "/items/0/name"), "second");
    assert_string_equal(at(a, "/items/0/hits"), "1");
    assert_string_equal(at(a, "/items/0/seen"), "3");
    assert_string_equal(at(a, "/items/1/name"), "rule-1");
    assert_string_equal(at(a, "/items/1/hits"), "3");
    struct mock_response log = mock_call(m, "GET /__admin/requests", NULL);
    assert_string_equal(at(log, "/items/1/rules"), "[\"second\",\"rule-1\"]");
}

static void a_removed_rule_no_longer_acts(void **state)
{
    struct mock *m = *state;
    add_rule(m, "{\"name\":\"a\",\"then\":[{\"respond\":{\"status\":500}}]}");
    assert_int_equal(mock_call(m, "DELETE /__admin/rules/a", NULL).status, 200);
    assert_int_equal(mock_call(m, LIST, NULL, KEY).status, 200);
    assert_int_equal(mock_call(m, "DELETE /__admin/rules/a", NULL).status, 404);
    add_rule(m, "{\"name\":\"a\",\"then\":[{\"respond\":{\"status\":500}}]}");
    assert_int_equal(mock_call(m, "DELETE /__admin/rules", NULL).status, 200);
    assert_int_equal(mock_call(m, LIST, NULL, KEY).status, 200);
}

static void an_invalid_rule_is_refused_at_its_place(void **state)
{
    struct mock *m = *state;
    /* clang-format off */
    static const struct {
        const char *rule, *pointer, *words;
    } rows[] = {
        {"{}",                                                        "",                       "then"},
        {"{\"then\":[]}",                                             "/then",                  "array of effects"},
        {"{\"on\":\"list_social_acounts\",\"then\":[{\"close_connection\":\"reset\"}]}", "/on", "list_social_accounts"},
        {"{\"provider\":\"layer\",\"then\":[{\"close_connection\":\"reset\"}]}", "/provider",              "layers"},
        {"{\"method\":\"FETCH\",\"then\":[{\"close_connection\":\"reset\"}]}", "/method",                "FETCH"},
        {"{\"path\":\"/v1/nowhere\",\"then\":[{\"close_connection\":\"reset\"}]}", "/path", "no route"},
        {"{\"on\":\"layers.whoami\",\"method\":\"POST\",\"then\":[{\"close_connection\":\"reset\"}]}", "", "never act"},
        {"{\"path\":\"/v1/whoami\",\"method\":\"DELETE\",\"then\":[{\"close_connection\":\"reset\"}]}", "",
         "never act"},
        {"{\"name\":\"a b\",\"then\":[{\"close_connection\":\"reset\"}]}", "/name",                  "name"},
        {"{\"whem\":{},\"then\":[{\"close_connection\":\"reset\"}]}", "/whem",                  "when"},
        {"{\"when\":{\"nth\":0},\"then\":[{\"close_connection\":\"reset\"}]}", "/when/nth",              "nth"},
        {"{\"when\":{\"key\":\"nobody\"},\"then\":[{\"close_connection\":\"reset\"}]}", "/when/key", "nobody"},
        {"{\"when\":{\"key\":1},\"then\":[{\"close_connection\":\"reset\"}]}", "/when/key",              "key"},
        {"{\"when\":{\"probability\":2},\"then\":[{\"close_connection\":\"reset\"}]}", "/when/probability", "0 to 1"},
        {"{\"when\":{\"query\":{\"limit\":10}},\"then\":[{\"close_connection\":\"reset\"}]}", "/when/query/limit",
         "expected a string"},
        {"{\"when\":{\"path\":{\"$matches\":\"(\"}},\"then\":[{\"close_connection\":\"reset\"}]}",
         "/when/path/$matches", ""},
        {"{\"when\":{\"body\":{\"$matchs\":\"x\"}},\"then\":[{\"close_connection\":\"reset\"}]}", "/when/body/$matchs",
         "$matches"},
        {"{\"when\":{\"path\":{\"matches\":\"x\"}},\"then\":[{\"close_connection\":\"reset\"}]}", "/when/path/matches",
         "did you mean '$matches'?"},
        {"{\"when\":{\"path\":7},\"then\":[{\"close_connection\":\"reset\"}]}", "/when/path",             "expected a string"},
        {"{\"when\":{\"query\":{\"limit\":{\"in\":[\"1\"]}}},\"then\":[{\"close_connection\":\"reset\"}]}",
         "/when/query/limit/in", "did you mean '$in'?"},
        {"{\"when\":{\"query\":{\"limit\":{}}},\"then\":[{\"close_connection\":\"reset\"}]}", "/when/query/limit",
         "cannot be an object"},
        {"{\"when\":{\"header\":{\"X-A\":{\"wholly\":1}}},\"then\":[{\"close_connection\":\"reset\"}]}",
         "/when/header/X-A/wholly", "cannot be an object"},
        {"{\"then\":[{\"explode\":true}]}",                           "/then/0/explode",        "respond"},
        {"{\"then\":[{\"close_connection\":\"sometimes\"}]}",         "/then/0/close_connection",
         "expected one of: before_headers, after_headers, mid_body, reset"},
        {"{\"then\":[{\"set_state\":{\"zebras\":{\"set\":{}}}}]}",    "/then/0/set_state/zebras",
         "expected one of: organizations, keys, spaces, accounts,"},
        {"{\"then\":[{\"dely\":\"1s\"}]}",                            "/then/0/dely",           "delay"},
        {"{\"then\":[{\"delay_after\":5}]}",                          "/then/0/delay_after",    "duration"},
        {"{\"then\":[{\"delay_after\":\"-1s\"}]}",                    "/then/0/delay_after",    "duration"},
        {"{\"then\":[{\"delay_after\":\"11m\"}]}",                    "/then/0/delay_after",    "at most 10m"},
        {"{\"then\":[{\"delay_after\":{\"lognormal\":{\"median\":\"1s\"}}}]}", "/then/0/delay_after/lognormal",
         "sigma"},
        {"{\"then\":[{\"delay_after\":{\"lognormal\":{\"median\":\"1s\",\"sigma\":9}}}]}",
         "/then/0/delay_after/lognormal/sigma", "0 to 3"},
        {"{\"then\":[{\"close_connection\":\"mid-body\"}]}",          "/then/0/close_connection", "mid_body"},
        {"{\"then\":[{\"throttle\":\"fast\"}]}",                      "/then/0/throttle",       "2KiB/s"},
        {"{\"then\":[{\"respond\":{\"error\":\"RATE_LIMITD\"}}]}",    "/then/0/respond/error",  "RATE_LIMITED"},
        {"{\"then\":[{\"respond\":{}}]}",                             "/then/0/respond", "either 'error' or 'status'"},
        {"{\"then\":[{\"respond\":{\"status\":99}}]}",                "/then/0/respond/status", "status"},
        {"{\"then\":[{\"headers\":{\"X A\":\"1\"}}]}",                "/then/0/headers/X A",    "header name"},
        {"{\"then\":[{\"headers\":{\"X\":\"a\\r\\nb\"}}]}",           "/then/0/headers/X",      "one line"},
        {"{\"then\":[{\"patch\":[{\"op\":\"replace\",\"path\":\"x\",\"value\":1}]}]}", "/then/0/patch/0/path",   ""},
        {"{\"then\":[{\"set_state\":{\"account\":{\"set\":{}}}}]}",   "/then/0/set_state/account", "accounts"},
        {"{\"then\":[{\"set_state\":{\"accounts\":{\"set\":{\"hndle\":\"x\"}}}}]}",
         "/then/0/set_state/accounts/set/hndle", "handle"},
        {"{\"then\":[{\"set_state\":{\"accounts\":{\"set\":{\"id\":\"x\"}}}}]}", "/then/0/set_state/accounts/set/id",
         "cannot be changed"},
        {"{\"then\":[{\"set_state\":{\"accounts\":{\"set\":{\"token\":\"liv\"}}}}]}",
         "/then/0/set_state/accounts/set/token", "live"},
        {"{\"then\":[{\"set_state\":{\"accounts\":{\"where\":{\"id\":\"$call.acount\"},\"set\":{}}}}]}",
         "/then/0/set_state/accounts/where/id", "account"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = mock_call(m, "POST /__admin/rules", rows[i].rule);
        const char *pointer = at(a, "/pointer");
        if (a.status != 422 || !pointer || strcmp(pointer, rows[i].pointer) != 0 ||
            !strstr(at(a, "/detail"), rows[i].words))
            fail_msg("%s: %d %s", rows[i].rule, a.status, a.text.s);
    }
    assert_string_equal(at(mock_call(m, "GET /__admin/rules", NULL), "/items"), "[]");
}

static void all_errors_of_a_list_of_rules_are_reported(void **state)
{
    (void)state;
    struct arena a = {0};
    struct error err = {0};
    const char *yaml = "- { name: one, then: [ { delay_after: 1s } ] }\n"
                       "- { name: one, then: [ { delay_after: never } ] }\n"
                       "- { on: nothing_like_it, then: [ { close_connection: reset } ] }\n";
    const struct node *list = yaml_parse(&a, str_from(yaml), "rules.yaml", &err);
    assert_non_null(list);
    assert_false(rules_check(list, &err));
    assert_int_equal(err.count, 3);
    const char *text = error_text(&a, &err);
    assert_non_null(strstr(text, "rules.yaml:2:11: rule 'one' already exists"));
    assert_non_null(strstr(text, "rules.yaml:3:"));
    error_end(&err);
    arena_end(&a);
}

static void a_rule_in_a_fixture_must_name_an_existing_key(void **state)
{
    struct mock *m = *state;
    const char *body = "{\"name\":\"x\",\"fixture\":{\"rules\":[{\"when\":{\"key\":\"nobody\"},"
                       "\"then\":[{\"close_connection\":\"reset\"}]}]}}";
    struct mock_response a = mock_call(m, "POST /__admin/namespaces", body);
    assert_int_equal(a.status, 422);
    assert_string_equal(at(a, "/pointer"), "/fixture/rules/0/when/key");
}

static void a_reset_restores_the_rules_of_the_fixture(void **state)
{
    (void)state;
    struct buf yaml = {0};
    struct arena a = {0};
    yaml.arena = &a;
    buf_printf(&yaml,
               "%srules:\n  - { name: first, when: { times: 1 }, then: [ { respond: { status: "
               "500 } } ] }\n",
               fixture);
    struct mock *m = mock_test_new(buf_c(&yaml));
    assert_string_equal(statuses(m, 2, LIST, KEY), "500 200");
    mock_call(m, "DELETE /__admin/rules", NULL);
    assert_int_equal(mock_call(m, "POST /__admin/reset", NULL).status, 200);
    assert_string_equal(statuses(m, 2, LIST, KEY), "500 200");
    mock_free(m);
    arena_end(&a);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, mock_test_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_decide_which_calls_a_rule_acts_on),
        cmocka_unit_test(a_seeded_probability_selects_the_same_calls_each_time),
        cmocka_unit_test(conditions_match_the_call),
        TEST(a_rule_can_match_the_body),
        TEST(an_error_has_the_format_of_the_provider),
        TEST(a_rule_can_respond_with_any_status_and_body),
        TEST(a_call_that_a_rule_fails_has_no_effect),
        TEST(a_patch_changes_the_response_and_nothing_else),
        TEST(a_patch_without_its_place_is_marked_on_the_response),
        TEST(set_state_changes_records_after_serving),
        cmocka_unit_test(set_state_finds_a_record_by_each_kind_of_reference),
        TEST(wire_effects_reach_the_response),
        TEST(lognormal_delays_spread_around_their_median),
        TEST(a_header_of_a_rule_replaces_that_of_the_provider),
        TEST(rules_count_their_hits),
        TEST(a_removed_rule_no_longer_acts),
        TEST(an_invalid_rule_is_refused_at_its_place),
        cmocka_unit_test(all_errors_of_a_list_of_rules_are_reported),
        TEST(a_rule_in_a_fixture_must_name_an_existing_key),
        cmocka_unit_test(a_reset_restores_the_rules_of_the_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
