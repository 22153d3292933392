/* replay_rig.h - records a run of a mock without sockets. The test controls calls, webhook
 * responses and time.
 *
 * Shapes:  struct run. run_call makes a call, whose response may come later; run_pass advances the
 *          time and fires timers; run_complete_delivery ends a webhook attempt. After run_end the
 *          recording is at `path` until run_free.
 * Units:   milliseconds.
 * Errors:  a failed setup fails the test.
 */
#pragma once
#include "base/time.h"
#include "mockserver/provider_api/call.h"
#include "mockserver/recording/record.h"
#include "mockserver/recording/replay.h"
#include "mockserver/runtime/deliver.h"
#include "mockserver/runtime/mock.h"

struct run {
    struct arena arena;
    char path[32];
    struct recorder *recorder;
    struct mock *mock;
    struct loop *loop;
    struct time_held before;
    int64_t wall_ms, monotonic_us;
    struct rig_call *calls; /* calls that have not ended */
    uint64_t last_delivery; /* number of the last webhook attempt that has ended */
    bool unsent;            /* clients close their connections before the response is sent */
};

struct rig_call {
    struct exchange x; /* must be first */
    struct run *run;
    bool responded, admin;
    int status;
    struct str body;
    struct rig_call *next;
};

/* `fixture` is a file in fixtures/ or an absolute path; NULL: the built-in sample. */
struct run *run_new(const char *fixture);
/* public_url NULL: URLs follow the requests, and consent URLs lead to the mock. */
struct run *run_new_at(const char *fixture, const char *public_url);
/* `history`: how many changes and ended records a namespace keeps, for a day of its clock; 0: the default. */
struct run *run_new_with(const char *fixture, const char *public_url, int64_t history);
void run_end(struct run *r); /* closes the recording */
void run_free(struct run *r);

/* run_call(r, "METHOD /target", body or NULL, header lines "Name: value" ...) */
#define run_call(r, ...) run_call_list((r), (const char *const[]){__VA_ARGS__, NULL, NULL})
struct rig_call *run_call_list(struct run *r, const char *const *parts);
void run_close_call(struct rig_call *a); /* closes the client's connection before the response */
void run_pass(struct run *r, int64_t ms);
/* Ends the oldest webhook attempt in flight with that status; 0: no response. Returns false if no
 * attempt is in flight. */
bool run_complete_delivery(struct run *r, int status);

/* Replays the run. Returns true if it equals the recording; prints the differences otherwise. */
bool run_replays_equally(struct run *r, struct replay *out);
/* Replaces the first `from` in line `line` (from 1) of the recording. */
void run_tamper(struct run *r, int line, const char *from, const char *to);
const char *run_line(struct run *r, int line); /* without the newline; NULL: no such line */
