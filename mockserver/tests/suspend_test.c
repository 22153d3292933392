/* Suspended calls, over real sockets: in-process calls are never suspended. */
#include "mockserver/provider_api/call.h"

#include "base/time.h"
#include "mockserver/runtime/deliver.h"
#include "mockserver/runtime/journal.h"
#include "mockserver/state/world.h"
#include "mockserver/tests/folder.h"
#include "mockserver/tests/served_mock.h"

#define DELAY_US   INT64_C(40000)
#define DELAY_RULE "{\"name\":\"slow\",\"method\":\"DELETE\",\"then\":[{\"delay_before\":\"40ms\"}]}"
#define ACCOUNT    "/v1/social-accounts/sa_01HXZ9P2M4N5KLM6TUV7WXYZ9A"
#define LIST       "/v1/projects/prj_01HX9Y7K8M2P4RSTUV56789AB/social-accounts"

/* Returns a client that has sent a revocation to the namespace `prefix`; a rule delays it. */
static struct client *begin_delayed_revoke(struct setup *s, const char *prefix)
{
    struct arena *a = &s->rig.arena;
    ask(s, arena_printf(a, "GET %s" LIST, prefix), "");
    struct mock_response added = ask(s, arena_printf(a, "POST %s/__admin/rules", prefix), DELAY_RULE);
    assert_int_equal(added.status / 100, 2);
    struct client *c = client_new(&s->rig);
    client_send(c, str_from(request(s, arena_printf(a, "DELETE %s" ACCOUNT, prefix), "")));
    return c;
}

static bool is_listed(struct setup *s)
{
    return str_has(ask(s, "GET " LIST, "").body, STR("sa_01HXZ9P2M4N5KLM6TUV7WXYZ9A"));
}

static void a_delayed_call_takes_effect_after_the_delay(void **state)
{
    struct setup *s = *state;
    int64_t began_us = time_monotonic_us();
    struct client *c = begin_delayed_revoke(s, "");
    assert_true(is_listed(s));
    assert_int_equal(client_read_last(c).status, 200);
    assert_true(time_monotonic_us() - began_us >= DELAY_US);
    assert_false(is_listed(s));
}

static void a_rule_that_is_removed_during_the_delay_still_acts(void **state)
{
    struct setup *s = *state;
    struct client *c = begin_delayed_revoke(s, "");
    assert_int_equal(ask(s, "DELETE /__admin/rules", "").status / 100, 2);
    assert_int_equal(client_read_last(c).status, 200);
    const struct namespace *ns = namespaces_at(s->mock->namespaces, 0);
    bool found = false;
    for (uint64_t seq = 1; seq <= journal_last(ns->journal); seq++) {
        const struct call_trace *t = &journal_read(ns->journal, seq)->trace;
        if (t->decisions.count == 1 && !t->decisions.items[0].failed)
            found = found || strcmp(t->decisions.items[0].rule, "slow") == 0;
    }
    assert_true(found);
}

/* A client that gives up during the delay repeats the call with its Idempotency-Key. */
static void a_call_that_was_repeated_during_its_delay_takes_effect_once(void **state)
{
    struct setup *s = *state;
    const char *body = "{\"scheduledFor\":\"2027-06-01T09:00:00Z\",\"targets\":[{\"socialAccountId\":"
                       "\"sa_01HXZ9P2M4N5KLM6TUV7WXYZ9A\",\"mode\":\"publish\"}]}";
    const char *line = "POST /v1/content/cnt_spring/schedule";
    const char *rule =
        "{\"on\":\"layers.schedule_content\",\"when\":{\"nth\":1},\"then\":[{\"delay_before\":\"40ms\"}]}";
    assert_int_equal(ask(s, "POST /__admin/rules", rule).status, 201);
    struct client *c = client_new(&s->rig);
    struct str sent = str_from(request(s, line, body)), head = str_cut(&sent, '\n');
    const char *keyed =
        arena_printf(&s->rig.arena, STR_FMT "\nIdempotency-Key: one\r\n" STR_FMT, STR_ARG(head), STR_ARG(sent));
    client_send(c, str_from(keyed));
    while (!server_in_flight(s->rig.server))
        loop_step(s->rig.loop, 1000);
    struct client *other = client_new(&s->rig);
    struct mock_response first = client_request(other, keyed);
    assert_int_equal(first.status, 202);
    struct mock_response late = client_read_last(c);
    assert_int_equal(late.status, 202);
    assert_true(str_has(late.head, STR("X-Mock-Replayed: true\r\n")));
    assert_true(str_eq(late.body, first.body));
    client_end(other);
}

static void changes_by_other_calls_during_the_delay_are_not_its_effects(void **state)
{
    struct setup *s = *state;
    struct client *c = begin_delayed_revoke(s, "");
    const char *body = "{\"space\":\"prj_01HX9Y7K8M2P4RSTUV56789AB\",\"platform\":\"tiktok\","
                       "\"handle\":\"other\"}";
    assert_int_equal(ask(s, "POST /__admin/simulate/account_connected", body).status, 200);
    assert_int_equal(client_read_last(c).status, 200);
    const struct namespace *ns = namespaces_at(s->mock->namespaces, 0);
    const struct journal_entry *e = journal_read(ns->journal, journal_last(ns->journal));
    assert_string_equal(e->route->operation, "revoke_social_account");
    for (uint32_t seq = e->change_first; seq <= e->change_last; seq++)
        assert_int_equal(changes_read(ns->world, seq)->cause, CAUSE_CALL);
    assert_true(e->change_first <= e->change_last);
    assert_true(e->event_first > e->event_last);
}

static void a_call_whose_namespace_was_reset_returns_503(void **state)
{
    struct setup *s = *state;
    struct client *c = begin_delayed_revoke(s, "");
    assert_int_equal(ask(s, "POST /__admin/reset", "").status, 200);
    struct mock_response a = client_read_last(c);
    assert_int_equal(a.status, 503);
    assert_true(str_has(a.head, STR("X-Mock-Error: reset\r\n")));
    assert_true(str_has(a.body, STR("The namespace was reset")));
    assert_true(is_listed(s));
}

static void a_call_whose_namespace_was_deleted_returns_503(void **state)
{
    struct setup *s = *state;
    struct client *c = begin_delayed_revoke(s, "/ns/a");
    assert_int_equal(ask(s, "DELETE /__admin/namespaces/a", "").status / 100, 2);
    assert_int_equal(client_read_last(c).status, 503);

    c = begin_delayed_revoke(s, "/ns/b");
    ask(s, "DELETE /__admin/namespaces/b", "");
    ask(s, "GET /ns/b" LIST, ""); /* creates another namespace with that name */
    assert_int_equal(client_read_last(c).status, 503);
}

#define WITH_ENDPOINT                                                                                                  \
    "clock: { start: 2026-05-02T09:00:00Z }\n"                                                                         \
    "layers:\n"                                                                                                        \
    "  organizations:\n"                                                                                               \
    "    - name: Acme\n"                                                                                               \
    "      projects:\n"                                                                                                \
    "        - name: Acme\n"                                                                                           \
    "          social_accounts: [ { id: sa_a, platform: tiktok, handle: acme } ]\n"                                    \
    "          content: [ { id: cnt_a } ]\n"                                                                           \
    "          scheduled_posts: [ { content: cnt_a, account: sa_a, at: +1h } ]\n"                                      \
    "      webhooks: [ { url: \"http://127.0.0.1:9/\", secret: whsec_a, events: [post.published] } ]\n"

static int begin_with_endpoint(void **state)
{
    struct folder f;
    folder_begin(&f);
    folder_put(&f, "fixture.yaml", WITH_ENDPOINT);
    const char *file = folder_file(&f, "fixture.yaml");
    const struct mock_options options = {.admin = true, .fixtures = &file, .fixture_count = 1};
    int result = begin_with(state, &options);
    folder_end(&f);
    return result;
}

/* The waiting call created its namespace, but what another call made of it meanwhile stays. */
static void a_reset_namespace_outlives_the_call_that_created_it(void **state)
{
    struct setup *s = *state;
    deliver_hold(s->mock->deliver); /* the advance waits for a delivery */
    struct client *c = client_new(&s->rig);
    client_send(c, str_from(request(s, "POST /ns/new/__admin/clock/advance", "{\"by\":\"1d\"}")));
    while (!server_in_flight(s->rig.server))
        loop_step(s->rig.loop, 1000);
    assert_int_equal(ask(s, "POST /ns/new/__admin/reset", "").status, 200);
    assert_int_equal(client_read_last(c).status, 503);
    assert_int_equal(ask(s, "GET /ns/new/__admin/rules", "").status, 200);
}

static void a_call_takes_effect_even_if_its_client_disconnects(void **state)
{
    struct setup *s = *state;
    client_end(begin_delayed_revoke(s, ""));
    int64_t limit_us = time_monotonic_us() + 10 * DELAY_US;
    while (is_listed(s) && time_monotonic_us() < limit_us)
        loop_step(s->rig.loop, 1000);
    assert_false(is_listed(s)); /* the call took effect */
}

static void the_server_can_be_freed_while_calls_are_suspended(void **state)
{
    struct setup *s = *state;
    struct client *c = begin_delayed_revoke(s, "");
    while (!server_in_flight(s->rig.server))
        loop_step(s->rig.loop, 1000);
    server_free(s->rig.server);
    s->rig.server = NULL;
    int64_t limit_us = time_monotonic_us() + 2 * DELAY_US;
    while (time_monotonic_us() < limit_us)
        loop_step(s->rig.loop, 1000);
    client_end(c);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_delayed_call_takes_effect_after_the_delay),
        TEST(a_rule_that_is_removed_during_the_delay_still_acts),
        TEST(a_call_that_was_repeated_during_its_delay_takes_effect_once),
        TEST(changes_by_other_calls_during_the_delay_are_not_its_effects),
        TEST(a_call_whose_namespace_was_reset_returns_503),
        TEST(a_call_whose_namespace_was_deleted_returns_503),
        cmocka_unit_test_setup_teardown(a_reset_namespace_outlives_the_call_that_created_it, begin_with_endpoint, end),
        TEST(a_call_takes_effect_even_if_its_client_disconnects),
        TEST(the_server_can_be_freed_while_calls_are_suspended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
