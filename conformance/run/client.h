/* client.h - the runner's HTTP client: sends requests at a limited rate and records the responses.
 *
 * Shapes:  each request completes once, with a call to its `done` function. The response is written
 *          into the request's exchange_record, on the arena given to client_send.
 * Units:   timeouts in milliseconds; a response body may have CLIENT_BODY_MAX bytes.
 * Errors:  none. If there is no response, exchange_record.error has the reason.
 */
#pragma once
#include "base/loop.h"
#include "conformance/result/result.h"

#define CLIENT_BODY_MAX (16u << 20)

struct client;

struct client_options {
    int64_t timeout_ms, connect_timeout_ms;
    const char *ca_file; /* NULL: the system's CA certificates */
    bool insecure;
    int connections_max;
    double rps; /* requests per second at most; 0: no limit */
};

typedef void client_done_fn(void *ctx, struct exchange_record *x);

struct client *client_new(struct loop *l, const struct client_options *options);
void client_free(struct client *c); /* drops requests in flight without calling `done` */
/* The caller sets method, url, request_headers and request_body of `request`. */
void client_send(struct client *c, struct arena *a, struct exchange_record *request, client_done_fn *done, void *ctx);
size_t client_in_flight(const struct client *c); /* number of requests without a response yet */
