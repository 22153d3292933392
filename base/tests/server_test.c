#include "base/array.h"
#include "base/tests/server_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

/* plain requests */

static void requests_reach_the_handler_unchanged(void **state)
{
    static const struct {
        const char *request;
        int status;
        const char *body;
    } rows[] = {
        {GET("/"),                                                      200, "GET / ? 0 []"                       },
        {GET("/a%2Fb/../c%00d?x=%2B+1&y"),                              200, "GET /a%2Fb/../c%00d ?x=%2B+1&y 0 []"},
        {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",                       200, "OPTIONS * ? 0 []"                   },
        {"\r\nPURGE / HTTP/1.1\r\nHost: x\r\n\r\n",                     200, "PURGE / ? 0 []"                     },
        {"POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 200, "POST /p ? 3 [abc]"                  },
        {"POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",    200, "POST /p ? 0 []"                     },
        {"POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
         "3\r\nabc\r\n2;e=1\r\nde\r\n0\r\nT: 1\r\n\r\n",       200, "POST /p ? 5 [abcde]"                },
        {"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",                          200, ""                                   },
        {GET("/empty"),                                                 204, ""                                   },
    };
    struct rig *g = *state;
    struct client *c = client_new(g); /* one connection, kept alive */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = client_request(c, rows[i].request);
        assert_int_equal(a.status, rows[i].status);
        assert_body(a, rows[i].body);
        assert_false(c->closed);
    }
    assert_int_equal(g->handled, COUNT(rows));
    client_end(c);
}

static void the_host_of_an_absolute_target_replaces_the_host_header(void **state)
{
    static const struct {
        const char *target, *body, *host;
    } rows[] = {
        {"http://x/a?b=c",               "GET /a ?b=c 0 []",       "x"              },
        {"http://example.test:81/a%2Fb", "GET /a%2Fb ? 0 []",      "example.test:81"},
        {"HTTPS://x",                    "GET / ? 0 []",           "x"              },
        {"http://x?b=/c",                "GET / ?b=/c 0 []",       "x"              },
        {"http://[::1]:8080/",           "GET / ? 0 []",           "[::1]:8080"     },
        {"/http://x/a",                  "GET /http://x/a ? 0 []", "other"          },
        {"/",                            "GET / ? 0 []",           "other"          },
    };
    struct rig *g = *state;
    struct client *c = client_new(g);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a =
            client_request(c, arena_printf(&g->arena, "GET %s HTTP/1.1\r\nHost: other\r\n\r\n", rows[i].target));
        assert_int_equal(a.status, 200);
        assert_body(a, rows[i].body);
        assert_true(str_has(a.head, str_from(arena_printf(&g->arena, "\r\nX-Host: %s\r\n", rows[i].host))));
    }
    client_end(c);
}

static void every_form_of_a_host_is_accepted(void **state)
{
    static const char *const hosts[] = {
        "",        "x", "x:80", "x:", "a_b.c-d", "127.0.0.1:8080", "[::1]", "[::1]:8080", "a%20b", "a!$&'()*+,;=~b.",
        "X:65535",
    };
    struct rig *g = *state;
    struct client *c = client_new(g);
    for (size_t i = 0; i < COUNT(hosts); i++) {
        struct mock_response a =
            client_request(c, arena_printf(&g->arena, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", hosts[i]));
        assert_int_equal(a.status, 200);
    }
    client_end(c);
}

static void response_heads_have_the_expected_headers(void **state)
{
    struct rig *g = *state;
    struct client *c = client_new(g);
    struct mock_response a = client_request(c, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(str_has(a.head, STR("\r\nContent-Length: 13\r\n")));
    assert_true(str_has(a.head, STR("\r\nX-Peer: 127.0.0.1\r\n")));
    assert_false(str_has(a.head, STR("\r\nDate:")));
    assert_false(str_has(a.head, STR("\r\nConnection:")));
    assert_int_equal(c->in.n, a.head.n); /* no body */
    a = client_request(c, GET("/length"));
    assert_true(str_has(a.head, STR("\r\nContent-Length: 7\r\n")));
    client_end(c);
}

static void a_connection_closes_on_request_of_the_client(void **state)
{
    struct rig *g = *state;
    struct client *c = client_new(g);
    struct mock_response a = client_request(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_int_equal(a.status, 200);
    client_read_end(c);
    client_end(c);
}

static void a_query_of_a_thousand_parameters_gets_a_response(void **state)
{
    struct rig *g = *state;
    struct client *c = client_new(g);
    struct buf ask = {.arena = &g->arena};
    buf_text(&ask, "GET /q?");
    for (size_t i = 0; i < 1000; i++)
        buf_text(&ask, "a?=1&");
    buf_text(&ask, " HTTP/1.1\r\nHost: x\r\n\r\n");
    struct mock_response a = client_request(c, buf_c(&ask));
    assert_int_equal(a.status, 200);
    assert_true(str_starts(a.body, STR("GET /q ?a?=1&a?=1&")));
    client_end(c);
}

/* bodies */

static struct str post(struct rig *g, size_t size, bool chunked)
{
    struct buf b = {.arena = &g->arena};
    buf_text(&b, "POST /p HTTP/1.1\r\nHost: x\r\n");
    if (chunked)
        buf_printf(&b, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", size);
    else
        buf_printf(&b, "Content-Length: %zu\r\n\r\n", size);
    memset(buf_reserve(&b, size), 'z', size);
    b.n += size;
    if (chunked)
        buf_text(&b, "\r\n0\r\n\r\n");
    return buf_str(&b);
}

static void a_body_over_the_limit_is_dropped_and_reported(void **state)
{
    static const struct {
        size_t size;
        bool chunked;
        const char *body;
    } rows[] = {
        {RIG_BODY_MAX,     false, "POST /p ? 1000 [zzzzzzzzzzzzzzzzzzzz]"},
        {RIG_BODY_MAX,     true,  "POST /p ? 1000 [zzzzzzzzzzzzzzzzzzzz]"},
        {RIG_BODY_MAX + 1, false, "POST /p ? 0 too large []"             },
        {RIG_BODY_MAX + 1, true,  "POST /p ? 0 too large []"             },
        {3000000,          false, "POST /p ? 0 too large []"             },
        {3000000,          true,  "POST /p ? 0 too large []"             },
    };
    struct rig *g = *state;
    struct client *c = client_new(g);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mock_response a = {0};
        c->in.n = 0;
        client_send(c, post(g, rows[i].size, rows[i].chunked));
        assert_int_equal(client_read(c, 1, true, &a), 1);
        assert_body(a, rows[i].body);
    }
    assert_body(client_request(c, GET("/after")), "GET /after ? 0 []");
    client_end(c);
}

static void expect_100_continue_is_accepted_or_rejected(void **state)
{
    struct rig *g = *state;
    struct client *c = client_new(g);
    struct mock_response a = client_request(c, "POST /p HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                                               "Content-Length: 3\r\n\r\n");
    assert_int_equal(a.status, 100);
    assert_body(client_request(c, "abc"), "POST /p ? 3 [abc]");
    a = client_request(c, "POST /p HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                          "Content-Length: 5000\r\n\r\n");
    assert_int_equal(a.status, 413);
    client_read_end(c);
    client_end(c);
}

/* order */

static void pipelined_requests_get_responses_in_order(void **state)
{
    enum { REQUESTS = 60 };
    struct rig *g = *state;
    struct buf all = {.arena = &g->arena};
    for (int i = 0; i < REQUESTS; i++) {
        static const char *const shapes[] = {
            "GET /%d HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
            "POST /%d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        };
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        struct str rest = str_from(shapes[i % 3]), before = str_cut(&rest, '%');
        buf_add(&all, before);
        buf_text(&all, number);
        buf_add(&all, str_skip(rest, 1));
    }
    static const size_t pieces[] = {1, 7, 4096, 100000};
    for (size_t p = 0; p < COUNT(pieces); p++) {
        struct client *c = client_new(g);
        for (struct str rest = buf_str(&all); rest.n; rest = str_skip(rest, pieces[p]))
            client_send(c, str_head(rest, pieces[p]));
        struct mock_response a[REQUESTS];
        assert_int_equal(client_read(c, REQUESTS, true, a), REQUESTS);
        for (int i = 0; i < REQUESTS; i++)
            assert_true(str_has(a[i].body, str_from(arena_printf(&g->arena, " /%d ?", i))));
        client_end(c);
    }
}

static void a_pipelined_request_waits_for_the_response_before_it(void **state)
{
    struct rig *g = *state;
    struct client *c = client_new(g);
    client_send(c, STR(GET("/suspend") GET("/next")));
    rig_wait(g, &g->suspended_count, 1);
    loop_step(g->loop, 1000);
    assert_int_equal(g->handled, 1);
    rig_respond_suspended(g->suspended[0]);
    struct mock_response a[2];
    assert_int_equal(client_read(c, 2, true, a), 2);
    assert_body(a[0], "late");
    assert_body(a[1], "GET /next ? 0 []");
    client_end(c);
}

static void another_request_may_send_a_suspended_response(void **state)
{
    struct rig *g = *state;
    struct client *suspended = client_new(g), *other = client_new(g);
    client_send(suspended, STR(GET("/suspend")));
    rig_wait(g, &g->suspended_count, 1);
    assert_int_equal(client_request(other, GET("/release")).status, 200);
    struct mock_response a;
    assert_int_equal(client_read(suspended, 1, true, &a), 1);
    assert_body(a, "late");
    client_end(suspended);
    client_end(other);
}

static void five_hundred_suspended_responses_are_sent_at_once(void **state)
{
    struct rig *g = *state;
    struct rlimit files = {0};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max; /* client and server are in this process */
    setrlimit(RLIMIT_NOFILE, &files);
    struct client *clients[RIG_SUSPENDED_MAX];
    for (size_t i = 0; i < RIG_SUSPENDED_MAX; i++) {
        clients[i] = client_new(g);
        loop_step(g->loop, 0);
        client_send(clients[i], STR(GET("/suspend")));
    }
    rig_wait(g, &g->suspended_count, RIG_SUSPENDED_MAX);
    assert_int_equal(server_in_flight(g->server), RIG_SUSPENDED_MAX);
    for (size_t i = 0; i < RIG_SUSPENDED_MAX; i++)
        rig_respond_suspended(g->suspended[i]);
    for (size_t i = 0; i < RIG_SUSPENDED_MAX; i++) {
        struct mock_response a;
        assert_int_equal(client_read(clients[i], 1, true, &a), 1);
        assert_body(a, "late");
    }
    rig_wait(g, &g->sent, RIG_SUSPENDED_MAX);
    assert_int_equal(server_in_flight(g->server), 0);
    for (size_t i = 0; i < RIG_SUSPENDED_MAX; i++)
        client_end(clients[i]);
}

static void connections_over_the_limit_wait(void **state)
{
    struct rig *g = *state;
    struct server_options options = rig_options(g);
    options.connections_max = 2;
    server_free(g->server);
    g->server = server_new(g->loop, &options, NULL);
    enum { CLIENTS = 3 };
    struct client *c[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++) {
        c[i] = client_new(g);
        client_send(c[i], STR(GET("/suspend")));
        rig_wait(g, &g->suspended_count, i < 2 ? i + 1 : 2);
    }
    for (int i = 0; i < 20; i++)
        loop_step(g->loop, 1000);
    assert_int_equal(g->handled, 2);
    client_end(c[0]);
    rig_respond_suspended(g->suspended[0]);
    rig_wait(g, &g->suspended_count, 3);
    rig_respond_suspended(g->suspended[1]);
    rig_respond_suspended(g->suspended[2]);
    rig_wait(g, &g->done, 3);
    client_end(c[1]);
    client_end(c[2]);
}

/* starting and ending */

static void exchanges_in_flight_complete_after_quiesce(void **state)
{
    struct rig *g = *state;
    struct client *suspended = client_new(g), *idle = client_new(g);
    client_request(idle, GET("/"));
    client_send(suspended, STR(GET("/suspend")));
    rig_wait(g, &g->suspended_count, 1);
    server_quiesce(g->server);
    assert_int_equal(rig_connect(server_port(g->server)), -1);
    assert_int_equal(server_in_flight(g->server), 1);
    rig_respond_suspended(g->suspended[0]);
    struct mock_response a;
    assert_int_equal(client_read(suspended, 1, true, &a), 1);
    assert_true(str_has(a.head, STR("\r\nConnection: close\r\n")));
    client_read_end(suspended);
    a = client_request(idle, GET("/")); /* one more response, then the connection closes */
    assert_int_equal(a.status, 200);
    client_read_end(idle);
    assert_int_equal(server_in_flight(g->server), 0);
    client_end(suspended);
    client_end(idle);
}

static void suspended_exchanges_are_dropped_when_the_server_ends(void **state)
{
    static const char *const requests[] = {GET("/suspend"), GET("/stall"), GET("/crawl"),
                                           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"};
    struct rig *g = *state;
    struct client *c[COUNT(requests)];
    for (size_t i = 0; i < COUNT(requests); i++) {
        c[i] = client_new(g);
        client_send(c[i], str_from(requests[i]));
    }
    rig_wait(g, &c[2]->arrivals, 1);
    rig_wait(g, &g->handled, 3);
    server_free(g->server);
    g->server = NULL;
    assert_int_equal(g->done, 3);
    assert_int_equal(g->sent, 0);
    for (size_t i = 0; i < COUNT(requests); i++) {
        client_read_end(c[i]);
        client_end(c[i]);
    }
}

static void an_unavailable_address_is_reported(void **state)
{
    struct rig *g = *state;
    const char *in_use =
        arena_printf(&g->arena, "cannot listen on 127.0.0.1:%d: address already in use", server_port(g->server));
    /* clang-format off */
    const struct {
        const char *address;
        int port;
        const char *text;
    } rows[] = {
        {"127.0.0.1", server_port(g->server), in_use},
        {"localhost", 0, "cannot listen on 'localhost' port 0; expected an IP address and a port (0-65535)"},
        {"127.0.0.1", 65536, "cannot listen on '127.0.0.1' port 65536; expected an IP address and a port (0-65535)"},
        {"192.0.2.1", 0,                      "cannot listen on 192.0.2.1:0: this machine does not have this address"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        struct server_options options = rig_options(g);
        options.address = rows[i].address;
        options.port = rows[i].port;
        assert_null(server_new(g->loop, &options, &err));
        assert_int_equal(err.count, 1);
        assert_int_equal(err.first->kind, ERROR_SYSTEM);
        assert_string_equal(err.first->text, rows[i].text);
        error_end(&err);
    }
}

static void the_server_listens_on_ipv6(void **state)
{
    struct rig *g = *state;
    struct server_options options = rig_options(g);
    options.address = "::1";
    struct server *six = server_new(g->loop, &options, NULL);
    if (!six)
        skip(); /* no IPv6 on this machine */
    struct client *c = client_on(g, rig_connect_six(server_port(six)));
    struct mock_response a = client_request(c, GET("/six"));
    assert_body(a, "GET /six ? 0 []");
    assert_true(str_has(a.head, STR("\r\nX-Peer: ::1\r\n")));
    client_end(c);
    server_free(six);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_server(requests_reach_the_handler_unchanged),
        with_server(the_host_of_an_absolute_target_replaces_the_host_header),
        with_server(every_form_of_a_host_is_accepted),
        with_server(response_heads_have_the_expected_headers),
        with_server(a_connection_closes_on_request_of_the_client),
        with_server(a_query_of_a_thousand_parameters_gets_a_response),
        with_server(a_body_over_the_limit_is_dropped_and_reported),
        with_server(expect_100_continue_is_accepted_or_rejected),
        with_server(pipelined_requests_get_responses_in_order),
        with_server(a_pipelined_request_waits_for_the_response_before_it),
        with_server(another_request_may_send_a_suspended_response),
        with_server(five_hundred_suspended_responses_are_sent_at_once),
        with_server(connections_over_the_limit_wait),
        with_server(exchanges_in_flight_complete_after_quiesce),
        with_server(suspended_exchanges_are_dropped_when_the_server_ends),
        with_server(an_unavailable_address_is_reported),
        with_server(the_server_listens_on_ipv6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
