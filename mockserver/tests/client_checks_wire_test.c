/* Which calls were in flight when a refusal left. They need real sockets: the connections decide. */
#include "base/time.h"
#include "mockserver/tests/served_mock.h"

#define PROJECT "/v1/projects/prj_01HX9Y7K8M2P4RSTUV56789AB"
#define LIST    PROJECT "/social-accounts"
#define LIMIT                                                                                                          \
    "{\"on\":\"layers.list_social_accounts\",\"when\":{\"times\":1},\"then\":[{\"respond\":{\"error\":"                \
    "\"RATE_LIMITED\"}},{\"headers\":{\"Retry-After\":\"30\"}}]}"

static void limit(struct setup *s)
{
    assert_int_equal(ask(s, "POST /__admin/rules", LIMIT).status, 201);
}

/* The verdict of retry_after, with the numbers of tested situations and of violations. */
static void assert_verdict(struct setup *s, const char *expected)
{
    struct mock_response a = ask(s, "GET /__admin/client-checks", "");
    const char *check = strstr(str_dup(&s->rig.arena, a.body), "\"id\":\"retry_after\"");
    if (!check || !strstr(str_dup(&s->rig.arena, str_head(str_from(check), 200)), expected))
        fail_msg("not %s: %.300s", expected, check);
}

#define FAILED     "\"verdict\":\"failed\",\"advice\":false,\"tested\":1,\"failures\":1"
#define NOT_TESTED "\"verdict\":\"not_tested\",\"advice\":false,\"tested\":0,\"failures\":0"

/* The first retry may have been in flight, so it is no praise; the first one after 100 ms is none. */
static void retries_at_once_on_new_connections_fail(void **state)
{
    struct setup *s = *state;
    limit(s);
    int64_t began_us = time_monotonic_us();
    assert_int_equal(ask(s, "GET /layers" LIST, "").status, 429);
    assert_int_equal(ask(s, "GET /ns/default" LIST "?limit=3", "").status, 200);
    if (time_monotonic_us() - began_us < 90000)
        assert_verdict(s, NOT_TESTED);
    while (time_monotonic_us() < began_us + 200000)
        loop_step(s->rig.loop, 1000);
    assert_int_equal(ask(s, "GET " LIST, "").status, 200);
    struct mock_response a = ask(s, "GET /__admin/client-checks", "");
    assert_true(str_has(a.body, STR("called again after")));
}

/* It was not in flight: the client opened the connection after the refusal, and never had two calls in flight. */
static void the_refused_request_at_once_on_a_new_connection_fails(void **state)
{
    struct setup *s = *state;
    limit(s);
    assert_int_equal(ask(s, "GET " LIST, "").status, 429);
    for (int turn = 0; turn < 3; turn++)
        loop_step(s->rig.loop, 1000);
    assert_int_equal(ask(s, "GET " LIST, "").status, 200);
    assert_verdict(s, FAILED);
}

/* A client with several calls at once may send the same request twice. */
static void a_client_with_several_calls_in_flight_may_send_one_request_twice(void **state)
{
    struct setup *s = *state;
    const char *slow = "{\"on\":\"layers.whoami\",\"then\":[{\"delay_after\":\"20ms\"}]}";
    assert_int_equal(ask(s, "POST /__admin/rules", slow).status, 201);
    struct client *one = client_new(&s->rig), *two = client_new(&s->rig);
    client_send(one, str_from(request(s, "GET /v1/whoami", "")));
    client_send(two, str_from(request(s, "GET /v1/whoami", "")));
    client_read_last(one);
    client_read_last(two);
    limit(s);
    int64_t began_us = time_monotonic_us();
    assert_int_equal(ask(s, "GET " LIST, "").status, 429);
    for (int turn = 0; turn < 3; turn++)
        loop_step(s->rig.loop, 1000);
    assert_int_equal(ask(s, "GET " LIST, "").status, 200);
    if (time_monotonic_us() - began_us < 90000)
        assert_verdict(s, NOT_TESTED);
}

static void calls_that_failed_together_are_no_tries_in_a_row(void **state)
{
    struct setup *s = *state;
    ask(s, "POST /__admin/simulate/fail", "{\"operation\":\"layers.list_social_accounts\",\"times\":8,\"status\":500}");
    struct client *c[8];
    for (size_t i = 0; i < 8; i++)
        c[i] = client_new(&s->rig);
    for (size_t i = 0; i < 8; i++)
        client_send(c[i], str_from(request(s, "GET " LIST, "")));
    for (size_t i = 0; i < 8; i++)
        client_read_last(c[i]);
    struct mock_response a = ask(s, "GET /__admin/client-checks", "");
    assert_true(str_has(a.body, STR("\"verdict\":\"not_tested\",\"advice\":true")));
}

static void a_retry_at_once_on_the_same_connection_fails(void **state)
{
    struct setup *s = *state;
    limit(s);
    struct client *c = client_new(&s->rig);
    assert_int_equal(client_request(c, request(s, "GET " LIST, "")).status, 429);
    assert_int_equal(client_request(c, request(s, "GET " LIST, "")).status, 200);
    client_end(c);
    assert_verdict(s, FAILED);
}

/* The call may have been on its way. It is no praise. */
static void a_call_at_once_on_another_connection_of_a_pool_shows_nothing(void **state)
{
    struct setup *s = *state;
    limit(s);
    struct client *one = client_new(&s->rig), *two = client_new(&s->rig);
    client_request(one, request(s, "GET /v1/whoami", ""));
    client_request(two, request(s, "GET /v1/whoami", ""));
    assert_int_equal(client_request(one, request(s, "GET " LIST, "")).status, 429);
    assert_int_equal(client_request(two, request(s, "GET " LIST, "")).status, 200);
    assert_verdict(s, NOT_TESTED);
    client_end(one);
    client_end(two);
}

static void calls_that_were_in_flight_are_neither_evidence_nor_violations(void **state)
{
    struct setup *s = *state;
    limit(s);
    struct client *c[5];
    for (size_t i = 0; i < 5; i++)
        c[i] = client_new(&s->rig);
    for (size_t i = 0; i < 5; i++)
        client_send(c[i], str_from(request(s, "GET " LIST, "")));
    for (size_t i = 0; i < 5; i++)
        client_read_last(c[i]);
    assert_verdict(s, NOT_TESTED);
}

static void pipelined_calls_were_in_flight(void **state)
{
    struct setup *s = *state;
    limit(s);
    struct client *c = client_new(&s->rig);
    struct mock_response a[2];
    const char *call = request(s, "GET " LIST, "");
    client_send(c, str_from(arena_printf(&s->rig.arena, "%s%s", call, call)));
    assert_int_equal(client_read(c, 2, true, a), 2);
    assert_int_equal(a[0].status, 429);
    assert_verdict(s, NOT_TESTED);
    client_end(c);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(retries_at_once_on_new_connections_fail),
        TEST(the_refused_request_at_once_on_a_new_connection_fails),
        TEST(a_client_with_several_calls_in_flight_may_send_one_request_twice),
        TEST(calls_that_failed_together_are_no_tries_in_a_row),
        TEST(a_retry_at_once_on_the_same_connection_fails),
        TEST(a_call_at_once_on_another_connection_of_a_pool_shows_nothing),
        TEST(calls_that_were_in_flight_are_neither_evidence_nor_violations),
        TEST(pipelined_calls_were_in_flight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
