/* client.h - HTTP/1.1 requests on a loop, many at once. The only room that knows libcurl's
 * transfers.
 *
 * Shapes:  struct http_client: one curl_multi, initialised when it is made; libcurl is loaded then.
 *          What is sent calls back once, unless it was dropped. No redirect is followed, no proxy
 *          used, no byte of path, headers or body changed; a body is sent without Expect and
 *          without a type of its own.
 * Units:   milliseconds; bodies in bytes.
 * Errors:  no response is data: http_answer.error. Without libcurl that is every response.
 */
#pragma once
#include "base/http/message.h"
#include "base/loop.h"

struct http_client;
struct http_transfer;

struct http_client_options {
    int64_t timeout_ms, connect_timeout_ms;
    const char *ca_file; /* NULL: the system's */
    bool insecure;
    int connections_max; /* more transfers wait their turn; 0: no limit */
    size_t response_max; /* a larger body is an error */
    const char *library; /* NULL: libcurl.so.4 */
};

struct http_sent { /* all of it outlives the transfer */
    const char *method, *url;
    const struct headers *headers;
    struct str body;
    bool loopback_only; /* to this machine or nowhere, whatever the host's name resolves to */
};

struct http_response {
    int status; /* 0: none, see error */
    bool sent;  /* some of the request was */
    struct headers headers;
    struct str body;
    const char *error; /* all that is known */
    const char *brief; /* its kind, the same for every such failure */
    int64_t duration_us;
};

/* The response's memory is in the arena that was given; the response itself is gone after the call. */
typedef void http_done_fn(void *ctx, const struct http_response *response);

struct http_client *http_client_new(struct loop *l, const struct http_client_options *options);
void http_client_free(struct http_client *c); /* drops what is under way */

struct http_transfer *http_send(struct http_client *c, struct arena *a,
                                const struct http_sent *sent, http_done_fn *done, void *ctx);
void http_drop(struct http_transfer *t); /* not after its call back */
