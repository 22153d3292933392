/* replay.h - replays a recorded run, without sockets and without waiting, and compares the mock's outputs with the
 * recorded ones.
 *
 * Shapes:  struct replay: the result. A difference has the line of the recording and the call, delivery or timer that
 *          differs. An incomplete recording is replayed up to its last complete line.
 * Errors:  replay_run: the file is not a recording, or has an invalid line; at its place.
 */
#pragma once
#include "base/error.h"
#include "base/str.h"

/* A difference: a place ("/status", "/headers/Retry-After", "/body/items/0/status") with the recorded and the replayed
 * value as JSON; NULL: no value there. */
struct finding {
    const char *place, *recorded, *replayed;
};

struct findings {
    struct finding *items;
    size_t count, room;
    size_t more; /* number of findings that were left out */
};

struct replay_difference {
    int line;
    const char *kind; /* "call", "delivery", "timer" */
    uint64_t number;
    const char *about; /* "GET /v1/whoami"; NULL: unknown */
    const char *text;  /* what differs; NULL: see findings */
    struct findings findings;
};

struct replay {
    const char *version;                /* of the program that wrote the recording */
    uint64_t calls, deliveries, timers; /* numbers of replayed ones */
    uint64_t responses;                 /* number of compared ones */
    int lines;                          /* number of complete lines */
    bool whole;                         /* the recording has its "end" line */
    struct {
        struct replay_difference *items;
        size_t count, room;
    } differences;
};

/* Stops at the first difference, unless `all` is true. The result lives in `a`. Returns false, with `err` filled, if
 * the recording is invalid. */
bool replay_run(struct arena *a, const char *path, bool all, struct replay *out, struct error *err);
