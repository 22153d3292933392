/* The stream of events, over real sockets: only there is a client that can be slow. */
#include <sys/socket.h>

#include "base/time.h"
#include "mockserver/journal.h"
#include "mockserver/tests/served_mock.h"

#define ACCOUNT "sa_01HXZ9P2M4N5KLM6TUV7WXYZ9A"
#define LIST    "/v1/projects/prj_01HX9Y7K8M2P4RSTUV56789AB/social-accounts"
#define REVOKE  "/v1/social-accounts/" ACCOUNT

/* The journal is a small one, of some fifty long calls. */
static int begin_small(void **state)
{
    return begin_with(state, &(struct mock_options){.public_url = "http://mock.test",
                                                    .admin = true,
                                                    .limits.journal_bytes = 500000});
}

static struct client *connect_with(struct setup *s, const char *line, const char *header)
{
    struct client *c = client_new(&s->rig);
    client_say(c, str_from(arena_printf(&s->rig.arena, "%s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n",
                                        line, header)));
    return c;
}

/* Hears on until `text` has come; what stood before it, and it, are done with. */
static void hear(struct client *c, const char *text)
{
    int64_t limit_us = time_monotonic_us() + 10000000;
    for (;;) {
        const char *found = c->in.n ? strstr(c->in.data, text) : NULL;
        if (found) {
            size_t heard = (size_t)(found - c->in.data) + strlen(text);
            memmove(c->in.data, c->in.data + heard, c->in.n - heard + 1);
            c->in.n -= heard;
            return;
        }
        if (c->closed || time_monotonic_us() > limit_us)
            fail_msg("'%s' does not come after: %s", text, buf_c(&c->in));
        loop_step(c->rig->loop, 1000);
    }
}

static bool has_heard(struct client *c, const char *text)
{
    return str_has(buf_str(&c->in), str_from(text));
}

static struct client *listen_to(struct setup *s, const char *target)
{
    struct client *c = connect_with(s, arena_printf(&s->rig.arena, "GET %s", target), "");
    hear(c, "event: begin\n");
    hear(c, "\n\n");
    return c;
}

/* The id of the event whose text comes next. */
static const char *hear_id(struct client *c)
{
    hear(c, "id: ");
    hear(c, ""); /* all of an event comes at once */
    return str_dup(&c->rig->arena, str_head(buf_str(&c->in), str_find(buf_str(&c->in), '\n')));
}

static const char *hear_name(struct client *c)
{
    hear(c, "event: ");
    hear(c, "");
    return str_dup(&c->rig->arena, str_head(buf_str(&c->in), str_find(buf_str(&c->in), '\n')));
}

static void list(struct setup *s)
{
    assert_int_equal(ask(s, "GET " LIST, "").status, 200);
}

static void revoke(struct setup *s)
{
    assert_int_equal(ask(s, "DELETE " REVOKE, "").status, 200);
}

static void calls_and_what_they_changed_come_in_order(void **state)
{
    struct setup *s = *state;
    struct client *c = connect_with(s, "GET /__admin/events", "");
    hear(c, "Content-Type: text/event-stream\r\n");
    hear(c, "retry: 1000\nid: ");
    hear(c, "\nevent: begin\ndata: {\"namespace\":\"default\",\"requests\":0,\"changes\":");
    list(s);
    hear(c, "event: request\ndata: {\"seq\":1,");
    hear(c, "\"operation\":\"list_social_accounts\",\"method\":\"GET\",\"target\":\"" LIST "\","
            "\"status\":200,");
    hear(c, "\"key\":\"full\",\"fault\":null,\"rules\":[],\"changes\":0}\n\n");
    revoke(s);
    assert_string_equal(hear_name(c), "request");
    hear(c, "\ndata: {\"seq\":2,");
    assert_string_equal(hear_name(c), "change");
    hear(c, "\"kind\":\"accounts\",\"id\":\"" ACCOUNT "\",\"what\":\"account_disconnect\","
            "\"from\":\"live\",\"to\":\"disconnected\",\"cause\":\"call\"}\n\n");
    client_end(c);
}

static void rules_that_acted_are_named(void **state)
{
    struct setup *s = *state;
    struct client *c = listen_to(s, "/__admin/events?types=request");
    ask(s, "POST /__admin/rules",
        "{\"name\":\"down\",\"then\":[{\"respond\":{\"status\":503,\"body\":\"x\"}}]}");
    ask(s, "GET " LIST, "");
    hear(c, "\"status\":503");
    hear(c, "\"rules\":[\"down\"]");
    client_end(c);
}

static void simulations_and_time_are_recorded_too(void **state)
{
    struct setup *s = *state;
    struct client *c = listen_to(s, "/__admin/events");
    ask(s, "POST /__admin/simulate/token_lost",
        "{\"account\":\"" ACCOUNT "\",\"why\":\"revoked_upstream\"}");
    hear(c, "\"cause\":\"simulation\"}\n\n");
    assert_int_equal(ask(s, "POST /__admin/clock/advance", "{\"by\":\"60d\"}").status, 200);
    hear(c, "\"cause\":\"time\"}\n\n");
    client_end(c);
}

static void only_the_types_asked_for_come(void **state)
{
    struct setup *s = *state;
    struct client *requests = listen_to(s, "/__admin/events?types=request");
    struct client *changes = listen_to(s, "/__admin/events?types=change");
    revoke(s);
    list(s);
    hear(requests, "event: request\ndata: {\"seq\":2,");
    hear(changes, "event: change\n");
    hear(changes, "\n\n");
    assert_false(has_heard(requests, "event: change"));
    assert_false(has_heard(changes, "event: request"));
    client_end(requests);
    client_end(changes);
}

static void what_cannot_be_understood_is_refused(void **state)
{
    static const struct {
        const char *query, *said;
    } rows[] = {
        {"?types=chnage", "did you mean 'change'?"},
        {"?types=zzz",    "(request or change)"   },
        {"?types=",       "'types' is empty"      },
        {"?since=yes",    "invalid 'since'"       },
        {"?since=1.2.3",  "invalid 'since'"       },
        {"?since=%zz",    "invalid percent-escape"},
    };
    struct setup *s = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mock_response a =
            ask(s, arena_printf(&s->rig.arena, "GET /__admin/events%s", rows[i].query), "");
        assert_int_equal(a.status, 422);
        assert_true(str_has(a.body, str_from(rows[i].said)));
    }
    assert_int_equal(s->mock->event_streams, 0);
}

static void another_world_is_heard_by_its_own_listeners(void **state)
{
    struct setup *s = *state;
    list(s);
    ask(s, "GET /ns/a" LIST, "");
    struct client *c = listen_to(s, "/ns/a/__admin/events");
    list(s);
    ask(s, "GET /ns/a" LIST "?limit=1", "");
    hear(c, "\"seq\":2,");
    hear(c, "\"target\":\"/ns/a" LIST "?limit=1\"");
    assert_int_equal(ask(s, "GET /ns/none/__admin/events", "").status, 404);
    client_end(c);
}

static void a_client_goes_on_where_it_was(void **state)
{
    struct setup *s = *state;
    struct client *c = listen_to(s, "/__admin/events");
    revoke(s);
    const char *request = hear_id(c), *change = hear_id(c);
    hear(c, "event: change\ndata: {\"seq\":");
    client_end(c);
    list(s);

    const char *header = arena_printf(&s->rig.arena, "Last-Event-ID: %s\r\n", request);
    c = connect_with(s, "GET /__admin/events?since=0", header); /* as a browser says it again */
    hear(c, "event: begin\ndata: {\"namespace\":\"default\",\"requests\":1,");
    assert_string_equal(hear_id(c), change);
    hear(c, "event: request\ndata: {\"seq\":2,");
    client_end(c);

    c = listen_to(s, arena_printf(&s->rig.arena, "/__admin/events?since=%s&types=request", change));
    hear(c, "event: request\ndata: {\"seq\":2,");
    client_end(c);
}

static void the_past_is_told_to_who_asks_for_it(void **state)
{
    struct setup *s = *state;
    list(s);
    struct client *c = listen_to(s, "/__admin/events?since=start");
    hear(c, "event: request\ndata: {\"seq\":1,");
    assert_false(has_heard(c, "fixture"));
    client_end(c);
    c = listen_to(s, "/__admin/events?since=0");
    hear(c, "event: change\ndata: {\"seq\":1,");
    hear(c, "\"cause\":\"fixture\"");
    hear(c, "event: request\ndata: {\"seq\":1,");
    client_end(c);
    c = listen_to(s, "/__admin/events");
    list(s);
    hear(c, "event: request\ndata: {\"seq\":2,");
    client_end(c);
}

static void a_stream_ends_with_its_world(void **state)
{
    static const char *const ends[] = {"POST /ns/a/__admin/reset", "DELETE /__admin/namespaces/a"};
    struct setup *s = *state;
    for (size_t i = 0; i < 2; i++) {
        ask(s, "GET /ns/a" LIST, "");
        struct client *c = listen_to(s, "/ns/a/__admin/events");
        assert_int_equal(ask(s, ends[i], "").status / 100, 2);
        hear(c, "id: start\nevent: reset\ndata: {\"namespace\":\"a\"}\n\n");
        hear(c, "\r\n0\r\n\r\n");
        assert_int_equal(s->mock->event_streams, 0);
        client_end(c);
    }
}

static void what_was_not_told_yet_comes_before_the_reset(void **state)
{
    struct setup *s = *state;
    struct client *c = listen_to(s, "/__admin/events");
    struct client *other = client_new(&s->rig);
    struct mock_response a[2];
    client_say(other, str_from(arena_printf(&s->rig.arena, "%s%s", request(s, "GET " LIST, ""),
                                            request(s, "POST /__admin/reset", ""))));
    assert_int_equal(client_hear(other, 2, true, a), 2);
    hear(c, "event: request\ndata: {\"seq\":1,");
    hear(c, "event: reset\n");
    client_end(c);
    client_end(other);
}

static void who_comes_back_after_a_reset_begins_with_the_new_world(void **state)
{
    struct setup *s = *state;
    list(s);
    struct client *c = listen_to(s, "/__admin/events?since=start");
    const char *id = hear_id(c);
    client_end(c);
    ask(s, "POST /__admin/reset", "");
    ask(s, "GET " LIST "?limit=1", "");
    c = listen_to(s, arena_printf(&s->rig.arena, "/__admin/events?since=%s", id));
    hear(c, "event: reset\n");
    hear(c, "event: request\ndata: {\"seq\":1,");
    hear(c, "limit=1");
    client_end(c);
}

static void a_journal_that_is_cleared_is_told(void **state)
{
    struct setup *s = *state;
    list(s);
    struct client *c = listen_to(s, "/__admin/events?since=start");
    const char *before = hear_id(c);
    ask(s, "DELETE /__admin/requests", "");
    hear(c, "event: cleared\ndata: {}\n\n");
    list(s);
    hear(c, "event: request\ndata: {\"seq\":1,");
    client_end(c);
    c = listen_to(s, arena_printf(&s->rig.arena, "/__admin/events?since=%s", before));
    hear(c, "event: cleared\n");
    hear(c, "event: request\ndata: {\"seq\":1,");
    client_end(c);
}

static void a_slow_listener_is_told_what_it_lost(void **state)
{
    struct setup *s = *state;
    struct client *c = listen_to(s, "/__admin/events?types=request");
    loop_unwatch(s->rig.loop, c->fd); /* it does not read */
    setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &(int){131072}, sizeof(int));
    struct client *busy = client_new(&s->rig);
    const char *long_call =
        arena_printf(&s->rig.arena, "GET " LIST "?x=%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                     (char *)memset(arena_alloc(&s->rig.arena, 8001), 'x', 8000));
    const struct journal *j = namespaces_at(s->mock->namespaces, 0)->journal;
    while (journal_lost(j) < 1000)
        client_ask(busy, long_call);

    struct client *again = client_on(&s->rig, c->fd); /* now it does */
    hear(again, "event: lost\ndata: {\"requests\":");
    int lost = atoi(buf_c(&again->in));
    assert_in_range(lost, 1, journal_lost(j));
    hear(again, ",\"changes\":0}\n\n");
    hear(again, "event: request\ndata: {\"seq\":");
    hear(again, arena_printf(&s->rig.arena, "{\"seq\":%llu,", (unsigned long long)journal_last(j)));
    client_end(again);
    client_end(busy);
}

static void there_are_only_so_many_streams(void **state)
{
    struct setup *s = *state;
    s->mock->event_streams = 199;
    struct client *c = listen_to(s, "/__admin/events");
    struct mock_response a = ask(s, "GET /__admin/events", "");
    assert_int_equal(a.status, 503);
    assert_true(str_has(a.head, STR("application/problem+json")));
    assert_true(str_has(a.body, STR("\"code\":\"too_many_streams\"")));
    client_end(c);
    rig_wait(&s->rig, &s->mock->event_streams, 199); /* who leaves makes room */
    client_end(listen_to(s, "/__admin/events"));
}

static void a_silence_is_broken_every_ten_seconds(void **state)
{
    struct setup *s = *state;
    struct exchange x = {.arrived_us = time_monotonic_us()};
    x.request.method = STR("GET");
    x.request.path = x.request.target = STR("/__admin/events");
    mock_handle(s->mock, &x);
    assert_int_equal(x.response.status, 200);
    assert_int_equal(x.response.stream.idle_us, 10000000);
    assert_string_equal(x.response.stream.idle, ":\n\n");
    arena_end(&x.arena);
    assert_int_equal(s->mock->event_streams, 0);
}

static void the_server_may_end_before_its_listeners(void **state)
{
    struct setup *s = *state;
    struct client *c = listen_to(s, "/__admin/events");
    server_quiesce(s->rig.server);
    hear(c, "0\r\n\r\n");
    server_free(s->rig.server);
    s->rig.server = NULL;
    assert_int_equal(s->mock->event_streams, 0);
    client_end(c);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin_small, end)
    const struct CMUnitTest tests[] = {
        TEST(calls_and_what_they_changed_come_in_order),
        TEST(rules_that_acted_are_named),
        TEST(simulations_and_time_are_recorded_too),
        TEST(only_the_types_asked_for_come),
        TEST(what_cannot_be_understood_is_refused),
        TEST(another_world_is_heard_by_its_own_listeners),
        TEST(a_client_goes_on_where_it_was),
        TEST(the_past_is_told_to_who_asks_for_it),
        TEST(a_stream_ends_with_its_world),
        TEST(what_was_not_told_yet_comes_before_the_reset),
        TEST(who_comes_back_after_a_reset_begins_with_the_new_world),
        TEST(a_journal_that_is_cleared_is_told),
        TEST(a_slow_listener_is_told_what_it_lost),
        TEST(there_are_only_so_many_streams),
        TEST(a_silence_is_broken_every_ten_seconds),
        TEST(the_server_may_end_before_its_listeners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
