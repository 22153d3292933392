/* send_queue.h - decides when a webhook request may be sent, so that a receiver that does not respond delays no other.
 *
 * Shapes:  struct send_queue: one per mock. At most SEND_MAX requests are in flight; at most SEND_RECEIVER_MAX of them
 *          to one receiver (scheme, host and port), and at most SEND_OWNER_MAX of one namespace. The others wait in
 *          lines, one per namespace and receiver; the lines take turns. A request is written when it is sent, so a
 *          waiting one costs only its struct send_place.
 * Errors:  a line that is full (SEND_LINE_MAX) takes no more.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define SEND_MAX          256
#define SEND_RECEIVER_MAX 32
#define SEND_OWNER_MAX    64
#define SEND_LINE_MAX     10000

struct send_queue;
struct send_line;
struct send_receiver;

struct send_owner { /* a namespace */
    size_t sending;
};

struct send_place {
    void (*start)(void *ctx); /* is called once, when the request may be sent */
    void *ctx;
    struct send_owner *owner;
    struct send_line *line; /* NULL: it is being sent */
    struct send_receiver *receiver;
    struct send_place *next, *previous; /* in the line */
};

struct send_queue *send_queue_new(void);
void send_queue_free(struct send_queue *q); /* no place may be in it; NULL: no-op */

/* Returns false if the line is full. `url` selects the receiver; `start`, `ctx` and `owner` of the place are set. */
bool send_queue_enter(struct send_queue *q, struct send_place *p, const char *url);
void send_queue_leave(struct send_queue *q, struct send_place *p); /* the request has ended, or is dropped */
/* Starts as many requests as may be sent. No-op if a `start` that it calls calls it. */
void send_queue_start(struct send_queue *q);
void send_queue_stop(struct send_queue *q); /* starts nothing from now on */
