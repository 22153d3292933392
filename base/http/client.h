/* client.h - sends HTTP/1.1 requests on a loop, many at once, with libcurl.
 *
 * Shapes:  struct http_client: one curl_multi. http_client_new loads and initialises libcurl. Each request calls back
 *          once, unless it was dropped. The client follows no redirect, uses no proxy and does not change the path, the
 *          headers or the body. It sends a body without Expect, and with a Content-Type only if the caller sets one.
 *          With `decode` it decodes the bodies of responses; their headers are unchanged. The caller asks for codings
 *          with the header Accept-Encoding.
 *          With `status_only` a response is complete with its headers. Its body and trailers are ignored: at most
 *          response_max bytes of them are read, for at most one second, so that the server can finish; an error after
 *          the headers does not count. The connection is closed after it.
 * Units:   milliseconds; bodies in bytes, after decoding. The headers and trailers of a response may have
 *          HTTP_RESPONSE_HEADERS_MAX bytes together; more are an error, and are dropped.
 * Errors:  a request without a response is a result: http_response.error. Without libcurl every request fails in this
 *          way.
 */
#pragma once
#include "base/http/message.h"
#include "base/loop.h"

#define HTTP_RESPONSE_HEADERS_MAX (64u << 10)

struct http_client;
struct http_transfer;

struct http_client_options {
    int64_t timeout_ms, connect_timeout_ms;
    const char *ca_file; /* NULL: the CA certificates of the system */
    bool insecure;
    int connections_max; /* further transfers are queued; 0: no limit */
    size_t response_max; /* a larger body is an error, also if it is larger only after decoding */
    bool status_only;    /* the response is its status and headers: see below */
    bool decode;         /* decode bodies with a Content-Encoding; an unknown one is an error */
    const char *library; /* NULL: libcurl.so.4 */
};

struct http_request { /* must stay valid until the transfer ends */
    const char *method, *url;
    const struct headers *headers;
    struct str body;
    bool loopback_only; /* refuse to connect to an address that is not loopback */
};

struct http_response {
    int status; /* 0: no response, see error */
    bool sent;  /* at least a part of the request was sent */
    struct headers headers;
    struct str body;
    const char *error; /* the full text */
    const char *brief; /* the kind of the error, without details */
    int64_t duration_us;
};

/* Called once per request. The contents of the response are in the arena passed to http_send; the struct itself is
 * valid only during the call. */
typedef void http_done_fn(void *ctx, const struct http_response *response);

struct http_client *http_client_new(struct loop *l, const struct http_client_options *options);
void http_client_free(struct http_client *c); /* drops the transfers in flight */

struct http_transfer *http_send(struct http_client *c, struct arena *a, const struct http_request *request,
                                http_done_fn *done, void *ctx);
void http_drop(struct http_transfer *t); /* cancels; not after the callback */
