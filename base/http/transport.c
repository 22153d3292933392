#include "base/http/transport.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

/* --- the certificate ---------------------------------------------------------------------------- */

static BIO *bytes_of(const char *text)
{
    return BIO_new_mem_buf(text, -1);
}

static bool use_key(SSL_CTX *tls, const char *text)
{
    BIO *b = bytes_of(text);
    EVP_PKEY *key = b ? PEM_read_bio_PrivateKey(b, NULL, NULL, NULL) : NULL;
    bool used = key && SSL_CTX_use_PrivateKey(tls, key) == 1;
    EVP_PKEY_free(key);
    BIO_free(b);
    return used;
}

static bool use_chain(SSL_CTX *tls, const char *text)
{
    BIO *b = bytes_of(text);
    X509 *x = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
    bool used = x && SSL_CTX_use_certificate(tls, x) == 1;
    X509_free(x);
    while (used && (x = PEM_read_bio_X509(b, NULL, NULL, NULL)))
        used = SSL_CTX_add0_chain_cert(tls, x) == 1;
    BIO_free(b);
    return used;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *size, const unsigned char *in,
                           unsigned in_size, void *ctx)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;
    (void)ssl;
    (void)ctx;
    if (SSL_select_next_proto(&chosen, size, ours, sizeof ours - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

struct ssl_ctx_st *transport_tls_new(const struct certificate *from)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (!tls)
        abort();
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(tls,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(tls, choose_protocol, NULL);
    bool ready = use_chain(tls, from->chain) && use_key(tls, from->key) && SSL_CTX_check_private_key(tls) == 1;
    ERR_clear_error();
    if (ready)
        return tls;
    SSL_CTX_free(tls);
    return NULL;
}

void transport_tls_free(struct ssl_ctx_st *tls)
{
    SSL_CTX_free(tls);
}

/* --- a socket for OpenSSL, whose own one raises SIGPIPE ----------------------------------------- */

static int bio_write(BIO *b, const char *bytes, int n)
{
    ssize_t sent = send((int)(intptr_t)BIO_get_data(b), bytes, (size_t)n, MSG_NOSIGNAL);
    BIO_clear_retry_flags(b);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_write(b);
    return (int)sent;
}

static int bio_read(BIO *b, char *to, int room)
{
    ssize_t n = recv((int)(intptr_t)BIO_get_data(b), to, (size_t)room, 0);
    BIO_clear_retry_flags(b);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(b);
    return (int)n;
}

static long bio_control(BIO *b, int what, long number, void *pointer)
{
    (void)b;
    (void)number;
    (void)pointer;
    return what == BIO_CTRL_FLUSH || what == BIO_CTRL_DUP;
}

static BIO *socket_bio(int fd)
{
    static BIO_METHOD *method; /* one for the process, never freed; set once */
    if (!method) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
        BIO_meth_set_write(method, bio_write);
        BIO_meth_set_read(method, bio_read);
        BIO_meth_set_ctrl(method, bio_control);
    }
    BIO *b = BIO_new(method);
    if (!b)
        abort();
    BIO_set_data(b, (void *)(intptr_t)fd); /* NOLINT(performance-no-int-to-ptr): OpenSSL keeps a pointer */
    BIO_set_init(b, 1);
    return b;
}

/* --- bytes -------------------------------------------------------------------------------------- */

void transport_begin(struct transport *t, int fd, struct ssl_ctx_st *tls)
{
    *t = (struct transport){.fd = fd};
    if (!tls)
        return;
    t->ssl = SSL_new(tls);
    if (!t->ssl)
        abort();
    BIO *b = socket_bio(fd);
    SSL_set_bio(t->ssl, b, b);
    SSL_set_accept_state(t->ssl);
}

static void drop_session(struct transport *t)
{
    SSL_free(t->ssl);
    t->ssl = NULL;
}

/* What a failed call of OpenSSL means. */
static ssize_t reason(struct transport *t, int result, bool reading)
{
    int code = SSL_get_error(t->ssl, result), detail = ERR_GET_REASON(ERR_peek_error());
    switch (code) {
    case SSL_ERROR_WANT_READ:
        t->needs_read = !reading;
        return TRANSPORT_WAIT;
    case SSL_ERROR_WANT_WRITE:
        t->needs_write = reading;
        return TRANSPORT_WAIT;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_SSL:
        if (detail != SSL_R_HTTP_REQUEST)
            return TRANSPORT_FAILED;
        drop_session(t);
        return TRANSPORT_PLAIN;
    default:
        return TRANSPORT_FAILED;
    }
}

ssize_t transport_read(struct transport *t, void *to, size_t room)
{
    t->needs_write = false;
    if (t->ssl) {
        ERR_clear_error();
        int n = SSL_read(t->ssl, to, room < INT_MAX ? (int)room : INT_MAX);
        return n > 0 ? n : reason(t, n, true);
    }
    ssize_t n = recv(t->fd, to, room, 0);
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == EINTR ? TRANSPORT_WAIT : TRANSPORT_FAILED;
}

bool transport_has_bytes(const struct transport *t)
{
    return t->ssl && SSL_has_pending(t->ssl);
}

static ssize_t write_secure(struct transport *t, struct str bytes)
{
    ERR_clear_error();
    int n = SSL_write(t->ssl, bytes.s, bytes.n < INT_MAX ? (int)bytes.n : INT_MAX);
    return n > 0 ? n : reason(t, n, false);
}

static ssize_t write_plain(int fd, struct str head, struct str body)
{
    union {
        const char *from;
        void *to;
    } at[] = {{.from = head.s}, {.from = body.s}};
    struct iovec parts[] = {
        {at[0].to, head.n},
        {at[1].to, body.n}
    };
    struct msghdr message = {.msg_iov = head.n ? parts : parts + 1, .msg_iovlen = head.n && body.n ? 2 : 1};
    if (head.n && !body.n)
        message.msg_iov = parts;
    ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == EINTR ? TRANSPORT_WAIT : TRANSPORT_FAILED;
}

ssize_t transport_write(struct transport *t, struct str head, struct str body)
{
    t->needs_read = false;
    if (t->ssl)
        return write_secure(t, head.n ? head : body);
    return write_plain(t->fd, head, body);
}

bool transport_is_gone(const struct transport *t)
{
    struct pollfd look = {.fd = t->fd};
    return poll(&look, 1, 0) == 1 && (look.revents & (POLLERR | POLLHUP));
}

void transport_shut(struct transport *t)
{
    if (t->ssl && SSL_is_init_finished(t->ssl))
        (void)SSL_shutdown(t->ssl);
    (void)shutdown(t->fd, SHUT_WR);
}

void transport_reset(struct transport *t)
{
    (void)setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    drop_session(t);
    (void)close(t->fd);
}

void transport_close(struct transport *t)
{
    if (t->ssl && SSL_is_init_finished(t->ssl))
        (void)SSL_shutdown(t->ssl);
    ERR_clear_error();
    drop_session(t);
    (void)close(t->fd);
}
