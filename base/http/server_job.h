/* server_job.h - an exchange and its place in the library; for the server's own files.
 *
 * Shapes:  struct job: from the request line until the library lets go of it.
 * Errors:  none; MHD_NO, the library's word, ends the connection.
 */
#pragma once
#include "base/http/server.h"

#include <microhttpd.h>

enum step {
    STEP_HEAD,     /* the library reads the head */
    STEP_BODY,     /* the gate let it pass */
    STEP_HANDLING, /* the handler runs */
    STEP_OWED,     /* it returned without a response */
    STEP_DELAYED,  /* answered, but not due yet */
    STEP_READY,    /* the response goes out in the library's next turn */
    STEP_SENDING,
    STEP_DROPPED, /* no response any more: the server ends */
};

/* An exchange and its place in the library. Lives from the request line until the library lets go.
 */
struct job {
    struct exchange x; /* first: what the handler holds is the job's address */
    enum step step;
    bool told;      /* the handler, or refuse, knows it: done is due */
    bool suspended; /* the library leaves the connection alone */
    bool last;      /* the connection ends with this response */
    struct MHD_Connection *connection;
    struct buf body;
    uint64_t timer; /* of a delay or a throttle; 0 = none */
    int64_t first_byte_us;
    struct stream *stream; /* NULL: the response is none, or not begun */
    struct job *next, *prev;
};

struct server {
    struct server_options options;
    struct loop *loop;
    struct MHD_Daemon *daemon;
    int epoll, port;
    bool must_run;  /* the library has to do what no descriptor will tell it */
    bool quiescing; /* the listening socket is gone */
    size_t in_flight;
    struct job *live;
    struct job *spare;
    size_t spare_count;
};

void job_suspend(struct job *j);
void job_resume(struct job *j);
enum MHD_Result job_send(struct job *j); /* hands x.response to the library */

/* x.response.stream as the library wants it; from now on the exchange is a stream. */
struct MHD_Response *stream_begin(struct job *j);
void stream_finish(struct job *j); /* the next bytes are its end */
void stream_release(struct job *j);
