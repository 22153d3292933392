/* Waits for requests. They need real sockets: in-process a wait returns at once. */
#include "base/time.h"
#include "mockserver/runtime/journal.h"
#include "mockserver/tests/served_mock.h"

#define LIST   "/v1/projects/prj_01HX9Y7K8M2P4RSTUV56789AB/social-accounts"
#define LISTED "{\"match\":{\"operation\":\"layers.list_social_accounts\"},\"at_least\":2%s}"

/* A client that waits for two list calls in the namespace of `prefix`; the server has the
 * request. */
static struct client *start_wait(struct setup *s, const char *prefix, const char *more)
{
    struct client *c = client_new(&s->rig);
    const char *line = arena_printf(&s->rig.arena, "POST %s/__admin/requests/wait", prefix);
    const char *body = arena_printf(&s->rig.arena, LISTED, more);
    size_t waiting = server_in_flight(s->rig.server);
    client_send(c, str_from(request(s, line, body)));
    while (server_in_flight(s->rig.server) == waiting)
        loop_step(s->rig.loop, 1000);
    return c;
}

static void list(struct setup *s)
{
    assert_int_equal(ask(s, "GET " LIST, "").status, 200);
}

static void a_wait_ends_as_soon_as_it_holds(void **state)
{
    struct setup *s = *state;
    int64_t began_us = time_monotonic_us();
    struct client *c = start_wait(s, "", ",\"timeout\":\"60s\"");
    list(s);
    ask(s, "GET /v1/nowhere", "");
    assert_int_equal(server_in_flight(s->rig.server), 1);
    list(s);
    struct mock_response a = client_read_last(c);
    assert_int_equal(a.status, 200);
    assert_true(str_has(a.body, STR("\"matched\":2")));
    assert_true(time_monotonic_us() - began_us < 30000000);
}

static void several_clients_can_wait(void **state)
{
    struct setup *s = *state;
    struct client *c[3];
    for (size_t i = 0; i < 3; i++)
        c[i] = start_wait(s, "", "");
    list(s);
    list(s);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(client_read_last(c[i]).status, 200);
}

static void a_wait_fails_at_the_timeout(void **state)
{
    struct setup *s = *state;
    int64_t began_us = time_monotonic_us();
    struct client *c = start_wait(s, "", ",\"timeout\":\"40ms\"");
    list(s);
    ask(s, "GET /v1/nowhere", "");
    struct mock_response a = client_read_last(c);
    assert_true(time_monotonic_us() - began_us >= 40000);
    assert_int_equal(a.status, 409);
    assert_true(str_has(a.body, STR("1 matching request; expected at least 2")));
    assert_true(str_has(a.body, STR("\"nearest\":[{\"seq\":2,")));
}

static void a_wait_that_can_no_longer_hold_fails_at_once(void **state)
{
    struct setup *s = *state;
    struct client *c = start_wait(s, "", ",\"at_most\":2,\"since\":0,\"timeout\":\"60s\"");
    list(s);
    list(s);
    assert_int_equal(client_read_last(c).status, 200);
    list(s);
    struct mock_response a = ask(s, "POST /__admin/requests/wait", "{\"match\":{},\"at_most\":2,\"timeout\":\"60s\"}");
    assert_int_equal(a.status, 409);
}

static void a_reset_ends_the_wait(void **state)
{
    struct setup *s = *state;
    struct client *c = start_wait(s, "", "");
    assert_int_equal(ask(s, "POST /__admin/reset", "").status, 200);
    struct mock_response a = client_read_last(c);
    assert_int_equal(a.status, 503);
    assert_true(str_has(a.body, STR("The namespace was reset")));

    ask(s, "GET /ns/a" LIST, "");
    c = start_wait(s, "/ns/a", "");
    assert_int_equal(ask(s, "DELETE /__admin/namespaces/a", "").status / 100, 2);
    assert_int_equal(client_read_last(c).status, 503);
}

static void clearing_the_journal_restarts_the_count(void **state)
{
    struct setup *s = *state;
    list(s);
    struct client *c = start_wait(s, "", ",\"timeout\":\"60s\"");
    ask(s, "DELETE /__admin/requests", "");
    list(s);
    ask(s, "GET /v1/nowhere", "");
    assert_int_equal(server_in_flight(s->rig.server), 1);
    list(s);
    assert_int_equal(client_read_last(c).status, 200);
}

static void clearing_the_journal_ends_a_wait_with_a_cursor(void **state)
{
    struct setup *s = *state;
    list(s);
    struct client *c = start_wait(s, "", ",\"since\":\"1-1\",\"timeout\":\"60s\"");
    list(s);
    ask(s, "DELETE /__admin/requests", "");
    struct mock_response a = client_read_last(c);
    assert_int_equal(a.status, 410);
    assert_true(str_has(a.body, STR("the cursor '1-1' is not of this journal")));
}

static void a_disconnected_client_does_no_harm(void **state)
{
    struct setup *s = *state;
    client_end(start_wait(s, "", ",\"timeout\":\"20ms\""));
    list(s);
    int64_t limit_us = time_monotonic_us() + 60000;
    while (time_monotonic_us() < limit_us)
        loop_step(s->rig.loop, 1000);
    struct client *c = start_wait(s, "", "");
    list(s);
    list(s);
    assert_int_equal(client_read_last(c).status, 200);
}

static void the_server_can_stop_during_a_wait(void **state)
{
    struct setup *s = *state;
    struct client *c = start_wait(s, "", "");
    server_free(s->rig.server);
    s->rig.server = NULL;
    loop_step(s->rig.loop, 1000);
    client_end(c);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_wait_ends_as_soon_as_it_holds),
        TEST(several_clients_can_wait),
        TEST(a_wait_fails_at_the_timeout),
        TEST(a_wait_that_can_no_longer_hold_fails_at_once),
        TEST(a_reset_ends_the_wait),
        TEST(clearing_the_journal_restarts_the_count),
        TEST(clearing_the_journal_ends_a_wait_with_a_cursor),
        TEST(a_disconnected_client_does_no_harm),
        TEST(the_server_can_stop_during_a_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
