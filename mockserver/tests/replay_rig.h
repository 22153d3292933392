/* replay_rig.h - a mock whose run is written down, without sockets: the test is its clients, its
 * receivers and its time.
 *
 * Shapes:  struct run; run_ask hands it a call, whose answer may come later; run_pass lets time pass
 *          and timers fire; run_complete_delivery ends a webhook's attempt. After run_end the recording lies at
 *          `path` until run_free.
 * Units:   milliseconds.
 * Errors:  what cannot be set up fails the test.
 */
#pragma once
#include "base/time.h"
#include "mockserver/call.h"
#include "mockserver/deliver/deliver.h"
#include "mockserver/mock.h"
#include "mockserver/recording/record.h"
#include "mockserver/recording/replay.h"

struct run {
    struct arena arena;
    char path[32];
    struct recorder *recorder;
    struct mock *mock;
    struct loop *loop;
    struct time_held before;
    int64_t wall_ms, monotonic_us;
    struct asked *asked; /* not over yet */
    uint64_t landed;     /* the last webhook attempt that did */
    bool unsent;         /* who asks is gone when the response is there */
};

struct asked {
    struct exchange x; /* first */
    struct run *run;
    bool responded, admin;
    int status;
    struct str body;
    struct asked *next;
};

/* A file of fixtures/, or any by its full path; NULL: the sample world. */
struct run *run_new(const char *fixture);
void run_end(struct run *r); /* closes the recording */
void run_free(struct run *r);

/* "METHOD /target", a body or NULL, header lines "Name: value". */
#define run_ask(r, ...) run_ask_list((r), (const char *const[]){__VA_ARGS__, NULL, NULL})
struct asked *run_ask_list(struct run *r, const char *const *parts);
void run_leave(struct asked *a); /* its client does not wait for the response */
void run_pass(struct run *r, int64_t ms);
/* The oldest attempt under way ends with that response, or 0: with none. False: there is none. */
bool run_complete_delivery(struct run *r, int status);

/* Whether the replay is the same; what differs is printed. */
bool run_is_the_same(struct run *r, struct replay *out);
/* Replaces the first `from` behind line `line` (from 1) of the recording. */
void run_tamper(struct run *r, int line, const char *from, const char *to);
const char *run_line(struct run *r, int line); /* without its end; NULL: there is none */
