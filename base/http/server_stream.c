/* Responses that are produced while they are sent. The connection of an idle stream is suspended.
 * The library does not poll it then, so this file watches it for a disconnect of the client. */
#include "base/http/server_job.h"

#include <string.h>

#include "base/time.h"

#define READER_BLOCK 16384

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

struct MHD_Response *stream_begin(struct job *j)
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
