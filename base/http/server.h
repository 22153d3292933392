/* server.h - an HTTP/1.1 server on a loop, over TLS if it has a certificate. The only room that
 * knows libmicrohttpd.
 *
 * Shapes:  the handler gets a struct exchange and answers it with server_reply, at once or later
 *          (also from a timer); each exchange has an arena that ends when its last byte was sent or
 *          its connection is gone. A client that leaves is noticed when its response is sent; one
 *          that leaves a stream, at once.
 * Units:   sizes in bytes, time-outs in seconds.
 * Errors:  server_new: the address cannot be had (ERROR_SYSTEM). A request that is no proper HTTP
 *          never reaches the handler: `refuse` dresses it where our gate (gate.h) found it; what
 *          the library refuses itself is listed in the README.
 * Source:  RFC 9112.
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
    struct response response; /* filled by the handler, or by whoever finishes the response */
    void *user;               /* the handler's own */
    struct server *server;
    /* Sends the response, exactly once: server_reply, or who stands between. NULL in-process, where
     * the response must be there when the handler returns. */
    void (*reply)(struct exchange *x);
    void *reply_own;    /* of who stands between */
    int64_t arrived_us; /* monotonic */
};

struct server_options {
    const char *address;                   /* "127.0.0.1", "::1" */
    int port;                              /* 0 picks one */
    size_t body_max;                       /* larger: request.body_too_large, the body is dropped */
    const struct certificate *certificate; /* NULL: plain HTTP; not needed after server_new */
    int idle_timeout_s;
    int connections_max;
    void (*handle)(void *ctx, struct exchange *x);
    /* Fills x->response; its status is set already. server_reply is not called. */
    void (*refuse)(void *ctx, struct exchange *x, int status, const char *why);
    /* May be NULL. Called once for what was handled or refused, before the arena ends. `sent`: all
     * of it was handed to the connection. */
    void (*done)(void *ctx, struct exchange *x, bool sent);
    void *ctx;
};

struct server *server_new(struct loop *l, const struct server_options *options, struct error *err);
int server_port(const struct server *s);
void server_reply(struct exchange *x); /* sends x->response; exactly once per exchange */
/* There is more of x->response.stream, or it has come to its end. Before its first byte and when it
 * is asked anyway: nothing. */
void server_wake(struct exchange *x);
size_t server_in_flight(const struct server *s); /* exchanges without a response yet; no streams */
/* No new connections; keep-alive ends with the next answer, streams with what they have sent. Not
 * from within a callback of the server. */
void server_quiesce(struct server *s);
/* Answers still owed are dropped. Not from within a callback of the server. */
void server_free(struct server *s);
