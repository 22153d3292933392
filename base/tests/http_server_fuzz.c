/* The bytes that a client sends to the server. Each response is one head with one body; the connection then ends; and
 * the next client is served. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/http/server.h"
#include "base/tests/fuzz.h"
#include "base/time.h"

#define BODY_MAX 1000
#define LIMIT_US INT64_C(5000000)

static struct {
    struct loop *loop;
    struct server *server;
    size_t begun, ended;
} scene;

static void respond(struct exchange *x)
{
    struct response *r = &x->response;
    r->body.arena = &x->arena;
    buf_printf(&r->body, STR_FMT " %zu", STR_ARG(str_head(x->request.path, 20)), x->request.body.n);
    if (str_is(x->request.method, "HEAD"))
        headers_add(&x->arena, &r->headers, "X-Head", STR("1"));
    r->chunked = r->status == 200 && str_starts(x->request.path, STR("/c"));
}

static void handle(void *ctx, struct exchange *x)
{
    (void)ctx;
    scene.begun++;
    x->response.status = 200;
    const struct request *q = &x->request;
    fuzz_assert(q->method.n && q->target.n && q->body.n <= BODY_MAX);
    for (size_t i = 0; i < q->headers.count; i++)
        fuzz_assert(*q->headers.items[i].name && !memchr(q->headers.items[i].value.s, 0, q->headers.items[i].value.n));
    respond(x);
    server_reply(x);
}

static void refuse(void *ctx, struct exchange *x, int status, const char *why)
{
    (void)ctx;
    scene.begun++;
    fuzz_assert(x->response.status == status && status >= 400 && *why);
    respond(x);
}

static void done(void *ctx, struct exchange *x, bool sent)
{
    (void)ctx, (void)x, (void)sent;
    scene.ended++;
}

static void begin(void)
{
    const struct server_options options = {
        .address = "127.0.0.1",
        .body_max = BODY_MAX,
        .idle_timeout_s = 30,
        .connections_max = 20,
        .handle = handle,
        .refuse = refuse,
        .done = done,
    };
    scene.loop = loop_new();
    scene.server = server_new(scene.loop, &options, NULL);
    fuzz_assert(scene.server);
}

/* Sends the bytes and returns what the server sends until it closes the connection. */
static struct str exchange(struct arena *a, struct str bytes)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    there.sin_port = htons((uint16_t)server_port(scene.server));
    struct buf in = {.arena = a};
    const struct linger reset = {.l_onoff = 1}; /* leaves no port in TIME_WAIT */
    int64_t end_us = time_monotonic_us() + LIMIT_US;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    fuzz_assert(connect(fd, (struct sockaddr *)&there, sizeof there) == 0);
    bool closed = false, ended = false;
    while (!closed && time_monotonic_us() < end_us) {
        char block[4096];
        ssize_t n = bytes.n ? send(fd, bytes.s, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
        bytes = str_skip(bytes, n > 0 ? (size_t)n : 0);
        if (!bytes.n && !ended) {
            (void)shutdown(fd, SHUT_WR);
            ended = true;
        }
        for (int i = 0; i < 3 && loop_step(scene.loop, 1000); i++)
            ;
        n = recv(fd, block, sizeof block, MSG_DONTWAIT);
        closed = n == 0 || (n < 0 && errno == ECONNRESET);
        if (n > 0)
            buf_add(&in, str_of(block, (size_t)n));
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
    fuzz_assert(closed);
    return buf_str(&in);
}

static struct str header_of(struct str head, const char *name)
{
    while (head.n) {
        struct str value = str_cut(&head, '\n');
        if (str_eq_nocase(str_cut(&value, ':'), str_from(name)))
            return str_trim(value);
    }
    return STR("");
}

/* Removes the chunks of a body. Returns false if they do not end. */
static bool take_chunks(struct str *in)
{
    while (in->n) {
        char *end;
        struct str line = str_cut(in, '\n');
        size_t n = strtoul(line.s, &end, 16);
        fuzz_assert(end > line.s && *end == '\r' && in->n >= n + 2);
        fuzz_assert(in->s[n] == '\r' && in->s[n + 1] == '\n');
        *in = str_skip(*in, n + 2);
        if (!n)
            return true;
    }
    return false;
}

static bool find_head(struct str in, struct str *head)
{
    for (size_t i = 0; i + 4 <= in.n; i++)
        if (memcmp(in.s + i, "\r\n\r\n", 4) == 0) {
            *head = str_head(in, i + 2);
            return true;
        }
    return false;
}

static bool has_body(int status, struct str head)
{
    return status >= 200 && status != 204 && status != 304 && !header_of(head, "X-Head").n;
}

static void check_responses(struct str in)
{
    struct str head;
    while (in.n) {
        int64_t length = 0;
        fuzz_assert(find_head(in, &head));
        fuzz_assert(str_starts(head, STR("HTTP/1.")) && head.n > 12 && head.s[8] == ' ');
        int status = atoi(head.s + 9);
        fuzz_assert(status >= 100 && status < 600);
        struct str size = header_of(head, "Content-Length");
        bool chunked = header_of(head, "Transfer-Encoding").n;
        in = str_skip(in, head.n + 2);
        if (!has_body(status, head))
            continue;
        fuzz_assert(!(size.n && chunked));
        if (chunked) {
            fuzz_assert(take_chunks(&in));
        } else if (size.n) {
            fuzz_assert(str_to_int(size, &length) && (size_t)length <= in.n);
            in = str_skip(in, (size_t)length);
        } else {
            return; /* the body ends with the connection */
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    if (!scene.loop)
        begin();
    check_responses(exchange(&a, fuzz_text(data, size)));
    struct str next = exchange(&a, STR("GET /next HTTP/1.1\r\nHost: x\r\n\r\n"));
    fuzz_assert(str_starts(next, STR("HTTP/1.1 200 ")) && str_ends(next, STR("/next 0")));
    fuzz_assert(scene.begun == scene.ended);
    arena_end(&a);
    return 0;
}
