/* server_job.h - an exchange and its libmicrohttpd connection; internal to server*.c.
 *
 * Shapes:  struct job: exists from the request line until the library completes the request.
 * Errors:  none; returning MHD_NO to the library closes the connection.
 */
#pragma once
#include "base/http/server.h"

#include <microhttpd.h>

/* Kept with a connection. */
struct peer {
    char *address;
    int64_t free_us; /* it was opened after this time, or its last response was ready to be sent then */
};

enum step {
    STEP_HEAD,     /* the library reads the head */
    STEP_BODY,     /* the head is valid; the body is read */
    STEP_HANDLING, /* the handler runs */
    STEP_WAITING,  /* the handler returned without a response */
    STEP_DELAYED,  /* the response is complete, but its delay is not over */
    STEP_READY,    /* the library sends the response in its next run */
    STEP_SENDING,
    STEP_DROPPED, /* no response will be sent, because the server ends */
};

struct job {
    struct exchange x; /* must be first: its address is the address of the job */
    enum step step;
    bool handled;   /* `handle` or `refuse` was called, so `done` must be */
    bool suspended; /* the library does not poll the connection */
    bool last;      /* the connection closes after this response */
    struct MHD_Connection *connection;
    struct peer *peer;
    struct buf body;
    uint64_t timer; /* for a delay or a throttle; 0 = none */
    int64_t first_byte_us;
    struct stream *stream; /* NULL: the response is not a stream, or not started */
    struct job *next, *prev;
};

struct server {
    struct server_options options;
    struct loop *loop;
    struct MHD_Daemon *daemon;
    int epoll, port;
    int64_t turn_us, last_turn_us; /* when the library last looked for connections and bytes, and the time before */
    bool must_run;                 /* the library has work that no descriptor signals */
    bool quiescing;                /* the listening socket is closed */
    size_t in_flight;
    struct job *live;
    struct job *spare;
    size_t spare_count;
};

void job_suspend(struct job *j);
void job_resume(struct job *j);
enum MHD_Result job_send(struct job *j); /* passes x.response to the library */

void stream_finish(struct job *j); /* ends the stream with the next bytes */
void stream_release(struct job *j);
