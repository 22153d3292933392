#include "base/http/client.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/host.h"
#include "base/http/libcurl.h"
#include "base/time.h"

#define LIBRARY         "libcurl.so.4"
#define IGNORED_BODY_US INT64_C(1000000) /* how long a body is read with status_only, before the connection is closed */

struct http_transfer {
    struct http_client *client;
    CURL *easy;     /* NULL: libcurl is missing */
    uint64_t timer; /* for the error response without libcurl; with status_only, the end of the body */
    struct curl_slist *headers;
    struct arena *arena;
    struct http_response response;
    struct buf body;
    size_t header_bytes; /* of all heads, and of the trailers */
    int status;          /* with status_only, of the head that is complete; 0: none yet */
    size_t ignored_bytes;
    bool too_large, headers_too_large, not_loopback;
    char why[CURL_ERROR_SIZE];
    http_done_fn *done;
    void *ctx;
    struct http_transfer *next, *previous; /* in flight */
};

struct http_client {
    struct loop *loop;
    struct http_client_options options;
    struct libcurl lib;
    char *missing; /* why libcurl is missing; NULL: it is loaded */
    CURLM *multi;
    uint64_t timer;
    struct http_transfer *in_flight;
    bool ended; /* libcurl calls back even during cleanup */
};

static const struct {
    const char *name;
    size_t place;
} calls[] = {
#define X(call) {"curl_" #call, offsetof(struct libcurl, call)},
    LIBCURL_CALLS(X)
#undef X
};

/* Returns NULL, or dlerror's text, valid until the next dl* call, if the library or a function is missing. The library
 * is never unloaded. */
static const char *load_libcurl(struct libcurl *lib, const char *file)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return dlerror();
    for (size_t i = 0; i < COUNT(calls); i++) {
        void *call = dlsym(library, calls[i].name);
        if (!call)
            return dlerror();
        memcpy((char *)lib + calls[i].place, &call, sizeof call);
    }
    return NULL;
}

/* libcurl callbacks of one transfer */

/* With status_only, after the head. Ends the transfer if too much was read. */
static size_t on_ignored(struct http_transfer *t, size_t n)
{
    t->ignored_bytes += n;
    return t->ignored_bytes > t->client->options.response_max ? CURL_WRITEFUNC_ERROR : n;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct http_transfer *t = ctx;
    size_t n = size * count;
    if (t->status)
        return on_ignored(t, n);
    if (n > t->client->options.response_max - t->body.n) {
        t->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    buf_add(&t->body, str_of(bytes, n));
    return n;
}

static void end_early(void *ctx);

/* 1xx heads come before the response, except for 101: nothing follows it but another protocol. */
static void end_head(struct http_transfer *t)
{
    long status = 0;
    t->client->lib.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 && status != 101)
        return;
    t->status = (int)status;
    t->timer = loop_timer(t->client->loop, time_monotonic_us() + IGNORED_BODY_US, end_early, t);
}

static size_t on_header(char *bytes, size_t size, size_t count, void *ctx)
{
    struct http_transfer *t = ctx;
    struct str line = str_trim(str_of(bytes, size * count));
    if (t->status) /* a trailer: ignored, like the body */
        return on_ignored(t, size * count);
    t->header_bytes += size * count;
    t->headers_too_large = t->header_bytes > HTTP_RESPONSE_HEADERS_MAX;
    if (t->headers_too_large)
        return 0;                         /* an error, because the line has more bytes */
    if (str_starts(line, STR("HTTP/"))) { /* a new head, after that of 100 Continue */
        t->response.headers.count = 0;
    } else if (line.n) {
        struct str name = str_trim(str_cut(&line, ':')), value = str_trim(line);
        headers_add(t->arena, &t->response.headers, str_dup(t->arena, name), str_of(str_dup(t->arena, value), value.n));
    } else if (t->client->options.status_only) {
        end_head(t);
    }
    return size * count;
}

/* Checks the resolved address, so a host name that resolves to another machine is rejected too. */
static curl_socket_t open_loopback(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct http_transfer *t = ctx;
    (void)purpose;
    if (sockaddr_is_loopback(&to->addr))
        return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    t->not_loopback = true;
    return CURL_SOCKET_BAD;
}

/* transfers */

/* Each transfer has an easy handle of its own: in one that is used again, libcurl 7.88 appends a folded line at the
 * start of the headers to a header of the response before, which is freed. The multi handle keeps the connections. */
static struct http_transfer *transfer_new(struct http_client *c)
{
    struct http_transfer *t = heap_new(sizeof *t);
    t->client = c;
    if (!c->missing && !(t->easy = c->lib.easy_init()))
        abort();
    t->next = c->in_flight;
    if (c->in_flight)
        c->in_flight->previous = t;
    c->in_flight = t;
    return t;
}

static void transfer_free(struct http_transfer *t)
{
    struct http_client *c = t->client;
    if (t->next)
        t->next->previous = t->previous;
    if (t->previous)
        t->previous->next = t->next;
    else
        c->in_flight = t->next;
    if (t->easy)
        c->lib.easy_cleanup(t->easy);
    if (t->headers)
        c->lib.slist_free_all(t->headers);
    heap_free(t);
}

/* A header without a value removes the one that libcurl would send. */
static void set_headers(struct http_transfer *t, const struct headers *h)
{
    const struct libcurl *lib = &t->client->lib;
    t->headers = lib->slist_append(t->headers, "Expect:");
    if (t->client->options.decode && !headers_find(h, "Accept-Encoding"))
        t->headers = lib->slist_append(t->headers, "Accept-Encoding:");
    if (!headers_find(h, "Content-Type"))
        t->headers = lib->slist_append(t->headers, "Content-Type:");
    for (size_t i = 0; i < h->count; i++) {
        struct str value = h->items[i].value;
        const char *line = value.n ? arena_printf(t->arena, "%s: " STR_FMT, h->items[i].name, STR_ARG(value))
                                   : arena_printf(t->arena, "%s;", h->items[i].name);
        t->headers = lib->slist_append(t->headers, line);
    }
    lib->easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

static void set_method(const struct libcurl *lib, CURL *e, const struct http_request *request)
{
    bool sends = request->body.n || !strcmp(request->method, "POST") || !strcmp(request->method, "PUT") ||
                 !strcmp(request->method, "PATCH");
    if (sends) {
        lib->easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
        lib->easy_setopt(e, CURLOPT_POSTFIELDS, request->body.n ? request->body.s : "");
    }
    if (strcmp(request->method, "HEAD") == 0)
        lib->easy_setopt(e, CURLOPT_NOBODY, 1L);
    lib->easy_setopt(e, CURLOPT_CUSTOMREQUEST, request->method);
    /* If a reused connection fails, libcurl sends the request again, for example a second POST. */
    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
        lib->easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
}

static void set_options(struct http_transfer *t, const struct http_request *request)
{
    const struct http_client_options *o = &t->client->options;
    const struct libcurl *lib = &t->client->lib;
    CURL *e = t->easy;
    lib->easy_setopt(e, CURLOPT_PRIVATE, t);
    lib->easy_setopt(e, CURLOPT_ERRORBUFFER, t->why);
    lib->easy_setopt(e, CURLOPT_URL, request->url);
    lib->easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    lib->easy_setopt(e, CURLOPT_PROXY, "");
    lib->easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
    lib->easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    lib->easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    lib->easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)o->timeout_ms);
    lib->easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms);
#if LIBCURL_VERSION_NUM >= 0x075700
    lib->easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* a dropped transfer does not wait until its name is resolved */
#endif
    if (o->status_only)
        lib->easy_setopt(e, CURLOPT_FORBID_REUSE, 1L); /* a receiver that closes nothing would keep the socket */
    else
        lib->easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)o->response_max);
    lib->easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    lib->easy_setopt(e, CURLOPT_WRITEDATA, t);
    lib->easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    lib->easy_setopt(e, CURLOPT_HEADERDATA, t);
    if (o->decode)
        lib->easy_setopt(e, CURLOPT_ACCEPT_ENCODING, HTTP_CODINGS);
    if (request->loopback_only) {
        lib->easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_loopback);
        lib->easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
    }
    lib->easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2); /* and later versions */
    if (o->ca_file)
        lib->easy_setopt(e, CURLOPT_CAINFO, o->ca_file);
    if (o->insecure) {
        lib->easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
        lib->easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    set_method(lib, e, request);
    set_headers(t, request->headers);
}

static const char *coding_error(struct http_transfer *t, struct str coding, const char *why)
{
    return arena_printf(t->arena, "the body cannot be decoded: its Content-Encoding is '" STR_FMT "' (libcurl: %s)",
                        STR_ARG(coding), why);
}

/* Returns NULL for an error that libcurl describes. */
static const char *own_error(struct http_transfer *t, CURLcode code)
{
    struct str coding = headers_get(&t->response.headers, "Content-Encoding");
    if (t->too_large || code == CURLE_FILESIZE_EXCEEDED)
        return arena_printf(t->arena, "the response is larger than %zu bytes%s", t->client->options.response_max,
                            t->too_large && coding.n ? " after decoding" : "");
    if (t->headers_too_large ||
        code == CURLE_OUT_OF_MEMORY) /* libcurl's limit of a line is larger, and has this code */
        return arena_printf(t->arena, "the headers and trailers of the response are larger than %u bytes",
                            HTTP_RESPONSE_HEADERS_MAX);
    if (code == CURLE_BAD_CONTENT_ENCODING)
        return coding_error(t, coding, t->why[0] ? t->why : "no details");
    if (code == CURLE_WRITE_ERROR && coding.n)
        return coding_error(t, coding, "data after its end, for example a second gzip member");
    return t->not_loopback ? "the address is not a loopback address" : NULL;
}

static void read_error(struct http_transfer *t, CURLcode code)
{
    struct http_response *x = &t->response;
    const char *own = own_error(t, code);
    x->brief = own ? own : t->client->lib.easy_strerror(code);
    x->error = !own && t->why[0] ? arena_text(t->arena, t->why) : x->brief;
    if (t->headers_too_large)
        x->headers.count = 0; /* they would fill every report */
}

static void read_response(struct http_transfer *t, CURLcode code)
{
    const struct libcurl *lib = &t->client->lib;
    struct http_response *x = &t->response;
    long status = 0, sent_bytes = 0;
    curl_off_t took_us = 0;
    lib->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    lib->easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &took_us);
    lib->easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
    x->duration_us = took_us;
    x->sent = sent_bytes > 0;
    x->body = buf_str(&t->body);
    if (code == CURLE_OK || t->status) /* with status_only no error after the head counts */
        x->status = t->status ? t->status : (int)status;
    else
        read_error(t, code);
    if (!x->error && (x->status < 100 || x->status > 999)) { /* libcurl accepts the lines HTTP/200 OK and HTTP/2 2200 */
        x->status = 0;
        x->error = x->brief = "the status line of the response is invalid";
    }
}

static void complete(struct http_transfer *t)
{
    http_done_fn *done = t->done;
    void *ctx = t->ctx;
    struct http_response response = t->response;
    http_drop(t); /* before the callback, which may send again */
    done(ctx, &response);
}

static void report_missing_library(void *ctx)
{
    struct http_transfer *t = ctx;
    t->timer = 0;
    t->response.error = arena_text(t->arena, t->client->missing);
    t->response.brief = "cannot load " LIBRARY;
    complete(t);
}

/* The body takes too long. */
static void end_early(void *ctx)
{
    struct http_transfer *t = ctx;
    t->timer = 0;
    read_response(t, CURLE_OK);
    complete(t);
}

/* libcurl on the loop */

static void finish(const struct libcurl *lib, CURL *easy, CURLcode code)
{
    struct http_transfer *t;
    lib->easy_getinfo(easy, CURLINFO_PRIVATE, &t);
    read_response(t, code);
    complete(t);
}

static void act(struct http_client *c, curl_socket_t socket, int events)
{
    const struct libcurl *lib = &c->lib;
    int running, left;
    lib->multi_socket_action(c->multi, socket, events, &running);
    for (CURLMsg *m; (m = lib->multi_info_read(c->multi, &left));)
        if (m->msg == CURLMSG_DONE)
            finish(lib, m->easy_handle, m->data.result); /* m is invalid from here on */
}

static void on_ready(void *ctx, int fd, int events)
{
    act(ctx, fd, (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0));
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *unused)
{
    (void)easy;
    (void)unused;
    struct http_client *c = ctx;
    if (what == CURL_POLL_REMOVE)
        loop_unwatch(c->loop, fd);
    else
        loop_watch(c->loop, fd, (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0),
                   on_ready, c);
    return 0;
}

static void on_time(void *ctx)
{
    struct http_client *c = ctx;
    c->timer = 0;
    act(c, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long ms, void *ctx)
{
    (void)multi;
    struct http_client *c = ctx;
    loop_timer_cancel(c->loop, c->timer);
    c->timer = 0;
    if (ms >= 0 && !c->ended)
        c->timer = loop_timer(c->loop, time_monotonic_us() + ms * 1000, on_time, c);
    return 0;
}

/* the client */

static void start(struct http_client *c)
{
    const struct libcurl *lib = &c->lib;
    if (lib->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    c->multi = lib->multi_init();
    if (!c->multi)
        abort();
    lib->multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    lib->multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    lib->multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    lib->multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    lib->multi_setopt(c->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    long connections_max = c->options.connections_max;
    if (connections_max > 0) {
        lib->multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections_max);
        lib->multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, connections_max);
    }
}

static void end(struct http_client *c)
{
    const struct libcurl *lib = &c->lib;
    lib->multi_cleanup(c->multi);
    lib->global_cleanup();
}

struct http_client *http_client_new(struct loop *l, const struct http_client_options *options)
{
    struct http_client *c = heap_new(sizeof *c);
    c->loop = l;
    c->options = *options;
    const char *why = load_libcurl(&c->lib, options->library ? options->library : LIBRARY);
    if (why)
        c->missing = heap_text(why);
    else
        start(c);
    return c;
}

void http_client_free(struct http_client *c)
{
    if (!c)
        return;
    c->ended = true;
    while (c->in_flight)
        http_drop(c->in_flight);
    if (!c->missing)
        end(c);
    loop_timer_cancel(c->loop, c->timer);
    heap_free(c->missing);
    heap_free(c);
}

struct http_transfer *http_send(struct http_client *c, struct arena *a, const struct http_request *request,
                                http_done_fn *done, void *ctx)
{
    struct http_transfer *t = transfer_new(c);
    t->arena = a;
    t->body.arena = a;
    t->done = done;
    t->ctx = ctx;
    if (c->missing) {
        t->timer = loop_timer(c->loop, time_monotonic_us(), report_missing_library, t);
        return t;
    }
    set_options(t, request);
    if (c->lib.multi_add_handle(c->multi, t->easy) != CURLM_OK)
        abort();
    return t;
}

void http_drop(struct http_transfer *t)
{
    const struct http_client *c = t->client;
    if (t->easy)
        c->lib.multi_remove_handle(c->multi, t->easy);
    loop_timer_cancel(c->loop, t->timer);
    transfer_free(t);
}
