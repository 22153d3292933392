#include "base/http/connection.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <utlist.h>

#include "base/arena.h"
#include "base/http/gate.h"
#include "base/time.h"

#define BODY_ROOM_MIN  4096
#define DROPPED_MAX    (64u << 20)      /* bytes of a body that are read although it is too large */
#define ENDING_US      INT64_C(2000000) /* for the client to notice the last response */
#define ENDING_BYTES   (32u << 20)
#define ENDING_READS   4
#define TLS_HANDSHAKE  0x16
#define WHY_BODY_TOTAL "the bodies of all requests together are larger than this server accepts"

static const char no_room[] = "all connections are in use";

/* --- places and events -------------------------------------------------------------------------- */

void connection_deadline(struct connection *c, int64_t at_us)
{
    c->deadline_us = at_us;
    if (at_us)
        server_sweep_by(c->server, at_us);
}

static enum place place_of(const struct connection *c)
{
    if (c->step == STEP_HEAD)
        return c->in_n ? PLACE_HEAD : PLACE_IDLE;
    if (c->step == STEP_BODY && c->extra)
        return PLACE_RESERVE_BODY;
    return c->step == STEP_ENDING ? PLACE_ENDING : PLACE_BUSY;
}

void connection_settle(struct connection *c)
{
    struct server *s = c->server;
    enum place place = place_of(c);
    if (place == c->place && (!c->begun || (place != PLACE_IDLE && place != PLACE_HEAD)))
        return;
    c->begun = false;
    DL_DELETE(s->places[c->place], c);
    DL_APPEND(s->places[place], c);
    c->place = place;
    c->since_us = time_monotonic_us();
    if (place == PLACE_IDLE)
        server_sweep_by(s, c->since_us + (int64_t)s->options.idle_timeout_s * 1000000);
    else if (place == PLACE_HEAD)
        server_sweep_by(s, c->since_us + s->options.limits.head_us);
}

void connection_queue(struct connection *c)
{
    struct server *s = c->server;
    if (c->queued)
        return;
    c->queued = true;
    c->next_ready = NULL;
    if (s->ready)
        s->ready_last->next_ready = c;
    else
        s->ready = c;
    s->ready_last = c;
}

/* The client has ended its sending side, or has closed the connection. While bytes are unread, the two look the same,
 * so the exchange may go on for limits.gone_us. */
static void hang_up(struct connection *c, int events)
{
    bool dead = events & LOOP_READ; /* it is not watched for bytes, so this is an error */
    if (dead || c->step == STEP_STREAM) {
        connection_lost(c);
        return;
    }
    c->ended = true;
    connection_watch(c, 0);
    connection_deadline(c, time_monotonic_us() + c->server->options.limits.gone_us);
}

static void receive(struct connection *c);
static void discard(struct connection *c);

static void on_event(void *ctx, int fd, int events)
{
    struct connection *c = ctx;
    (void)fd;
    switch (c->step) {
    case STEP_HEAD:
    case STEP_BODY:
        if (!c->queued)
            receive(c);
        return;
    case STEP_HANDLED:
    case STEP_WAITING:
    case STEP_DELAYED:
    case STEP_READY:
        hang_up(c, events);
        return;
    case STEP_SENDING:
    case STEP_STREAM:
        if (!(c->watched & LOOP_WRITE))
            hang_up(c, events);
        else
            connection_queue(c);
        return;
    case STEP_ENDING:
        discard(c);
        return;
    case STEP_CLOSED:
        return;
    }
}

void connection_watch(struct connection *c, int events)
{
    if (c->watched == events)
        return;
    c->watched = events;
    loop_watch(c->server->loop, c->at.fd, events, on_event, c);
}

/* --- beginning and ending ----------------------------------------------------------------------- */

static void set_peer(struct connection *c, const struct sockaddr *peer)
{
    const struct sockaddr_in6 *six = (const void *)peer;
    const struct sockaddr_in *four = (const void *)peer;
    if (peer->sa_family == AF_INET6) {
        c->port = ntohs(six->sin6_port);
        inet_ntop(AF_INET6, &six->sin6_addr, c->address, sizeof c->address);
    } else if (peer->sa_family == AF_INET) {
        c->port = ntohs(four->sin_port);
        inet_ntop(AF_INET, &four->sin_addr, c->address, sizeof c->address);
    } else {
        (void)snprintf(c->address, sizeof c->address, "local");
    }
}

struct connection *connection_new(struct server *s, int fd, const struct sockaddr *peer)
{
    struct connection *c = heap_new(sizeof *c);
    *c = (struct connection){.server = s, .watched = -1, .free_us = s->last_turn_us, .place = PLACE_BUSY};
    set_peer(c, peer);
    transport_begin(&c->at, fd, s->tls);
    s->count++;
    DL_APPEND(s->places[PLACE_BUSY], c);
    connection_settle(c);
    connection_watch(c, LOOP_READ);
    return c;
}

void connection_close(struct connection *c)
{
    struct server *s = c->server;
    loop_timer_cancel(s->loop, c->timer);
    loop_unwatch(s->loop, c->at.fd);
    output_end(&c->out, &s->totals);
    if (c->job)
        job_release(c->job);
    if (c->reset)
        transport_reset(&c->at);
    else
        transport_close(&c->at);
    DL_DELETE(s->places[c->place], c);
    s->count--;
    s->extra_count -= c->extra;
    c->step = STEP_CLOSED;
    LL_PREPEND(s->dead, c);
    server_listen(s);
}

void connection_lost(struct connection *c)
{
    struct job *j = c->job;
    if (j && j->handled && !j->replied && c->step == STEP_WAITING)
        job_detach(j);
    else if (j && j->handled)
        job_finish(j, false);
    connection_close(c);
}

/* --- the request -------------------------------------------------------------------------------- */

static void refuse(struct job *j, int status, const char *why)
{
    struct server *s = j->x.server;
    struct connection *c = j->connection;
    j->handled = j->replied = j->counted = true;
    s->in_flight++;
    c->last = true;
    c->unread = !j->whole;
    c->step = STEP_HANDLED;
    job_drop_body(j);
    j->x.response.status = status;
    s->options.refuse(s->options.ctx, &j->x, status, why);
    if (status == 503)
        headers_set(&j->x.arena, &j->x.response.headers, "Retry-After", STR("1"));
    respond_send(c);
}

static void handle(struct job *j)
{
    struct server *s = j->x.server;
    struct connection *c = j->connection;
    struct request *r = &j->x.request;
    if (j->body_n && !r->body_too_large && !r->body_dropped)
        r->body = str_of(j->body, j->body_n);
    j->handled = j->counted = true;
    s->in_flight++;
    c->deadline_us = 0;
    c->step = STEP_HANDLED;
    s->options.handle(s->options.ctx, &j->x);
    if (c->step == STEP_READY)
        respond_send(c);
    else if (c->step == STEP_HANDLED)
        c->step = STEP_WAITING;
}

static bool has_token(const struct headers *h, const char *name, struct str token)
{
    for (size_t i = 0; i < h->count; i++) {
        struct str rest = h->items[i].value;
        if (!str_eq_nocase(str_from(h->items[i].name), str_from(name)))
            continue;
        while (rest.n)
            if (str_eq_nocase(str_trim(str_cut(&rest, ',')), token))
                return true;
    }
    return false;
}

/* False if the head leads to a refusal whatever the body is; the request is then handled without it. */
static bool weigh(struct job *j)
{
    const struct server_options *o = &j->x.server->options;
    if (j->weighed)
        return true;
    j->weighed = true;
    if (!o->admit || o->admit(o->ctx, &j->x.request))
        return true;
    j->x.request.body_dropped = true;
    j->connection->last = j->connection->unread = true;
    job_drop_body(j);
    handle(j);
    return false;
}

static void invite_body(struct connection *c)
{
    struct str text = STR("HTTP/1.1 100 Continue\r\n\r\n");
    if (transport_write(&c->at, STR(""), text) != (ssize_t)text.n)
        connection_lost(c);
}

static void begin_body(struct job *j)
{
    struct connection *c = j->connection;
    const struct request *r = &j->x.request;
    const struct server_options *o = &j->x.server->options;
    bool expects = has_token(&r->headers, "Expect", STR("100-continue")) && !j->old;
    c->step = STEP_BODY;
    connection_deadline(c, time_monotonic_us() + o->limits.body_us);
    j->x.request.body_too_large = j->body_left > o->body_max;
    if ((expects || j->body_left > SERVER_BODY_FREE) && !weigh(j))
        return;
    if (expects)
        invite_body(c);
}

static void begin(struct connection *c, struct str head)
{
    struct server *s = c->server;
    struct job *j = job_take(s, c);
    struct request *r = &j->x.request;
    struct str version = STR("");
    struct refusal no;
    int64_t length = 0;
    c->begun = true;
    head_parse(&j->x.arena, head, r, &version, &no);
    if (!no.status)
        no.status = gate_refuses(r, version, s->options.body_max, &no.why);
    head_use_origin_form(&j->x.arena, r);
    j->old = str_eq(version, STR("HTTP/1.0"));
    c->last = has_token(&r->headers, "Connection", STR("close")) ||
              (j->old && !has_token(&r->headers, "Connection", STR("keep-alive")));
    if (!no.status && server_in_reserve(c)) {
        c->last = true;
        if (!s->options.urgent || !s->options.urgent(s->options.ctx, r))
            no = (struct refusal){503, no_room};
    }
    j->chunked = headers_find(&r->headers, "Transfer-Encoding");
    (void)str_to_int(headers_get(&r->headers, "Content-Length"), &length);
    j->body_left = (uint64_t)length;
    if (no.status) {
        j->whole = no.why == no_room && !j->chunked && !length;
        refuse(j, no.status, no.why);
        return;
    }
    if (j->chunked || length)
        begin_body(j);
    else
        handle(j);
}

/* --- the body ----------------------------------------------------------------------------------- */

/* Grows as bytes arrive, not by what the head announces. */
static bool make_room(struct job *j, size_t more)
{
    struct server *s = j->x.server;
    size_t room = j->body_room ? j->body_room : BODY_ROOM_MIN, all = j->body_n + (size_t)j->body_left;
    if (j->body_room - j->body_n > more) /* and the end */
        return true;
    while (room - j->body_n <= more)
        room *= 2;
    if (!j->chunked && room > all + 1)
        room = all + 1;
    if (s->body_bytes + room - j->body_room > s->options.limits.bodies) {
        refuse(j, 503, WHY_BODY_TOTAL);
        return false;
    }
    s->body_bytes += room - j->body_room;
    j->body = heap_grow(j->body, room);
    j->body_room = room;
    return true;
}

/* Returns false if the request ended here, because its body is not wanted. */
static bool add_body(struct job *j, struct str bytes)
{
    struct request *r = &j->x.request;
    size_t max = j->x.server->options.body_max;
    if (j->body_n + bytes.n > SERVER_BODY_FREE && !weigh(j))
        return false;
    if (bytes.n > max - j->body_n)
        r->body_too_large = true;
    if (r->body_too_large) {
        job_drop_body(j);
        j->dropped += bytes.n;
        if (j->dropped < max + DROPPED_MAX)
            return true;
        j->connection->last = j->connection->unread = true;
        handle(j);
        return false;
    }
    if (!make_room(j, bytes.n))
        return false;
    memcpy(j->body + j->body_n, bytes.s, bytes.n);
    j->body_n += bytes.n;
    j->body[j->body_n] = '\0';
    return true;
}

static void take_sized_body(struct connection *c, struct str *in)
{
    struct job *j = c->job;
    struct str bytes = str_head(*in, j->body_left < in->n ? (size_t)j->body_left : in->n);
    *in = str_skip(*in, bytes.n);
    c->more = in->n;
    if (!add_body(j, bytes))
        return;
    j->body_left -= bytes.n;
    if (!j->body_left)
        handle(j);
}

static void take_chunks(struct connection *c, struct str *in)
{
    struct job *j = c->job;
    struct str bytes;
    for (;;) {
        enum chunks_result got = chunks_next(&j->chunks, in, &bytes);
        c->more = in->n;
        switch (got) {
        case CHUNKS_MORE:
            return;
        case CHUNKS_DATA:
            if (!add_body(j, bytes))
                return;
            break;
        case CHUNKS_END:
            handle(j);
            return;
        case CHUNKS_REFUSED:
            refuse(j, j->chunks.no.status, j->chunks.no.why);
            return;
        }
    }
}

/* --- bytes -------------------------------------------------------------------------------------- */

static void refuse_bytes(struct connection *c, struct str in, int status, const char *why)
{
    struct job *j = job_take(c->server, c);
    head_sketch(&j->x.arena, in, &j->x.request);
    c->begun = true;
    refuse(j, status, why);
}

/* Returns false if more bytes are needed. */
static bool take_head(struct connection *c, struct str *in)
{
    struct refusal no;
    while (str_starts(*in, STR("\r\n"))) {
        *in = str_skip(*in, 2);
        c->scanned = 0;
    }
    size_t n = head_find(*in, &c->scanned, &no);
    if (!n && !no.status)
        return false;
    if (!n && in->s[0] == TLS_HANDSHAKE)
        no.why = "this port expects plain HTTP; the request begins like TLS";
    struct str head = str_head(*in, n ? n : in->n);
    *in = str_skip(*in, head.n);
    c->scanned = 0;
    c->more = in->n;
    if (n)
        begin(c, head);
    else
        refuse_bytes(c, head, no.status, no.why);
    return true;
}

/* Keeps what is left for later; an idle connection has no buffer. */
static void keep(struct connection *c, struct str rest)
{
    assert(rest.s || !rest.n);
    bool ours = c->in && rest.s >= c->in && rest.s <= c->in + c->in_room;
    if (!rest.n) {
        heap_free(c->in);
        c->in = NULL;
        c->in_room = 0;
    } else if (ours) {
        memmove(c->in, rest.s, rest.n);
    } else {
        c->in = heap_grow(c->in, rest.n);
        c->in_room = rest.n;
        memcpy(c->in, rest.s, rest.n);
    }
    c->in_n = rest.n;
}

static bool reads(const struct connection *c)
{
    return c->step == STEP_HEAD || c->step == STEP_BODY;
}

static void use(struct connection *c, struct str in)
{
    bool more = true;
    c->using = true;
    for (size_t turn = 0; more && in.n && reads(c) && turn < REQUESTS_A_TURN; turn++) {
        if (c->step == STEP_HEAD)
            more = take_head(c, &in);
        else if (c->job->chunked)
            take_chunks(c, &in);
        else
            take_sized_body(c, &in);
    }
    c->using = false;
    if (c->step == STEP_CLOSED)
        return;
    keep(c, c->step == STEP_ENDING ? STR("") : in);
    if (reads(c)) {
        connection_watch(c, LOOP_READ);
        if ((in.n && more) || transport_has_bytes(&c->at))
            connection_queue(c);
    } else if (c->step == STEP_WAITING || c->step == STEP_DELAYED) {
        connection_watch(c, LOOP_HANGUP);
    }
    connection_settle(c);
}

static void receive(struct connection *c)
{
    struct server *s = c->server;
    char *to = s->read_block;
    size_t room = c->step == STEP_BODY ? READ_BLOCK : READ_HEAD;
    if (c->in_n) {
        if (c->in_room < c->in_n + room) {
            c->in_room = c->in_n + room;
            c->in = heap_grow(c->in, c->in_room);
        }
        to = c->in + c->in_n;
    }
    c->looked_us = time_monotonic_us();
    ssize_t n = transport_read(&c->at, to, room);
    if (n == TRANSPORT_WAIT)
        connection_watch(c, LOOP_READ | (c->at.needs_write ? LOOP_WRITE : 0));
    else if (n == TRANSPORT_PLAIN)
        refuse_bytes(c, STR(""), 400, "this port expects TLS; use https");
    else if (n <= 0)
        connection_lost(c);
    else
        use(c, c->in_n ? str_of(c->in, c->in_n + (size_t)n) : str_of(to, (size_t)n));
}

void connection_continue(struct connection *c)
{
    if (c->in_n)
        use(c, str_of(c->in, c->in_n));
    else
        receive(c);
}

/* --- ending ------------------------------------------------------------------------------------- */

/* Closing a socket with unread bytes resets the connection, and the client might lose the response. */
void connection_end(struct connection *c)
{
    c->step = STEP_ENDING;
    c->discarded = 0;
    transport_shut(&c->at);
    connection_watch(c, LOOP_READ);
    connection_deadline(c, time_monotonic_us() + ENDING_US);
    connection_settle(c);
}

static void discard(struct connection *c)
{
    for (int i = 0; i < ENDING_READS; i++) {
        ssize_t n = recv(c->at.fd, c->server->read_block, READ_BLOCK, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        c->discarded += n > 0 ? (size_t)n : 0;
        if (n <= 0 || c->discarded > ENDING_BYTES) {
            connection_close(c);
            return;
        }
    }
}

void connection_expire(struct connection *c)
{
    switch (c->step) {
    case STEP_HEAD:
        if (c->in_n)
            refuse_bytes(c, str_of(c->in, c->in_n), 408, "the request head did not arrive in time");
        else
            connection_close(c);
        return;
    case STEP_BODY:
        refuse(c->job, 408, "the request body did not arrive in time");
        return;
    case STEP_ENDING:
        connection_close(c);
        return;
    case STEP_HANDLED:
    case STEP_WAITING:
    case STEP_DELAYED:
    case STEP_READY:
    case STEP_SENDING:
    case STEP_STREAM:
        connection_lost(c);
        return;
    case STEP_CLOSED:
        return;
    }
}

void connection_run(struct connection *c)
{
    switch (c->step) {
    case STEP_HEAD:
    case STEP_BODY:
        connection_continue(c);
        return;
    case STEP_READY:
        respond_send(c);
        return;
    case STEP_SENDING:
        respond_flush(c);
        return;
    case STEP_STREAM:
        respond_pump(c);
        return;
    case STEP_HANDLED:
    case STEP_WAITING:
    case STEP_DELAYED:
    case STEP_ENDING:
    case STEP_CLOSED:
        return;
    }
}
