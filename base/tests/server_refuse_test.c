#include "base/array.h"
#include "base/tests/server_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* invalid HTTP */

#define HEAD    "GET / HTTP/1.1\r\nHost: x\r\n"
#define POST    "POST / HTTP/1.1\r\nHost: x\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

static void malformed_requests_never_reach_the_handler(void **state)
{
    static const struct {
        const char *request;
        int status;
    } rows[] = {
        {"GET / HTTP/1.1\r\n\r\n",                                                         400},
        {HEAD "Host: y\r\n\r\n",                                                           400},
        {"GET / HTTP/1.1\r\nHost : x\r\n\r\n",                                             400},
        {"GET / HTTP/1.1\r\n Host: x\r\n\r\n",                                             400},
        {"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",                                           400},
        {"GET /\001 HTTP/1.1\r\nHost: x\r\n\r\n",                                          400},
        {"GET /\177 HTTP/1.1\r\nHost: x\r\n\r\n",                                          400},
        {"GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n",                                      400},
        {"GET http://:80/a HTTP/1.1\r\nHost: x\r\n\r\n",                                   400},
        {"GET http://u:p@x/ HTTP/1.1\r\nHost: x\r\n\r\n",                                  400},
        {"GET http://[x]/ HTTP/1.1\r\nHost: x\r\n\r\n",                                    400},
        {"GET http:/x HTTP/1.1\r\nHost: x\r\n\r\n",                                        400},
        {"GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n",                                       400},
        {"GET http://x/ HTTP/1.1\r\n\r\n",                                                 400},
        {"GET http://x/ HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",                           400},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",                                            400},
        {"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",                                            400},
        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",                                            400},
        {"GET / HTTP/1.1\r\nHost: a?b\r\n\r\n",                                            400},
        {"GET / HTTP/1.1\r\nHost: a<b\r\n\r\n",                                            400},
        {"GET / HTTP/1.1\r\nHost: a\"b\r\n\r\n",                                           400},
        {"GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n",                                           400},
        {"GET / HTTP/1.1\r\nHost: a#b\r\n\r\n",                                            400},
        {"GET / HTTP/1.1\r\nHost: a\303\274\r\n\r\n",                                      400},
        {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",                                           400},
        {"GET / HTTP/1.1\r\nHost: http://a\r\n\r\n",                                       400},
        {"GET / HTTP/1.1\r\nHost: a:x\r\n\r\n",                                            400},
        {"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n",                                          400},
        {"GET / HTTP/1.1\r\nHost: a:-1\r\n\r\n",                                           400},
        {"GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n",                                       400},
        {"GET / HTTP/1.1\r\nHost: ::1\r\n\r\n",                                            400},
        {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",                                           400},
        {"GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n",                                          400},
        {"GET / HTTP/1.1\r\nHost: [::1]8080\r\n\r\n",                                      400},
        {"GET x HTTP/1.1\r\nHost: x\r\n\r\n",                                              400},
        {"GET ?x HTTP/1.1\r\nHost: x\r\n\r\n",                                             400},
        {"GET * HTTP/1.1\r\nHost: x\r\n\r\n",                                              400},
        {"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",                                      400},
        {"get / HTTP/1.1\r\nHost: x\r\n\r\n",                                              400},
        {"G@T / HTTP/1.1\r\nHost: x\r\n\r\n",                                              400},
        {HEAD "A B: c\r\n\r\n",                                                            400},
        {HEAD "A(: c\r\n\r\n",                                                             400},
        {HEAD "A\200: c\r\n\r\n",                                                          400},
        {HEAD "A: b\001\r\n\r\n",                                                          400},
        {HEAD "A: b\rc\r\n\r\n",                                                           400},
        {HEAD "A: b\177\r\n\r\n",                                                          400},
        {HEAD "A: b\033[0m\r\n\r\n",                                                       400},
        {POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",                         400},
        {POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",                        400},
        {POST "Content-Length: 3\r\ncontent-length: 0\r\n\r\nabc",                         400},
        {POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",          400},
        {POST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n",          400},
        {POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {POST "Transfer-Encoding: gzip\r\n\r\nabc",                                        501},
        {POST "Transfer-Encoding: identity\r\n\r\nabc",                                    501},
        {POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",                         501},
        {POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",                              501},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",                 400},
        {HEAD "no colon\r\n\r\n",                                                          400},
        {"GET /\r\n\r\n",                                                                  400},
        {"GET / HTTP/1.12\r\nHost: x\r\n\r\n",                                             400},
        {"GET / http/1.1\r\nHost: x\r\n\r\n",                                              400},
        {"GET / FTP/1.1\r\nHost: x\r\n\r\n",                                               400},
        {"GET / HTTP/0.9\r\nHost: x\r\n\r\n",                                              505},
        {"GET / HTTP/2.0\r\nHost: x\r\n\r\n",                                              505},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",                                               505},
        {POST "Content-Length: -1\r\n\r\nabc",                                             400},
        {POST "Content-Length: +3\r\n\r\nabc",                                             400},
        {POST "Content-Length: 3, 3\r\n\r\nabc",                                           400},
        {POST "Content-Length: 0x3\r\n\r\nabc",                                            400},
        {POST "Content-Length:\r\n\r\nabc",                                                400},
        {POST "Content-Length: 99999999999999999999999\r\n\r\nabc",                        413},
        {CHUNKED "zz\r\nabc\r\n0\r\n\r\n",                                                 400},
        {CHUNKED "-1\r\nabc\r\n0\r\n\r\n",                                                 400},
        {CHUNKED "0x3\r\nabc\r\n0\r\n\r\n",                                                400},
        {CHUNKED "3\r\nabcd\r\n0\r\n\r\n",                                                 400},
        {CHUNKED "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",                                  413},
        {"GET\r\n\r\n",                                                                    400},
        {" GET / HTTP/1.1\r\nHost: x\r\n\r\n",                                             400},
        {"\026\003\001\002\r\n\r\n",                                                       400},
    };
    struct rig *g = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct client *c = client_new(g);
        struct mock_response a = client_request(c, rows[i].request);
        client_read_end(c);
        if (a.status != rows[i].status || g->refused != i + 1 || g->handled)
            fail_msg("row %zu: %d\n%s", i, a.status, rows[i].request);
        assert_true(str_starts(a.body, STR("{\"refused\":")));
        assert_int_equal(c->in.n, a.head.n + a.body.n); /* one head, one body */
        client_end(c);
    }
    assert_int_equal(g->done, COUNT(rows)); /* once per exchange */
    assert_int_equal(server_in_flight(g->server), 0);
}

static void a_head_that_is_too_long_is_rejected(void **state)
{
    static const struct {
        const char *before, *after;
        int status;
    } rows[] = {
        {"GET /",    " HTTP/1.1\r\nHost: x\r\n\r\n", 414},
        {HEAD "A: ", "\r\n\r\n",                     431},
    };
    struct rig *g = *state;
    char *filler = arena_alloc(&g->arena, 40001);
    memset(filler, 'a', 40000);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct client *c = client_new(g);
        struct mock_response a =
            client_request(c, arena_printf(&g->arena, "%s%s%s", rows[i].before, filler, rows[i].after));
        assert_int_equal(a.status, rows[i].status);
        client_end(c);
    }
    assert_int_equal(g->handled, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_server(malformed_requests_never_reach_the_handler),
        with_server(a_head_that_is_too_long_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
