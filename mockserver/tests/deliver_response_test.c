/* What an attempt makes of a receiver's response: the status decides, whatever the body does. */
#include "base/array.h"
#include "mockserver/runtime/deliver.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/time.h"

#define PATIENCE_US INT64_C(15000000)
#define DRIP_US     20000
#define NUL         '\1'   /* in the text of a response: a zero byte */
#define STEP_MAX_US 200000 /* CPU time of one round of the loop: other clients wait that long */
#define BODY        "{\"id\":\"evt_1\"}"
#define FLOOD_MAX   (32u << 20) /* what the sockets buffer, and what is read: bytes */

#ifdef __SANITIZE_ADDRESS__ /* of the process: bytes; with TLS it reads the certificates of the system */
#define GROWTH_MAX (80u << 20)
#else
#define GROWTH_MAX (16u << 20)
#endif

/* FLOOD_LINE: a line without end. FLOOD_1XX: heads of responses that come before the response. EARLY: the response
 * comes before the request. SILENT: reads, and does nothing. */
enum then { CLOSE, WAIT, RESET, DRIP, FLOOD, FLOOD_LINE, FLOOD_1XX, EARLY, SILENT };

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

static void put_text(struct scene *s)
{
    size_t n = strlen(s->text);
    char *bytes = arena_copy(&s->arena, s->text, n + 1);
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == NUL)
            bytes[i] = 0;
    put(s, bytes, n);
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
    static char block[18u << 12];
    struct scene *s = ctx;
    const char *text = s->then == FLOOD_LINE  ? "a"
                       : s->then == FLOOD_1XX ? "HTTP/1.1 100 C\r\n\r\n"
                                              : "A: b\r\n"; /* in a head these are headers */
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = text[i % strlen(text)];
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
    if (n > 0 && s->then == SILENT)
        return;
    if (n <= 0 || !str_ends(str_of(bytes, (size_t)n), STR(BODY))) { /* the request is small: it is read at once */
        end_peer(s);
        return;
    }
    if (s->then != EARLY)
        put_text(s);
    switch (s->then) {
    case CLOSE:
        end_peer(s);
        return;
    case WAIT:
    case EARLY:
    case SILENT:
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
    case FLOOD_LINE:
    case FLOOD_1XX:
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
    if (s->then == EARLY)
        put_text(s);
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

static size_t resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*u %lu", &pages), 1);
    (void)fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void step(struct scene *s)
{
    int64_t before_us = cpu_us();
    loop_step(s->loop, 100000);
    if (cpu_us() - before_us > STEP_MAX_US)
        fail_msg("a round of the loop took %lld us", (long long)(cpu_us() - before_us));
}

/* Nothing of an attempt remains: the connection is closed, whatever the receiver does. */
static void assert_closed(struct scene *s)
{
    char bytes[65536];
    ssize_t n = 0;
    if (s->peer < 0)
        return;
    for (int i = 0; i < 100 && (n = recv(s->peer, bytes, sizeof bytes, MSG_DONTWAIT)) > 0; i++)
        ;
    assert_true(n == 0 || (n < 0 && errno != EAGAIN));
}

/* Returns after the attempt has ended; the time it took, in milliseconds. */
static int64_t attempt_at(struct scene *s, const char *scheme, const char *text, enum then then)
{
    struct deliver_request r = {
        .url = arena_printf(&s->arena, "%s://127.0.0.1:%d/hook", scheme, s->port),
        .body = STR(BODY),
    };
    int64_t start_us = time_monotonic_us();
    headers_add(&s->arena, &r.headers, "Content-Type", STR("application/json"));
    s->text = text;
    s->then = then;
    s->done = false;
    s->flooded = 0;
    deliver_send(s->deliver, &s->arena, &r, done, s);
    size_t before_bytes = resident_bytes();
    while (!s->done && time_monotonic_us() < start_us + PATIENCE_US)
        step(s);
    assert_true(s->done);
    int64_t took_us = time_monotonic_us() - start_us;
    if (resident_bytes() > before_bytes + GROWTH_MAX)
        fail_msg("%zu bytes more", resident_bytes() - before_bytes);
    assert_closed(s);
    end_peer(s);
    return took_us / 1000;
}

static int64_t attempt(struct scene *s, const char *text, enum then then)
{
    return attempt_at(s, "http", text, then);
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
        {OK "Content-Length: 2\r\n\r\nok",                                                   CLOSE,      200},
        {OK "Content-Length: 0\r\n\r\n",                                                     WAIT,       200},
        {"HTTP/1.1 204 No Content\r\n\r\n",                                                  WAIT,       204},
        {"HTTP/1.0 200 OK\r\n\r\nuntil the end",                                             CLOSE,      200},
        {OK "Content-Length: 104857600\r\n\r\nx",                                            FLOOD,      200}, /* announced as too large */
        {OK "Transfer-Encoding: chunked\r\n\r\n",                                            FLOOD,      200}, /* no chunk */
        {OK "\r\n",                                                                          FLOOD,      200},
        {OK "\r\n",                                                                          DRIP,       200},
        {OK "Content-Length: 9\r\n\r\nx",                                                    WAIT,       200}, /* the rest never comes */
        {OK "Content-Length: 9\r\n\r\nx",                                                    CLOSE,      200},
        {OK "Content-Length: 9\r\n\r\nx",                                                    RESET,      200},
        {OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",                              CLOSE,      200},
        {OK "Transfer-Encoding: chunked\r\n\r\nthis is no chunk\r\n",                        CLOSE,      200},
        {OK "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n",                           WAIT,       200},
        {OK "Transfer-Encoding: chunked\r\n\r\n0\r\n",                                       FLOOD,      200}, /* trailers */
        {OK "Transfer-Encoding: chunked\r\n\r\n0\r\nA: ",                                    FLOOD_LINE, 200},
        {OK "Transfer-Encoding: chunked\r\n\r\n5;",                                          FLOOD_LINE, 200}, /* an extension */
        {OK "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n",                                 FLOOD,      200},
        {OK "Connection: keep-alive\r\nContent-Length: 0\r\n\r\n",                           EARLY,      200},
        {OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok",                              WAIT,       200},
        {"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", WAIT,       301},
        {OK "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",                         CLOSE,      200},
        {"HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 0\r\n\r\n",                     WAIT,       200},
        {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" OK "Content-Length: 0\r\n\r\n",    WAIT,       200},
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",                           WAIT,       101},
        {"HTTP/1.1 302 Found\r\nLocation: /other\r\n\r\n",                                   DRIP,       302},
        {"HTTP/1.1 500 Broken\r\nContent-Length: 9\r\n\r\nx",                                RESET,      500},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t took_ms = attempt(s, rows[i].text, rows[i].then);
        if (s->status != rows[i].status || s->error)
            fail_msg("row %zu: %d %s", i, s->status, s->error ? s->error : "");
        if (took_ms > 5000)
            fail_msg("row %zu: %lld ms", i, (long long)took_ms);
        /* libcurl does not count the framing of chunks: only the time limits it */
        assert_true(s->flooded <= FLOOD_MAX || str_ends(str_from(rows[i].text), STR("5;")));
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
        {"",                                CLOSE,      "Server returned nothing"    },
        {OK "Content-Type: text/plain\r\n", RESET,      "Failure when receiving data"},
        {"SSH-2.0-OpenSSH_9.0\r\n",         CLOSE,      "Unsupported protocol"       },
        {"HTTP/1.1 100 Continue\r\n\r\n",   CLOSE,      "Server returned nothing"    },
        {OK,                                FLOOD,      "headers and trailers"       },
        {"HTTP/1.1 100 Continue\r\n",       FLOOD,      "headers and trailers"       },
        {"HTTP/1.1 100 Continue\r\n\r\n",   FLOOD_1XX,  "headers and trailers"       },
        {"HTTP/1.1 200 ",                   FLOOD_LINE, "headers and trailers"       },
        {OK "X-Long: ",                     FLOOD_LINE, "headers and trailers"       },
        {OK "X-Nul: a\1b\r\n\r\n",          WAIT,       "Weird server reply"         },
        {"HTTP/1.1 200 O\1K\r\n\r\n",       WAIT,       "Weird server reply"         },
        {"\1\1\22\4\1\1\1\1",               CLOSE,      "Unsupported protocol"       }, /* HTTP/2 */
        {"hello, this is HTTP/0.9",         CLOSE,      "Unsupported protocol"       },
        {"HTTP/1.1 99999 OK\r\n\r\n",       CLOSE,      "Unsupported protocol"       },
        {"hello",                           EARLY,      "Unsupported protocol"       },
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

static void the_handshake_must_end_in_time(void **state)
{
    struct scene *s = *state;
    int64_t took_ms = attempt_at(s, "https", "", SILENT);
    assert_int_equal(s->status, 0);
    assert_string_equal(s->error, "Timeout was reached");
    assert_true(took_ms >= 4000 && took_ms < 9000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_status_decides_whatever_the_body_does),
        TEST(without_complete_headers_there_is_no_response),
        TEST(the_headers_must_be_complete_in_time),
        TEST(the_handshake_must_end_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
