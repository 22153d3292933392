#include "base/http/server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/http/connection.h"
#include "base/log.h"
#include "base/time.h"

#define ACCEPTS_A_TURN 64
#define RETRY_US       INT64_C(100000) /* after the system had no descriptor left */
#define IDLE_GRACE_US  INT64_C(100000) /* a connection that is idle for less may be about to send */
#define VICTIM_TRIES   8
#define HEAD_GRACE_US  INT64_C(1000000)  /* a head that takes longer may be given up for another connection */
#define TURNS_US       INT64_C(2000)     /* for what is ready; then new requests come first */
#define SWEEP_EVERY_US INT64_C(50000)    /* at most */
#define WARN_EVERY_US  INT64_C(10000000) /* at most */
#define BODIES_USUAL   ((size_t)256 << 20)
#define UNSENT_USUAL   ((size_t)64 << 20)
#define DISK_USUAL     ((int64_t)4 << 30)
#define HEAD_USUAL_US  INT64_C(30000000)
#define BODY_USUAL_US  INT64_C(300000000)
#define STALL_USUAL_US INT64_C(60000000)
#define GONE_USUAL_US  INT64_C(800000)

/* --- limits ------------------------------------------------------------------------------------- */

static void set_limits(struct server_limits *l)
{
    l->bodies = l->bodies ? l->bodies : BODIES_USUAL;
    l->unsent = l->unsent ? l->unsent : UNSENT_USUAL;
    l->unsent_disk = l->unsent_disk ? l->unsent_disk : DISK_USUAL;
    l->head_us = l->head_us ? l->head_us : HEAD_USUAL_US;
    l->body_us = l->body_us ? l->body_us : BODY_USUAL_US;
    l->stall_us = l->stall_us ? l->stall_us : STALL_USUAL_US;
    l->gone_us = l->gone_us ? l->gone_us : GONE_USUAL_US;
}

/* Under attack there may be thousands of events in a second. */
void server_warn(struct server *s, const char *format, ...)
{
    struct arena a = {0};
    va_list args;
    int64_t now = time_monotonic_us();
    if (s->logged_us && now - s->logged_us < WARN_EVERY_US) {
        s->unlogged++;
        return;
    }
    va_start(args, format);
    const char *text = arena_vprintf(&a, format, args);
    va_end(args);
    if (s->unlogged)
        log_line(LOG_WARN, "port %d: %s (and %zu more such events)", s->port, text, s->unlogged);
    else
        log_line(LOG_WARN, "port %d: %s", s->port, text);
    s->logged_us = now;
    s->unlogged = 0;
    arena_end(&a);
}

static int64_t expires_us(const struct connection *c)
{
    const struct server_options *o = &c->server->options;
    switch (c->place) {
    case PLACE_IDLE:
        return c->since_us + (int64_t)o->idle_timeout_s * 1000000;
    case PLACE_HEAD:
        return c->since_us + o->limits.head_us;
    case PLACE_BUSY:
    case PLACE_RESERVE_BODY:
    case PLACE_ENDING:
    case PLACES:
        return c->deadline_us;
    }
    return 0;
}

/* Closes what has expired. Returns when the next one expires; 0: none. */
static int64_t expire(struct server *s, enum place place, int64_t now)
{
    int64_t next = 0;
    struct connection *c, *after;
    DL_FOREACH_SAFE(s->places[place], c, after)
    {
        int64_t at = expires_us(c);
        if (at && at <= now)
            connection_expire(c);
        else if (at && (!next || at < next))
            next = at;
        if (place != PLACE_BUSY && at > now)
            break; /* the others came later */
    }
    return next;
}

static void on_sweep(void *ctx)
{
    struct server *s = ctx;
    int64_t now = time_monotonic_us();
    s->sweep = 0;
    for (enum place place = 0; place < PLACES; place++) {
        int64_t next = expire(s, place, now);
        if (next)
            server_sweep_by(s, next);
    }
}

void server_sweep_by(struct server *s, int64_t at_us)
{
    if (s->sweep && s->sweep_at_us <= at_us)
        return;
    int64_t soonest = time_monotonic_us() + SWEEP_EVERY_US;
    loop_timer_cancel(s->loop, s->sweep);
    s->sweep_at_us = at_us > soonest ? at_us : soonest;
    s->sweep = loop_timer(s->loop, s->sweep_at_us, on_sweep, s);
}

/* --- accepting ---------------------------------------------------------------------------------- */

static bool is_full(const struct server *s)
{
    return s->count - s->extra_count >= (size_t)s->options.connections_max;
}

bool server_in_reserve(struct connection *c)
{
    if (c->extra && !is_full(c->server)) {
        c->extra = false;
        c->server->extra_count--;
    }
    return c->extra;
}

/* A request that has come but is not read yet. */
static bool has_unread(const struct connection *c)
{
    int n = 0;
    return ioctl(c->at.fd, FIONREAD, &n) == 0 && n > 0;
}

/* The connection to close for another one: the oldest that does not wait for a response. If the client of a body in the
 * reserve is slow, others may need its place. */
static struct connection *victim(const struct server *s)
{
    static const struct {
        enum place place;
        int64_t grace_us;
    } rows[] = {
        {PLACE_ENDING,       IDLE_GRACE_US},
        {PLACE_IDLE,         IDLE_GRACE_US},
        {PLACE_HEAD,         HEAD_GRACE_US},
        {PLACE_RESERVE_BODY, IDLE_GRACE_US},
    };
    int64_t now = time_monotonic_us();
    for (size_t i = 0; i < COUNT(rows); i++) {
        int tries = VICTIM_TRIES;
        for (struct connection *c = s->places[rows[i].place]; c && tries; c = c->next, tries--)
            if (now - c->since_us > rows[i].grace_us && !has_unread(c))
                return c;
    }
    return NULL;
}

static void add(struct server *s, int fd, const struct sockaddr *peer)
{
    bool full = is_full(s);
    struct connection *oldest = full ? victim(s) : NULL;
    if (oldest) {
        server_warn(s,
                    "%zu connections are open, which is the limit; closing the one that is idle for the longest time",
                    s->count);
        connection_close(oldest);
        full = is_full(s); /* also if the oldest was of the reserve */
    }
    struct connection *c = connection_new(s, fd, peer);
    if (full) {
        server_warn(s, "%zu connections are in use, which is the limit; only urgent requests are served", s->count);
        c->extra = true;
        s->extra_count++;
    }
}

static void on_listener(void *ctx, int fd, int events);

static void start_listening(void *ctx)
{
    struct server *s = ctx;
    s->retry = 0;
    if (s->listening || s->listener < 0)
        return;
    loop_watch(s->loop, s->listener, LOOP_READ, on_listener, s);
    s->listening = true;
}

static void stop_listening(struct server *s)
{
    loop_unwatch(s->loop, s->listener);
    s->listening = false;
    s->backlog = true;
}

void server_listen(struct server *s)
{
    if (s->listening || s->quiescing)
        return;
    loop_timer_cancel(s->loop, s->retry);
    s->retry = loop_timer(s->loop, time_monotonic_us(), start_listening, s);
}

static void no_descriptor(struct server *s, int why)
{
    struct connection *oldest = victim(s);
    server_warn(s, "cannot accept a connection: %s%s", strerror(why),
                oldest ? "; closing the one that is idle for the longest time" : "");
    stop_listening(s);
    s->retry = loop_timer(s->loop, time_monotonic_us() + (oldest ? 0 : RETRY_US), start_listening, s);
    if (oldest)
        connection_close(oldest);
}

static void on_listener(void *ctx, int fd, int events)
{
    struct server *s = ctx;
    (void)events;
    s->backlog = true;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        struct sockaddr_storage peer = {0};
        if (is_full(s) && !victim(s) && s->extra_count >= (size_t)s->options.reserve) {
            stop_listening(s);
            s->retry = loop_timer(s->loop, time_monotonic_us() + RETRY_US, start_listening, s);
            return;
        }
        int made = accept4(fd, (struct sockaddr *)&peer, &(socklen_t){sizeof peer}, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (made >= 0) {
            add(s, made, (struct sockaddr *)&peer);
        } else if (errno == EAGAIN) {
            s->backlog = false;
            return;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            no_descriptor(s, errno);
            return;
        } /* else: this client has gone already */
    }
}

/* --- the listening socket: a numeric IPv4 or IPv6 address and a port ---------------------------- */

static int bind_and_listen(const struct addrinfo *to)
{
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)); /* accepted sockets inherit it */
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

/* --- the server --------------------------------------------------------------------------------- */

static void run_ready(struct server *s)
{
    const struct connection *last = s->ready_last;
    int64_t until_us = time_monotonic_us() + TURNS_US;
    bool more = s->ready;
    while (more && s->ready && (time_monotonic_us() < until_us || s->quiescing)) {
        struct connection *c = s->ready;
        more = c != last; /* those that are queued from now on have had their turn */
        s->ready = c->next_ready;
        if (!s->ready)
            s->ready_last = NULL;
        c->queued = false;
        connection_run(c);
    }
}

static void free_dead(struct server *s)
{
    struct connection *c, *after;
    LL_FOREACH_SAFE(s->dead, c, after)
    {
        if (c->queued)
            continue; /* it is still in the ready list */
        LL_DELETE(s->dead, c);
        heap_free(c->in);
        heap_free(c);
    }
}

static int64_t before_wait(void *ctx)
{
    struct server *s = ctx;
    run_ready(s);
    job_finish_late(s);
    free_dead(s);
    if (!s->backlog && !loop_round_was_full(s->loop)) {
        s->last_turn_us = s->turn_before_us;
        s->turn_before_us = s->turn_us;
    }
    s->turn_us = time_monotonic_us();
    return s->ready ? 0 : -1;
}

static int port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } at = {0};
    getsockname(fd, &at.any, &(socklen_t){sizeof at});
    return ntohs(at.any.sa_family == AF_INET6 ? at.six.sin6_port : at.four.sin_port);
}

struct server *server_new(struct loop *l, const struct server_options *options, struct error *err)
{
    struct ssl_ctx_st *tls = options->certificate ? transport_tls_new(options->certificate) : NULL;
    if (options->certificate && !tls) {
        error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot start the HTTP server with this certificate");
        return NULL;
    }
    int fd = listen_on(options->address, options->port, err);
    if (fd < 0) {
        transport_tls_free(tls);
        return NULL;
    }
    struct server *s = heap_new(sizeof *s);
    s->options = *options;
    s->loop = l;
    s->tls = tls;
    s->listener = fd;
    set_limits(&s->options.limits);
    s->totals = (struct output_totals){.heap_max = s->options.limits.unsent, .disk_max = s->options.limits.unsent_disk};
    s->port = port_of(fd);
    s->turn_us = s->turn_before_us = s->last_turn_us = time_monotonic_us();
    start_listening(s);
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

size_t server_connections(const struct server *s)
{
    return s->count;
}

void server_adopt(struct server *s, int fd)
{
    struct sockaddr_storage peer = {0};
    getpeername(fd, (struct sockaddr *)&peer, &(socklen_t){sizeof peer});
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    add(s, fd, (struct sockaddr *)&peer);
}

void server_quiesce(struct server *s)
{
    if (s->quiescing)
        return;
    s->quiescing = true;
    loop_unwatch(s->loop, s->listener);
    loop_timer_cancel(s->loop, s->retry);
    (void)close(s->listener);
    s->listener = -1;
    struct job *j, *after;
    DL_FOREACH_SAFE(s->jobs, j, after)
    { /* sends the ends of the streams now, if the sockets accept them */
        if (j->stream && j->connection)
            respond_stream_finish(j->connection);
    }
}

void server_free(struct server *s)
{
    if (!s)
        return;
    server_quiesce(s);
    for (enum place place = 0; place < PLACES; place++)
        while (s->places[place])
            connection_lost(s->places[place]);
    while (s->jobs) /* of clients that have gone */
        job_finish(s->jobs, false);
    run_ready(s); /* all are closed */
    free_dead(s);
    loop_before_wait_end(s->loop, before_wait, s);
    loop_timer_cancel(s->loop, s->sweep);
    loop_timer_cancel(s->loop, s->retry);
    struct job *j;
    while ((j = s->spare)) {
        LL_DELETE(s->spare, j);
        arena_end(&j->x.arena);
        heap_free(j);
    }
    transport_tls_free(s->tls);
    heap_free(s);
}
