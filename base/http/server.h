/* server.h - an HTTP/1.1 server on a loop, over TLS if it has a certificate.
 * Only server*.c uses libmicrohttpd.
 *
 * Shapes:  the handler receives a struct exchange and answers it with server_reply, at once or later (for example from
 *          a timer). Each exchange has an arena that ends when the last byte is sent or the connection is closed. A
 *          disconnected client is detected when its response is sent, or at once if the response is a stream.
 * Units:   sizes in bytes, time-outs in seconds.
 * Errors:  server_new: the address is unavailable (ERROR_SYSTEM). An invalid HTTP request never reaches the handler:
 *          `refuse` renders the error response if gate.h rejected the request; the README lists what the library
 *          rejects.
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
    struct response response; /* filled by the handler, or by the code that finishes the response */
    void *user;               /* for the handler */
    struct server *server;
    /* Sends the response; called exactly once. It is server_reply, or a wrapper around it. NULL for an in-process call,
     * where the response must be complete when the handler returns. */
    void (*reply)(struct exchange *x);
    void *reply_own;    /* for the wrapper */
    int64_t arrived_us; /* monotonic */
};

struct server_options {
    const char *address;                   /* "127.0.0.1", "::1" */
    int port;                              /* 0: the system chooses one */
    size_t body_max;                       /* a larger body is dropped and sets request.body_too_large */
    const struct certificate *certificate; /* NULL: plain HTTP; used only by server_new */
    int idle_timeout_s;
    int connections_max;
    void (*handle)(void *ctx, struct exchange *x);
    /* Fills x->response; its status is already set. Must not call server_reply. */
    void (*refuse)(void *ctx, struct exchange *x, int status, const char *why);
    /* May be NULL. Called once for each handled or refused exchange, before its arena ends. `sent`: the whole response
     * was passed to the connection. */
    void (*done)(void *ctx, struct exchange *x, bool sent);
    void *ctx;
};

struct server *server_new(struct loop *l, const struct server_options *options, struct error *err);
/* False if this machine does not have the numeric address, for example no IPv6. */
bool server_has_address(const char *address);
int server_port(const struct server *s);
void server_reply(struct exchange *x); /* sends x->response; call it exactly once per exchange */
/* Call this when x->response.stream has more data or has ended. Has no effect before the first byte or if the server is
 * going to call `next` anyway. */
void server_wake(struct exchange *x);
/* Returns the number of exchanges whose response is not complete, except for streams. */
size_t server_in_flight(const struct server *s);
/* Accepts no new connections, closes each connection after its next response, and ends the streams. Must not be called
 * from a callback of the server. */
void server_quiesce(struct server *s);
/* Drops the exchanges that have no response. Must not be called from a callback of the server. */
void server_free(struct server *s);
