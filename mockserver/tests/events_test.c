/* The event stream. The tests need real sockets, because a client must be able to be slow. */
#include <sys/socket.h>

#include "base/array.h"
#include "base/time.h"
#include "mockserver/runtime/journal.h"
#include "mockserver/server/mock_server.h"
#include "mockserver/tests/served_mock.h"

#define ACCOUNT "sa_01HXZ9P2M4N5KLM6TUV7WXYZ9A"
#define LIST    "/v1/projects/prj_01HX9Y7K8M2P4RSTUV56789AB/social-accounts"
#define REVOKE  "/v1/social-accounts/" ACCOUNT

/* With a small journal of about fifty long entries. */
static int begin_small(void **state)
{
    return begin_with(
        state, &(struct mock_options){.public_url = "http://mock.test", .admin = true, .limits.journal_bytes = 500000});
}

static struct client *connect_with(struct setup *s, const char *line, const char *header)
{
    struct client *c = client_new(&s->rig);
    client_send(c, str_from(arena_printf(&s->rig.arena, "%s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n", line, header)));
    return c;
}

/* Reads until `text` has arrived, and drops everything up to its end. */
static void expect_text(struct client *c, const char *text)
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

static bool has_text(struct client *c, const char *text)
{
    return str_has(buf_str(&c->in), str_from(text));
}

static struct client *open_stream(struct setup *s, const char *target)
{
    struct client *c = connect_with(s, arena_printf(&s->rig.arena, "GET %s", target), "");
    expect_text(c, "event: begin\n");
    expect_text(c, "\n\n");
    return c;
}

/* The id of the next event. */
static const char *next_id(struct client *c)
{
    expect_text(c, "id: ");
    expect_text(c, ""); /* an event arrives in one piece */
    return str_dup(&c->rig->arena, str_head(buf_str(&c->in), str_find(buf_str(&c->in), '\n')));
}

static const char *next_name(struct client *c)
{
    expect_text(c, "event: ");
    expect_text(c, "");
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

static void calls_and_their_changes_arrive_in_order(void **state)
{
    struct setup *s = *state;
    struct client *c = connect_with(s, "GET /__admin/events", "");
    expect_text(c, "Content-Type: text/event-stream\r\n");
    expect_text(c, "retry: 1000\nid: ");
    expect_text(c, "\nevent: begin\ndata: {\"namespace\":\"default\",\"requests\":0,\"changes\":");
    list(s);
    expect_text(c, "event: request\ndata: {\"seq\":1,");
    expect_text(c, "\"operation\":\"list_social_accounts\",\"method\":\"GET\",\"target\":\"" LIST "\","
                   "\"status\":200,");
    expect_text(c, "\"key\":\"full\",\"fault\":null,\"rules\":[],\"changes\":0}\n\n");
    revoke(s);
    assert_string_equal(next_name(c), "request");
    expect_text(c, "\ndata: {\"seq\":2,");
    assert_string_equal(next_name(c), "change");
    expect_text(c, "\"kind\":\"accounts\",\"id\":\"" ACCOUNT "\",\"what\":\"account_disconnect\","
                   "\"from\":\"live\",\"to\":\"disconnected\",\"cause\":\"call\"}\n\n");
    client_end(c);
}

static void an_event_names_the_rules_that_acted(void **state)
{
    struct setup *s = *state;
    struct client *c = open_stream(s, "/__admin/events?types=request");
    ask(s, "POST /__admin/rules", "{\"name\":\"down\",\"then\":[{\"respond\":{\"status\":503,\"body\":\"x\"}}]}");
    ask(s, "GET " LIST, "");
    expect_text(c, "\"status\":503");
    expect_text(c, "\"rules\":[\"down\"]");
    client_end(c);
}

static void simulations_and_clock_changes_are_streamed(void **state)
{
    struct setup *s = *state;
    struct client *c = open_stream(s, "/__admin/events");
    ask(s, "POST /__admin/simulate/token_lost", "{\"account\":\"" ACCOUNT "\",\"why\":\"revoked_upstream\"}");
    expect_text(c, "\"cause\":\"simulation\"}\n\n");
    assert_int_equal(ask(s, "POST /__admin/clock/advance", "{\"by\":\"60d\"}").status, 200);
    expect_text(c, "\"cause\":\"time\"}\n\n");
    client_end(c);
}

static void only_the_requested_types_are_streamed(void **state)
{
    struct setup *s = *state;
    struct client *requests = open_stream(s, "/__admin/events?types=request");
    struct client *changes = open_stream(s, "/__admin/events?types=change");
    revoke(s);
    list(s);
    expect_text(requests, "event: request\ndata: {\"seq\":2,");
    expect_text(changes, "event: change\n");
    expect_text(changes, "\n\n");
    assert_false(has_text(requests, "event: change"));
    assert_false(has_text(changes, "event: request"));
    client_end(requests);
    client_end(changes);
}

static void invalid_parameters_are_rejected(void **state)
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
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = ask(s, arena_printf(&s->rig.arena, "GET /__admin/events%s", rows[i].query), "");
        assert_int_equal(a.status, 422);
        assert_true(str_has(a.body, str_from(rows[i].said)));
    }
    assert_int_equal(s->mock->event_streams, 0);
}

static void a_stream_has_the_events_of_its_namespace_only(void **state)
{
    struct setup *s = *state;
    list(s);
    ask(s, "GET /ns/a" LIST, "");
    struct client *c = open_stream(s, "/ns/a/__admin/events");
    list(s);
    ask(s, "GET /ns/a" LIST "?limit=1", "");
    expect_text(c, "\"seq\":2,");
    expect_text(c, "\"target\":\"/ns/a" LIST "?limit=1\"");
    assert_int_equal(ask(s, "GET /ns/none/__admin/events", "").status, 404);
    client_end(c);
}

static void a_reconnecting_client_continues_at_its_position(void **state)
{
    struct setup *s = *state;
    struct client *c = open_stream(s, "/__admin/events");
    revoke(s);
    const char *request = next_id(c), *change = next_id(c);
    expect_text(c, "event: change\ndata: {\"seq\":");
    client_end(c);
    list(s);

    const char *header = arena_printf(&s->rig.arena, "Last-Event-ID: %s\r\n", request);
    c = connect_with(s, "GET /__admin/events?since=0", header); /* as a browser sends it when it reconnects */
    expect_text(c, "event: begin\ndata: {\"namespace\":\"default\",\"requests\":1,");
    assert_string_equal(next_id(c), change);
    expect_text(c, "event: request\ndata: {\"seq\":2,");
    client_end(c);

    c = open_stream(s, arena_printf(&s->rig.arena, "/__admin/events?since=%s&types=request", change));
    expect_text(c, "event: request\ndata: {\"seq\":2,");
    client_end(c);
}

static void since_returns_past_events(void **state)
{
    struct setup *s = *state;
    list(s);
    struct client *c = open_stream(s, "/__admin/events?since=start");
    expect_text(c, "event: request\ndata: {\"seq\":1,");
    assert_false(has_text(c, "fixture"));
    client_end(c);
    c = open_stream(s, "/__admin/events?since=0");
    expect_text(c, "event: change\ndata: {\"seq\":1,");
    expect_text(c, "\"cause\":\"fixture\"");
    expect_text(c, "event: request\ndata: {\"seq\":1,");
    client_end(c);
    c = open_stream(s, "/__admin/events");
    list(s);
    expect_text(c, "event: request\ndata: {\"seq\":2,");
    client_end(c);
}

static void a_reset_ends_the_stream(void **state)
{
    static const char *const ends[] = {"POST /ns/a/__admin/reset", "DELETE /__admin/namespaces/a"};
    struct setup *s = *state;
    for (size_t i = 0; i < 2; i++) {
        ask(s, "GET /ns/a" LIST, "");
        struct client *c = open_stream(s, "/ns/a/__admin/events");
        assert_int_equal(ask(s, ends[i], "").status / 100, 2);
        expect_text(c, "id: start\nevent: reset\ndata: {\"namespace\":\"a\"}\n\n");
        expect_text(c, "\r\n0\r\n\r\n");
        assert_int_equal(s->mock->event_streams, 0);
        client_end(c);
    }
}

static void pending_events_come_before_the_reset(void **state)
{
    struct setup *s = *state;
    struct client *c = open_stream(s, "/__admin/events");
    struct client *other = client_new(&s->rig);
    struct mock_response a[2];
    client_send(other, str_from(arena_printf(&s->rig.arena, "%s%s", request(s, "GET " LIST, ""),
                                             request(s, "POST /__admin/reset", ""))));
    assert_int_equal(client_read(other, 2, true, a), 2);
    expect_text(c, "event: request\ndata: {\"seq\":1,");
    expect_text(c, "event: reset\n");
    client_end(c);
    client_end(other);
}

static void reconnecting_after_a_reset_starts_at_the_new_state(void **state)
{
    static const char *const ends[] = {
        "POST /ns/a/__admin/reset",
        "POST /ns/a/__admin/snapshots/empty/restore",
        "DELETE /__admin/namespaces/a",
    };
    struct setup *s = *state;
    ask(s, "GET /ns/a" LIST, "");
    ask(s, "POST /ns/a/__admin/snapshots", "{\"name\":\"empty\"}");
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct client *c = open_stream(s, "/ns/a/__admin/events?since=start");
        const char *id = next_id(c);
        client_end(c);
        ask(s, ends[i], "");
        ask(s, "GET /ns/a" LIST "?limit=1", "");
        c = open_stream(s, arena_printf(&s->rig.arena, "/ns/a/__admin/events?since=%s", id));
        expect_text(c, "event: reset\n");
        expect_text(c, "event: request\ndata: {\"seq\":1,");
        expect_text(c, "limit=1");
        client_end(c);
    }
}

static void the_position_of_another_namespace_is_not_known(void **state)
{
    struct setup *s = *state;
    list(s);
    ask(s, "GET /ns/a" LIST, "");
    struct client *c = open_stream(s, "/__admin/events?since=start");
    const char *id = next_id(c);
    client_end(c);
    c = open_stream(s, arena_printf(&s->rig.arena, "/ns/a/__admin/events?since=%s", id));
    expect_text(c, "event: reset\n");
    expect_text(c, "event: request\ndata: {\"seq\":1,");
    client_end(c);
}

static void clearing_the_journal_is_an_event(void **state)
{
    struct setup *s = *state;
    list(s);
    struct client *c = open_stream(s, "/__admin/events?since=start");
    const char *before = next_id(c);
    ask(s, "DELETE /__admin/requests", "");
    expect_text(c, "event: cleared\ndata: {}\n\n");
    list(s);
    expect_text(c, "event: request\ndata: {\"seq\":1,");
    client_end(c);
    c = open_stream(s, arena_printf(&s->rig.arena, "/__admin/events?since=%s", before));
    expect_text(c, "event: cleared\n");
    expect_text(c, "event: request\ndata: {\"seq\":1,");
    client_end(c);
}

static void a_slow_client_gets_the_number_of_lost_events(void **state)
{
    struct setup *s = *state;
    struct client *c = open_stream(s, "/__admin/events?types=request");
    loop_unwatch(s->rig.loop, c->fd); /* it does not read */
    setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &(int){131072}, sizeof(int));
    struct client *busy = client_new(&s->rig);
    const char *long_call = arena_printf(&s->rig.arena, "GET " LIST "?x=%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                                         (char *)memset(arena_alloc(&s->rig.arena, 8001), 'x', 8000));
    const struct journal *j = namespaces_at(s->mock->namespaces, 0)->journal;
    while (journal_lost(j) < 1000)
        client_request(busy, long_call);

    struct client *again = client_on(&s->rig, c->fd); /* now it does */
    expect_text(again, "event: lost\ndata: {\"requests\":");
    int lost = atoi(buf_c(&again->in));
    assert_in_range(lost, 1, journal_lost(j));
    expect_text(again, ",\"changes\":0}\n\n");
    expect_text(again, "event: request\ndata: {\"seq\":");
    expect_text(again, arena_printf(&s->rig.arena, "{\"seq\":%llu,", (unsigned long long)journal_last(j)));
    client_end(again);
    client_end(busy);
}

static void the_number_of_streams_is_limited(void **state)
{
    struct setup *s = *state;
    s->mock->event_streams = 199;
    struct client *c = open_stream(s, "/__admin/events");
    struct mock_response a = ask(s, "GET /__admin/events", "");
    assert_int_equal(a.status, 503);
    assert_true(str_has(a.head, STR("application/problem+json")));
    assert_true(str_has(a.body, STR("\"code\":\"too_many_streams\"")));
    client_end(c);
    rig_wait(&s->rig, &s->mock->event_streams, 199); /* a client that leaves makes room */
    client_end(open_stream(s, "/__admin/events"));
}

static void an_idle_stream_gets_a_comment_every_ten_seconds(void **state)
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

static void the_server_can_stop_with_open_streams(void **state)
{
    struct setup *s = *state;
    struct client *c = open_stream(s, "/__admin/events");
    server_quiesce(s->rig.server);
    expect_text(c, "0\r\n\r\n");
    server_free(s->rig.server);
    s->rig.server = NULL;
    assert_int_equal(s->mock->event_streams, 0);
    client_end(c);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin_small, end)
    const struct CMUnitTest tests[] = {
        TEST(calls_and_their_changes_arrive_in_order),
        TEST(an_event_names_the_rules_that_acted),
        TEST(simulations_and_clock_changes_are_streamed),
        TEST(only_the_requested_types_are_streamed),
        TEST(invalid_parameters_are_rejected),
        TEST(a_stream_has_the_events_of_its_namespace_only),
        TEST(a_reconnecting_client_continues_at_its_position),
        TEST(since_returns_past_events),
        TEST(a_reset_ends_the_stream),
        TEST(pending_events_come_before_the_reset),
        TEST(reconnecting_after_a_reset_starts_at_the_new_state),
        TEST(the_position_of_another_namespace_is_not_known),
        TEST(clearing_the_journal_is_an_event),
        TEST(a_slow_client_gets_the_number_of_lost_events),
        TEST(the_number_of_streams_is_limited),
        TEST(an_idle_stream_gets_a_comment_every_ten_seconds),
        TEST(the_server_can_stop_with_open_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
