/* The server over TLS, with the HTTP client of base. */
#include "base/array.h"
#include "base/tests/server_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/ssl.h>

#include "base/http/certificate.h"
#include "base/http/client.h"
#include "base/time.h"

struct secure {
    struct rig rig; /* must be first: its setup and teardown are used */
    struct http_client *client;
    struct http_response response;
    size_t responses;
    void (*handle)(void *ctx, struct exchange *x); /* the handler of the rig */
    bool streaming;
    char file[32]; /* the certificate, for clients that trust it */
};

static struct http_client *client_trusting(struct secure *s, const char *file)
{
    return http_client_new(s->rig.loop, &(struct http_client_options){
                                            .timeout_ms = 10000,
                                            .connect_timeout_ms = 10000,
                                            .response_max = 1u << 20,
                                            .ca_file = file,
                                        });
}

/* Streams one word and then nothing. */
static bool next(void *ctx, struct buf *out)
{
    struct secure *s = ctx;
    if (!s->streaming)
        buf_text(out, "one");
    s->streaming = true;
    return true;
}

static void on_request(void *ctx, struct exchange *x)
{
    struct secure *s = ctx;
    if (!str_is(x->request.path, "/stream")) {
        s->handle(ctx, x);
        return;
    }
    x->response.status = 200;
    x->response.stream = (struct body_stream){.next = next, .ctx = s};
    server_reply(x);
}

static int start(void **state)
{
    static const char *const names[] = {"localhost", "127.0.0.1"};
    struct secure *s = calloc(1, sizeof *s);
    struct certificate pair;
    s->rig.loop = loop_new();
    certificate_make(&s->rig.arena, names, COUNT(names), &pair);
    strcpy(s->file, "/tmp/server-tls-XXXXXX");
    int fd = mkstemp(s->file);
    assert_int_equal(write(fd, pair.chain, strlen(pair.chain)), strlen(pair.chain));
    close(fd);

    struct server_options options = rig_options(&s->rig);
    options.certificate = &pair;
    s->handle = options.handle;
    options.handle = on_request;
    s->rig.server = server_new(s->rig.loop, &options, NULL);
    assert_non_null(s->rig.server);
    s->client = client_trusting(s, s->file);
    *state = s;
    return 0;
}

static int stop(void **state)
{
    struct secure *s = *state;
    http_client_free(s->client);
    unlink(s->file);
    return rig_stop(state);
}

static void on_response(void *ctx, const struct http_response *response)
{
    struct secure *s = ctx;
    s->response = *response;
    s->responses++;
}

static struct http_response get(struct secure *s, struct http_client *c, const char *host, const char *path)
{
    const struct headers none = {0};
    const struct http_request sent = {
        .method = "GET",
        .url = arena_printf(&s->rig.arena, "https://%s:%d%s", host, server_port(s->rig.server), path),
        .headers = &none,
    };
    http_send(c, &s->rig.arena, &sent, on_response, s);
    rig_wait(&s->rig, &s->responses, s->responses + 1);
    return s->response;
}

static void a_client_that_trusts_the_certificate_gets_a_response(void **state)
{
    struct secure *s = *state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(get(s, s->client, "127.0.0.1", "/x").status, 200);
        assert_int_equal(get(s, s->client, "localhost", "/x").status, 200);
    }
    assert_int_equal(s->rig.handled, 6);
}

static void a_client_that_does_not_trust_it_gets_none(void **state)
{
    struct secure *s = *state;
    struct http_client *stranger = client_trusting(s, NULL);
    struct http_response a = get(s, stranger, "127.0.0.1", "/");
    assert_int_equal(a.status, 0);
    assert_true(str_has(str_from(a.error), STR("certificate")));
    assert_int_equal(s->rig.handled, 0);
    http_client_free(stranger);
}

static void plain_http_gets_a_plain_refusal(void **state)
{
    struct secure *s = *state;
    struct client *c = client_new(&s->rig);
    client_send(c, STR(GET("/")));
    client_read_end(c);
    assert_true(str_starts(buf_str(&c->in), STR("HTTP/1.1 400 ")));
    assert_true(str_ends(buf_str(&c->in), STR("{\"refused\":400}")));
    assert_int_equal(s->rig.handled, 0);
    client_end(c);
}

/* Sends bytes over TLS of at most that version. Returns what the server sent until it closed; "" without a handshake. */
static struct str converse(struct secure *s, int version, struct str bytes)
{
    struct buf in = {.arena = &s->rig.arena};
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(tls, 0);
    SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(tls, version);
    SSL *ssl = SSL_new(tls);
    int fd = rig_connect(server_port(s->rig.server));
    SSL_set_fd(ssl, fd);
    int64_t limit_us = time_monotonic_us() + 10000000;
    bool sent = false, open = true;
    while (open && time_monotonic_us() < limit_us) {
        char room[4096];
        int n = !SSL_is_init_finished(ssl) ? SSL_connect(ssl)
                : !sent                    ? SSL_write(ssl, bytes.s, (int)bytes.n)
                                           : SSL_read(ssl, room, sizeof room);
        int why = SSL_get_error(ssl, n);
        open = n > 0 || why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
        if (n > 0 && sent)
            buf_add(&in, str_of(room, (size_t)n));
        sent |= n == (int)bytes.n;
        loop_step(s->rig.loop, n > 0 ? 0 : 1000);
    }
    assert_false(open);
    SSL_free(ssl);
    SSL_CTX_free(tls);
    close(fd);
    return buf_str(&in);
}

static void malformed_requests_are_refused_once_over_tls(void **state)
{
#define BEGIN "POST / HTTP/1.1\r\nHost: x\r\n"
    static const struct str rows[] = {
        {BEGIN "Content-Length: abc\r\n\r\nabc",                           sizeof(BEGIN) + 26},
        {BEGIN "A: \0\r\n\r\n",                                            sizeof(BEGIN) + 7 },
        {BEGIN ": a\r\n\r\n",                                              sizeof(BEGIN) + 6 },
        {BEGIN "Transfer-Encoding: chunked\r\n\r\n0000000000000000000000", sizeof(BEGIN) + 51},
    };
    struct secure *s = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str in = converse(s, TLS1_3_VERSION, rows[i]);
        struct mock_response a = {0};
        assert_true(response_take(&in, true, &a));
        assert_int_equal(a.status, 400);
        assert_int_equal(in.n, 0);
    }
    assert_int_equal(s->rig.handled, 0);
}

/* Most of it waits in a file, because the client reads slowly. */
static void a_long_response_arrives_completely_over_tls(void **state)
{
    struct secure *s = *state;
    struct str in = converse(s, TLS1_3_VERSION, STR("GET /large HTTP/1.0\r\n\r\n"));
    struct mock_response a;
    assert_true(response_take(&in, true, &a));
    assert_int_equal(a.body.n, RIG_LARGE);
    for (size_t at = 0; at < RIG_LARGE; at++)
        if (a.body.s[at] != (char)('a' + at % 23))
            fail_msg("byte %zu", at);
    assert_int_equal(s->rig.sent, 1);
}

static void tls_before_1_2_is_refused(void **state)
{
    struct secure *s = *state;
    struct str ask = STR("GET / HTTP/1.0\r\n\r\n");
    assert_int_equal(converse(s, TLS1_1_VERSION, ask).n, 0);
    assert_int_equal(converse(s, TLS1_VERSION, ask).n, 0);
    assert_true(str_starts(converse(s, TLS1_2_VERSION, ask), STR("HTTP/1.1 200 ")));
}

static void transport_faults_work_over_tls(void **state)
{
    static const struct {
        const char *path;
        int64_t took_us;
        bool fails;
        size_t body;
    } rows[] = {
        {"/delay",      20000, false, 1000},
        {"/throttle",   45000, false, 1000},
        {"/cut/before", 0,     true,  0   },
        {"/cut/head",   0,     true,  0   },
        {"/cut/body",   0,     true,  500 },
        {"/cut/reset",  0,     true,  0   },
        {"/cut/late",   5000,  true,  500 },
    };
    struct secure *s = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t begun_us = time_monotonic_us();
        struct http_response a = get(s, s->client, "127.0.0.1", rows[i].path);
        if (!a.status != rows[i].fails || a.body.n != rows[i].body || time_monotonic_us() - begun_us < rows[i].took_us)
            fail_msg("%s: status %d, %zu bytes, %s", rows[i].path, a.status, a.body.n, a.error ? a.error : "no error");
    }
    assert_int_equal(get(s, s->client, "127.0.0.1", "/").status, 200);
}

static void a_response_may_be_sent_later(void **state)
{
    struct secure *s = *state;
    const struct headers none = {0};
    const struct http_request sent = {
        .method = "GET",
        .url = arena_printf(&s->rig.arena, "https://localhost:%d/suspend", server_port(s->rig.server)),
        .headers = &none,
    };
    http_send(s->client, &s->rig.arena, &sent, on_response, s);
    rig_wait(&s->rig, &s->rig.suspended_count, 1);
    rig_respond_suspended(s->rig.suspended[0]);
    rig_wait(&s->rig, &s->responses, 1);
    assert_int_equal(s->response.status, 200);
    assert_string_equal(str_dup(&s->rig.arena, s->response.body), "late");
}

static void quiescing_sends_the_end_of_a_stream(void **state)
{
    struct secure *s = *state;
    const struct headers none = {0};
    const struct http_request sent = {
        .method = "GET",
        .url = arena_printf(&s->rig.arena, "https://localhost:%d/stream", server_port(s->rig.server)),
        .headers = &none,
    };
    http_send(s->client, &s->rig.arena, &sent, on_response, s);
    int64_t limit_us = time_monotonic_us() + 10000000;
    while (!s->streaming && time_monotonic_us() < limit_us)
        loop_step(s->rig.loop, 1000);
    for (size_t i = 0; i < 20; i++)
        loop_step(s->rig.loop, 200);
    server_quiesce(s->rig.server);
    server_free(s->rig.server); /* at once, without running the loop */
    s->rig.server = NULL;
    rig_wait(&s->rig, &s->responses, 1);
    assert_int_equal(s->response.status, 200);
    assert_string_equal(str_dup(&s->rig.arena, s->response.body), "one");
}

static void a_key_that_does_not_match_is_rejected(void **state)
{
    struct secure *s = *state;
    struct certificate broken = {"junk", "junk"};
    struct server_options options = rig_options(&s->rig);
    struct error err = {0};
    options.certificate = &broken;
    assert_null(server_new(s->rig.loop, &options, &err));
    assert_true(str_has(str_from(err.first->text), STR("with this certificate")));
    error_end(&err);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_client_that_trusts_the_certificate_gets_a_response),
        TEST(a_client_that_does_not_trust_it_gets_none),
        TEST(plain_http_gets_a_plain_refusal),
        TEST(malformed_requests_are_refused_once_over_tls),
        TEST(a_long_response_arrives_completely_over_tls),
        TEST(tls_before_1_2_is_refused),
        TEST(transport_faults_work_over_tls),
        TEST(a_response_may_be_sent_later),
        TEST(quiescing_sends_the_end_of_a_stream),
        TEST(a_key_that_does_not_match_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
