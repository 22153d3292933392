/* replay.h - gives a recorded run again, without sockets and in no time, and compares what leaves the
 * mock with what left it then.
 *
 * Shapes:  struct replay: what came of it. A difference names the recording's line, and the call or
 *          the delivery that is not what it was. A recording that ends half-way is replayed as far
 *          as it goes.
 * Errors:  replay_run: the file is no recording, or a line of it cannot be used; at its place.
 */
#pragma once
#include "base/error.h"
#include "mockserver/recording/diff.h"

struct replay_difference {
    int line;
    const char *kind; /* "call", "delivery", "timer" */
    uint64_t number;
    const char *about; /* "GET /v1/whoami"; NULL: not known */
    const char *text;  /* a sentence; NULL: the findings tell */
    struct findings findings;
};

struct replay {
    const char *version;                /* of the program that wrote the recording */
    uint64_t calls, deliveries, timers; /* that took place again */
    uint64_t responses;                 /* that were compared */
    int lines;                          /* whole ones */
    bool whole;                         /* the recording has its end */
    struct {
        struct replay_difference *items;
        size_t count, room;
    } differences;
};

/* Stops at the first difference, unless `all`. The result lives in `a`. */
bool replay_run(struct arena *a, const char *path, bool all, struct replay *out, struct error *err);
