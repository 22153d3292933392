/* Rules for events that change the delivered body or the state, and what set_state and `when` can refer to. */
#include "base/array.h"
#include "mockserver/tests/layers_webhooks_test.h"

#include "mockserver/state/webhook.h"

#define LOST "social_account.needs_reauth"
#define BACK "social_account.connected"

static void add_rule(struct network *n, const char *json)
{
    struct mock_response a = mock_call(n->mock, "POST /__admin/rules", json);
    if (a.status != 201)
        fail_msg("%s", a.text.s);
}

static void lose(struct network *n, const char *account)
{
    simulation(n, "token_lost", arena_printf(&n->arena, "{\"account\":\"%s\",\"why\":\"expired\"}", account));
}

static const char *of(struct network *n, const char *record, const char *pointer)
{
    return at(mock_call(n->mock, arena_printf(&n->arena, "GET /__admin/state/%s", record), NULL), pointer);
}

static void an_edited_body_is_signed(void **state)
{
    struct network *n = *state;
    add_rule(n, "{\"event\":\"" LOST "\",\"then\":[{\"webhook\":{\"edit\":[{\"at\":\"/data/socialAccountId\",\"set\":"
                "\"sa_x\"}]}}]}");
    add_rule(n, "{\"event\":\"*\",\"then\":[{\"webhook\":{\"edit\":[{\"at\":\"/type\",\"suffix\":\".v2\"}]}}]}");
    lose(n, "sa_a");
    assert_string_equal(text_at(n, 0, "/data/socialAccountId"), "sa_x");
    assert_string_equal(text_at(n, 0, "/type"), LOST ".v2");
    assert_int_equal(signatures_by(n, 0, "whsec_test"), 1);
}

static void headers_of_a_delivery_are_set_and_removed(void **state)
{
    struct network *n = *state;
    add_rule(n, "{\"event\":\"*\",\"then\":[{\"webhook\":{\"headers\":{\"X-Layers-Signature\":null,"
                "\"x-layers-event-id\":\"evt_other\"}}}]}");
    lose(n, "sa_a");
    assert_string_equal(n->sent[0].signature, "");
    assert_string_equal(n->sent[0].id, "evt_other");
}

static void an_event_is_delivered_to_a_foreign_webhook(void **state)
{
    static const char *const targets[] = {"*", OTHER_HOOK};
    for (size_t i = 0; i < COUNT(targets); i++) {
        set_up_with(state, WORLD("webhooks: { allow: [other.example] }\n"));
        struct network *n = *state;
        add_rule(n, arena_printf(&n->arena, "{\"event\":\"" LOST "\",\"then\":[{\"webhook\":{\"also_to\":\"%s\"}}]}",
                                 targets[i]));
        lose(n, "sa_a");
        assert_int_equal(n->count, 2);
        assert_string_equal(n->sent[0].id, n->sent[1].id);
        assert_string_equal(n->sent[0].body, n->sent[1].body);
        assert_true(strcmp(n->sent[0].url, n->sent[1].url) != 0);
        tear_down(state);
    }
}

static void an_event_changes_the_records_that_it_refers_to(void **state)
{
    struct network *n = *state;
    add_rule(n, "{\"event\":\"" LOST "\",\"then\":[{\"set_state\":{"
                "\"accounts\":{\"where\":{\"handle\":\"$event.account.handle\"},\"set\":{\"name\":\"$event.account\"}},"
                "\"spaces\":{\"where\":{\"id\":\"$event.space\"},\"set\":{\"name\":\"$event.organization.name\"}},"
                "\"destinations\":{\"where\":{\"account\":\"$event.account\"},\"set\":{\"caption\":\"lost\"}}}}]}");
    lose(n, "sa_a");
    assert_string_equal(of(n, "accounts/sa_a", "/name"), "sa_a");
    assert_string_equal(of(n, "accounts/sa_b", "/name"), "null");
    assert_string_equal(of(n, "spaces/prj_a", "/name"), "Acme");
    assert_string_equal(of(n, "destinations/sp_a", "/caption"), "lost");
}

/* The first rule causes the event of the second, and the other way round. */
static void rules_do_not_cause_each_other_without_end(void **state)
{
    struct network *n = *state;
    add_rule(n, "{\"event\":\"post.failed\",\"then\":[{\"set_state\":{\"destinations\":{"
                "\"where\":{\"id\":\"$event.destination\"},\"set\":{\"state\":\"queued\"}}}}]}");
    add_rule(n, "{\"event\":\"post.scheduled\",\"then\":[{\"set_state\":{\"destinations\":{"
                "\"where\":{\"id\":\"$event.destination\"},\"set\":{\"state\":\"failed\"}}}}]}");
    lose(n, "sa_a");
    advance(n, "1h");
    assert_in_range(n->count, 3, 6);
    assert_string_equal(text_at(n, 1, "/type"), "post.failed");
}

/* Then the other effects of the event do not act: the delivery is no longer a new one. */
static void a_rule_may_change_the_delivery_of_its_event(void **state)
{
    struct network *n = *state;
    add_rule(n, "{\"event\":\"" LOST "\",\"then\":[{\"webhook\":{\"duplicate\":1}},{\"set_state\":{"
                "\"deliveries\":{\"set\":{\"attempts\":7}}}}]}");
    lose(n, "sa_a");
    assert_int_equal(n->count, 1);
    add_rule(n, "{\"event\":\"" BACK
                "\",\"then\":[{\"set_state\":{\"deliveries\":{\"set\":{\"state\":\"abandoned\"}}}}]}");
    simulation(n, "account_connected", "{\"space\":\"prj_a\",\"handle\":\"new\",\"platform\":\"tiktok\"}");
    assert_int_equal(n->count, 1);
}

static void many_rules_that_duplicate_an_event_are_bounded(void **state)
{
    struct network *n = *state;
    for (int i = 0; i < 3; i++)
        add_rule(n, "{\"event\":\"" LOST "\",\"then\":[{\"webhook\":{\"delay\":\"1h\",\"duplicate\":400}}]}");
    lose(n, "sa_a");
    assert_string_equal(of(n, "deliveries?type=" LOST, "/items/999/type"), LOST);
    assert_string_equal(of(n, "deliveries?limit=1", "/total"), "1001");
}

static void a_reference_can_name_a_field(void **state)
{
    struct network *n = *state;
    add_rule(n, "{\"on\":\"social_account_health\",\"then\":[{\"set_state\":{\"spaces\":{"
                "\"where\":{\"id\":\"$call.account.space\"},\"set\":{\"name\":\"$call.account.handle\"}}}}]}");
    mock_call(n->mock, "GET /v1/social-accounts/sa_a/health", NULL, AS_FULL);
    assert_string_equal(of(n, "spaces/prj_a", "/name"), "acme");
    assert_true(strcmp(of(n, "spaces/prj_b", "/name"), "acme") != 0);
}

static void a_limit_bounds_the_records_that_change(void **state)
{
    struct network *n = *state;
    add_rule(n, "{\"on\":\"whoami\",\"then\":[{\"set_state\":{\"lease_requests\":{\"set\":{\"vertical\":\"food\"},"
                "\"limit\":2}}}]}");
    mock_call(n->mock, "GET /v1/whoami", NULL, AS_FULL);
    assert_string_equal(of(n, "lease_requests/lreq_one", "/vertical"), "food");
    assert_string_equal(of(n, "lease_requests/lreq_two", "/vertical"), "food");
    assert_string_equal(of(n, "lease_requests/lreq_three", "/vertical"), "fitness");
}

static void a_rule_acts_while_a_record_exists(void **state)
{
    struct network *n = *state;
    const char *health = "GET /v1/social-accounts/sa_a/health";
    add_rule(n, "{\"on\":\"social_account_health\",\"when\":{\"state\":{\"accounts\":{\"id\":\"$call.account\","
                "\"token\":\"expired\"}}},\"then\":[{\"respond\":{\"status\":418}}]}");
    assert_int_equal(mock_call(n->mock, health, NULL, AS_FULL).status, 200);
    lose(n, "sa_a");
    assert_int_equal(mock_call(n->mock, health, NULL, AS_FULL).status, 418);
    assert_int_equal(mock_call(n->mock, "GET /v1/social-accounts/sa_b/health", NULL, AS_FULL).status, 200);
    struct mock_response why = mock_call(n->mock, "GET /__admin/explain/1", NULL);
    assert_string_equal(at(why, "/rules/0/failed/pointer"), "/when/state/accounts");
}

static void a_rule_acts_in_its_time(void **state)
{
    struct network *n = *state;
    add_rule(n, "{\"when\":{\"clock\":{\"after\":\"+1h\",\"before\":\"2026-05-02T11:00:00Z\"}},"
                "\"then\":[{\"respond\":{\"status\":418}}]}");
    add_rule(n, "{\"name\":\"late\",\"event\":\"" LOST "\",\"when\":{\"clock\":{\"after\":\"+3h\"}},"
                "\"then\":[{\"webhook\":{\"drop\":true}}]}");
    lose(n, "sa_a");
    assert_int_equal(n->count, 1);
    assert_int_equal(mock_call(n->mock, "GET /v1/whoami", NULL, AS_FULL).status, 200);
    advance(n, "1h");
    assert_int_equal(mock_call(n->mock, "GET /v1/whoami", NULL, AS_FULL).status, 418);
    advance(n, "1h");
    assert_int_equal(mock_call(n->mock, "GET /v1/whoami", NULL, AS_FULL).status, 200);
    advance(n, "1h");
    size_t before = n->count;
    lose(n, "sa_b");
    assert_int_equal(n->count, before);
}

static void a_copy_and_an_export_keep_the_rules(void **state)
{
    struct network *n = *state;
    add_rule(n, "{\"event\":\"" LOST "\",\"then\":[{\"webhook\":{\"also_to\":\"*\",\"headers\":{\"X-A\":null},\"edit\":"
                "[{\"at\":\"/"
                "data\",\"remove\":true}]}},{\"set_state\":{\"accounts\":{\"set\":{\"name\":null},\"limit\":1}}}]}");
    add_rule(
        n,
        "{\"when\":{\"key\":null,\"clock\":{\"after\":\"+1h\"},\"state\":{\"accounts\":{\"id\":\"sa_a\"}}},"
        "\"then\":[{\"request\":{\"key\":\"full\",\"query\":{\"a\":null}}},{\"skip\":[\"scope\"]},{\"clock\":\"-1h\"},"
        "{\"edit\":[{\"at\":\"/items\",\"first\":1}]}]}");
    const char *rules = at(mock_call(n->mock, "GET /__admin/rules", NULL), "/items");
    struct mock_response exported = mock_call(n->mock, "GET /__admin/state?format=fixture", NULL);
    assert_int_equal(exported.status, 200);
    struct mock_response made =
        mock_call(n->mock, "POST /__admin/namespaces",
                  arena_printf(&n->arena, "{\"name\":\"import\",\"fixture\":" STR_FMT "}", STR_ARG(exported.text)));
    if (made.status != 201)
        fail_msg("%s", made.text.s);
    assert_string_equal(at(mock_call(n->mock, "GET /ns/import/__admin/rules", NULL), "/items"), rules);
    mock_call(n->mock, "POST /__admin/namespaces", "{\"name\":\"copy\",\"from\":\"default\"}");
    assert_string_equal(at(mock_call(n->mock, "GET /ns/copy/__admin/rules", NULL), "/items"), rules);
}

static void an_exported_delivery_keeps_its_changes(void **state)
{
    struct network *n = *state;
    n->status = 500;
    add_rule(n, "{\"event\":\"" LOST "\",\"then\":[{\"webhook\":{\"edit\":[{\"at\":\"/type\",\"set\":\"other\"}]}}]}");
    lose(n, "sa_a");
    mock_call(n->mock, "POST /__admin/snapshots", "{\"name\":\"s\"}");
    mock_call(n->mock, "DELETE /__admin/rules", NULL);
    mock_call(n->mock, "POST /__admin/snapshots/s/restore", NULL);
    size_t before = n->count;
    advance(n, "1m");
    assert_true(n->count > before);
    assert_string_equal(text_at(n, before, "/type"), "other");
}

static void an_invalid_rule_is_refused_at_its_place(void **state)
{
    struct network *n = *state;
    /* clang-format off */
    static const struct {
        const char *rule, *pointer, *words;
    } rows[] = {
        {"\"event\":\"*\",\"then\":[{\"webhook\":{\"edit\":[{\"header\":\"A\",\"remove\":true}]}}]", "/then/0/webhook/edit/0/header", "not possible here"},
        {"\"event\":\"*\",\"then\":[{\"webhook\":{\"headers\":{\"A\":1}}}]",  "/then/0/webhook/headers/A", "null to remove it"},
        {"\"event\":\"*\",\"then\":[{\"webhook\":{\"also_to\":\"\"}}]",       "/then/0/webhook/also_to", ""},
        {"\"event\":\"*\",\"then\":[{\"edit\":[]}]",                          "/then/0/edit",       "acts on calls"},
        {"\"event\":\"*\",\"when\":{\"state\":{}},\"then\":[{\"webhook\":{\"drop\":true}}]", "/when/state", "applies to calls"},
        {"\"event\":\"*\",\"then\":[{\"set_state\":{\"accounts\":{\"set\":{\"name\":\"$call.account\"}}}}]", "/then/0/set_state/accounts/set/name", "write $event"},
        {"\"then\":[{\"set_state\":{\"accounts\":{\"set\":{\"name\":\"$event.account\"}}}}]", "/then/0/set_state/accounts/set/name", "write $call"},
        {"\"then\":[{\"set_state\":{\"accounts\":{\"set\":{\"name\":\"$call.acount\"}}}}]", "/then/0/set_state/accounts/set/name", "account"},
        {"\"then\":[{\"set_state\":{\"accounts\":{\"set\":{\"name\":\"$call.account.hndle\"}}}}]", "/then/0/set_state/accounts/set/name", "handle"},
        {"\"then\":[{\"set_state\":{\"accounts\":{\"set\":{\"name\":\"x\"},\"limit\":0}}}]", "/then/0/set_state/accounts/limit", ""},
        {"\"when\":{\"state\":{}},\"then\":[{\"clock\":\"1h\"}]",             "/when/state",        "record kinds"},
        {"\"when\":{\"state\":{\"acounts\":{}}},\"then\":[{\"clock\":\"1h\"}]", "/when/state/acounts", "accounts"},
        {"\"when\":{\"state\":{\"accounts\":{\"tokn\":1}}},\"then\":[{\"clock\":\"1h\"}]", "/when/state/accounts/tokn", "token"},
        {"\"when\":{\"clock\":{\"after\":\"soon\"}},\"then\":[{\"clock\":\"1h\"}]", "/when/clock/after", "time"},
        {"\"when\":{\"key\":7},\"then\":[{\"clock\":\"1h\"}]",                "/when/key",          "or null"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a =
            mock_call(n->mock, "POST /__admin/rules", arena_printf(&n->arena, "{%s}", rows[i].rule));
        if (a.status != 422 || !strstr(a.text.s, rows[i].words) ||
            !strstr(a.text.s, arena_printf(&n->arena, "\"%s\"", rows[i].pointer)))
            fail_msg("%s: %s", rows[i].rule, a.text.s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_edited_body_is_signed),
        TEST(headers_of_a_delivery_are_set_and_removed),
        cmocka_unit_test(an_event_is_delivered_to_a_foreign_webhook),
        TEST(an_event_changes_the_records_that_it_refers_to),
        TEST(rules_do_not_cause_each_other_without_end),
        TEST(a_rule_may_change_the_delivery_of_its_event),
        TEST(many_rules_that_duplicate_an_event_are_bounded),
        TEST(a_reference_can_name_a_field),
        TEST(a_limit_bounds_the_records_that_change),
        TEST(a_rule_acts_while_a_record_exists),
        TEST(a_rule_acts_in_its_time),
        TEST(a_copy_and_an_export_keep_the_rules),
        TEST(an_exported_delivery_keeps_its_changes),
        TEST(an_invalid_rule_is_refused_at_its_place),
    };
    return cmocka_run_group_tests_name("rules_event", tests, NULL, NULL);
}
