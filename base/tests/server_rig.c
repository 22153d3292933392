#include "base/tests/server_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/time.h"

#define PATIENCE_US (10LL * 1000 * 1000)

/* handler: the path selects the behaviour */

static const struct script {
    const char *path;
    enum wire_cut cut;
    int64_t delay_us, bytes_per_second;
} scripts[] = {
    {"/delay",      CUT_NONE,           20000,     0    },
    {"/throttle",   CUT_NONE,           0,         10000},
    {"/crawl",      CUT_NONE,           0,         1    },
    {"/cut/before", CUT_BEFORE_HEADERS, 0,         0    },
    {"/cut/head",   CUT_AFTER_HEADERS,  0,         0    },
    {"/cut/body",   CUT_MID_BODY,       0,         0    },
    {"/cut/reset",  CUT_RESET,          0,         0    },
    {"/cut/late",   CUT_MID_BODY,       5000,      20000},
    {"/stall",      CUT_NONE,           1LL << 40, 0    },
};

static void on_request(void *ctx, struct exchange *x)
{
    struct rig *g = ctx;
    const struct request *q = &x->request;
    struct response *r = &x->response;
    g->handled++;
    r->status = 200;
    if (str_is(q->path, "/suspend")) {
        g->suspended[g->suspended_count++] = x;
        return;
    }
    if (str_is(q->path, "/release"))
        rig_respond_suspended(g->suspended[0]);
    for (size_t i = 0; i < COUNT(scripts); i++) {
        if (!str_is(q->path, scripts[i].path))
            continue;
        r->cut = scripts[i].cut;
        r->delay_us = scripts[i].delay_us;
        r->bytes_per_second = scripts[i].bytes_per_second;
        memset(buf_reserve(&r->body, 1000), 'x', 1000);
        r->body.n = 1000;
    }
    if (str_is(q->path, "/chunks")) {
        r->chunked = true;
        memset(buf_reserve(&r->body, 250), 'x', 250);
        r->body.n = 250;
    }
    if (str_is(q->path, "/large")) {
        char *bytes = buf_reserve(&r->body, RIG_LARGE);
        for (size_t i = 0; i < RIG_LARGE; i++)
            bytes[i] = (char)('a' + i % 23);
        r->body.n = RIG_LARGE;
    }
    if (str_is(q->path, "/length"))
        headers_add(&x->arena, &r->headers, "Content-Length", STR("7"));
    if (str_is(q->path, "/empty"))
        r->status = 204;
    else if (!r->body.n)
        buf_printf(&r->body, STR_FMT " " STR_FMT " ?" STR_FMT " %zu%s [" STR_FMT "]", STR_ARG(q->method),
                   STR_ARG(q->path), STR_ARG(q->query), q->body.n,
                   q->body_too_large ? " too large"
                   : q->body_dropped ? " dropped"
                                     : "",
                   STR_ARG(str_head(q->body, 20)));
    headers_add(&x->arena, &r->headers, "X-Peer", str_from(q->peer));
    if (r->status == 200 && !r->chunked)
        headers_add(&x->arena, &r->headers, "X-Host", headers_get(&q->headers, "Host"));
    server_reply(x);
}

static void on_refused(void *ctx, struct exchange *x, int status, const char *why)
{
    struct rig *g = ctx;
    g->refused++;
    assert_int_equal(x->response.status, status);
    assert_true(*why);
    buf_printf(&x->response.body, "{\"refused\":%d}", status);
}

static void on_done(void *ctx, struct exchange *x, bool sent)
{
    struct rig *g = ctx;
    assert_non_null(x->request.target.s);
    g->done++;
    g->sent += sent;
}

/* rig */

struct server_options rig_options(struct rig *g)
{
    return (struct server_options){
        .address = "127.0.0.1",
        .body_max = RIG_BODY_MAX,
        .idle_timeout_s = 30,
        .connections_max = 600,
        .handle = on_request,
        .refuse = on_refused,
        .done = on_done,
        .ctx = g,
    };
}

int rig_start(void **state)
{
    struct rig *g = calloc(1, sizeof *g);
    g->loop = loop_new();
    struct server_options options = rig_options(g);
    g->server = server_new(g->loop, &options, NULL);
    assert_non_null(g->server);
    *state = g;
    return 0;
}

int rig_stop(void **state)
{
    struct rig *g = *state;
    server_free(g->server);
    loop_free(g->loop);
    arena_end(&g->arena);
    free(g);
    return 0;
}

/* client */

static void on_bytes(void *ctx, int fd, int events)
{
    struct client *c = ctx;
    (void)events;
    char bytes[16384];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n > 0) {
        buf_add(&c->in, str_of(bytes, (size_t)n));
        c->arrivals++;
        return;
    }
    c->closed = true;
    c->reset = n < 0 && errno == ECONNRESET;
    loop_unwatch(c->rig->loop, fd);
}

/* On loopback, connect succeeds or fails at once. */
static int connect_to(const struct sockaddr *to, socklen_t size)
{
    int fd = socket(to->sa_family, SOCK_STREAM, 0);
    if (connect(fd, to, size) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
        return fd;
    close(fd);
    return -1;
}

int rig_connect(int port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return connect_to((struct sockaddr *)&to, sizeof to);
}

int rig_connect_six(int port)
{
    struct sockaddr_in6 to = {
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    return connect_to((struct sockaddr *)&to, sizeof to);
}

struct client *client_on(struct rig *g, int fd)
{
    assert_true(fd >= 0);
    struct client *c = arena_new(&g->arena, struct client);
    *c = (struct client){.rig = g, .fd = fd, .in = {.arena = &g->arena}};
    loop_watch(g->loop, fd, LOOP_READ, on_bytes, c);
    return c;
}

struct client *client_new(struct rig *g)
{
    return client_on(g, rig_connect(server_port(g->server)));
}

void client_pause(struct client *c)
{
    loop_unwatch(c->rig->loop, c->fd);
}

void client_resume(struct client *c)
{
    loop_watch(c->rig->loop, c->fd, LOOP_READ, on_bytes, c);
}

void client_end(struct client *c)
{
    loop_unwatch(c->rig->loop, c->fd);
    close(c->fd);
}

void client_send(struct client *c, struct str bytes)
{
    int64_t limit = time_monotonic_us() + PATIENCE_US;
    while (bytes.n && time_monotonic_us() < limit) {
        ssize_t n = send(c->fd, bytes.s, bytes.n, MSG_NOSIGNAL);
        if (n > 0)
            bytes = str_skip(bytes, (size_t)n);
        else if (errno != EAGAIN)
            return; /* the server has closed; the response has the reason */
        loop_step(c->rig->loop, n > 0 ? 0 : 1000);
    }
}

bool response_take(struct str *in, bool has_body, struct mock_response *out)
{
    const char *end = in->n ? strstr(in->s, "\r\n\r\n") : NULL;
    if (!end)
        return false;
    size_t head = (size_t)(end - in->s) + 4, length = 0;
    static const char name[] = "Content-Length: ";
    const char *at = strstr(in->s, name);
    if (at && at < end && has_body)
        length = strtoul(at + sizeof name - 1, NULL, 10);
    if (in->n < head + length)
        return false;
    *out = (struct mock_response){atoi(in->s + sizeof "HTTP/1.1"), str_head(*in, head), str_of(in->s + head, length)};
    *in = str_skip(*in, head + length);
    return true;
}

/* Reads `count` responses, or fewer if the connection closes. Returns their number. */
size_t client_read(struct client *c, size_t count, bool has_body, struct mock_response *out)
{
    int64_t limit = time_monotonic_us() + PATIENCE_US;
    for (;;) {
        struct str in = buf_str(&c->in);
        size_t got = 0;
        while (got < count && response_take(&in, has_body, &out[got]))
            got++;
        if (got == count || c->closed)
            return got;
        assert_true(time_monotonic_us() < limit);
        loop_step(c->rig->loop, 1000);
    }
}

void client_read_end(struct client *c)
{
    int64_t limit = time_monotonic_us() + PATIENCE_US;
    while (!c->closed) {
        assert_true(time_monotonic_us() < limit);
        loop_step(c->rig->loop, 1000);
    }
}

struct mock_response client_request(struct client *c, const char *request)
{
    struct mock_response a = {0};
    c->in.n = 0;
    client_send(c, str_from(request));
    client_read(c, 1, !str_starts(str_from(request), STR("HEAD")), &a);
    return a;
}

struct mock_response client_read_last(struct client *c)
{
    struct mock_response a = {0};
    client_read(c, 1, true, &a);
    client_end(c);
    return a;
}

void rig_wait(struct rig *g, const size_t *number, size_t value)
{
    int64_t limit = time_monotonic_us() + PATIENCE_US;
    while (*number != value) {
        assert_true(time_monotonic_us() < limit);
        loop_step(g->loop, 1000);
    }
}

void rig_respond_suspended(struct exchange *x)
{
    buf_text(&x->response.body, "late");
    server_reply(x);
}
