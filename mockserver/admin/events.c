/* Reads the parameters of an event stream and starts it. */
#include "mockserver/admin/event_stream.h"

#include "mockserver/runtime/journal.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/state/world.h"

#define STREAMS_MAX 200
#define ID_NUMBERS  5

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
            return call_refuse(c, FAULT_INVALID, "unknown type '" STR_FMT "'%s%s%s", STR_ARG(name),
                               near ? " (did you mean '" : " (request or change)", near ? near : "", near ? "'?)" : "");
        }
        *types |= 1u << i;
    }
    return *types ? c->fault == FAULT_NONE
                  : call_refuse(c, FAULT_INVALID, "'types' is empty; expected request, change or both");
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
        return call_refuse(c, FAULT_INVALID,
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
        event_stream_start(e, c);
}
