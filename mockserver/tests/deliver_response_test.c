/* What an attempt makes of a receiver's response: the status decides, whatever the body does. */
#include "base/array.h"
#include "mockserver/runtime/deliver.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/time.h"

#define PATIENCE_US INT64_C(15000000)
#define DRIP_US     20000
#define BODY        "{\"id\":\"evt_1\"}"
#define FLOOD_MAX   (32u << 20) /* what the sockets buffer, and what is read: bytes */

enum then { CLOSE, WAIT, RESET, DRIP, FLOOD };

struct scene {
    struct arena arena;
    struct loop *loop;
    struct deliver *deliver;
    int listener, peer, port;
    const char *text; /* the response */
    enum then then;   /* what the receiver does after it */
    uint64_t timer;
    size_t flooded;
    bool done;
    int status;
    const char *error;
};

static void end_peer(struct scene *s)
{
    loop_timer_cancel(s->loop, s->timer);
    s->timer = 0;
    if (s->peer < 0)
        return;
    loop_unwatch(s->loop, s->peer);
    close(s->peer);
    s->peer = -1;
}

/* Returns false if the other end has closed the connection. */
static bool put(struct scene *s, const char *bytes, size_t n)
{
    while (n) {
        ssize_t sent = send(s->peer, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0)
            return errno == EAGAIN;
        bytes += sent;
        n -= (size_t)sent;
        s->flooded += (size_t)sent;
    }
    return true;
}

static void drip(void *ctx)
{
    struct scene *s = ctx;
    s->timer = 0;
    if (s->peer >= 0 && put(s, "x", 1))
        s->timer = loop_timer(s->loop, time_monotonic_us() + DRIP_US, drip, s);
    else
        end_peer(s);
}

static void on_flood(void *ctx, int fd, int events)
{
    static char block[6u << 13];
    struct scene *s = ctx;
    for (size_t i = 0; i < sizeof block; i++) /* in a head these are headers */
        block[i] = "A: b\r\n"[i % 6];
    (void)fd;
    (void)events;
    if (!put(s, block, sizeof block) || s->flooded > FLOOD_MAX)
        end_peer(s);
}

static void on_request(void *ctx, int fd, int events)
{
    struct scene *s = ctx;
    char bytes[4096];
    (void)events;
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n <= 0 || !str_ends(str_of(bytes, (size_t)n), STR(BODY))) { /* the request is small: it is read at once */
        end_peer(s);
        return;
    }
    put(s, s->text, strlen(s->text));
    switch (s->then) {
    case CLOSE:
        end_peer(s);
        return;
    case WAIT:
        return;
    case RESET:
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
        usleep(50000); /* a reset discards what the other end has not read */
        end_peer(s);
        return;
    case DRIP:
        drip(s);
        return;
    case FLOOD:
        loop_watch(s->loop, fd, LOOP_WRITE, on_flood, s);
        return;
    }
}

static void on_connection(void *ctx, int fd, int events)
{
    struct scene *s = ctx;
    (void)events;
    end_peer(s);
    s->peer = accept(fd, NULL, NULL);
    assert_true(s->peer >= 0);
    loop_watch(s->loop, s->peer, LOOP_READ, on_request, s);
}

static int set_up(void **state)
{
    static struct scene s;
    s = (struct scene){.loop = loop_new(), .deliver = deliver_new(), .peer = -1};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    s.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(s.listener, (struct sockaddr *)&at, size) || listen(s.listener, 8) ||
        getsockname(s.listener, (struct sockaddr *)&at, &size))
        return -1;
    s.port = ntohs(at.sin_port);
    loop_watch(s.loop, s.listener, LOOP_READ, on_connection, &s);
    deliver_use_loop(s.deliver, s.loop);
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    end_peer(s);
    deliver_free(s->deliver);
    loop_unwatch(s->loop, s->listener);
    close(s->listener);
    loop_free(s->loop);
    arena_end(&s->arena);
    return 0;
}

static void done(void *ctx, int status, const char *error)
{
    struct scene *s = ctx;
    s->done = true;
    s->status = status;
    s->error = error ? arena_text(&s->arena, error) : NULL;
}

/* Returns after the attempt has ended; the time it took, in milliseconds. */
static int64_t attempt(struct scene *s, const char *text, enum then then)
{
    struct deliver_request r = {
        .url = arena_printf(&s->arena, "http://127.0.0.1:%d/hook", s->port),
        .body = STR(BODY),
    };
    int64_t start_us = time_monotonic_us();
    headers_add(&s->arena, &r.headers, "Content-Type", STR("application/json"));
    s->text = text;
    s->then = then;
    s->done = false;
    s->flooded = 0;
    deliver_send(s->deliver, &s->arena, &r, done, s);
    while (!s->done && time_monotonic_us() < start_us + PATIENCE_US)
        loop_step(s->loop, 100000);
    assert_true(s->done);
    end_peer(s);
    return (time_monotonic_us() - start_us) / 1000;
}

#define OK "HTTP/1.1 200 OK\r\n"

static void the_status_decides_whatever_the_body_does(void **state)
{
    struct scene *s = *state;
    static const struct {
        const char *text;
        enum then then;
        int status;
    } rows[] = {
        {OK "Content-Length: 2\r\n\r\nok",                                                CLOSE, 200},
        {OK "Content-Length: 0\r\n\r\n",                                                  WAIT,  200},
        {"HTTP/1.1 204 No Content\r\n\r\n",                                               WAIT,  204},
        {"HTTP/1.0 200 OK\r\n\r\nuntil the end",                                          CLOSE, 200},
        {OK "Content-Length: 104857600\r\n\r\nx",                                         FLOOD, 200}, /* announced as too large */
        {OK "Transfer-Encoding: chunked\r\n\r\n",                                         FLOOD, 200}, /* no chunk */
        {OK "\r\n",                                                                       FLOOD, 200},
        {OK "\r\n",                                                                       DRIP,  200},
        {OK "Content-Length: 9\r\n\r\nx",                                                 WAIT,  200}, /* the rest never comes */
        {OK "Content-Length: 9\r\n\r\nx",                                                 CLOSE, 200},
        {OK "Content-Length: 9\r\n\r\nx",                                                 RESET, 200},
        {OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",                           CLOSE, 200},
        {OK "Transfer-Encoding: chunked\r\n\r\nthis is no chunk\r\n",                     CLOSE, 200},
        {OK "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n",                        WAIT,  200},
        {OK "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",                      CLOSE, 200},
        {"HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 0\r\n\r\n",                  WAIT,  200},
        {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" OK "Content-Length: 0\r\n\r\n", WAIT,  200},
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",                        WAIT,  101},
        {"HTTP/1.1 302 Found\r\nLocation: /other\r\n\r\n",                                DRIP,  302},
        {"HTTP/1.1 500 Broken\r\nContent-Length: 9\r\n\r\nx",                             RESET, 500},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t took_ms = attempt(s, rows[i].text, rows[i].then);
        if (s->status != rows[i].status || s->error)
            fail_msg("row %zu: %d %s", i, s->status, s->error ? s->error : "");
        if (took_ms > 5000)
            fail_msg("row %zu: %lld ms", i, (long long)took_ms);
        assert_true(s->flooded <= FLOOD_MAX);
    }
}

static void without_complete_headers_there_is_no_response(void **state)
{
    struct scene *s = *state;
    static const struct {
        const char *text;
        enum then then;
        const char *error;
    } rows[] = {
        {"",                                CLOSE, "Server returned nothing"    },
        {OK "Content-Type: text/plain\r\n", RESET, "Failure when receiving data"},
        {"SSH-2.0-OpenSSH_9.0\r\n",         CLOSE, "Unsupported protocol"       },
        {"HTTP/1.1 100 Continue\r\n\r\n",   CLOSE, "Server returned nothing"    },
        {OK,                                FLOOD, "headers and trailers"       },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        attempt(s, rows[i].text, rows[i].then);
        if (s->status || !s->error || !strstr(s->error, rows[i].error))
            fail_msg("row %zu: %d %s", i, s->status, s->error ? s->error : "");
    }
}

static void the_headers_must_be_complete_in_time(void **state)
{
    struct scene *s = *state;
    int64_t took_ms = attempt(s, OK "X-Slow: ", DRIP);
    assert_int_equal(s->status, 0);
    assert_string_equal(s->error, "Timeout was reached");
    assert_true(took_ms >= 9000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_status_decides_whatever_the_body_does),
        TEST(without_complete_headers_there_is_no_response),
        TEST(the_headers_must_be_complete_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
