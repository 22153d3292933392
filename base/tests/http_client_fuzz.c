/* One byte that selects the options, then the bytes that a server sends: a response of a target, or of a webhook
 * receiver. The client reports one response or one error, within its limits. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/http/client.h"
#include "base/tests/fuzz.h"
#include "base/time.h"

#define RESPONSE_MAX 2000
#define LIMIT_US     INT64_C(5000000)

struct scene {
    struct arena arena;
    struct loop *loop;
    struct http_client *clients[4];
    int listener, connection;
    int port;
    struct str bytes; /* that the server sends */
    size_t sent;
    size_t done;
};

static struct scene scene = {.connection = -1};

static void close_connection(struct scene *s)
{
    const struct linger reset = {.l_onoff = 1}; /* leaves no port in TIME_WAIT */
    if (s->connection < 0)
        return;
    loop_unwatch(s->loop, s->connection);
    (void)setsockopt(s->connection, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(s->connection);
    s->connection = -1;
}

/* The client has sent its request: answer it, whatever it is. */
static void on_request(void *ctx, int fd, int events)
{
    struct scene *s = ctx;
    char in[4096];
    (void)events;
    ssize_t n = recv(fd, in, sizeof in, MSG_DONTWAIT);
    if (n <= 0) {
        close_connection(s);
        return;
    }
    while (s->sent < s->bytes.n) {
        n = send(fd, s->bytes.s + s->sent, s->bytes.n - s->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n <= 0)
            break;
        s->sent += (size_t)n;
    }
    (void)shutdown(fd, SHUT_WR);
}

static void on_connection(void *ctx, int fd, int events)
{
    struct scene *s = ctx;
    (void)events;
    int connection = accept(fd, NULL, NULL);
    if (connection < 0)
        return;
    close_connection(s);
    s->connection = connection;
    s->sent = 0;
    loop_watch(s->loop, connection, LOOP_READ, on_request, s);
}

static void begin(struct scene *s)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof here;
    s->loop = loop_new();
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    fuzz_assert(bind(s->listener, (struct sockaddr *)&here, size) == 0 && listen(s->listener, 16) == 0);
    fuzz_assert(getsockname(s->listener, (struct sockaddr *)&here, &size) == 0);
    s->port = ntohs(here.sin_port);
    loop_watch(s->loop, s->listener, LOOP_READ, on_connection, s);
    for (unsigned i = 0; i < 4; i++)
        s->clients[i] = http_client_new(s->loop, &(struct http_client_options){
                                                     .timeout_ms = 2000,
                                                     .connect_timeout_ms = 2000,
                                                     .response_max = RESPONSE_MAX,
                                                     .status_only = i & 1,
                                                     .decode = i & 2,
                                                 });
}

static void done(void *ctx, const struct http_response *r)
{
    struct scene *s = ctx;
    size_t bytes = 0;
    s->done++;
    fuzz_assert(r->status == 0 || (r->status >= 100 && r->status <= 999));
    fuzz_assert(r->status || (r->error && *r->error && r->brief && *r->brief));
    fuzz_assert(r->body.n <= RESPONSE_MAX);
    for (size_t i = 0; i < r->headers.count; i++) {
        bytes += strlen(r->headers.items[i].name) + r->headers.items[i].value.n;
        fuzz_assert(!memchr(r->headers.items[i].value.s, '\n', r->headers.items[i].value.n));
    }
    fuzz_assert(bytes <= HTTP_RESPONSE_HEADERS_MAX);
}

static void receive(struct scene *s, const uint8_t *data, size_t size)
{
    static const struct headers none;
    s->bytes = str_skip(fuzz_text(data, size), 1);
    s->done = 0;
    const struct http_request request = {
        .method = size && (data[0] & 4) ? "HEAD" : "POST",
        .url = arena_printf(&s->arena, "http://127.0.0.1:%d/hook", s->port),
        .headers = &none,
        .body = STR("{}"),
        .loopback_only = true,
    };
    http_send(s->clients[size ? data[0] & 3 : 0], &s->arena, &request, done, s);
    int64_t end_us = time_monotonic_us() + LIMIT_US;
    while (!s->done && time_monotonic_us() < end_us)
        loop_step(s->loop, end_us - time_monotonic_us());
    close_connection(s);
    fuzz_assert(s->done == 1);
}

/* A plain response comes first: nothing of it may be left in the client. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scene *s = &scene;
    uint8_t plain[] = "?HTTP/1.1 200 OK\r\nA: b\r\n\r\nxx";
    if (!s->loop)
        begin(s);
    plain[0] = size ? data[0] : 0;
    receive(s, plain, sizeof plain - 1);
    receive(s, data, size);
    arena_end(&s->arena);
    return 0;
}
