#include "base/array.h"
#include "base/http/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/http/server.h"
#include "base/time.h"

#define DIGITS "0123456789"
#define BYTES(literal)                                                                                                 \
    {                                                                                                                  \
        literal, sizeof literal - 1                                                                                    \
    }
#define PATIENCE_US INT64_C(10000000)

struct scene {
    struct arena arena;
    struct loop *loop;
    struct server *server;
    struct http_client *client;
    size_t requests, responded;
    struct http_response last;
    bool again; /* the callback sends another request */
    struct str body;
    const char *coding; /* Content-Encoding of the response; NULL: none */
    const char *asked;  /* Accept-Encoding of the last request; NULL: none */
};

static void handle(void *ctx, struct exchange *x)
{
    struct scene *s = ctx;
    s->requests++;
    const struct header *asked = headers_find(&x->request.headers, "Accept-Encoding");
    s->asked = asked ? str_dup(&s->arena, asked->value) : NULL;
    x->response.status = 200;
    x->response.body.arena = &x->arena;
    if (s->coding)
        headers_add(&x->arena, &x->response.headers, "Content-Encoding", str_from(s->coding));
    buf_add(&x->response.body, s->body);
    server_reply(x);
}

static int set_up(void **state)
{
    static struct scene s;
    s = (struct scene){.loop = loop_new(), .body = STR(DIGITS)};
    const struct server_options options = {.address = "127.0.0.1",
                                           .body_max = 1000,
                                           .idle_timeout_s = 5,
                                           .connections_max = 8,
                                           .handle = handle,
                                           .ctx = &s};
    s.server = server_new(s.loop, &options, NULL);
    s.client = http_client_new(s.loop, &(struct http_client_options){.timeout_ms = 5000, .response_max = 10});
    *state = &s;
    return s.server ? 0 : -1;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    http_client_free(s->client);
    server_free(s->server);
    loop_free(s->loop);
    arena_end(&s->arena);
    return 0;
}

static const char *url(struct scene *s, const char *host)
{
    return arena_printf(&s->arena, "http://%s:%d/", host, server_port(s->server));
}

static struct http_transfer *get(struct scene *s, const char *to, bool loopback_only);

static void done(void *ctx, const struct http_response *response)
{
    struct scene *s = ctx;
    s->responded++;
    s->last = *response;
    if (s->again) {
        s->again = false;
        get(s, url(s, "127.0.0.1"), false);
    }
}

static struct http_transfer *get(struct scene *s, const char *to, bool loopback_only)
{
    static struct header ask = {
        "Accept-Encoding", {HTTP_CODINGS, sizeof HTTP_CODINGS - 1}
    };
    static const struct headers none, codings = {.items = &ask, .count = 1};
    const struct http_request sent = {
        .method = "GET", .url = to, .headers = s->coding ? &codings : &none, .loopback_only = loopback_only};
    return http_send(s->client, &s->arena, &sent, done, s);
}

static void wait_for(struct scene *s, const size_t *number, size_t value)
{
    int64_t limit_us = time_monotonic_us() + PATIENCE_US;
    while (*number < value && time_monotonic_us() < limit_us)
        loop_step(s->loop, limit_us - time_monotonic_us());
    assert_int_equal(*number, value);
}

static void each_response_calls_back_once(void **state)
{
    struct scene *s = *state;
    get(s, url(s, "127.0.0.1"), false);
    wait_for(s, &s->responded, 1);
    assert_int_equal(s->last.status, 200);
    assert_true(s->last.sent);
    assert_true(str_is(s->last.body, "0123456789"));
    assert_null(s->last.error);
}

static void a_callback_may_send_another_request(void **state)
{
    struct scene *s = *state;
    s->again = true;
    get(s, url(s, "127.0.0.1"), false);
    wait_for(s, &s->responded, 2);
    assert_int_equal(s->requests, 2);
}

static void loopback_only_rejects_other_addresses(void **state)
{
    struct scene *s = *state;
    static const struct {
        const char *host;
        bool near;
    } rows[] = {
        {"127.0.0.1",                  true },
        {"localhost",                  true },
        {"192.0.2.1",                  false}, /* reserved for documentation */
        {"[2001:db8::1]",              false},
        {"[::ffff:192.0.2.1]",         false},
        {"0.0.0.0",                    false},
        {"[::]",                       false},
        {"3221225985" /* 192.0.2.1 */, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t before = s->requests;
        get(s, url(s, rows[i].host), true);
        wait_for(s, &s->responded, i + 1);
        assert_int_equal(s->requests - before, rows[i].near);
        assert_int_equal(s->last.status, rows[i].near ? 200 : 0);
        if (!rows[i].near)
            assert_string_equal(s->last.brief, "the address is not a loopback address");
    }
}

static void a_dropped_transfer_never_calls_back(void **state)
{
    struct scene *s = *state;
    http_drop(get(s, url(s, "127.0.0.1"), false));
    get(s, url(s, "127.0.0.1"), false);
    wait_for(s, &s->responded, 1);
    assert_int_equal(s->requests, 1);
}

static void transfers_in_flight_are_dropped_with_the_client(void **state)
{
    struct scene *s = *state;
    for (int i = 0; i < 4; i++)
        get(s, url(s, "127.0.0.1"), false);
    wait_for(s, &s->requests, 4);
}

/* clang-format off */
#define GZIP    "\037\213\010\000\000\000\000\000\002\003\063\060\064\062\066\061\065\063\267\260" \
                "\004\000\306\307\204\246\012\000\000\000"
#define DEFLATE "\170\332\063\060\064\062\066\061\065\063\267\260\004\000\012\377\002\016"
#define BROTLI  "\213\004\200\060\061\062\063\064\065\066\067\070\071\003"
/* gzip of 100000 bytes */
#define BOMB    "\037\213\010\000\000\000\000\000\002\003\355\301\061\001\000\000\000\302\240\365" \
                "\117\155\015\017\240\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000" \
                "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000" \
                "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000" \
                "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000" \
                "\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000" \
                "\000\200\127\003\175\225\021\324\240\206\001\000"
/* clang-format on */

static void decode_bodies(struct scene *s)
{
    http_client_free(s->client);
    s->client = http_client_new(
        s->loop, &(struct http_client_options){.timeout_ms = 5000, .response_max = 1000, .decode = true});
}

static void a_body_is_decoded(void **state)
{
    struct scene *s = *state;
    static const struct {
        const char *coding;
        struct str body;
    } rows[] = {
        {"gzip",     BYTES(GZIP)   },
        {"x-gzip",   BYTES(GZIP)   },
        {"deflate",  BYTES(DEFLATE)},
        {"br",       BYTES(BROTLI) },
        {"identity", BYTES(DIGITS) },
    };
    decode_bodies(s);
    for (size_t i = 0; i < COUNT(rows); i++) {
        s->coding = rows[i].coding;
        s->body = rows[i].body;
        get(s, url(s, "127.0.0.1"), false);
        wait_for(s, &s->responded, i + 1);
        assert_null(s->last.error);
        assert_true(str_is(s->last.body, DIGITS));
        assert_true(str_is(headers_get(&s->last.headers, "Content-Encoding"), rows[i].coding));
        assert_string_equal(s->asked, "gzip, deflate, br");
    }
    s->coding = NULL; /* asks for no coding */
    s->body = STR(DIGITS);
    get(s, url(s, "127.0.0.1"), false);
    wait_for(s, &s->responded, COUNT(rows) + 1);
    assert_true(str_is(s->last.body, DIGITS));
    assert_null(s->asked);
}

static void a_body_that_cannot_be_decoded_is_an_error(void **state)
{
    struct scene *s = *state;
    static const struct {
        const char *coding;
        struct str body;
        const char *error;
    } rows[] = {
        {"gzip",       BYTES(BOMB),   "the response is larger than 1000 bytes after decoding"                      },
        {"gzip, gzip", BYTES(GZIP),   "the body cannot be decoded: its Content-Encoding is 'gzip, gzip' (libcurl: "},
        {"gzip",       BYTES(DIGITS), "the body cannot be decoded: its Content-Encoding is 'gzip' (libcurl: "      },
        {"br",         BYTES(GZIP),   "the body cannot be decoded: its Content-Encoding is 'br' (libcurl: "        },
        {"x-secret",   BYTES(DIGITS), "the body cannot be decoded: its Content-Encoding is 'x-secret' (libcurl: "  },
    };
    decode_bodies(s);
    for (size_t i = 0; i < COUNT(rows); i++) {
        s->coding = rows[i].coding;
        s->body = rows[i].body;
        get(s, url(s, "127.0.0.1"), false);
        wait_for(s, &s->responded, i + 1);
        assert_int_equal(s->last.status, 0);
        assert_true(s->last.sent);
        if (!str_starts(str_from(s->last.error), str_from(rows[i].error)))
            fail_msg("%s: got %s", rows[i].error, s->last.error);
    }
}

static void a_body_stays_encoded_by_default(void **state)
{
    struct scene *s = *state;
    s->coding = "gzip";
    s->body = STR(DIGITS);
    get(s, url(s, "127.0.0.1"), false);
    wait_for(s, &s->responded, 1);
    assert_true(str_is(s->last.body, DIGITS));
}

static void without_libcurl_every_response_is_an_error(void **state)
{
    struct scene *s = *state;
    http_client_free(s->client);
    s->client = http_client_new(s->loop, &(struct http_client_options){.library = "libnone.so"});
    s->again = true;
    get(s, url(s, "127.0.0.1"), false);
    http_drop(get(s, url(s, "127.0.0.1"), false));
    wait_for(s, &s->responded, 2);
    assert_int_equal(s->last.status, 0);
    assert_false(s->last.sent);
    assert_string_equal(s->last.brief, "cannot load libcurl.so.4");
    assert_non_null(strstr(s->last.error, "libnone.so"));
    get(s, url(s, "127.0.0.1"), false); /* dropped with the client */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_response_calls_back_once),
        TEST(a_callback_may_send_another_request),
        TEST(loopback_only_rejects_other_addresses),
        TEST(a_dropped_transfer_never_calls_back),
        TEST(transfers_in_flight_are_dropped_with_the_client),
        TEST(a_body_is_decoded),
        TEST(a_body_that_cannot_be_decoded_is_an_error),
        TEST(a_body_stays_encoded_by_default),
        TEST(without_libcurl_every_response_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
