/* Responses that are produced while they are sent. */
#include "base/tests/server_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/time.h"

#define FLOOD_BYTES 4096

/* Streams `texts` one after the other, up to the number that is available. */
struct feed {
    struct rig rig; /* must be first: the clients use it */
    struct exchange *x;
    const char *texts[4];
    size_t sent_count;
    bool ends;
    size_t next_calls;
};

/* Always has more data. */
static bool flood(void *ctx, struct buf *out)
{
    struct feed *f = ctx;
    f->next_calls++;
    memset(buf_reserve(out, FLOOD_BYTES), 'x', FLOOD_BYTES);
    out->n += FLOOD_BYTES;
    return true;
}

/* Each part takes a millisecond to make. */
static bool toil(void *ctx, struct buf *out)
{
    int64_t until = time_monotonic_us() + 1000;
    while (time_monotonic_us() < until)
        ;
    return flood(ctx, out);
}

static bool next(void *ctx, struct buf *out)
{
    struct feed *f = ctx;
    f->next_calls++;
    if (f->texts[f->sent_count])
        buf_text(out, f->texts[f->sent_count++]);
    return !(f->ends && !f->texts[f->sent_count]);
}

static void on_request(void *ctx, struct exchange *x)
{
    struct feed *f = ctx;
    x->response.status = 200;
    if (str_starts(x->request.path, STR("/stream"))) {
        f->x = x;
        x->response.stream = (struct body_stream){.next = next, .ctx = f};
        if (str_is(x->request.path, "/stream/flood"))
            x->response.stream.next = flood;
        if (str_is(x->request.path, "/stream/toil"))
            x->response.stream.next = toil;
        if (str_is(x->request.path, "/stream/beating")) {
            x->response.stream.idle = "~";
            x->response.stream.idle_us = 5000;
        }
    } else {
        buf_text(&x->response.body, "plain");
    }
    f->rig.handled++;
    server_reply(x);
}

static void on_done(void *ctx, struct exchange *x, bool sent)
{
    struct feed *f = ctx;
    f->x = x == f->x ? NULL : f->x;
    f->rig.done++;
    f->rig.sent += sent;
}

static int start(void **state)
{
    struct feed *f = calloc(1, sizeof *f);
    f->rig.loop = loop_new();
    struct server_options options = rig_options(&f->rig);
    options.handle = on_request;
    options.done = on_done;
    options.ctx = f;
    f->rig.server = server_new(f->rig.loop, &options, NULL);
    assert_non_null(f->rig.server);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    struct feed *f = *state;
    server_free(f->rig.server);
    loop_free(f->rig.loop);
    arena_end(&f->rig.arena);
    free(f);
    return 0;
}

static struct client *request_stream(struct feed *f, const char *request)
{
    struct client *c = client_new(&f->rig);
    size_t handled = f->rig.handled;
    client_send(c, str_from(request));
    rig_wait(&f->rig, &f->rig.handled, handled + 1);
    return c;
}

static void read_until(struct client *c, const char *end)
{
    int64_t limit = time_monotonic_us() + 10000000;
    while (!str_ends(buf_str(&c->in), str_from(end))) {
        assert_true(time_monotonic_us() < limit);
        loop_step(c->rig->loop, 1000);
    }
}

/* Runs the loop until nothing is left to do; the library's own runs do not count as steps. */
static void settle(struct feed *f)
{
    for (size_t quiet = 0; quiet < 20; quiet++) {
        size_t next_calls = f->next_calls;
        if (loop_step(f->rig.loop, 200) || f->next_calls != next_calls)
            quiet = 0;
    }
}

static void a_stream_is_sent_as_it_is_produced(void **state)
{
    struct feed *f = *state;
    struct client *c = request_stream(f, GET("/stream"));
    read_until(c, "\r\n\r\n"); /* the head is sent before the first bytes */
    assert_true(str_has(buf_str(&c->in), STR("chunked")));
    f->texts[0] = "one";
    server_wake(f->x);
    read_until(c, "3\r\none\r\n");
    f->texts[1] = "three";
    f->ends = true;
    server_wake(f->x);
    read_until(c, "5\r\nthree\r\n0\r\n\r\n");
    rig_wait(&f->rig, &f->rig.done, 1);
    assert_int_equal(f->rig.sent, 1);
    assert_int_equal(client_request(c, GET("/")).status, 200); /* the connection stays open */
    client_end(c);
}

static void available_data_is_sent_without_a_wake(void **state)
{
    struct feed *f = *state;
    f->texts[0] = "one";
    f->texts[1] = "two";
    f->ends = true;
    struct client *c = request_stream(f, GET("/stream"));
    read_until(c, "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
    client_end(c);
}

static void a_stream_longer_than_a_block_is_complete(void **state)
{
    struct feed *f = *state;
    size_t n = 1u << 20;
    char *large = arena_alloc(&f->rig.arena, n + 1);
    for (size_t i = 0; i < n; i++)
        large[i] = (char)('a' + i % 23);
    f->texts[0] = large;
    f->ends = true;
    struct client *c = request_stream(f, "GET /stream HTTP/1.0\r\nHost: x\r\n\r\n");
    client_read_end(c); /* for HTTP/1.0 the end of the connection ends the body */
    assert_true(str_ends(buf_str(&c->in), str_of(large, n)));
    client_end(c);
}

static void an_idle_stream_causes_no_work(void **state)
{
    struct feed *f = *state;
    struct client *c = request_stream(f, GET("/stream"));
    read_until(c, "\r\n\r\n");
    settle(f);
    assert_int_equal(f->next_calls, 1);
    assert_false(loop_step(f->rig.loop, 20000));
    assert_int_equal(f->next_calls, 1);
    server_wake(f->x);
    settle(f);
    assert_int_equal(f->next_calls, 2);
    client_end(c);
}

static void the_idle_text_is_sent_after_a_silence(void **state)
{
    struct feed *f = *state;
    int64_t begun = time_monotonic_us();
    struct client *c = request_stream(f, GET("/stream/beating"));
    read_until(c, "1\r\n~\r\n1\r\n~\r\n");
    assert_true(time_monotonic_us() - begun >= 10000);
    client_end(c);
}

static void a_wake_without_data_does_not_extend_the_silence(void **state)
{
    struct feed *f = *state;
    struct client *c = request_stream(f, GET("/stream/beating"));
    int64_t limit = time_monotonic_us() + 10000000;
    while (!str_ends(buf_str(&c->in), STR("~\r\n"))) {
        assert_true(time_monotonic_us() < limit);
        server_wake(f->x);
        loop_step(f->rig.loop, 500);
    }
    client_end(c);
}

static void a_disconnected_client_is_detected_at_once(void **state)
{
    struct feed *f = *state;
    for (size_t i = 1; i <= 2; i++) {
        struct client *c = request_stream(f, GET("/stream"));
        read_until(c, "\r\n\r\n");
        settle(f);
        if (i == 2)
            setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
        client_end(c);
        rig_wait(&f->rig, &f->rig.done, i);
    }
    assert_int_equal(f->rig.sent, 0);
}

static void a_client_that_does_not_read_delays_no_other_client(void **state)
{
    struct feed *f = *state;
    struct client *slow = client_new(&f->rig);
    loop_unwatch(f->rig.loop, slow->fd); /* it does not read */
    client_send(slow, STR(GET("/stream/flood")));
    settle(f);
    size_t next_calls = f->next_calls;
    struct client *other = client_new(&f->rig);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(client_request(other, GET("/")).status, 200);
        server_wake(f->x);
    }
    settle(f);
    assert_int_equal(f->next_calls, next_calls); /* `next` is not called until the connection accepts more */
    char bytes[65536];
    int64_t limit = time_monotonic_us() + 10000000;
    while (f->next_calls == next_calls) {
        assert_true(time_monotonic_us() < limit);
        (void)!recv(slow->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        loop_step(f->rig.loop, 1000);
    }
    client_end(slow);
    client_end(other);
    rig_wait(&f->rig, &f->rig.done, 21);
}

static void many_streams_leave_turns_to_others(void **state)
{
    struct feed *f = *state;
    struct client *streams[30], *other = client_new(&f->rig);
    client_request(other, GET("/"));
    for (size_t i = 0; i < COUNT(streams); i++)
        streams[i] = request_stream(f, GET("/stream/toil"));
    for (size_t i = 0; i < 3; i++) {
        size_t next_calls = f->next_calls;
        assert_int_equal(client_request(other, GET("/")).status, 200);
        assert_in_range(f->next_calls - next_calls, 0, 100); /* of 240 parts in a turn of each */
    }
    for (size_t i = 0; i < COUNT(streams); i++) {
        while (!streams[i]->in.n) /* each has its turn */
            loop_step(f->rig.loop, 1000);
        client_end(streams[i]);
    }
    client_end(other);
}

static void a_stream_goes_on_whatever_the_client_sends(void **state)
{
    static const char *const sent[] = {NULL, "G", GET("/")}; /* NULL: it ends its sending side */
    struct feed *f = *state;
    for (size_t i = 0; i < COUNT(sent); i++) {
        struct client *c = request_stream(f, GET("/stream/flood"));
        while (c->in.n < FLOOD_BYTES)
            loop_step(f->rig.loop, 1000);
        if (sent[i])
            client_send(c, str_from(sent[i]));
        else
            shutdown(c->fd, SHUT_WR);
        while (c->in.n < 16u << 20) { /* more than the system keeps */
            if (c->closed)
                fail_msg("row %zu: closed after %zu bytes", i, c->in.n);
            loop_step(f->rig.loop, 1000);
        }
        client_end(c);
        rig_wait(&f->rig, &f->rig.done, i + 1);
    }
}

static void a_stream_is_not_counted_in_flight(void **state)
{
    struct feed *f = *state;
    struct client *c = request_stream(f, GET("/stream"));
    settle(f);
    assert_int_equal(server_in_flight(f->rig.server), 0);
    f->ends = true;
    server_wake(f->x);
    read_until(c, "0\r\n\r\n");
    assert_int_equal(server_in_flight(f->rig.server), 0);
    client_end(c);
}

static void quiescing_sends_the_end_of_a_stream(void **state)
{
    struct feed *f = *state;
    f->texts[0] = "one";
    struct client *c = request_stream(f, GET("/stream"));
    read_until(c, "3\r\none\r\n");
    settle(f);
    server_quiesce(f->rig.server);
    assert_int_equal(f->rig.done, 1);
    server_free(f->rig.server); /* at once, without running the loop */
    f->rig.server = NULL;
    read_until(c, "3\r\none\r\n0\r\n\r\n");
    client_end(c);
}

static void a_server_may_be_freed_during_a_stream(void **state)
{
    struct feed *f = *state;
    struct client *c = client_new(&f->rig);
    loop_unwatch(f->rig.loop, c->fd);
    client_send(c, STR(GET("/stream/flood")));
    struct client *idle = request_stream(f, GET("/stream"));
    settle(f);
    server_free(f->rig.server);
    f->rig.server = NULL;
    assert_int_equal(f->rig.done, 2);
    client_end(c);
    client_end(idle);
}

static void a_head_request_gets_only_the_head(void **state)
{
    struct feed *f = *state;
    struct client *c = client_new(&f->rig);
    client_send(c, STR("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n"));
    while (!c->closed)
        loop_step(f->rig.loop, 1000);
    assert_true(str_starts(buf_str(&c->in), STR("HTTP/1.1 200 ")));
    assert_true(str_ends(buf_str(&c->in), STR("\r\n\r\n")));
    assert_false(str_has(buf_str(&c->in), STR("\r\n\r\n0")));
    assert_int_equal(f->next_calls, 0);
    client_end(c);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_stream_is_sent_as_it_is_produced),         TEST(available_data_is_sent_without_a_wake),
        TEST(a_stream_longer_than_a_block_is_complete),   TEST(an_idle_stream_causes_no_work),
        TEST(the_idle_text_is_sent_after_a_silence),      TEST(a_wake_without_data_does_not_extend_the_silence),
        TEST(a_disconnected_client_is_detected_at_once),  TEST(a_client_that_does_not_read_delays_no_other_client),
        TEST(a_stream_is_not_counted_in_flight),          TEST(quiescing_sends_the_end_of_a_stream),
        TEST(a_server_may_be_freed_during_a_stream),      TEST(a_head_request_gets_only_the_head),
        TEST(a_stream_goes_on_whatever_the_client_sends), TEST(many_streams_leave_turns_to_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
