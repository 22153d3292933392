/* Streams the requests and changes of a namespace as server-sent events.
 *
 * A stream has one position in the journal and one in the change log, and writes the next events
 * when its connection has room. A slow client therefore needs no buffer: entries that were evicted
 * before the stream reached them are reported as lost. The id of an event is its position: five
 * numbers, joined by dots. When the namespace is reset or deleted, the stream ends with the event
 * `reset`. */
#include "mockserver/admin/common.h"

#include "base/enum.h"
#include "base/time.h"
#include "mockserver/admin/requests.h"
#include "mockserver/provider_api/mask.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/runtime/scheduler.h"
#include "mockserver/state/world.h"

#define STREAMS_MAX 200
#define ID_NUMBERS  5
#define CHUNK_BYTES 8192 /* approximate size of one write */
#define SILENCE_US  INT64_C(10000000)
#define RETRY_LINE  "retry: 1000\n"

/* The types that `types` selects. */
#define EVENT_TYPES(X) X(EVENT_REQUEST, "request") X(EVENT_CHANGE, "change")
enum event_type { EVENT_TYPES(ENUM_NAME) EVENT_TYPE_COUNT };
static const char *const event_type_texts[] = {EVENT_TYPES(ENUM_TEXT)};

/* The next events are the journal entry after `seq` and the change after `change`. */
struct position {
    int64_t started_ms;  /* when the mock started; differs after a restart */
    uint64_t generation; /* of the namespace; differs after a reset */
    uint64_t epoch;      /* of the journal; differs after it was cleared */
    uint64_t seq;
    uint32_t change;
};

struct event_stream {
    struct listener listener; /* first member: a pointer to it is cast to the stream */
    struct exchange *exchange;
    struct mock *mock;
    const char *name;     /* of the namespace */
    struct namespace *ns; /* NULL: reset or deleted; the stream ends */
    struct position at;
    unsigned types;         /* bit set of enum event_type */
    bool begun;             /* `begin` was written */
    bool restarts;          /* the given position is unknown: writes `reset` and starts over */
    struct mask mask;       /* while a chunk is written */
    struct buf final_chunk; /* the last events, written when the namespace was reset or deleted */
};

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

/* The secrets are learned once for each chunk. */
static void mask_request(struct event_stream *e, struct buf *out, size_t from)
{
    if (!e->mask.size)
        mask_learn(&e->mask, e->ns->world, e->mock->options.admin_token);
    mask_json(&e->mask, out, from);
}

static void put_request(struct event_stream *e, struct buf *out, const struct journal_entry *entry)
{
    put_id(out, &e->at);
    size_t from = out->n;
    struct json w = open_event(out, event_type_texts[EVENT_REQUEST]);
    request_put_name(&w, entry->seq, entry);
    admin_put_time(&w, "at", entry->at_ms);
    json_put_text(&w, "key", entry->key_name);
    json_put_text(&w, "fault", entry->fault);
    request_put_rules(&w, entry);
    json_put_int(&w, "changes", (int64_t)entry->change_last + 1 - entry->change_first);
    mask_request(e, out, from);
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

/* choosing the next event */

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
    const uint32_t gone = changes_first(e->ns->world) - 1;
    if (at->change < gone) {
        uint32_t lost = gone - at->change;
        at->change = gone;
        put_lost(e, out, 0, lost);
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
    mask_end(&e->mask);
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

/* Makes the stream the response of the call, and subscribes it to the namespace. */
static void start(struct event_stream *e, struct call *c)
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

/* reading the parameters */

static bool read_types(struct call *c, unsigned *types)
{
    struct str rest = call_query(c, "types");
    *types = rest.s ? 0 : ~0u;
    while (rest.n) {
        struct str name = str_cut(&rest, ',');
        size_t i = 0;
        while (i < EVENT_TYPE_COUNT && !str_is(name, event_type_texts[i]))
            i++;
        if (i == EVENT_TYPE_COUNT) {
            const char *near = str_nearest(name, event_type_texts, EVENT_TYPE_COUNT);
            return call_issue(c, "query", "unknown type '" STR_FMT "'%s%s%s", STR_ARG(name),
                              near ? " (did you mean '" : " (request or change)", near ? near : "", near ? "'?)" : "");
        }
        *types |= 1u << i;
    }
    return *types ? c->fault == FAULT_NONE
                  : call_issue(c, "query", "'types' is empty; expected request, change or both");
}

static struct position newest(const struct call *c)
{
    return (struct position){
        .started_ms = c->mock->started_wall_ms,
        .generation = c->ns->generation,
        .epoch = journal_epoch(c->ns->journal),
        .seq = journal_last(c->ns->journal),
        .change = changes_last(c->world),
    };
}

static bool read_id(struct str id, struct position *at)
{
    int64_t numbers[ID_NUMBERS];
    for (size_t i = 0; i < ID_NUMBERS; i++)
        if (!str_to_int(str_cut(&id, '.'), &numbers[i]) || numbers[i] < 0)
            return false;
    if (id.n || numbers[4] > UINT32_MAX)
        return false;
    *at = (struct position){numbers[0], (uint64_t)numbers[1], (uint64_t)numbers[2], (uint64_t)numbers[3],
                            (uint32_t)numbers[4]};
    return true;
}

/* True if the position is in the history of this namespace, even if the journal was cleared
 * since. */
static bool is_known_position(const struct position *at, const struct position *now)
{
    return at->started_ms == now->started_ms && at->generation == now->generation && at->change <= now->change &&
           at->epoch <= now->epoch && (at->epoch < now->epoch || at->seq <= now->seq);
}

/* The Last-Event-ID of a reconnecting client takes precedence over the URL's `since`. */
static bool read_since(struct call *c, struct event_stream *e)
{
    struct str since = headers_get(&c->req->headers, "Last-Event-ID");
    struct position given, now = newest(c);
    if (!since.n)
        since = call_query(c, "since");
    e->at = now;
    if (!since.n)
        return c->fault == FAULT_NONE;
    bool is_id = read_id(since, &given);
    if (!is_id && !str_is(since, "0") && !str_is(since, "start"))
        return call_issue(c, "query",
                          "invalid 'since'; expected an event id, 'start' (after the fixture was loaded) "
                          "or 0 (with the changes that loading it made)");
    e->restarts = is_id && !is_known_position(&given, &now);
    e->at.seq = 0;
    e->at.change = str_is(since, "0") ? 0 : scheduler_changes_before(c->ns->scheduler);
    if (is_id && !e->restarts)
        e->at = given;
    return true;
}

static bool has_room(struct call *c)
{
    if (c->mock->event_streams < STREAMS_MAX)
        return true;
    struct json *w =
        problem_json(c, 503, "too_many_streams",
                     arena_printf(c->arena, "%d event streams are already open; no more are allowed", STREAMS_MAX));
    json_close_map(w);
    return false;
}

void admin_events(struct call *c)
{
    struct event_stream *e = arena_new(c->arena, struct event_stream);
    *e = (struct event_stream){
        .exchange = c->exchange,
        .mock = c->mock,
        .name = str_dup(c->arena, c->ns_name),
        .ns = c->ns,
        .final_chunk = {.arena = c->arena},
    };
    if (read_types(c, &e->types) && read_since(c, e) && has_room(c))
        start(e, c);
}
