/* deliver.h - the way out for webhooks: POSTs, many at once, to this machine unless more is allowed.
 *
 * Shapes:  struct deliver: one for the process. It has no network until it is given a loop, and its
 *          HTTP client comes into being with the first attempt. A test can be the network. Attempts
 *          are numbered from 1 as they set out.
 * Units:   -
 * Errors:  no response is status 0 and why, in words; it is told like a response. An attempt takes 10
 *          seconds and 64 KiB at most.
 */
#pragma once
#include "base/http/message.h"
#include "base/loop.h"

struct deliver;
struct deliver_attempt;

struct deliver_request {
    const char *url;
    struct headers headers;
    struct str body;
    const char *allowed; /* hosts besides this machine, a blank between; NULL: none */
};

typedef void deliver_done_fn(void *ctx, int status, const char *error);
/* Answers with a status at once; 0: none. */
typedef int deliver_network_fn(void *ctx, const struct deliver_request *r);

struct deliver *deliver_new(void);
void deliver_free(struct deliver *d); /* drops what is under way */
void deliver_use_loop(struct deliver *d, struct loop *l);
void deliver_use_network(struct deliver *d, deliver_network_fn *network, void *ctx);

/* Is told of what sets out, and of how it ends: `on_complete` just before the mock is, `completed` behind. */
struct deliver_watcher {
    void (*on_send)(void *ctx, uint64_t number, const struct deliver_request *r);
    void (*on_complete)(void *ctx, uint64_t number, int status, const char *error);
    void (*completed)(void *ctx);
    void *ctx;
};
void deliver_watch(struct deliver *d, const struct deliver_watcher *watcher);

/* From now on nothing is sent: what sets out waits until deliver_complete ends it. */
void deliver_hold(struct deliver *d);
bool deliver_complete(struct deliver *d, uint64_t number, int status,
                      const char *error); /* false: none
                                                                     of that number is under way */

/* The request's memory is in `a`, which holds all of the attempt and lives until it has ended.
 * NULL: it has ended already, and `done` was called. */
struct deliver_attempt *deliver_send(struct deliver *d, struct arena *a,
                                     const struct deliver_request *r, deliver_done_fn *done,
                                     void *ctx);
void deliver_drop(struct deliver_attempt *t); /* `done` is not called */
