/* event_stream.h - streams the requests and changes of a namespace as server-sent events.
 *
 * Shapes:  a stream has one position in the journal and one in the change log, and writes the next
 *          events when its connection has room. A slow client therefore needs no buffer: entries
 *          that were evicted before the stream reached them are reported as lost. The id of an
 *          event is its position: five numbers, joined by dots.
 * Units:   milliseconds for started_ms.
 * Errors:  none. When the namespace is reset or deleted, the stream ends with the event `reset`.
 */
#pragma once
#include "mockserver/admin/handlers.h"
#include "mockserver/runtime/scheduler.h"

enum event_type { EVENT_REQUEST, EVENT_CHANGE, EVENT_TYPE_COUNT };
extern const char *const event_type_texts[]; /* the types that `types` selects */

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
    struct buf final_chunk; /* the last events, written when the namespace was reset or deleted */
};

/* Makes the stream the response of the call, and subscribes it to the namespace. */
void event_stream_start(struct event_stream *e, struct call *c);
