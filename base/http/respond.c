#include "base/http/connection.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/time.h"

enum {
    CHUNK_BYTES = 100,          /* of a chunked body: small, so that it has several chunks */
    CHUNK_FRAME = 8,            /* bytes around a chunk */
    ARENA_KEPT_MAX = 32u << 10, /* an exchange with a larger arena does not wait for a slow client */
    SIZE_LINE_MAX = 24,
};

#define LAST_CHUNK "0\r\n\r\n"

/* Produces the body while it is sent. */
struct stream {
    struct arena arena; /* for `bytes`; reset for each part */
    struct buf bytes;
    bool idle;    /* there is nothing to send */
    bool over;    /* `next` must not be called again */
    bool ended;   /* the end of the body is in `bytes` */
    bool chunked; /* else the end of the connection ends the body */
    int64_t quiet_since_us;
    char size_line[SIZE_LINE_MAX];
};

/* --- the head ----------------------------------------------------------------------------------- */

enum framing { FRAME_LENGTH, FRAME_CHUNKS, FRAME_CLOSE, FRAME_NONE };

static bool is_closing(struct str value)
{
    while (value.n)
        if (str_eq_nocase(str_trim(str_cut(&value, ',')), STR("close")))
            return true;
    return false;
}

static bool has_line_end(struct str text)
{
    return memchr(text.s ? text.s : "", '\r', text.n) || memchr(text.s ? text.s : "", '\n', text.n);
}

static void put_header(struct buf *b, const char *name, struct str value)
{
    if (has_line_end(value))
        return;
    buf_text(b, name);
    buf_add(b, STR(": "));
    buf_add(b, value);
    buf_add(b, STR("\r\n"));
}

static void put_status(struct buf *b, int status)
{
    const char *text = status_text(status);
    char number[STR_INT_MAX];
    buf_add(b, STR("HTTP/1.1 "));
    buf_add(b, str_of_int(status, number));
    buf_byte(b, ' ');
    buf_text(b, *text ? text : "Non-Standard Status");
    buf_add(b, STR("\r\n"));
}

static void put_connection(struct buf *b, struct connection *c, const struct headers *h)
{
    struct str own = headers_get(h, "Connection");
    c->last |= is_closing(own);
    if (c->last)
        put_header(b, "Connection", STR("close"));
    else if (own.n)
        put_header(b, "Connection", own);
    else if (c->job->old)
        put_header(b, "Connection", STR("Keep-Alive"));
}

static struct str make_head(struct connection *c, enum framing framing)
{
    struct job *j = c->job;
    const struct response *r = &j->x.response;
    struct buf b = {.arena = &j->x.arena};
    char number[STR_INT_MAX];
    buf_reserve(&b, 512);
    put_status(&b, r->status);
    put_connection(&b, c, &r->headers);
    for (size_t i = 0; i < r->headers.count; i++) {
        struct str name = str_from(r->headers.items[i].name);
        if (!str_eq_nocase(name, STR("Connection")) && !str_eq_nocase(name, STR("Transfer-Encoding")))
            put_header(&b, r->headers.items[i].name, r->headers.items[i].value);
    }
    if (framing == FRAME_CHUNKS)
        put_header(&b, "Transfer-Encoding", STR("chunked"));
    else if (framing == FRAME_LENGTH && !headers_find(&r->headers, "Content-Length"))
        put_header(&b, "Content-Length", str_of_int((int64_t)r->body.n, number));
    buf_add(&b, STR("\r\n"));
    return buf_str(&b);
}

/* --- a body that is complete -------------------------------------------------------------------- */

static bool has_no_body(int status)
{
    return status == 204 || status == 304 || status < 200;
}

static struct str make_chunks(struct arena *a, struct str body)
{
    struct buf b = {.arena = a};
    buf_reserve(&b, body.n + (body.n / CHUNK_BYTES + 2) * CHUNK_FRAME);
    while (body.n) {
        struct str part = str_head(body, CHUNK_BYTES);
        buf_printf(&b, "%zX\r\n", part.n);
        buf_add(&b, part);
        buf_add(&b, STR("\r\n"));
        body = str_skip(body, part.n);
    }
    buf_text(&b, LAST_CHUNK);
    return buf_str(&b);
}

static size_t cut_point(const struct response *r)
{
    switch (r->cut) {
    case CUT_NONE:
        return r->body.n;
    case CUT_MID_BODY:
        return r->body.n / 2;
    case CUT_AFTER_HEADERS:
    case CUT_BEFORE_HEADERS:
    case CUT_RESET:
        return 0;
    }
    return 0;
}

static void send_body(struct connection *c)
{
    struct job *j = c->job;
    const struct response *r = &j->x.response;
    bool none = str_eq(j->x.request.method, STR("HEAD")) || has_no_body(r->status);
    bool chunked = r->chunked && r->cut == CUT_NONE && r->body.n && !none;
    enum framing framing = chunked ? j->old ? FRAME_CLOSE : FRAME_CHUNKS : FRAME_LENGTH;
    if (r->status == 204 || r->status < 200)
        framing = FRAME_NONE;
    c->last |= framing == FRAME_CLOSE || (r->cut != CUT_NONE && (none || !r->body.n));
    c->cut = r->cut != CUT_NONE && !none && r->body.n;
    struct str body = none ? STR("") : str_head(buf_str(&r->body), cut_point(r));
    if (framing == FRAME_CHUNKS)
        body = make_chunks(&j->x.arena, body);
    c->out = (struct output){.head = make_head(c, framing), .body = body};
    c->out.bytes_per_second = r->bytes_per_second > 0 ? r->bytes_per_second : 0;
    respond_flush(c);
}

/* The connection has the whole response, and the next request may be read. A client that has only ended its sending
 * side gets the response; one that has closed resets the connection. */
static void sent(struct connection *c)
{
    bool gone = c->ended && transport_is_gone(&c->at);
    output_end(&c->out, &c->server->totals);
    if (c->job)
        job_finish(c->job, !c->cut && !gone);
    if (c->cut || (c->last && !c->unread && !(c->using ? c->more : c->in_n))) {
        connection_close(c);
        return;
    }
    if (c->last) {
        connection_end(c);
        return;
    }
    c->step = STEP_HEAD;
    c->begun = true;
    c->deadline_us = 0;
    if (c->using)
        return;
    connection_watch(c, LOOP_READ);
    connection_settle(c);
    if (c->in_n || transport_has_bytes(&c->at))
        connection_queue(c);
}

/* Closes the client that has taken nothing for the longest time, of those whose responses wait in files. */
static void relieve(struct server *s, const struct connection *not_this, const char *why)
{
    struct connection *slowest = NULL;
    for (struct connection *c = s->places[PLACE_BUSY]; c; c = c->next)
        if (c != not_this && c->out.file && (!slowest || c->progress_us < slowest->progress_us))
            slowest = c;
    server_warn(s, "closing a connection of a client that reads slowly: %s", why);
    if (slowest)
        connection_lost(slowest);
}

/* Frees the exchange of a client that does not take its response at once. Returns false if the connection is closed. */
static bool keep(struct connection *c)
{
    struct server *s = c->server;
    const char *why = "";
    if (!c->job || arena_held(&c->job->x.arena) <= ARENA_KEPT_MAX)
        return true;
    bool kept = output_keep(&c->out, &s->totals, &why);
    if (!kept) {
        relieve(s, c, why);
        kept = output_keep(&c->out, &s->totals, &why);
    }
    if (kept)
        job_finish(c->job, !c->cut);
    else
        connection_lost(c);
    return kept;
}

static void pause_is_over(void *ctx)
{
    struct connection *c = ctx;
    c->timer = 0;
    connection_queue(c);
}

static void wait_to_write(struct connection *c)
{
    connection_watch(c, LOOP_WRITE | (c->at.needs_read ? LOOP_READ : 0));
    connection_deadline(c, c->progress_us + c->server->options.limits.stall_us);
    connection_settle(c);
}

/* It has more turns without an event of its socket. Until it has to wait, only the end of the connection matters: bytes
 * of a next request and the end of the client's sending side do not. */
static void take_turns(struct connection *c)
{
    if (!(c->watched & LOOP_WRITE))
        connection_watch(c, 0);
    connection_deadline(c, c->progress_us + c->server->options.limits.stall_us);
    connection_settle(c);
    connection_queue(c);
}

static enum output_result write_some(struct connection *c, int64_t *until_us)
{
    bool progress;
    enum output_result result = output_write(&c->out, &c->at, c->server->write_block, until_us, &progress);
    if (progress)
        c->progress_us = time_monotonic_us();
    return result;
}

void respond_flush(struct connection *c)
{
    int64_t until_us = 0;
    enum output_result result = write_some(c, &until_us);
    switch (result) {
    case OUTPUT_DONE:
        sent(c);
        return;
    case OUTPUT_MORE:
        take_turns(c);
        return;
    case OUTPUT_FULL:
        if (keep(c))
            wait_to_write(c);
        return;
    case OUTPUT_PAUSED:
        if (!keep(c))
            return;
        loop_timer_cancel(c->server->loop, c->timer);
        c->timer = loop_timer(c->server->loop, until_us, pause_is_over, c);
        if (!c->ended) {
            connection_watch(c, LOOP_HANGUP);
            c->deadline_us = 0;
        }
        connection_settle(c);
        return;
    case OUTPUT_FAILED:
        connection_lost(c);
        return;
    }
}

/* --- a stream ----------------------------------------------------------------------------------- */

static void send_stream(struct connection *c)
{
    struct job *j = c->job;
    bool head = str_eq(j->x.request.method, STR("HEAD"));
    enum framing framing = head ? FRAME_NONE : j->old ? FRAME_CLOSE : FRAME_CHUNKS;
    c->last |= head || j->old;
    c->out = (struct output){.head = make_head(c, framing)};
    if (head) {
        respond_flush(c);
        return;
    }
    struct stream *t = arena_new(&j->x.arena, struct stream);
    *t = (struct stream){.chunked = framing == FRAME_CHUNKS, .quiet_since_us = time_monotonic_us()};
    j->stream = t;
    job_uncount(j);
    c->step = STEP_STREAM;
    take_turns(c);
}

static int64_t silence_ends_us(const struct job *j)
{
    return j->stream->quiet_since_us + j->x.response.stream.idle_us;
}

/* Returns false if there is nothing to send yet. */
static bool fill(struct job *j, struct output *out)
{
    struct stream *t = j->stream;
    const struct body_stream *from = &j->x.response.stream;
    arena_reset(&t->arena);
    t->bytes = (struct buf){.arena = &t->arena};
    t->over = t->over || !from->next(from->ctx, &t->bytes);
    int64_t now = time_monotonic_us();
    if (!t->bytes.n && !t->over && from->idle && now >= silence_ends_us(j))
        buf_text(&t->bytes, from->idle);
    size_t n = t->bytes.n;
    if (n && t->chunked) {
        (void)snprintf(t->size_line, sizeof t->size_line, "%zX\r\n", n);
        out->head = str_from(t->size_line);
        buf_add(&t->bytes, STR("\r\n"));
    }
    if (t->over && t->chunked)
        buf_text(&t->bytes, LAST_CHUNK);
    t->ended = t->over;
    out->body = buf_str(&t->bytes);
    if (n)
        t->quiet_since_us = now;
    return n || t->over;
}

static void wait_for_data(struct connection *c)
{
    struct job *j = c->job;
    j->stream->idle = true;
    connection_watch(c, LOOP_HANGUP);
    c->deadline_us = 0;
    connection_settle(c);
    if (j->x.response.stream.idle)
        c->timer = loop_timer(c->server->loop, silence_ends_us(j), pause_is_over, c);
}

void respond_pump(struct connection *c)
{
    struct job *j = c->job;
    int64_t until_us;
    loop_timer_cancel(c->server->loop, c->timer);
    c->timer = 0;
    j->stream->idle = false;
    for (int part = 0; part < STREAM_PARTS_A_TURN; part++) {
        enum output_result result = write_some(c, &until_us);
        if (result == OUTPUT_FULL) {
            wait_to_write(c);
            return;
        }
        if (result == OUTPUT_FAILED) {
            connection_lost(c);
            return;
        }
        if (result == OUTPUT_MORE)
            break;
        if (j->stream->ended) {
            sent(c);
            return;
        }
        if (!fill(j, &c->out)) {
            wait_for_data(c);
            return;
        }
    }
    take_turns(c);
}

void server_wake(struct exchange *x)
{
    struct job *j = (struct job *)x;
    if (j->stream && j->connection && j->stream->idle)
        connection_queue(j->connection);
}

void respond_stream_finish(struct connection *c)
{
    struct stream *t = c->job->stream;
    t->over = true;
    if (t->idle)
        respond_pump(c);
}

void respond_stream_release(struct job *j)
{
    if (j->stream)
        arena_end(&j->stream->arena);
}

/* --- sending ------------------------------------------------------------------------------------ */

void respond_send(struct connection *c)
{
    struct job *j = c->job;
    const struct response *r = &j->x.response;
    c->step = STEP_SENDING;
    c->free_us = c->progress_us = time_monotonic_us();
    c->last |= c->server->quiescing;
    if (r->cut == CUT_RESET || r->cut == CUT_BEFORE_HEADERS) {
        c->reset = r->cut == CUT_RESET;
        job_finish(j, false);
        connection_close(c);
    } else if (r->stream.next) {
        send_stream(c);
    } else {
        send_body(c);
    }
}
