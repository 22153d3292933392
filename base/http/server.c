#include "base/http/server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#include "base/arena.h"
#include "base/http/gate.h"
#include "base/http/server_job.h"
#include "base/time.h"

enum {
    HEAD_MAX = 16384, /* bytes of a request's head; the library zeroes this much per request */
    HEADERS_USUAL = 16,
    SPARE_JOBS_MAX = 64,
    ENDING_TURNS = 10, /* the last chunk of a stream takes two, over TLS more */
};

/* jobs */

static struct job *job_take(struct server *s)
{
    struct job *j = s->spare;
    if (j) {
        LL_DELETE(s->spare, j);
        s->spare_count--;
    } else {
        j = heap_new(sizeof *j);
    }
    struct arena kept = j->x.arena;
    *j = (struct job){
        .x = {.arena = kept, .server = s, .reply = server_reply, .arrived_us = time_monotonic_us()}
    };
    j->body.arena = &j->x.arena;
    j->x.response.body.arena = &j->x.arena;
    DL_APPEND(s->live, j);
    return j;
}

static void job_release(struct server *s, struct job *j)
{
    loop_timer_cancel(s->loop, j->timer);
    stream_release(j);
    DL_DELETE(s->live, j);
    if (s->spare_count < SPARE_JOBS_MAX) {
        arena_reset(&j->x.arena);
        LL_PREPEND(s->spare, j);
        s->spare_count++;
    } else {
        arena_end(&j->x.arena);
        heap_free(j);
    }
}

/* the request */

/* The library parses the query into memory that a few hundred parameters exhaust, and then never responds. The parsed
 * parameters are not used, so give it an empty query. */
static void hide_query(const char *target)
{
    char *mark = strchr(target, '?');
    if (mark)
        mark[1] = '\0';
}

static void *on_request_line(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct job *j = job_take(cls);
    struct request *r = &j->x.request;
    struct peer *peer = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    j->peer = peer;
    r->peer = peer->address;
    r->sent_after_us = peer->free_us < j->x.server->turn_us ? peer->free_us : j->x.server->turn_us;
    j->connection = connection;
    r->target = str_from(arena_text(&j->x.arena, target)); /* the library modifies `target` */
    r->query = r->target;
    r->path = str_cut(&r->query, '?');
    hide_query(target);
    return j;
}

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                   const char *value, size_t value_size)
{
    (void)kind;
    (void)name_size;
    struct job *j = cls;
    headers_add(&j->x.arena, &j->x.request.headers, name, str_of(value, value_size));
    return MHD_YES;
}

static enum MHD_Result refuse(struct job *j, int status, const char *why)
{
    struct server *s = j->x.server;
    j->handled = true;
    s->in_flight++;
    j->last = true;
    j->x.response.status = status;
    s->options.refuse(s->options.ctx, &j->x, status, why);
    return job_send(j);
}

/* In the absolute form the host of the target counts, and the Host header is ignored (RFC 9112 3.2.2). */
static void use_origin_form(struct job *j)
{
    struct request *r = &j->x.request;
    struct str authority, rest;
    if (str_starts(r->target, STR("/")) || !gate_absolute_form(r->target, &authority, &rest))
        return;
    bool has_path = str_starts(rest, STR("/"));
    r->target = has_path ? rest : str_from(arena_printf(&j->x.arena, "/" STR_FMT, STR_ARG(rest)));
    r->query = r->target;
    r->path = str_cut(&r->query, '?');
    headers_set(&j->x.arena, &r->headers, "Host", authority);
}

static int port_of(const struct sockaddr *at)
{
    const struct sockaddr_in6 *six = (const void *)at;
    const struct sockaddr_in *four = (const void *)at;
    return ntohs(at->sa_family == AF_INET6 ? six->sin6_port : four->sin_port);
}

static enum MHD_Result begin(struct job *j, const char *method, const char *version)
{
    const struct server *s = j->x.server;
    struct request *r = &j->x.request;
    r->method = str_from(method);
    r->peer_port = port_of(MHD_get_connection_info(j->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    r->headers.items = arena_array(&j->x.arena, struct header, HEADERS_USUAL);
    r->headers.room = HEADERS_USUAL;
    MHD_get_connection_values_n(j->connection, MHD_HEADER_KIND, take_header, j);

    const char *why;
    int status = gate_refuses(r, str_from(version), s->options.body_max, &why);
    use_origin_form(j);
    if (status)
        return refuse(j, status, why);
    int64_t length;
    if (str_to_int(headers_get(&r->headers, "Content-Length"), &length)) {
        r->body_too_large = (uint64_t)length > s->options.body_max;
        if (length && !r->body_too_large)
            buf_reserve(&j->body, (size_t)length);
    }
    j->step = STEP_BODY;
    return MHD_YES;
}

static void take_body(struct job *j, const char *bytes, size_t n)
{
    struct request *r = &j->x.request;
    if (n > j->x.server->options.body_max - j->body.n)
        r->body_too_large = true;
    if (!r->body_too_large)
        buf_add(&j->body, str_of(bytes, n));
}

/* A response that is complete when the handler returns is sent without suspend and resume. */
static enum MHD_Result handle(struct job *j)
{
    struct server *s = j->x.server;
    if (!j->x.request.body_too_large)
        j->x.request.body = buf_str(&j->body);
    j->handled = true;
    s->in_flight++;
    j->step = STEP_HANDLING;
    s->options.handle(s->options.ctx, &j->x);
    if (j->step == STEP_READY)
        return job_send(j);
    if (j->step == STEP_HANDLING)
        j->step = STEP_WAITING;
    job_suspend(j);
    return MHD_YES;
}

/* The library calls this when the head is complete, for each part of the body, at the end of the body, and again after
 * a resume. */
static enum MHD_Result on_progress(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                   const char *version, const char *upload, size_t *upload_size, void **request_cls)
{
    (void)cls;
    (void)connection;
    (void)url;
    struct job *j = *request_cls;
    switch (j->step) {
    case STEP_HEAD:
        return begin(j, method, version);
    case STEP_BODY:
        if (!*upload_size)
            return handle(j);
        take_body(j, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    case STEP_READY:
        return job_send(j);
    case STEP_HANDLING:
    case STEP_WAITING:
    case STEP_DELAYED:
    case STEP_SENDING:
    case STEP_DROPPED:
        return MHD_NO;
    }
    return MHD_NO;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **request_cls,
                         enum MHD_RequestTerminationCode how)
{
    (void)connection;
    struct server *s = cls;
    struct job *j = *request_cls;
    if (!j)
        return; /* the connection closed before the first line was read */
    *request_cls = NULL;
    if (j->handled) {
        bool sent = how == MHD_REQUEST_TERMINATED_COMPLETED_OK && j->step == STEP_SENDING;
        if (!j->stream)
            s->in_flight--;
        if (s->options.done)
            s->options.done(s->options.ctx, &j->x, sent);
    }
    job_release(s, j);
}

static char *address_text(const struct sockaddr *at)
{
    const struct sockaddr_in6 *six = (const void *)at;
    const struct sockaddr_in *four = (const void *)at;
    const void *bytes = at->sa_family == AF_INET6 ? (const void *)&six->sin6_addr : &four->sin_addr;
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(at->sa_family, bytes, text, sizeof text);
    return heap_text(text);
}

/* Stores the peer's address with the connection. At the connection limit the library stops listening; it must run to
 * listen again after a connection has closed. */
static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct server *s = cls;
    struct peer *peer;
    switch (what) {
    case MHD_CONNECTION_NOTIFY_STARTED:
        peer = *socket_context = heap_new(sizeof *peer);
        peer->address =
            address_text(MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
        peer->free_us = s->last_turn_us;
        return;
    case MHD_CONNECTION_NOTIFY_CLOSED:
        peer = *socket_context;
        heap_free(peer->address);
        heap_free(peer);
        s->must_run = true;
        return;
    }
}

/* Disables decoding: the path is decoded later, segment by segment (url.h). */
static size_t keep_raw(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

/* the listening socket: a numeric IPv4 or IPv6 address and a port */

static int bind_and_listen(const struct addrinfo *to)
{
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, to->ai_addr, to->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static bool cannot_listen(struct error *err, const char *address, int port, int why)
{
    bool six = strchr(address, ':');
    char name[128];
    snprintf(name, sizeof name, "%s%s%s:%d", six ? "[" : "", address, six ? "]" : "", port);
    switch (why) {
    case EADDRINUSE:
        return error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot listen on %s: address already in use", name);
    case EADDRNOTAVAIL:
        return error_add(err, ERROR_SYSTEM, (struct where){0},
                         "cannot listen on %s: this machine does not have this address", name);
    default:
        return error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot listen on %s: %s", name, strerror(why));
    }
}

bool server_has_address(const char *address)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *to;
    if (getaddrinfo(address, NULL, &hints, &to) != 0)
        return false;
    int fd = bind_and_listen(to);
    bool missing = fd < 0 && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT);
    if (fd >= 0)
        close(fd);
    freeaddrinfo(to);
    return !missing;
}

/* A non-blocking fd, or -1. */
static int listen_on(const char *address, int port, struct error *err)
{
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *to;
    if (port < 0 || port > 65535 || getaddrinfo(address, service, &hints, &to) != 0) {
        error_add(err, ERROR_SYSTEM, (struct where){0},
                  "cannot listen on '%s' port %d; expected an IP address and a port (0-65535)", address, port);
        return -1;
    }
    int fd = bind_and_listen(to);
    if (fd < 0)
        cannot_listen(err, address, port, errno);
    freeaddrinfo(to);
    return fd;
}

/* the server */

static void run(struct server *s)
{
    s->last_turn_us = s->turn_us;
    s->turn_us = time_monotonic_us();
    MHD_run(s->daemon);
}

static void on_ready(void *ctx, int fd, int events)
{
    (void)fd;
    (void)events;
    run(ctx);
}

static int64_t library_wait_us(const struct server *s)
{
    MHD_UNSIGNED_LONG_LONG ms;
    return MHD_get_timeout(s->daemon, &ms) == MHD_YES ? (int64_t)ms * 1000 : -1;
}

static int64_t before_wait(void *ctx)
{
    struct server *s = ctx;
    int64_t wait = library_wait_us(s);
    if (wait != 0 && !s->must_run)
        return wait;
    s->must_run = false;
    run(s);
    return s->must_run ? 0 : library_wait_us(s);
}

/* The library's options are not const, but it only reads the text. */
static void *text_for(const char *text)
{
    union {
        const char *from;
        void *to;
    } u = {.from = text};
    return u.to;
}

struct server *server_new(struct loop *l, const struct server_options *options, struct error *err)
{
    int fd = listen_on(options->address, options->port, err);
    if (fd < 0)
        return NULL;
    struct server *s = heap_new(sizeof *s);
    s->options = *options;
    s->loop = l;
    struct sockaddr_storage at = {0};
    getsockname(fd, (struct sockaddr *)&at, &(socklen_t){sizeof at});
    s->port = port_of((struct sockaddr *)&at);
    const struct certificate *tls = options->certificate;
    struct MHD_OptionItem pair[] = {
        {tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, tls ? text_for(tls->chain) : NULL},
        {MHD_OPTION_HTTPS_MEM_KEY,                         0, tls ? text_for(tls->key) : NULL  },
        {MHD_OPTION_END,                                   0, NULL                             },
    };
    unsigned over = tls ? MHD_USE_TLS : 0;
    /* STRICT_FOR_CLIENT must be 0: with 1 the library sends two heads if Host is missing. */
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK | over, 0, NULL, NULL, on_progress, s,
        MHD_OPTION_ARRAY, pair, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)options->connections_max, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)options->idle_timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 0,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_raw, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
        MHD_OPTION_URI_LOG_CALLBACK, on_request_line, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_END);
    if (!s->daemon) {
        close(fd);
        heap_free(s);
        error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot start the HTTP server%s",
                  tls ? " with this certificate" : "");
        return NULL;
    }
    s->epoll = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    loop_watch(l, s->epoll, LOOP_READ, on_ready, s);
    loop_before_wait(l, before_wait, s);
    return s;
}

int server_port(const struct server *s)
{
    return s->port;
}

size_t server_in_flight(const struct server *s)
{
    return s->in_flight;
}

void server_quiesce(struct server *s)
{
    if (s->quiescing)
        return;
    s->quiescing = true;
    close(MHD_quiesce_daemon(s->daemon));
    struct job *j;
    DL_FOREACH(s->live, j)
    {
        if (j->stream)
            stream_finish(j);
    }
    /* Send the ends of the streams now, if the sockets accept them. */
    for (int turns = 0; turns < ENDING_TURNS && (s->must_run || library_wait_us(s) == 0); turns++) {
        s->must_run = false;
        run(s);
    }
}

void server_free(struct server *s)
{
    if (!s)
        return;
    server_quiesce(s);
    loop_unwatch(s->loop, s->epoll);
    loop_before_wait_end(s->loop, before_wait, s);
    struct job *j;
    DL_FOREACH(s->live, j)
    { /* the library aborts if it is stopped with a suspended connection */
        if (j->suspended) {
            j->step = STEP_DROPPED;
            job_resume(j);
        }
    }
    MHD_stop_daemon(s->daemon);
    assert(!s->live);
    while ((j = s->spare)) {
        LL_DELETE(s->spare, j);
        arena_end(&j->x.arena);
        heap_free(j);
    }
    heap_free(s);
}
