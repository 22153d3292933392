/* Deletion of idle namespaces, over real sockets and in real time. */
#include "mockserver/runtime/mock.h"

#include "base/time.h"
#include "mockserver/tests/served_mock.h"

#define WHOAMI "/v1/whoami"
#define IDLE   INT64_C(150) /* ms */

static int begin_idle(void **state)
{
    const struct mock_options options = {.public_url = "http://mock.test", .admin = true, .namespace_idle_ms = IDLE};
    return begin_with(state, &options);
}

static void pass(struct setup *s, int64_t ms)
{
    int64_t until_us = time_monotonic_us() + ms * 1000;
    while (time_monotonic_us() < until_us)
        loop_step(s->rig.loop, 5000);
}

static bool exists(struct setup *s, const char *name)
{
    return namespaces_find(s->mock->namespaces, str_from(name));
}

static void use(struct setup *s, const char *name)
{
    const char *line = arena_printf(&s->rig.arena, "GET /ns/%s" WHOAMI, name);
    assert_int_equal(ask(s, line, "").status, 200);
}

static void create(struct setup *s, const char *body)
{
    assert_int_equal(ask(s, "POST /__admin/namespaces", body).status, 201);
}

static void a_namespace_without_calls_is_deleted(void **state)
{
    struct setup *s = *state;
    use(s, "a");
    use(s, "default");
    assert_true(exists(s, "a"));
    pass(s, 2 * IDLE);
    assert_false(exists(s, "a"));
    assert_true(exists(s, "default"));
    assert_int_equal(ask(s, "GET /__admin/namespaces/a", "").status, 404);
    use(s, "a"); /* creates it again */
}

static void each_call_restarts_the_idle_time(void **state)
{
    struct setup *s = *state;
    use(s, "a");
    use(s, "b");
    for (int i = 0; i < 6; i++) {
        pass(s, IDLE / 3);
        use(s, "a");
        ask(s, "GET /ns/b/__admin/clock", ""); /* an admin API call counts as well */
    }
    assert_true(exists(s, "a"));
    assert_true(exists(s, "b"));
    pass(s, 2 * IDLE);
    assert_false(exists(s, "a"));
    assert_false(exists(s, "b"));
}

static void a_created_namespace_has_the_idle_time_of_its_request(void **state)
{
    struct setup *s = *state;
    create(s, "{\"name\":\"lasting\"}");
    create(s, "{\"name\":\"lasting-too\",\"idle\":\"0s\"}");
    create(s, "{\"name\":\"long\",\"idle\":\"10m\"}");
    create(s, "{\"name\":\"short\",\"idle\":\"30ms\"}");
    pass(s, 2 * IDLE);
    assert_true(exists(s, "lasting"));
    assert_true(exists(s, "lasting-too"));
    assert_true(exists(s, "long"));
    assert_false(exists(s, "short"));
    struct mock_response a = ask(s, "GET /__admin/namespaces/long", "");
    assert_true(str_has(a.body, STR("\"expires_in\":\"9m59s")));
    a = ask(s, "GET /__admin/namespaces/lasting", "");
    assert_true(str_has(a.body, STR("\"expires_in\":null")));
    a = ask(s, "POST /__admin/namespaces", "{\"name\":\"x\",\"idle\":\"-1s\"}");
    assert_int_equal(a.status, 422);
    assert_true(str_has(a.body, STR("\"pointer\":\"/idle\"")));
}

static struct client *begin_request(struct setup *s, const char *line, const char *body)
{
    struct client *c = client_new(&s->rig);
    client_send(c, str_from(request(s, line, body)));
    while (!server_in_flight(s->rig.server))
        loop_step(s->rig.loop, 1000);
    return c;
}

static void a_namespace_with_a_suspended_call_is_not_idle(void **state)
{
    struct setup *s = *state;
    use(s, "a");
    struct client *c =
        begin_request(s, "POST /ns/a/__admin/requests/wait", "{\"match\":{},\"at_least\":2,\"timeout\":\"60s\"}");
    pass(s, 2 * IDLE);
    assert_true(exists(s, "a"));
    assert_true(
        str_has(ask(s, "GET /__admin/namespaces", "").body, STR("\"idle_for\":\"0s\",\"expires_in\":\"150ms\"")));
    use(s, "a");
    assert_int_equal(client_read_last(c).status, 200);
    pass(s, 2 * IDLE);
    assert_false(exists(s, "a"));
}

static void a_namespace_is_idle_after_its_client_has_closed(void **state)
{
    struct setup *s = *state;
    use(s, "a");
    client_end(
        begin_request(s, "POST /ns/a/__admin/requests/wait", "{\"match\":{},\"at_least\":9,\"timeout\":\"50ms\"}"));
    pass(s, 3 * IDLE);
    assert_false(exists(s, "a"));
}

static void a_namespace_with_an_open_event_stream_is_not_idle(void **state)
{
    struct setup *s = *state;
    use(s, "a");
    struct client *c = client_new(&s->rig);
    client_send(c, str_from(request(s, "GET /ns/a/__admin/events", "")));
    pass(s, 3 * IDLE);
    assert_true(exists(s, "a"));
    client_end(c);
}

/* The call waits in a deleted namespace, not in the new one of the same name. */
static void a_suspended_call_does_not_count_for_a_new_namespace_of_the_same_name(void **state)
{
    struct setup *s = *state;
    use(s, "a");
    struct client *c =
        begin_request(s, "POST /ns/a/__admin/requests/wait", "{\"match\":{},\"at_least\":9,\"timeout\":\"60s\"}");
    assert_int_equal(ask(s, "DELETE /__admin/namespaces/a", "").status, 200);
    use(s, "a");
    client_end(c);
    pass(s, IDLE / 3);
    assert_int_equal(namespaces_find(s->mock->namespaces, STR("a"))->waiting, 0);
    pass(s, 2 * IDLE);
    assert_false(exists(s, "a"));
}

static void many_namespaces_that_expire_together_are_deleted(void **state)
{
    struct setup *s = *state;
    for (int i = 0; i < 200; i++)
        use(s, arena_printf(&s->rig.arena, "n%d", i));
    create(s, "{\"name\":\"last\"}");
    pass(s, 2 * IDLE);
    assert_int_equal(namespaces_count(s->mock->namespaces), 2);
    assert_string_equal(namespaces_at(s->mock->namespaces, 1)->name, "last");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin_idle, end)
    const struct CMUnitTest tests[] = {
        TEST(a_namespace_without_calls_is_deleted),
        TEST(each_call_restarts_the_idle_time),
        TEST(a_created_namespace_has_the_idle_time_of_its_request),
        TEST(a_namespace_with_a_suspended_call_is_not_idle),
        TEST(a_namespace_is_idle_after_its_client_has_closed),
        TEST(a_namespace_with_an_open_event_stream_is_not_idle),
        TEST(a_suspended_call_does_not_count_for_a_new_namespace_of_the_same_name),
        TEST(many_namespaces_that_expire_together_are_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
