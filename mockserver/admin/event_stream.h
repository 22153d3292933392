/* event_stream.h - a listener to what happens in a world: its response is a stream of server-sent events.
 *
 * Shapes:  an event stream is two places, one in the journal and one in the change log; events are written
 *          from there when its connection has room. So a slow one costs nobody anything: what the
 *          journal has dropped before it got there is told as lost. The id of an event is its five
 *          numbers, joined by dots.
 * Units:   -
 * Errors:  none. Where its world ends, so does the stream, with an event that says so.
 */
#pragma once
#include "mockserver/admin/handlers.h"
#include "mockserver/scheduler.h"

enum event_type { EVENT_REQUEST, EVENT_CHANGE, EVENT_TYPE_COUNT };
extern const char *const event_type_texts[]; /* those that may be left out */

/* What comes next is the journal's entry after `seq` and the change after `change`. */
struct position {
    int64_t started_ms;  /* of the mock: another process knows other worlds */
    uint64_t generation; /* of the world */
    uint64_t epoch;      /* of the journal, which may be cleared */
    uint64_t seq;
    uint32_t change;
};

struct event_stream {
    struct listener listener; /* first: a listener is its event stream */
    struct exchange *exchange;
    struct mock *mock;
    const char *world;
    struct namespace *ns; /* NULL: the world is gone */
    struct position at;
    unsigned types; /* a bit each */
    bool begun;
    bool restarts;          /* what it knew of is gone: it begins with the world */
    struct buf final_chunk; /* written when the world ended */
};

/* The call's response, from now on, is what this stream hears. */
void event_stream_start(struct event_stream *e, struct call *c);
