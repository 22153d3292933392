#include "base/http/connection.h"

#include <assert.h>
#include <utlist.h>

#include "base/arena.h"
#include "base/time.h"

enum { SPARE_JOBS_MAX = 64 };

struct job *job_take(struct server *s, struct connection *c)
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
        .x = {.arena = kept, .server = s, .reply = server_reply, .arrived_us = time_monotonic_us()},
        .connection = c,
    };
    j->x.response.body.arena = &j->x.arena;
    struct request *r = &j->x.request;
    r->method = r->target = r->path = r->query = r->body = STR("");
    r->peer = arena_text(&j->x.arena, c->address);
    r->peer_port = c->port;
    r->sent_after_us = c->free_us < c->looked_us ? c->free_us : c->looked_us;
    c->job = j;
    DL_APPEND(s->jobs, j);
    return j;
}

void job_drop_body(struct job *j)
{
    j->x.server->body_bytes -= j->body_room;
    heap_free(j->body);
    j->body = NULL;
    j->body_n = j->body_room = 0;
}

void job_release(struct job *j)
{
    struct server *s = j->x.server;
    if (j->connection)
        j->connection->job = NULL;
    respond_stream_release(j);
    job_drop_body(j);
    DL_DELETE(s->jobs, j);
    if (s->spare_count < SPARE_JOBS_MAX) {
        arena_reset(&j->x.arena);
        LL_PREPEND(s->spare, j);
        s->spare_count++;
    } else {
        arena_end(&j->x.arena);
        heap_free(j);
    }
}

void job_uncount(struct job *j)
{
    if (j->counted)
        j->x.server->in_flight--;
    j->counted = false;
}

void job_finish(struct job *j, bool sent)
{
    const struct server_options *o = &j->x.server->options;
    job_uncount(j);
    if (j->handled && o->done)
        o->done(o->ctx, &j->x, sent);
    job_release(j);
}

void job_detach(struct job *j)
{
    job_uncount(j);
    j->connection->job = NULL;
    j->connection = NULL;
}

/* --- replies ------------------------------------------------------------------------------------ */

static void delay_is_over(void *ctx)
{
    struct connection *c = ctx;
    c->timer = 0;
    c->step = STEP_READY;
    connection_queue(c);
}

/* Nothing is sent before this returns, so that the caller may still use the exchange. */
void server_reply(struct exchange *x)
{
    struct job *j = (struct job *)x;
    struct server *s = x->server;
    struct connection *c = j->connection;
    assert(!j->replied);
    j->replied = true;
    if (!c) {
        s->late_replies = true;
        return;
    }
    bool waited = c->step == STEP_WAITING;
    if (x->response.delay_us > 0) {
        c->step = STEP_DELAYED;
        c->timer = loop_timer(s->loop, time_monotonic_us() + x->response.delay_us, delay_is_over, c);
        return;
    }
    c->step = STEP_READY;
    if (waited)
        connection_queue(c);
}

void job_finish_late(struct server *s)
{
    struct job *j, *after;
    if (!s->late_replies)
        return;
    s->late_replies = false;
    DL_FOREACH_SAFE(s->jobs, j, after)
    {
        if (!j->connection && j->replied)
            job_finish(j, false);
    }
}
