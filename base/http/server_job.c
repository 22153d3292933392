#include "base/http/server_job.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>

#include "base/time.h"

enum {
    READER_BLOCK = 16384,
    SLICES_A_SECOND = 20, /* parts per second of a throttled body */
    CHUNK_BYTES = 100,    /* of a chunked body: small, so that it has several chunks */
};

void job_suspend(struct job *j)
{
    MHD_suspend_connection(j->connection);
    j->suspended = true;
}

void job_resume(struct job *j)
{
    MHD_resume_connection(j->connection);
    j->suspended = false;
    j->x.server->must_run = true;
}

/* --- streams ------------------------------------------------------------------------------------
 *
 * Responses that are produced while they are sent. The connection of an idle stream is suspended. The library does not
 * poll it then, so this file watches it for a disconnect of the client. */

struct stream {
    struct arena arena; /* for `bytes`; reset for each part */
    struct buf bytes;
    size_t taken;     /* bytes passed to the library */
    bool last;        /* `bytes` is the last part */
    bool client_gone; /* the client has disconnected */
    int64_t quiet_since_us;
};

static int socket_of(const struct job *j)
{
    return MHD_get_connection_info(j->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static void resume(struct job *j)
{
    struct loop *l = j->x.server->loop;
    loop_unwatch(l, socket_of(j));
    loop_timer_cancel(l, j->timer);
    j->timer = 0;
    job_resume(j);
}

static void on_hangup(void *ctx, int fd, int events)
{
    struct job *j = ctx;
    (void)fd;
    (void)events;
    j->stream->client_gone = true;
    resume(j);
}

static void on_silence(void *ctx)
{
    resume(ctx);
}

static int64_t silence_ends_us(const struct job *j)
{
    return j->stream->quiet_since_us + j->x.response.stream.idle_us;
}

static void suspend(struct job *j)
{
    struct loop *l = j->x.server->loop;
    job_suspend(j);
    loop_watch(l, socket_of(j), LOOP_HANGUP, on_hangup, j);
    if (j->x.response.stream.idle)
        j->timer = loop_timer(l, silence_ends_us(j), on_silence, j);
}

/* Returns false if there is nothing to send yet. */
static bool fill(struct job *j)
{
    struct stream *t = j->stream;
    const struct body_stream *from = &j->x.response.stream;
    arena_reset(&t->arena);
    t->bytes = (struct buf){.arena = &t->arena};
    t->taken = 0;
    t->last = t->last || !from->next(from->ctx, &t->bytes);
    int64_t now = time_monotonic_us();
    if (!t->bytes.n && !t->last && from->idle && now >= silence_ends_us(j))
        buf_text(&t->bytes, from->idle);
    if (t->bytes.n)
        t->quiet_since_us = now;
    return t->bytes.n || t->last;
}

static ssize_t read_stream(void *cls, uint64_t position, char *out, size_t room)
{
    struct job *j = cls;
    struct stream *t = j->stream;
    (void)position;
    if (t->client_gone || j->step == STEP_DROPPED)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (t->taken == t->bytes.n && !fill(j)) {
        suspend(j);
        return 0;
    }
    size_t left = t->bytes.n - t->taken;
    if (!left)
        return MHD_CONTENT_READER_END_OF_STREAM;
    size_t n = left < room ? left : room;
    memcpy(out, t->bytes.data + t->taken, n);
    t->taken += n;
    return (ssize_t)n;
}

/* Creates the library's response for x.response.stream; the exchange is a stream from then on. */
static struct MHD_Response *stream_begin(struct job *j)
{
    j->stream = arena_new(&j->x.arena, struct stream);
    j->stream->quiet_since_us = time_monotonic_us();
    j->x.server->in_flight--;
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, READER_BLOCK, read_stream, j, NULL);
}

void server_wake(struct exchange *x)
{
    struct job *j = (struct job *)x;
    if (j->stream && j->suspended)
        resume(j);
}

void stream_finish(struct job *j)
{
    j->stream->last = true;
    server_wake(&j->x);
}

void stream_release(struct job *j)
{
    if (j->stream)
        arena_end(&j->stream->arena);
}

/* --- responses ---------------------------------------------------------------------------- */

static void slice_is_due(void *ctx)
{
    struct job *j = ctx;
    j->timer = 0;
    job_resume(j);
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

static bool is_chunked(const struct response *r)
{
    return r->chunked && r->cut == CUT_NONE;
}

/* Passes the next bytes of a cut, throttled or chunked body to the library. */
static ssize_t read_body(void *cls, uint64_t position, char *out, size_t room)
{
    struct job *j = cls;
    const struct response *r = &j->x.response;
    size_t end = cut_point(r);
    if (is_chunked(r) && j->step != STEP_DROPPED && position >= end)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (j->step == STEP_DROPPED || position >= end)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = end - (size_t)position < room ? end - (size_t)position : room;
    n = is_chunked(r) && n > CHUNK_BYTES ? CHUNK_BYTES : n;
    if (r->bytes_per_second > 0) {
        int64_t now = time_monotonic_us();
        if (position == 0)
            j->first_byte_us = now;
        int64_t due = j->first_byte_us + (int64_t)((double)position * 1e6 / (double)r->bytes_per_second);
        if (due > now) {
            job_suspend(j);
            j->timer = loop_timer(j->x.server->loop, due, slice_is_due, j);
            return 0;
        }
        size_t slice = (size_t)r->bytes_per_second / SLICES_A_SECOND + 1;
        n = n < slice ? n : slice;
    }
    memcpy(out, r->body.data + position, n);
    return (ssize_t)n;
}

static struct MHD_Response *library_response(struct job *j)
{
    struct response *r = &j->x.response;
    struct MHD_Response *to;
    bool head = str_eq(j->x.request.method, STR("HEAD"));
    if (r->stream.next)
        to = stream_begin(j);
    else if (r->body.n && is_chunked(r) && !head)
        to = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, READER_BLOCK, read_body, j, NULL);
    else if (r->body.n && (r->cut != CUT_NONE || r->bytes_per_second > 0))
        to = MHD_create_response_from_callback(r->body.n, READER_BLOCK, read_body, j, NULL);
    else
        to = MHD_create_response_from_buffer(r->body.n, r->body.data, MHD_RESPMEM_PERSISTENT);
    if (r->stream.next && head) /* otherwise the library sends a last chunk after the head */
        MHD_set_response_options(to, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    if (headers_find(&r->headers, "Content-Length"))
        MHD_set_response_options(to, MHD_RF_INSANITY_HEADER_CONTENT_LENGTH, MHD_RO_END);
    for (size_t i = 0; i < r->headers.count; i++) {
        const struct header *h = &r->headers.items[i];
        MHD_add_response_header(to, h->name, str_dup(&j->x.arena, h->value));
    }
    if (j->last || j->x.server->quiescing || (r->cut != CUT_NONE && (head || !r->body.n)))
        MHD_add_response_header(to, "Connection", "close");
    return to;
}

enum MHD_Result job_send(struct job *j)
{
    const struct response *r = &j->x.response;
    j->step = STEP_SENDING;
    j->peer->free_us = time_monotonic_us();
    if (r->cut == CUT_RESET) {
        const union MHD_ConnectionInfo *socket =
            MHD_get_connection_info(j->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        /* On Linux, connect to AF_UNSPEC sends a reset; SO_LINGER would only send a FIN. */
        (void)connect(socket->connect_fd, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr));
    }
    if (r->cut == CUT_RESET || r->cut == CUT_BEFORE_HEADERS)
        return MHD_NO;
    struct MHD_Response *to = library_response(j);
    enum MHD_Result queued = MHD_queue_response(j->connection, (unsigned)r->status, to);
    MHD_destroy_response(to);
    return queued;
}

static void delay_is_over(void *ctx)
{
    struct job *j = ctx;
    j->timer = 0;
    j->step = STEP_READY;
    job_resume(j);
}

void server_reply(struct exchange *x)
{
    struct job *j = (struct job *)x;
    bool waiting = j->step == STEP_WAITING;
    assert(waiting || j->step == STEP_HANDLING);
    if (x->response.delay_us > 0) {
        j->step = STEP_DELAYED;
        j->timer = loop_timer(x->server->loop, time_monotonic_us() + x->response.delay_us, delay_is_over, j);
        return;
    }
    j->step = STEP_READY;
    if (waiting)
        job_resume(j);
}
