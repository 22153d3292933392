/* What happens in a world, as it happens: a stream of server-sent events.
 *
 * A listener is two places, one in the journal and one in the change log; events are written from
 * there when its connection has room. So a slow one costs nobody anything: what the journal has
 * dropped before it got there is told as lost. */
#include "mockserver/control/requests.h"

#include "base/time.h"
#include "mockserver/mock.h"
#include "mockserver/pulse.h"
#include "mockserver/state/changes.h"

#define STREAMS_MAX  200
#define CHUNK_BYTES  8192 /* about as much is written at once */
#define SILENCE_US   INT64_C(10000000)
#define ID_NUMBERS   5
#define RETRY_LINE   "retry: 1000\n"
#define COUNT(array) (sizeof(array) / sizeof *(array))

enum event_type {
    EVENT_REQUEST,
    EVENT_CHANGE,
};

static const char *const type_texts[] = {"request", "change"}; /* those that may be left out */

/* What comes next is the journal's entry after `seq` and the change after `change`. As the id of an
 * event: its five numbers, joined by dots. */
struct position {
    int64_t started_ms;  /* of the mock: another process knows other worlds */
    uint64_t generation; /* of the world */
    uint64_t epoch;      /* of the journal, which may be cleared */
    uint64_t seq;
    uint32_t change;
};

struct ear {
    struct listener listener; /* first: a listener is its ear */
    struct exchange *exchange;
    struct mock *mock;
    const char *world;
    struct namespace *ns; /* NULL: the world is gone */
    struct position at;
    unsigned types; /* a bit each */
    bool begun;
    bool restarts;       /* what it knew of is gone: it begins with the world */
    struct buf farewell; /* written when the world ended */
};

static bool wants(const struct ear *e, enum event_type type)
{
    return e->types & 1u << type;
}

/* writing events */

static void put_id(struct buf *out, const struct position *at)
{
    buf_printf(out, "id: %lld.%llu.%llu.%llu.%u\n", (long long)at->started_ms,
               (unsigned long long)at->generation, (unsigned long long)at->epoch,
               (unsigned long long)at->seq, at->change);
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

static void put_begin(struct ear *e, struct buf *out)
{
    buf_text(out, RETRY_LINE);
    put_id(out, &e->at);
    struct json w = open_event(out, "begin");
    json_put_text(&w, "world", e->world);
    json_put_int(&w, "requests", (int64_t)e->at.seq);
    json_put_int(&w, "changes", e->at.change);
    close_event(&w);
}

/* An `id: start` on the way: whoever connects again begins with the new world. */
static void put_reset(const struct ear *e, struct buf *out)
{
    buf_text(out, "id: start\n");
    struct json w = open_event(out, "reset");
    json_put_text(&w, "world", e->world);
    close_event(&w);
}

static void put_cleared(const struct ear *e, struct buf *out)
{
    put_id(out, &e->at);
    struct json w = open_event(out, "cleared");
    close_event(&w);
}

static void put_lost(const struct ear *e, struct buf *out, uint64_t requests, uint32_t changes)
{
    requests = wants(e, EVENT_REQUEST) ? requests : 0;
    changes = wants(e, EVENT_CHANGE) ? changes : 0;
    if (!requests && !changes)
        return;
    put_id(out, &e->at);
    struct json w = open_event(out, "lost");
    json_put_int(&w, "requests", (int64_t)requests);
    json_put_int(&w, "changes", changes);
    close_event(&w);
}

static void put_request(const struct ear *e, struct buf *out, const struct journal_entry *entry)
{
    put_id(out, &e->at);
    struct json w = open_event(out, type_texts[EVENT_REQUEST]);
    request_put_name(&w, entry->seq, entry);
    door_put_time(&w, "at", entry->at_ms);
    json_put_text(&w, "key", entry->key_name);
    json_put_text(&w, "fault", entry->fault);
    request_put_rules(&w, entry);
    json_put_int(&w, "changes", (int64_t)entry->change_last + 1 - entry->change_first);
    close_event(&w);
}

static void put_change(const struct ear *e, struct buf *out)
{
    put_id(out, &e->at);
    buf_printf(out, "event: %s\ndata: ", type_texts[EVENT_CHANGE]);
    struct json w = json_begin(out, 0);
    door_put_change(&w, e->ns->world, e->at.change);
    buf_text(out, "\n\n");
}

/* going on */

/* One step through journal and change log; false: there is nothing new. A call comes before what it
 * changed. */
static bool step(struct ear *e, struct buf *out)
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
        if (wants(e, EVENT_REQUEST))
            put_request(e, out, entry);
        return true;
    }
    if (changed) {
        at->change++;
        if (wants(e, EVENT_CHANGE))
            put_change(e, out);
    }
    return changed;
}

static void put_chunk(struct ear *e, struct buf *out)
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
    struct ear *e = ctx;
    if (e->ns)
        put_chunk(e, out);
    else
        buf_add(out, buf_str(&e->farewell));
    return e->ns;
}

static void on_news(struct listener *l)
{
    const struct ear *e = (const struct ear *)l;
    const struct journal *j = e->ns->journal;
    if (e->exchange->server && (e->at.change != changes_last(e->ns->world) ||
                                e->at.seq != journal_last(j) || e->at.epoch != journal_epoch(j)))
        server_wake(e->exchange);
}

/* A world is not idle while somebody listens, and may be from now on. */
static void leave(struct ear *e)
{
    pulse_unlisten(&e->listener);
    if (e->ns)
        e->ns->last_us = time_monotonic_us();
    e->ns = NULL;
}

/* A chunk of what has not been told yet is written while the world is still there. */
static void on_over(struct listener *l)
{
    struct ear *e = (struct ear *)l;
    put_chunk(e, &e->farewell);
    put_lost(e, &e->farewell, journal_last(e->ns->journal) - e->at.seq,
             changes_last(e->ns->world) - e->at.change);
    put_reset(e, &e->farewell);
    leave(e);
    if (e->exchange->server)
        server_wake(e->exchange);
}

static void release(void *ear)
{
    struct ear *e = ear;
    leave(e);
    e->mock->event_streams--;
}

/* what is asked for */

static bool read_types(struct call *c, unsigned *types)
{
    struct str rest = call_query(c, "types");
    *types = rest.s ? 0 : ~0u;
    while (rest.n) {
        struct str name = str_cut(&rest, ',');
        size_t i = 0;
        while (i < COUNT(type_texts) && !str_is(name, type_texts[i]))
            i++;
        if (i == COUNT(type_texts)) {
            const char *near = str_nearest(name, type_texts, COUNT(type_texts));
            return call_refuse(c, FAULT_INVALID, "'types' knows no '" STR_FMT "'%s%s%s",
                               STR_ARG(name),
                               near ? "; did you mean '" : "; there are request and change",
                               near ? near : "", near ? "'?" : "");
        }
        *types |= 1u << i;
    }
    return *types ? c->fault == FAULT_NONE
                  : call_refuse(c, FAULT_INVALID, "'types' names none of request and change");
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
    *at = (struct position){numbers[0], (uint64_t)numbers[1], (uint64_t)numbers[2],
                            (uint64_t)numbers[3], (uint32_t)numbers[4]};
    return true;
}

/* Is it a place in this world's history? The journal may have been cleared since. */
static bool is_of_here(const struct position *at, const struct position *now)
{
    return at->started_ms == now->started_ms && at->generation == now->generation &&
           at->change <= now->change && at->epoch <= now->epoch &&
           (at->epoch < now->epoch || at->seq <= now->seq);
}

/* What a client that connects again says it has had goes before what its URL says. */
static bool read_since(struct call *c, struct ear *e)
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
        return call_refuse(
            c, FAULT_INVALID,
            "'since' is an event's id; or 'start', where the world began; or 0, with "
            "what its fixture made");
    e->restarts = is_id && !is_of_here(&given, &now);
    e->at.seq = 0;
    e->at.change = str_is(since, "0") ? 0 : pulse_changes_before(c->ns->pulse);
    if (is_id && !e->restarts)
        e->at = given;
    return true;
}

static bool has_room(struct call *c)
{
    if (c->mock->event_streams < STREAMS_MAX)
        return true;
    struct json *w =
        door_problem(c, 503, "too_many_streams",
                     arena_printf(c->arena, "There are %d event streams already", STREAMS_MAX));
    json_close_map(w);
    return false;
}

void control_events(struct call *c)
{
    struct ear *e = arena_new(c->arena, struct ear);
    *e = (struct ear){
        .listener = {.news = on_news, .over = on_over},
        .exchange = c->exchange,
        .mock = c->mock,
        .world = str_dup(c->arena, c->ns_name),
        .ns = c->ns,
        .farewell = {.arena = c->arena              },
    };
    if (!read_types(c, &e->types) || !read_since(c, e) || !has_room(c))
        return;
    c->mock->event_streams++;
    pulse_listen(c->ns->pulse, &e->listener);
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
