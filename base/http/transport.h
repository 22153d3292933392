/* transport.h - reads and writes the bytes of a connection, plain or over TLS 1.2 or later.
 *
 * Shapes:  struct transport: a connected socket that does not block, and its TLS session if it has one.
 * Units:   bytes.
 * Errors:  negative results, see enum. A write to a closed connection raises no signal.
 * Source:  RFC 8446, RFC 7301 (only http/1.1 is offered).
 */
#pragma once
#include "base/http/certificate.h"
#include "base/str.h"

#include <sys/types.h>

struct ssl_st;
struct ssl_ctx_st;

enum {
    TRANSPORT_WAIT = -1, /* try again when the socket is readable or writable, see `needs_write` and `needs_read` */
    TRANSPORT_FAILED = -2,
    TRANSPORT_PLAIN = -3, /* the client speaks plain HTTP to a TLS port; `ssl` is gone, so a response is plain too */
};

struct transport {
    int fd;
    struct ssl_st *ssl; /* NULL: plain */
    bool needs_write;   /* the read that waits needs a writable socket */
    bool needs_read;    /* the write that waits needs a readable socket */
};

/* NULL: the certificate and the key do not match or cannot be read. */
struct ssl_ctx_st *transport_tls_new(const struct certificate *from);
void transport_tls_free(struct ssl_ctx_st *tls);

void transport_begin(struct transport *t, int fd, struct ssl_ctx_st *tls); /* takes ownership of fd */
ssize_t transport_read(struct transport *t, void *to, size_t room);        /* 0: the client has ended its side */
bool transport_has_bytes(const struct transport *t); /* bytes in the TLS session: no event reports them */
/* Writes some of the bytes. Over TLS, a call after TRANSPORT_WAIT must begin with the same bytes. */
ssize_t transport_write(struct transport *t, struct str head, struct str body);
bool transport_is_gone(const struct transport *t); /* the client has reset the connection */
void transport_shut(struct transport *t);          /* ends our side */
void transport_reset(struct transport *t);         /* closes with a TCP reset */
void transport_close(struct transport *t);
