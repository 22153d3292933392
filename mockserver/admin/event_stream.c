#include "mockserver/admin/event_stream.h"

#include "base/time.h"
#include "mockserver/admin/requests.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/state/world.h"

#define CHUNK_BYTES 8192 /* approximate size of one write */
#define SILENCE_US  INT64_C(10000000)
#define RETRY_LINE  "retry: 1000\n"

const char *const event_type_texts[] = {"request", "change"};

static bool has_type(const struct event_stream *e, enum event_type type)
{
    return e->types & 1u << type;
}

/* writing events */

static void put_id(struct buf *out, const struct position *at)
{
    buf_printf(out, "id: %lld.%llu.%llu.%llu.%u\n", (long long)at->started_ms, (unsigned long long)at->generation,
               (unsigned long long)at->epoch, (unsigned long long)at->seq, at->change);
}

static struct json open_event(struct buf *out, const char *name)
{
    buf_printf(out, "event: %s\ndata: ", name);
    struct json w = json_begin(out, 0);
    json_open_map(&w);
    return w;
}

static void close_event(struct json *w)
{
    json_close_map(w);
    buf_text(w->out, "\n\n");
}

static void put_begin(struct event_stream *e, struct buf *out)
{
    buf_text(out, RETRY_LINE);
    put_id(out, &e->at);
    struct json w = open_event(out, "begin");
    json_put_text(&w, "namespace", e->name);
    json_put_int(&w, "requests", (int64_t)e->at.seq);
    json_put_int(&w, "changes", e->at.change);
    close_event(&w);
}

/* `id: start` makes a reconnecting client start at the beginning of the new state. */
static void put_reset(const struct event_stream *e, struct buf *out)
{
    buf_text(out, "id: start\n");
    struct json w = open_event(out, "reset");
    json_put_text(&w, "namespace", e->name);
    close_event(&w);
}

static void put_cleared(const struct event_stream *e, struct buf *out)
{
    put_id(out, &e->at);
    struct json w = open_event(out, "cleared");
    close_event(&w);
}

static void put_lost(const struct event_stream *e, struct buf *out, uint64_t requests, uint32_t changes)
{
    requests = has_type(e, EVENT_REQUEST) ? requests : 0;
    changes = has_type(e, EVENT_CHANGE) ? changes : 0;
    if (!requests && !changes)
        return;
    put_id(out, &e->at);
    struct json w = open_event(out, "lost");
    json_put_int(&w, "requests", (int64_t)requests);
    json_put_int(&w, "changes", changes);
    close_event(&w);
}

static void put_request(const struct event_stream *e, struct buf *out, const struct journal_entry *entry)
{
    put_id(out, &e->at);
    struct json w = open_event(out, event_type_texts[EVENT_REQUEST]);
    request_put_name(&w, entry->seq, entry);
    admin_put_time(&w, "at", entry->at_ms);
    json_put_text(&w, "key", entry->key_name);
    json_put_text(&w, "fault", entry->fault);
    request_put_rules(&w, entry);
    json_put_int(&w, "changes", (int64_t)entry->change_last + 1 - entry->change_first);
    close_event(&w);
}

static void put_change(const struct event_stream *e, struct buf *out)
{
    put_id(out, &e->at);
    buf_printf(out, "event: %s\ndata: ", event_type_texts[EVENT_CHANGE]);
    struct json w = json_begin(out, 0);
    admin_put_change(&w, e->ns->world, e->at.change);
    buf_text(out, "\n\n");
}

/* reading the next event */

/* Writes the next event of the journal or the change log. Returns false if there is none. A call
 * comes before its changes. */
static bool step(struct event_stream *e, struct buf *out)
{
    const struct journal *j = e->ns->journal;
    struct position *at = &e->at;
    if (at->epoch != journal_epoch(j)) {
        at->epoch = journal_epoch(j);
        at->seq = 0;
        put_cleared(e, out);
        return true;
    }
    if (at->seq < journal_lost(j)) {
        uint64_t lost = journal_lost(j) - at->seq;
        at->seq = journal_lost(j);
        put_lost(e, out, lost, 0);
        return true;
    }
    const struct journal_entry *entry = journal_read(j, at->seq + 1);
    bool changed = at->change < changes_last(e->ns->world);
    if (entry && (!changed || entry->change_first <= at->change + 1)) {
        at->seq++;
        if (has_type(e, EVENT_REQUEST))
            put_request(e, out, entry);
        return true;
    }
    if (changed) {
        at->change++;
        if (has_type(e, EVENT_CHANGE))
            put_change(e, out);
    }
    return changed;
}

static void put_chunk(struct event_stream *e, struct buf *out)
{
    if (!e->begun)
        put_begin(e, out);
    if (e->restarts)
        put_reset(e, out);
    e->begun = true;
    e->restarts = false;
    while (out->n < CHUNK_BYTES && step(e, out))
        ;
}

static bool next(void *ctx, struct buf *out)
{
    struct event_stream *e = ctx;
    if (e->ns)
        put_chunk(e, out);
    else
        buf_add(out, buf_str(&e->final_chunk));
    return e->ns;
}

static void on_changed(struct listener *l)
{
    const struct event_stream *e = (const struct event_stream *)l;
    const struct journal *j = e->ns->journal;
    if (e->exchange->server &&
        (e->at.change != changes_last(e->ns->world) || e->at.seq != journal_last(j) || e->at.epoch != journal_epoch(j)))
        server_wake(e->exchange);
}

/* An open stream keeps its namespace in use; its idle time starts here. */
static void leave(struct event_stream *e)
{
    scheduler_unlisten(&e->listener);
    if (e->ns)
        e->ns->last_us = time_monotonic_us();
    e->ns = NULL;
}

/* Writes a last chunk while the state still exists; counts the rest as lost. */
static void on_closed(struct listener *l)
{
    struct event_stream *e = (struct event_stream *)l;
    put_chunk(e, &e->final_chunk);
    put_lost(e, &e->final_chunk, journal_last(e->ns->journal) - e->at.seq, changes_last(e->ns->world) - e->at.change);
    put_reset(e, &e->final_chunk);
    leave(e);
    if (e->exchange->server)
        server_wake(e->exchange);
}

static void release(void *stream)
{
    struct event_stream *e = stream;
    leave(e);
    e->mock->event_streams--;
}

void event_stream_start(struct event_stream *e, struct call *c)
{
    e->listener = (struct listener){.changed = on_changed, .closed = on_closed};
    e->mock->event_streams++;
    scheduler_listen(e->ns->scheduler, &e->listener);
    arena_own(c->arena, e, release);
    c->res->status = 200;
    call_header(c, "Content-Type", "text/event-stream");
    c->res->stream = (struct body_stream){
        .next = next,
        .ctx = e,
        .idle = ":\n\n",
        .idle_us = SILENCE_US,
    };
}
