/* What the server holds for its clients is bounded, and a client that has gone costs nothing. */
#include "base/array.h"
#include "base/tests/server_rig.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/http/connection.h"
#include "base/log.h"
#include "base/time.h"

static_assert(sizeof(struct connection) <= 640, "what an idle connection costs");

static void restart(struct rig *g, const struct server_options *options)
{
    server_free(g->server);
    g->server = server_new(g->loop, options, NULL);
    assert_non_null(g->server);
}

static void run_for(struct rig *g, int64_t us)
{
    int64_t limit = time_monotonic_us() + us;
    while (time_monotonic_us() < limit)
        loop_step(g->loop, 1000);
}

static void wait_for_connections(struct rig *g, size_t count)
{
    int64_t limit = time_monotonic_us() + 10000000;
    while (server_connections(g->server) != count) {
        assert_true(time_monotonic_us() < limit);
        loop_step(g->loop, 1000);
    }
}

/* --- the number of connections ------------------------------------------------------------------ */

static bool is_urgent(void *ctx, const struct request *r)
{
    (void)ctx;
    return str_starts(r->path, STR("/urgent"));
}

static void at_the_limit_the_connection_that_is_idle_for_longest_is_closed(void **state)
{
    struct rig *g = *state;
    struct server_options options = rig_options(g);
    options.connections_max = 2;
    restart(g, &options);
    struct client *first = client_new(g), *second = client_new(g);
    client_request(first, GET("/"));
    client_request(second, GET("/"));
    client_request(first, GET("/"));
    run_for(g, 150000);
    struct client *third = client_new(g);
    assert_int_equal(client_request(third, GET("/")).status, 200);
    client_read_end(second);
    assert_int_equal(client_request(first, GET("/")).status, 200);
    assert_int_equal(server_connections(g->server), 2);
    client_end(first);
    client_end(second);
    client_end(third);
}

static void a_head_that_does_not_end_is_given_up_for_another_connection(void **state)
{
    struct rig *g = *state;
    struct server_options options = rig_options(g);
    options.connections_max = 1;
    restart(g, &options);
    struct client *slow = client_new(g);
    client_send(slow, STR("GET / HT"));
    run_for(g, 1100000);
    struct client *other = client_new(g);
    assert_int_equal(client_request(other, GET("/")).status, 200);
    client_read_end(slow);
    client_end(slow);
    client_end(other);
}

static void only_urgent_requests_are_served_if_no_connection_is_idle(void **state)
{
    struct rig *g = *state;
    struct server_options options = rig_options(g);
    options.connections_max = 1;
    options.reserve = 2;
    options.urgent = is_urgent;
    restart(g, &options);
    struct client *busy = client_new(g);
    client_send(busy, STR(GET("/suspend")));
    rig_wait(g, &g->suspended_count, 1);
    for (int i = 0; i < 5; i++) {
        struct client *other = client_new(g), *urgent = client_new(g);
        struct mock_response a = client_request(other, GET("/"));
        assert_int_equal(a.status, 503);
        assert_true(str_has(a.head, STR("\r\nRetry-After: 1\r\n")));
        client_read_end(other);
        a = client_request(urgent, GET("/urgent"));
        assert_int_equal(a.status, 200);
        assert_true(str_has(a.head, STR("\r\nConnection: close\r\n")));
        client_end(other);
        client_end(urgent);
    }
    rig_respond_suspended(g->suspended[0]);
    assert_int_equal(client_read_last(busy).status, 200);
}

/* One connection, which is busy, and a reserve of one. */
static struct client *fill_connections(struct rig *g)
{
    struct server_options options = rig_options(g);
    options.connections_max = options.reserve = 1;
    options.urgent = is_urgent;
    restart(g, &options);
    struct client *busy = client_new(g);
    client_send(busy, STR(GET("/suspend")));
    rig_wait(g, &g->suspended_count, 1);
    return busy;
}

static void nobody_holds_the_reserve(void **state)
{
    static const char *const sent[] = {
        "",                                                              /* idle */
        "GET /urgent HT",                                                /* a head that does not end */
        "POST /urgent HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", /* a body that does not end */
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n",       /* refused; the client goes on */
        GET("/"),                                                        /* refused; the client does not close */
    };
    struct rig *g = *state;
    struct client *busy = fill_connections(g);
    for (size_t i = 0; i < COUNT(sent); i++) {
        struct client *holder = client_new(g);
        client_pause(holder);
        client_send(holder, str_from(sent[i]));
        run_for(g, 20000);
        int64_t begun = time_monotonic_us();
        struct client *urgent = client_new(g), *other = client_new(g);
        assert_int_equal(client_request(urgent, GET("/urgent")).status, 200);
        if (time_monotonic_us() - begun > 1500000)
            fail_msg("row %zu: %d ms", i, (int)(time_monotonic_us() - begun) / 1000);
        assert_int_equal(client_request(other, GET("/")).status, 503); /* it is still the reserve */
        client_end(holder);
        client_end(urgent);
        client_end(other);
    }
    rig_respond_suspended(g->suspended[0]);
    assert_int_equal(client_read_last(busy).status, 200);
}

static void a_connection_of_the_reserve_is_a_usual_one_if_others_have_left(void **state)
{
    struct rig *g = *state;
    struct client *busy = fill_connections(g), *c = client_new(g);
    wait_for_connections(g, 2);
    rig_respond_suspended(g->suspended[0]);
    assert_int_equal(client_read_last(busy).status, 200);
    wait_for_connections(g, 1);
    assert_int_equal(client_request(c, GET("/")).status, 200);
    assert_int_equal(client_request(c, GET("/")).status, 200);
    client_end(c);
}

static void without_a_descriptor_the_server_waits_and_recovers(void **state)
{
    struct rig *g = *state;
    struct rlimit before, few;
    struct client *idle = client_new(g);
    client_request(idle, GET("/"));
    int fd = rig_connect(server_port(g->server)); /* accepted below */
    getrlimit(RLIMIT_NOFILE, &before);
    few = before;
    few.rlim_cur = (rlim_t)fd + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct client *c = client_on(g, fd);
    client_send(c, STR(GET("/")));
    size_t turns = 0;
    for (int64_t limit = time_monotonic_us() + 60000; time_monotonic_us() < limit;)
        turns += loop_step(g->loop, 10000);
    assert_true(turns < 20); /* no spin */
    assert_int_equal(g->handled, 1);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(client_read_last(c).status, 200);
    client_end(idle);
}

/* --- clients that go ---------------------------------------------------------------------------- */

static void a_client_that_has_gone_frees_its_connection_at_once(void **state)
{
    static const struct {
        const char *request;
        size_t handled, done;
    } rows[] = {
        {"GET / HT",                                                     0, 0},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",   0, 0},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n", 0, 0},
        {GET("/suspend"),                                                1, 0},
        {GET("/stall"),                                                  1, 1},
        {GET("/crawl"),                                                  1, 1},
        {GET("/suspend") GET("/next"),                                   1, 0},
    };
    struct rig *g = *state;
    for (int reset = 0; reset < 2; reset++) {
        for (size_t i = 0; i < COUNT(rows); i++) {
            g->handled = g->done = g->suspended_count = 0;
            struct client *c = client_new(g);
            client_send(c, str_from(rows[i].request));
            wait_for_connections(g, 1);
            rig_wait(g, &g->handled, rows[i].handled);
            run_for(g, 5000);
            if (reset)
                setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
            client_end(c);
            int64_t began = time_monotonic_us();
            wait_for_connections(g, 0);
            assert_true(time_monotonic_us() - began < 1500000); /* less than a second, on an idle machine */
            assert_int_equal(g->done, rows[i].done);
            assert_int_equal(server_in_flight(g->server), 0);
            if (g->suspended_count)
                rig_respond_suspended(g->suspended[0]);
            rig_wait(g, &g->done, rows[i].handled);
            assert_int_equal(g->sent, 0);
        }
    }
}

static void a_client_that_ended_its_side_still_gets_its_response(void **state)
{
    struct rig *g = *state;
    struct client *c = client_new(g), *late = client_new(g);
    client_send(c, STR(GET("/delay") GET("/next")));
    shutdown(c->fd, SHUT_WR);
    struct mock_response a[2];
    assert_int_equal(client_read(c, 2, true, a), 2);
    assert_body(a[1], "GET /next ? 0 []");
    client_read_end(c);
    client_send(late, STR(GET("/suspend")));
    rig_wait(g, &g->suspended_count, 1);
    shutdown(late->fd, SHUT_WR);
    client_read_end(late); /* after a while */
    assert_int_equal(late->in.n, 0);
    client_end(c);
    client_end(late);
    rig_respond_suspended(g->suspended[0]);
}

/* --- time --------------------------------------------------------------------------------------- */

static void a_request_has_a_total_time(void **state)
{
    static const char *const begins[] = {"GET / HTTP/1.1\r\nHost: x\r\nA: ",
                                         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n"};
    struct rig *g = *state;
    struct server_options options = rig_options(g);
    options.limits.head_us = options.limits.body_us = 100000;
    restart(g, &options);
    for (size_t i = 0; i < COUNT(begins); i++) {
        struct client *c = client_new(g);
        client_send(c, str_from(begins[i]));
        for (int drip = 0; drip < 200 && !c->closed; drip++) {
            client_send(c, STR("a"));
            run_for(g, 5000);
        }
        assert_true(str_starts(buf_str(&c->in), STR("HTTP/1.1 408 ")));
        assert_int_equal(g->refused, i + 1);
        client_end(c);
    }
}

static void a_client_that_takes_nothing_is_closed(void **state)
{
    struct rig *g = *state;
    struct server_options options = rig_options(g);
    options.limits.stall_us = 100000;
    restart(g, &options);
    struct client *c = client_new(g);
    client_pause(c);
    client_send(c, STR(GET("/large")));
    rig_wait(g, &g->done, 1);
    assert_int_equal(server_connections(g->server), 1);
    wait_for_connections(g, 0);
    client_end(c);
}

/* --- slow readers ------------------------------------------------------------------------------- */

#ifdef __SANITIZE_ADDRESS__ /* it keeps blocks that are freed */
size_t __sanitizer_get_current_allocated_bytes(void);

static size_t used_bytes(void)
{
    return __sanitizer_get_current_allocated_bytes();
}
#else
static size_t used_bytes(void)
{
    long pages = 0, all;
    FILE *f = fopen("/proc/self/statm", "re");
    assert_int_equal(fscanf(f, "%ld %ld", &all, &pages), 2);
    (void)fclose(f);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}
#endif

static void a_slow_reader_costs_no_memory_and_gets_every_byte(void **state)
{
    enum { READERS = 30 };
    struct rig *g = *state;
    struct client *slow[READERS];
    size_t before = used_bytes();
    for (size_t i = 0; i < READERS; i++) {
        slow[i] = client_new(g);
        client_pause(slow[i]);
        client_send(slow[i], STR(GET("/large")));
        rig_wait(g, &g->done, i + 1); /* the exchange does not wait for the client */
    }
    assert_in_range(used_bytes() - before, 0, 64u << 20); /* of 180 MB */
    struct client *other = client_new(g);
    assert_int_equal(client_request(other, GET("/")).status, 200);
    for (size_t i = 0; i < READERS; i += 13) {
        client_resume(slow[i]);
        struct mock_response a;
        assert_int_equal(client_read(slow[i], 1, true, &a), 1);
        assert_int_equal(a.body.n, RIG_LARGE);
        for (size_t at = 0; at < RIG_LARGE; at++)
            if (a.body.s[at] != (char)('a' + at % 23))
                fail_msg("byte %zu", at);
    }
    for (size_t i = 0; i < READERS; i++)
        client_end(slow[i]);
    client_end(other);
}

static void the_slowest_reader_is_closed_if_all_wait_for_too_much(void **state)
{
    struct rig *g = *state;
    struct server_options options = rig_options(g);
    options.limits.unsent_disk = 8u << 20;
    restart(g, &options);
    struct client *c[4];
    for (size_t i = 0; i < COUNT(c); i++) {
        c[i] = client_new(g);
        client_pause(c[i]);
        client_send(c[i], STR(GET("/large")));
        rig_wait(g, &g->done, i + 1);
        run_for(g, 2000);
    }
    assert_in_range(server_connections(g->server), 1, 3);
    for (size_t i = 0; i < COUNT(c); i++)
        client_end(c[i]);
}

static void a_temporary_file_that_cannot_be_made_closes_only_this_client(void **state)
{
    struct rig *g = *state;
    setenv("TMPDIR", "/nonexistent", 1);
    struct client *c = client_new(g), *other = client_new(g);
    client_pause(c);
    client_send(c, STR(GET("/large")));
    rig_wait(g, &g->done, 1);
    unsetenv("TMPDIR");
    assert_int_equal(g->sent, 0);
    assert_int_equal(client_request(other, GET("/")).status, 200);
    client_end(c);
    client_end(other);
}

/* --- bodies ------------------------------------------------------------------------------------- */

static bool never(void *ctx, const struct request *r)
{
    struct rig *g = ctx;
    (void)r;
    g->admitted++;
    return false;
}

static void a_body_that_is_not_wanted_is_not_read(void **state)
{
    static const char *const heads[] = {
        "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n",
        "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n80000\r\n",
        "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
    };
    struct rig *g = *state;
    struct server_options options = rig_options(g);
    options.body_max = 1u << 20;
    options.admit = never;
    restart(g, &options);
    char *filler = arena_alloc(&g->arena, 100001);
    memset(filler, 'a', 100000);
    for (size_t i = 0; i < COUNT(heads); i++) {
        struct client *c = client_new(g);
        client_send(c, str_from(heads[i]));
        if (i < 2)
            client_send(c, str_of(filler, 100000));
        client_read_end(c);
        struct str in = buf_str(&c->in);
        struct mock_response a;
        assert_true(response_take(&in, true, &a));
        assert_int_equal(a.status, 200);
        assert_body(a, "POST /p ? 0 dropped []");
        assert_true(str_has(a.head, STR("\r\nConnection: close\r\n")));
        assert_int_equal(g->admitted, i + 1);
        client_end(c);
    }
    struct client *small = client_new(g);
    assert_body(client_request(small, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"),
                "POST /p ? 3 [abc]");
    assert_int_equal(g->admitted, COUNT(heads));
    client_end(small);
}

static void bodies_cost_memory_as_they_arrive_and_have_a_total(void **state)
{
    struct rig *g = *state;
    struct server_options options = rig_options(g);
    options.body_max = 16u << 20;
    options.limits.bodies = 1u << 20;
    restart(g, &options);
    struct client *c[50];
    size_t before = used_bytes();
    for (size_t i = 0; i < COUNT(c); i++) {
        c[i] = client_new(g);
        client_send(c[i], STR("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 16000000\r\n\r\na"));
    }
    run_for(g, 5000);
    assert_in_range(used_bytes() - before, 0, 8u << 20);
    char *filler = arena_alloc(&g->arena, 2000000);
    memset(filler, 'a', 2000000);
    client_send(c[0], str_of(filler, 2000000));
    client_read_end(c[0]);
    assert_true(str_starts(buf_str(&c[0]->in), STR("HTTP/1.1 503 ")));
    assert_true(str_has(buf_str(&c[0]->in), STR("\r\nRetry-After: 1\r\n")));
    for (size_t i = 0; i < COUNT(c); i++)
        client_end(c[i]);
    wait_for_connections(g, 0);
    struct client *last = client_new(g); /* what they held is free again */
    client_send(last, STR("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n"));
    client_send(last, str_of(filler, 500000));
    assert_int_equal(client_read_last(last).status, 200);
}

/* --- turns -------------------------------------------------------------------------------------- */

static void a_client_that_sends_many_requests_at_once_leaves_turns_to_others(void **state)
{
    enum { REQUESTS = 600 };
    struct rig *g = *state;
    struct client *greedy = client_new(g), *other = client_new(g);
    client_request(other, GET("/"));
    struct buf all = {.arena = &g->arena};
    for (int i = 0; i < REQUESTS; i++)
        buf_text(&all, GET("/a"));
    g->handled = 0;
    assert_int_equal(send(greedy->fd, all.data, all.n, MSG_NOSIGNAL), all.n);
    assert_int_equal(send(other->fd, GET("/b"), strlen(GET("/b")), MSG_NOSIGNAL), strlen(GET("/b")));
    other->in.n = 0;
    struct mock_response a;
    assert_int_equal(client_read(other, 1, true, &a), 1);
    assert_true(g->handled < REQUESTS / 2);
    rig_wait(g, &g->handled, REQUESTS + 1);
    client_end(greedy);
    client_end(other);
}

static void a_connected_socket_can_be_served(void **state)
{
    struct rig *g = *state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    server_adopt(g->server, pair[0]);
    struct client *c = client_on(g, pair[1]);
    struct mock_response a = client_request(c, GET("/"));
    assert_int_equal(a.status, 200);
    assert_true(str_has(a.head, STR("\r\nX-Peer: local\r\n")));
    client_end(c);
    wait_for_connections(g, 0);
}

static int quiet_start(void **state)
{
    log_set_level(LOG_QUIET);
    return rig_start(state);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, quiet_start, rig_stop)
    const struct CMUnitTest tests[] = {
        with_server(nobody_holds_the_reserve),
        with_server(a_connection_of_the_reserve_is_a_usual_one_if_others_have_left),
        TEST(at_the_limit_the_connection_that_is_idle_for_longest_is_closed),
        TEST(a_head_that_does_not_end_is_given_up_for_another_connection),
        TEST(only_urgent_requests_are_served_if_no_connection_is_idle),
        TEST(without_a_descriptor_the_server_waits_and_recovers),
        TEST(a_client_that_has_gone_frees_its_connection_at_once),
        TEST(a_client_that_ended_its_side_still_gets_its_response),
        TEST(a_request_has_a_total_time),
        TEST(a_client_that_takes_nothing_is_closed),
        TEST(a_slow_reader_costs_no_memory_and_gets_every_byte),
        TEST(the_slowest_reader_is_closed_if_all_wait_for_too_much),
        TEST(a_temporary_file_that_cannot_be_made_closes_only_this_client),
        TEST(a_body_that_is_not_wanted_is_not_read),
        TEST(bodies_cost_memory_as_they_arrive_and_have_a_total),
        TEST(a_client_that_sends_many_requests_at_once_leaves_turns_to_others),
        TEST(a_connected_socket_can_be_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
