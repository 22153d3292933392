/* server.h - an HTTP/1.1 server on a loop, over TLS if it has a certificate.
 *
 * Shapes:  the handler receives a struct exchange and answers it with server_reply, at once or later (for example from
 *          a timer). Each exchange has an arena that ends after `done`. What the server holds for its clients is
 *          bounded by struct server_options and struct server_limits.
 * Units:   sizes in bytes, times in microseconds unless the name says otherwise.
 * Errors:  server_new: the address is unavailable (ERROR_SYSTEM), or the certificate cannot be used. A request that is
 *          not valid HTTP or exceeds a limit never reaches the handler: `refuse` renders the error response, and the
 *          connection closes after it.
 * Source:  RFC 9112.
 *
 * If the client closes its connection, its exchange is done at once. If the handler has not replied by then, it is done
 * when the handler replies, and the reply is dropped. A client that only ends its sending side gets responses for
 * another limits.gone_us.
 */
#pragma once
#include "base/error.h"
#include "base/http/certificate.h"
#include "base/http/message.h"
#include "base/loop.h"

struct server;

struct exchange {
    struct arena arena;
    struct request request;
    struct response response; /* filled by the handler, or by the code that finishes the response */
    void *user;               /* for the handler */
    struct server *server;
    /* Sends the response; called exactly once. It is server_reply, or a wrapper around it. NULL for an in-process call,
     * where the response must be complete when the handler returns. */
    void (*reply)(struct exchange *x);
    void *reply_own;    /* for the wrapper */
    int64_t arrived_us; /* monotonic */
};

/* 0: the default in brackets. */
struct server_limits {
    size_t bodies;       /* of all request bodies that are in memory [256 MiB]; beyond it a request gets 503 */
    size_t unsent;       /* of all responses that wait in memory for their clients [64 MiB] */
    int64_t unsent_disk; /* of those that wait in temporary files [4 GiB]; beyond it the slowest client is closed */
    int64_t head_us;     /* for a head, from its first byte [30 s] */
    int64_t body_us;     /* for a body [300 s] */
    int64_t stall_us;    /* without a byte that the client takes [60 s] */
    int64_t gone_us;     /* see above [0.8 s] */
};

struct server_options {
    const char *address;                   /* "127.0.0.1", "::1" */
    int port;                              /* 0: the system chooses one */
    size_t body_max;                       /* a larger body is dropped and sets request.body_too_large */
    const struct certificate *certificate; /* NULL: plain HTTP; used only by server_new */
    int idle_timeout_s;
    /* When there are more connections, the one that has been idle for the longest time is closed. If none is idle, the
     * server reads the heads of `reserve` more, and refuses those requests with 503 that are not urgent. */
    int connections_max;
    int reserve;
    struct server_limits limits;
    void (*handle)(void *ctx, struct exchange *x);
    /* Fills x->response; its status is already set. Must not call server_reply. */
    void (*refuse)(void *ctx, struct exchange *x, int status, const char *why);
    /* May be NULL. Called once for each handled or refused exchange, before its arena ends. `sent`: the whole response
     * was passed to the connection. Of a response of more than 64 KiB, a part may still be on its way. */
    void (*done)(void *ctx, struct exchange *x, bool sent);
    /* May be NULL. Called when a body exceeds BODY_FREE bytes. False: the head alone leads to a refusal, so the body is
     * not read: request.body_dropped is set, and the connection closes after the response. Must have no effects. */
    bool (*admit)(void *ctx, const struct request *r);
    bool (*urgent)(void *ctx, const struct request *r); /* may be NULL: none is; see connections_max */
    void *ctx;
};

#define SERVER_BODY_FREE 65536

struct server *server_new(struct loop *l, const struct server_options *options, struct error *err);
/* False if this machine does not have the numeric address, for example no IPv6. */
bool server_has_address(const char *address);
int server_port(const struct server *s);
/* Serves a connected stream socket. Takes ownership of it. */
void server_adopt(struct server *s, int fd);
void server_reply(struct exchange *x); /* sends x->response; call it exactly once per exchange */
/* Call this when x->response.stream has more data or has ended. Has no effect before the first byte or if the server is
 * going to call `next` anyway. */
void server_wake(struct exchange *x);
/* Returns the number of exchanges whose response is not complete, except for streams and clients that have gone. */
size_t server_in_flight(const struct server *s);
size_t server_connections(const struct server *s);
/* Accepts no new connections, closes each connection after its next response, and ends the streams. Must not be called
 * from a callback of the server. */
void server_quiesce(struct server *s);
/* Drops the exchanges that have no response. Must not be called from a callback of the server. */
void server_free(struct server *s);
