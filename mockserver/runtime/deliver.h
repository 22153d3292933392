/* deliver.h - sends webhook requests: POSTs, only to allowed hosts. send_queue.h limits how many at once.
 *
 * Shapes:  one struct deliver per mock. Without a loop there is no network; deliver_use_network lets a test respond
 *          instead. The HTTP client is created with the first attempt. Attempts are numbered from 1 in the order of
 *          deliver_send.
 *          The status decides about an attempt as soon as the headers are complete. The body is ignored (client.h,
 *          status_only): it may be large, slow, endless or broken.
 * Units:   the headers of the response must be complete within 10 seconds.
 * Errors:  status 0 and a text that says why there was no response.
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
    const char *allowed; /* hosts besides loopback, separated by spaces; NULL: none */
};

/* Is called once when the attempt has ended; `status` is 0 if there was no response: `error`. */
typedef void deliver_done_fn(void *ctx, int status, const char *error);
/* Returns the status of the response, at once; 0: no response. */
typedef int deliver_network_fn(void *ctx, const struct deliver_request *r);

struct deliver *deliver_new(void);
void deliver_free(struct deliver *d); /* cancels what is in flight; NULL: no-op */
void deliver_use_loop(struct deliver *d, struct loop *l);
void deliver_use_network(struct deliver *d, deliver_network_fn *network, void *ctx);

/* Is notified of each attempt: when it is sent, and when it ends, before `done` is called (on_complete) and after it
 * (after_complete). */
struct deliver_watcher {
    void (*on_send)(void *ctx, uint64_t number, const struct deliver_request *r);
    void (*on_complete)(void *ctx, uint64_t number, int status, const char *error);
    void (*after_complete)(void *ctx);
    void *ctx;
};
void deliver_watch(struct deliver *d, const struct deliver_watcher *watcher);

/* Sends nothing from now on: attempts wait until deliver_complete ends them (replay). */
void deliver_hold(struct deliver *d);
/* Ends a waiting attempt with this result. Returns false if no attempt with that number waits. */
bool deliver_complete(struct deliver *d, uint64_t number, int status, const char *error);

/* Starts an attempt. `a` holds the request and the attempt and must live until `done` was called. Returns NULL if the
 * attempt has ended already: `done` was called before the return. */
struct deliver_attempt *deliver_send(struct deliver *d, struct arena *a, const struct deliver_request *r,
                                     deliver_done_fn *done, void *ctx);
void deliver_drop(struct deliver_attempt *t); /* cancels it; `done` is not called */
