/* connection.h - a connection of the server and its exchange; internal to server*.c, connection.c and respond.c.
 *
 * Shapes:  struct connection: from accept until it is closed; freed before the loop waits the next time. struct job: an
 *          exchange, from its head until `done`; without a connection if the client has gone.
 * Units:   microseconds of the monotonic clock.
 * Errors:  none.
 */
#pragma once
#include "base/http/output.h"
#include "base/http/parser.h"
#include "base/http/server.h"
#include "base/http/transport.h"

#include <netinet/in.h>

enum {
    READ_BLOCK = 65536,
    READ_HEAD = 16384,    /* bytes that are read at once while no body is expected */
    REQUESTS_A_TURN = 16, /* of one connection; then other connections have their turn */
    STREAM_PARTS_A_TURN = 8,
};

enum step {
    STEP_HEAD,    /* no request, or the first bytes of one */
    STEP_BODY,    /* the head is valid; the body is read */
    STEP_HANDLED, /* the handler runs */
    STEP_WAITING, /* the handler returned without a response */
    STEP_DELAYED, /* the response is complete, but its delay is not over */
    STEP_READY,   /* the response will be sent before the loop waits */
    STEP_SENDING,
    STEP_STREAM,
    STEP_ENDING, /* the last response is sent; what the client still sends is dropped */
    STEP_CLOSED,
};

struct connection;

struct job {
    struct exchange x;             /* must be first: its address is the address of the job */
    struct connection *connection; /* NULL: the client has gone */
    bool handled;                  /* `handle` or `refuse` was called, so `done` must be */
    bool replied;
    bool counted;      /* in in_flight */
    bool chunked, old; /* the body; an HTTP/1.0 request */
    bool weighed;      /* `admit` has returned true, or is not needed */
    bool whole;        /* nothing of the request is left to be read, although it is refused */
    struct chunks chunks;
    uint64_t body_left; /* of a body that is not chunked */
    uint64_t dropped;   /* bytes of a body that is too large */
    char *body;         /* a block of the heap */
    size_t body_n, body_room;
    struct stream *stream; /* NULL: not a stream, or not started */
    struct job *next, *prev;
};

/* The list of the server that has the connection. */
enum place {
    PLACE_IDLE,
    PLACE_HEAD,
    PLACE_BUSY,
    PLACE_RESERVE_BODY, /* a connection of the reserve whose request body is read */
    PLACE_ENDING,
    PLACES,
};

struct connection {
    struct server *server;
    struct transport at;
    struct job *job; /* NULL: no head has been read */
    char *in;        /* bytes that arrived and are not used yet */
    size_t in_n, in_room, scanned;
    struct output out;
    enum step step;
    enum place place;
    int watched; /* events; -1: none */
    bool last;   /* the connection closes after this response */
    bool cut;    /* and the response ends too early */
    bool queued; /* in the ready list */
    bool ended;  /* the client has ended its sending side */
    bool extra;  /* of the reserve */
    bool unread; /* the client may still be sending a request that is not read */
    bool begun;  /* a request has begun since the place was chosen */
    bool using;  /* connection.c reads requests from arrived bytes, of which `more` are left */
    bool reset;  /* close it with a TCP reset */
    size_t more;
    int64_t since_us;    /* in this place */
    int64_t deadline_us; /* 0: none; not for PLACE_IDLE and PLACE_HEAD */
    int64_t free_us;     /* when it was opened, or its last response was ready to be sent */
    int64_t looked_us;   /* when the bytes that are used now were read */
    int64_t progress_us; /* when the client last took bytes */
    size_t discarded;
    uint64_t timer; /* for a delay, a pause or the idle text of a stream; 0 = none */
    int port;
    char address[INET6_ADDRSTRLEN];
    struct connection *next, *prev, *next_ready;
};

struct server {
    struct server_options options;
    struct loop *loop;
    struct ssl_ctx_st *tls;
    int listener, port; /* listener -1: closed */
    bool listening;     /* the loop watches it */
    bool quiescing;
    uint64_t retry, sweep; /* timers; 0 = none */
    int64_t sweep_at_us;
    /* When the loop began to wait, when it did so the time before, and a time before which every connection has been
     * accepted. The system may report a new connection a little late, so the last one is a turn older. */
    int64_t turn_us, turn_before_us, last_turn_us;
    bool backlog; /* connections wait to be accepted */
    size_t count, extra_count, in_flight;
    size_t body_bytes;
    struct output_totals totals;
    struct connection *places[PLACES]; /* the oldest is first */
    struct connection *ready, *ready_last, *dead;
    struct job *jobs;  /* of connections and of clients that have gone */
    bool late_replies; /* of clients that have gone */
    struct job *spare;
    size_t spare_count;
    int64_t logged_us; /* the last line about a limit */
    size_t unlogged;
    char read_block[READ_BLOCK], write_block[OUTPUT_BLOCK];
};

/* connection.c */
struct connection *connection_new(struct server *s, int fd, const struct sockaddr *peer);
void connection_close(struct connection *c);
void connection_lost(struct connection *c);     /* the client has gone, or is given up */
void connection_continue(struct connection *c); /* after a response: uses the bytes that have arrived */
void connection_run(struct connection *c);      /* its turn: something is ready */
void connection_queue(struct connection *c);    /* into the ready list */
void connection_watch(struct connection *c, int events);
void connection_settle(struct connection *c); /* moves it to the list of its new step */
void connection_deadline(struct connection *c, int64_t at_us);
void connection_end(struct connection *c);    /* after the last response: waits until the client has it */
void connection_expire(struct connection *c); /* its deadline is over */

/* job.c */
struct job *job_take(struct server *s, struct connection *c);
void job_release(struct job *j);           /* never handled */
void job_finish(struct job *j, bool sent); /* calls `done` */
void job_detach(struct job *j);            /* the client has gone, the handler has not replied */
void job_drop_body(struct job *j);
void job_uncount(struct job *j); /* it is no longer in flight */
void job_finish_late(struct server *s);

/* respond.c */
void respond_send(struct connection *c); /* x.response */
void respond_flush(struct connection *c);
void respond_pump(struct connection *c);          /* a stream */
void respond_stream_finish(struct connection *c); /* ends the stream with the next bytes */
void respond_stream_release(struct job *j);

/* server.c */
void server_warn(struct server *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void server_sweep_by(struct server *s, int64_t at_us);
void server_listen(struct server *s);         /* a connection has closed */
bool server_in_reserve(struct connection *c); /* false, also from now on, if others have left */
