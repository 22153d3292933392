#include "base/array.h"
#include "base/tests/server_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/time.h"

/* transport faults */

static void a_delayed_response_arrives_after_its_delay(void **state)
{
    struct rig *g = *state;
    struct client *c = client_new(g);
    int64_t begun = time_monotonic_us();
    struct mock_response a = client_request(c, GET("/delay"));
    assert_true(time_monotonic_us() - begun >= 20000);
    assert_int_equal(a.body.n, 1000);
    assert_int_equal(client_request(c, GET("/")).status, 200);
    client_end(c);
}

static void a_throttled_response_arrives_in_parts(void **state)
{
    struct rig *g = *state;
    struct client *c = client_new(g);
    int64_t begun = time_monotonic_us();
    struct mock_response a = client_request(c, GET("/throttle"));
    assert_true(time_monotonic_us() - begun >= 45000); /* the second half, at 10000 bytes a second */
    assert_true(c->arrivals >= 2);
    assert_int_equal(a.body.n, 1000);
    for (size_t i = 0; i < a.body.n; i++)
        assert_int_equal(a.body.s[i], 'x');
    assert_int_equal(client_request(c, GET("/")).status, 200); /* the server still responds */
    client_end(c);
}

static void a_chunked_response_has_no_length_and_several_chunks(void **state)
{
    struct rig *g = *state;
    struct client *c = client_new(g);
    client_send(c, STR("GET /chunks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    client_read_end(c);
    struct str in = buf_str(&c->in);
    assert_true(str_has(in, STR("Transfer-Encoding: chunked\r\n")));
    assert_false(str_has(in, STR("Content-Length")));
    size_t chunks = 0, bytes = 0;
    for (size_t i = 0; i + 1 < in.n; i++) {
        chunks += in.s[i] != 'x' && in.s[i + 1] == 'x';
        bytes += in.s[i + 1] == 'x';
    }
    assert_in_range(chunks, 3, 250);
    assert_int_equal(bytes, 250);
    assert_true(str_ends(in, STR("\r\n0\r\n\r\n")));
    client_end(c);
}

static void a_cut_response_ends_at_its_cut(void **state)
{
    static const struct {
        const char *path;
        bool head, reset;
        size_t body;
    } rows[] = {
        {"/cut/before", false, false, 0  },
        {"/cut/head",   true,  false, 0  },
        {"/cut/body",   true,  false, 500},
        {"/cut/reset",  false, true,  0  },
        {"/cut/late",   true,  false, 500},
    };
    struct rig *g = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct client *c = client_new(g);
        client_send(c, str_from(arena_printf(&g->arena, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", rows[i].path)));
        client_read_end(c);
        struct str in = buf_str(&c->in);
        struct mock_response a = {0};
        if (response_take(&in, false, &a) != rows[i].head || in.n != rows[i].body || c->reset != rows[i].reset)
            fail_msg("%s: head %zu, body %zu, reset %d", rows[i].path, a.head.n, in.n, c->reset);
        client_end(c);
    }
    rig_wait(g, &g->done, COUNT(rows));
    assert_int_equal(g->sent, 0);
}

static void a_cut_response_to_head_closes_the_connection(void **state)
{
    struct rig *g = *state;
    struct client *c = client_new(g);
    struct mock_response a = client_request(c, "HEAD /cut/body HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(a.status, 200);
    client_read_end(c);
    client_end(c);
}

/* disconnects */

static void done_is_called_once_for_a_disconnected_client(void **state)
{
    static const char *const requests[] = {GET("/suspend"), GET("/delay"), GET("/throttle")};
    struct rig *g = *state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct client *c = client_new(g);
        client_send(c, str_from(requests[i]));
        rig_wait(g, &g->handled, i + 1);
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
        client_end(c);
        loop_step(g->loop, 1000);
        if (i == 0) {
            assert_int_equal(g->done, 0);
            rig_respond_suspended(g->suspended[0]);
        }
        rig_wait(g, &g->done, i + 1);
    }
    assert_int_equal(server_in_flight(g->server), 0);
    while (loop_step(g->loop, 0))
        ;
    assert_int_equal(g->done, COUNT(requests));
}

static void an_incomplete_request_is_never_handled(void **state)
{
    static const char *const pieces[] = {"GE", "GET / HTTP/1.1\r\nHo",
                                         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"};
    struct rig *g = *state;
    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct client *c = client_new(g);
        client_send(c, str_from(pieces[i]));
        loop_step(g->loop, 1000);
        client_end(c);
        while (loop_step(g->loop, 1000))
            ;
    }
    assert_int_equal(g->handled + g->done, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_server(a_delayed_response_arrives_after_its_delay),
        with_server(a_throttled_response_arrives_in_parts),
        with_server(a_chunked_response_has_no_length_and_several_chunks),
        with_server(a_cut_response_ends_at_its_cut),
        with_server(a_cut_response_to_head_closes_the_connection),
        with_server(done_is_called_once_for_a_disconnected_client),
        with_server(an_incomplete_request_is_never_handled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
