/* Explanations of responses, and the nearest routes of unmatched calls. */
#include "base/array.h"
#include "mockserver/rules/rules.h"
#include "mockserver/tests/layers_webhooks_test.h"

#include <stdlib.h>

#define LIST     "/v1/projects/prj_a/social-accounts"
#define GET_LIST "GET /v1/projects/prj_a/social-accounts"

static struct mock_response explain(struct network *n, const char *which)
{
    return mock_call(n->mock, arena_printf(&n->arena, "GET /__admin/explain/%s", which), NULL);
}

static struct mock_response last(struct network *n)
{
    struct mock_response list = mock_call(n->mock, "GET /__admin/requests", NULL);
    return explain(n, at(list, "/next"));
}

static void add_rule(struct network *n, const char *json)
{
    assert_int_equal(mock_call(n->mock, "POST /__admin/rules", json).status, 201);
}

static void a_call_is_found_by_seq_and_by_request_id(void **state)
{
    struct network *n = *state;
    mock_call(n->mock, GET_LIST, NULL, AS_FULL);
    struct mock_response a = explain(n, "1");
    assert_int_equal(a.status, 200);
    assert_string_equal(at(a, "/seq"), "1");
    assert_string_equal(at(a, "/target"), LIST);
    assert_string_equal(at(a, "/key"), "full");
    assert_string_equal(at(explain(n, at(a, "/request_id")), "/seq"), "1");
    assert_string_equal(at(explain(n, "1-1"), "/seq"), "1");
    struct mock_response none = explain(n, "2");
    assert_int_equal(none.status, 404);
    assert_non_null(strstr(at(none, "/detail"), "does not exist; the journal has seq 1 to 1"));
}

static void it_shows_how_namespace_and_provider_were_chosen(void **state)
{
    struct network *n = *state;
    static const struct {
        const char *line, *header, *world, *namespace_by, *provider, *provider_by;
    } rows[] = {
        {"GET " LIST,        "X-Any: x",             "default", "default", "layers", "route" },
        {"GET /layers" LIST, "X-Any: x",             "default", "default", "layers", "mount" },
        {"GET /v1/projects", "Host: api.layers.com", "default", "default", "layers", "host"  },
        {"GET /v1/nowhere",  "X-Any: x",             "default", "default", "layers", "prefix"},
        {"GET /nowhere",     "X-Any: x",             "default", "default", "null",   "null"  },
        {"GET /ns/a" LIST,   "X-Any: x",             "a",       "path",    "layers", "route" },
        {"GET " LIST,        "X-Mock-Namespace: b",  "b",       "header",  "layers", "route" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *prefix =
            strcmp(rows[i].world, "default") == 0 ? "" : arena_printf(&n->arena, "/ns/%s", rows[i].world);
        mock_call(n->mock, rows[i].line, NULL, AS_FULL, rows[i].header);
        struct mock_response list =
            mock_call(n->mock, arena_printf(&n->arena, "GET %s/__admin/requests", prefix), NULL);
        struct mock_response a =
            mock_call(n->mock, arena_printf(&n->arena, "GET %s/__admin/explain/%s", prefix, at(list, "/next")), NULL);
        assert_string_equal(at(a, "/namespace/name"), rows[i].world);
        assert_string_equal(at(a, "/namespace/by"), rows[i].namespace_by);
        assert_string_equal(at(a, "/provider/name"), rows[i].provider);
        assert_string_equal(at(a, "/provider/by"), rows[i].provider_by);
    }
}

static void it_shows_a_namespace_chosen_by_credential(void **state)
{
    struct network *n = *state;
    struct mock_response made = mock_call(n->mock, "POST /__admin/namespaces",
                                          "{\"name\":\"mine\",\"credentials\":[\"lp_live_01HX9Y6K7EJ4T2_full\"]}");
    assert_int_equal(made.status, 201);
    mock_call(n->mock, GET_LIST, NULL, AS_FULL);
    struct mock_response a = mock_call(n->mock, "GET /ns/mine/__admin/explain/1", NULL);
    assert_string_equal(at(a, "/namespace/name"), "mine");
    assert_string_equal(at(a, "/namespace/by"), "credential");
}

static void it_shows_the_verdict_of_each_gate(void **state)
{
    struct network *n = *state;
    mock_call(n->mock, "DELETE /v1/social-accounts/sa_a", NULL, "Authorization: Bearer lp_live_01HX9Y6K7EJ4T2_reader");
    struct mock_response a = last(n);
    assert_string_equal(at(a, "/route/operation"), "revoke_social_account");
    assert_string_equal(at(a, "/route/path"), "/v1/social-accounts/{}");
    assert_string_equal(at(a, "/gates/0/gate"), "key");
    assert_string_equal(at(a, "/gates/0/verdict"), "passed");
    assert_string_equal(at(a, "/gates/3/gate"), "scope");
    assert_string_equal(at(a, "/gates/3/verdict"), "refused");
    assert_string_equal(at(a, "/gates/3/fault"), "forbidden_scope");
    assert_string_equal(at(a, "/gates/4/verdict"), "not reached");
    assert_string_equal(at(a, "/response/status"), "403");
    assert_string_equal(at(a, "/response/fault"), "forbidden_scope");
    assert_string_equal(at(a, "/changes"), "[]");
}

static void it_shows_each_rule_and_its_failed_condition(void **state)
{
    struct network *n = *state;
    /* clang-format off */
    static const struct {
        const char *rule, *pointer, *expected, *actual;
    } rows[] = {
        {"\"on\":\"revoke_social_account\"", "/on", "revoke_social_account", "layers.list_social_accounts"},
        {"\"provider\":\"postnitro\"", "/provider", "postnitro", "layers"},
        {"\"method\":\"POST\"", "/method", "POST", "GET"},
        {"\"path\":\"/v1/projects\"", "/path", "/v1/projects", "/v1/projects/{}/social-accounts"},
        {"\"when\":{\"key\":\"reader\"}", "/when/key", "reader", "full"},
        {"\"when\":{\"query\":{\"platform\":\"tiktok\"}}", "/when/query/platform", "tiktok", "instagram"},
        {"\"when\":{\"header\":{\"X-Not\":\"here\"}}", "/when/header/X-Not", "here", "null"},
        {"\"when\":{\"path\":\"/x\"}", "/when/path", "/x", LIST},
        {"\"when\":{\"body\":{\"a\":1}}", "/when/body", "{\"a\":1}", "null"},
        {"\"when\":{\"nth\":2}", "/when/nth", "2", "1"},
        {"\"when\":{\"after\":3}", "/when/after", "3", "1"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++)
        add_rule(n, arena_printf(&n->arena, "{%s,\"then\":[{\"headers\":{\"X-A\":\"b\"}}]}", rows[i].rule));
    add_rule(n, "{\"name\":\"mine\",\"then\":[{\"headers\":{\"X-B\":\"c\"}}]}");
    mock_call(n->mock, (GET_LIST "?platform=instagram"), NULL, AS_FULL);
    struct mock_response a = last(n);
    for (size_t i = 0; i < COUNT(rows); i++) {
#define RULE(what) at(a, arena_printf(&n->arena, "/rules/%zu/" what, i))
        assert_string_equal(RULE("rule"), arena_printf(&n->arena, "rule-%zu", i + 1));
        assert_string_equal(RULE("acted"), "false");
        assert_string_equal(RULE("failed/pointer"), rows[i].pointer);
        assert_string_equal(RULE("failed/expected"), rows[i].expected);
        assert_string_equal(RULE("failed/actual"), rows[i].actual);
    }
    assert_string_equal(at(a, "/rules/11/rule"), "mine");
    assert_string_equal(at(a, "/rules/11/acted"), "true");

    mock_call(n->mock, "DELETE /__admin/rules", NULL); /* its conditions are no longer known */
    a = last(n);
    assert_string_equal(at(a, "/rules/0/failed/pointer"), "/on");
    assert_string_equal(at(a, "/rules/0/failed/expected"), "null");
}

/* 300 rules that do not act, more than are kept, and two that do. */
static void of_many_rules_those_that_act_are_all_shown(void **state)
{
    struct network *n = *state;
    static const char other[] = "\"on\":\"revoke_social_account\"", mine[] = "\"provider\":\"layers\"";
    for (int i = 0; i < 302; i++)
        add_rule(n, arena_printf(&n->arena, "{\"name\":\"%s-%060d\",%s,\"then\":[{\"headers\":{\"X-A\":\"b\"}}]}", "r",
                                 i, i == 7 || i == 301 ? mine : other));
    mock_call(n->mock, GET_LIST, NULL, AS_FULL);
    struct mock_response a = last(n);
    const struct node *rules = node_get(a.body, "rules");
    assert_int_equal(node_count(rules), RULE_DECISIONS_MAX + 2);
    for (size_t i = 0; i < node_count(rules); i++) {
        bool acted = i == 7 || i == RULE_DECISIONS_MAX + 1;
        const char *name = node_get_text(node_at(rules, i), "rule");
        assert_int_equal(atoi(name + 2), i == RULE_DECISIONS_MAX + 1 ? 301 : (int)i);
        assert_int_equal(node_get(node_at(rules, i), "failed") == NULL, acted);
    }
    a = mock_call(n->mock, "GET /__admin/requests", NULL);
    assert_int_equal(node_count(node_get(node_at(node_get(a.body, "items"), 0), "rules")), 2);
}

static void it_shows_changes_and_their_deliveries(void **state)
{
    struct network *n = *state;
    mock_call(n->mock, GET_LIST, NULL, AS_FULL);
    mock_call(n->mock, "DELETE /v1/social-accounts/sa_a", NULL, AS_FULL);
    assert_true(n->count > 0);
    struct mock_response a = explain(n, "2");
    assert_non_null(at(a, "/changes/0/what"));
    struct mock_response sent = mock_call(n->mock, "GET /__admin/state/deliveries", NULL);
    assert_string_equal(at(a, "/deliveries/0"), at(sent, "/items/0/id"));
    assert_int_equal(node_count(node_get(a.body, "deliveries")), n->count);
    assert_string_equal(at(explain(n, "1"), "/deliveries"), "[]");
    struct mock_response list = mock_call(n->mock, "GET /__admin/requests", NULL);
    assert_string_equal(at(list, "/items/0/deliveries"), "[]");
    assert_string_equal(at(list, "/items/1/deliveries/0"), at(a, "/deliveries/0"));
}

static void it_shows_delivery_faults_and_their_rules(void **state)
{
    struct network *n = *state;
    add_rule(n, "{\"name\":\"lost\",\"event\":\"social_account.revoked\","
                "\"then\":[{\"webhook\":{\"drop\":true,\"delay\":\"5m\"}}]}");
    mock_call(n->mock, GET_LIST, NULL, AS_FULL);
    mock_call(n->mock, "DELETE /v1/social-accounts/sa_a", NULL, AS_FULL);
    assert_string_equal(at(explain(n, "1"), "/delivery_faults"), "[]");
    struct mock_response a = explain(n, "2");
    assert_int_equal(node_count(node_get(a.body, "delivery_faults")), 1);
    assert_non_null(strstr(at(a, "/deliveries"), at(a, "/delivery_faults/0/delivery")));
    assert_string_equal(at(a, "/delivery_faults/0/event"), "social_account.revoked");
    assert_string_equal(at(a, "/delivery_faults/0/state"), "abandoned");
    assert_string_equal(at(a, "/delivery_faults/0/rules"), "lost");
    assert_string_equal(at(a, "/delivery_faults/0/drop"), "true");
    assert_string_equal(at(a, "/delivery_faults/0/delay_ms"), "300000");
    assert_string_equal(at(a, "/delivery_faults/0/duplicates"), "0");
}

static void a_replayed_response_is_marked(void **state)
{
    struct network *n = *state;
    for (int i = 0; i < 2; i++)
        mock_call(n->mock, "POST /v1/projects", "{\"name\":\"Acme Tea\",\"timezone\":\"Europe/Berlin\"}", AS_FULL,
                  "Idempotency-Key: 7e6b0a4e-6f0b-4b8e-9f55-0d6a3a9c2b11");
    assert_string_equal(at(explain(n, "1"), "/response/replayed"), "false");
    assert_string_equal(at(explain(n, "2"), "/response/replayed"), "true");
    assert_string_equal(at(explain(n, "2"), "/gates/4/gate"), "idempotency");
    assert_string_equal(at(explain(n, "2"), "/changes"), "[]");
}

static void unmatched_calls_are_listed_with_the_nearest_routes(void **state)
{
    struct network *n = *state;
    add_rule(n, "{\"name\":\"other\",\"when\":{\"query\":{\"a\":\"b\"}},"
                "\"then\":[{\"headers\":{\"X-A\":\"b\"}}]}");
    mock_call(n->mock, GET_LIST, NULL, AS_FULL);
    mock_call(n->mock, "GET /v1/projects/prj_a/social-acounts?a=c", NULL, AS_FULL);
    mock_call(n->mock, "PUT /v1/social-accounts/sa_a", NULL, AS_FULL);
    struct mock_response list = mock_call(n->mock, "GET /__admin/requests/unmatched", NULL);
    assert_string_equal(at(list, "/items/0/seq"), "2");
    assert_string_equal(at(list, "/items/1/seq"), "3");
    assert_null(at(list, "/items/2"));

    struct mock_response a = mock_call(n->mock, "GET /__admin/requests/unmatched/near-misses", NULL);
    assert_string_equal(at(a, "/items/0/seq"), "2");
    assert_string_equal(at(a, "/items/0/nearest_routes/0/operation"), "list_social_accounts");
    assert_string_equal(at(a, "/items/0/nearest_routes/0/misses/0/pointer"), "/path/3");
    assert_string_equal(at(a, "/items/0/nearest_routes/0/misses/0/expected"), "social-accounts");
    assert_string_equal(at(a, "/items/0/nearest_routes/0/misses/0/actual"), "social-acounts");
    assert_null(at(a, "/items/0/nearest_routes/0/misses/1"));
    assert_string_equal(at(a, "/items/0/rules/0/rule"), "other");
    assert_string_equal(at(a, "/items/0/rules/0/failed/pointer"), "/when/query/a");
    assert_string_equal(at(a, "/items/0/rules/0/failed/actual"), "c");
    assert_string_equal(at(a, "/items/1/nearest_routes/0/misses/0/pointer"), "/method");
    assert_string_equal(at(a, "/items/1/nearest_routes/0/misses/0/actual"), "PUT");
    a = explain(n, "2");
    assert_string_equal(at(a, "/route"), "null");
    assert_string_equal(at(a, "/gates"), "[]");
    assert_non_null(at(a, "/nearest_routes/0"));
    mock_call(n->mock, "GET /", NULL, AS_FULL); /* selects no provider */
    a = mock_call(n->mock, "GET /__admin/requests/unmatched/near-misses", NULL);
    assert_string_equal(at(a, "/items/2/nearest_routes/0/misses/0/pointer"), "/path");
    assert_string_equal(at(a, "/items/2/nearest_routes/0/misses/0/expected"), "/postnitro/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_is_found_by_seq_and_by_request_id),
        TEST(it_shows_how_namespace_and_provider_were_chosen),
        TEST(it_shows_a_namespace_chosen_by_credential),
        TEST(it_shows_the_verdict_of_each_gate),
        TEST(it_shows_each_rule_and_its_failed_condition),
        TEST(of_many_rules_those_that_act_are_all_shown),
        TEST(it_shows_changes_and_their_deliveries),
        TEST(it_shows_delivery_faults_and_their_rules),
        TEST(a_replayed_response_is_marked),
        TEST(unmatched_calls_are_listed_with_the_nearest_routes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
