/* client.h - the runner's requests: paced, each recorded as an exchange.
 *
 * Shapes:  a sent request calls back once, with an exchange_record on the arena it was given.
 * Units:   time-outs in milliseconds; bodies are bounded.
 * Errors:  no response is data: exchange_record.error.
 */
#pragma once
#include "base/loop.h"
#include "conformance/result.h"

#define CLIENT_BODY_MAX (16u << 20)

struct client;

struct client_options {
    int64_t timeout_ms, connect_timeout_ms;
    const char *ca_file; /* NULL: the system's */
    bool insecure;
    int connections_max;
    double rps; /* 0: no limit */
};

typedef void client_done_fn(void *ctx, struct exchange_record *x);

struct client *client_new(struct loop *l, const struct client_options *options);
void client_free(struct client *c); /* what is under way is dropped without a call back */
/* `request` has method, url, request_headers and request_body filled. */
void client_send(struct client *c, struct arena *a, struct exchange_record *request,
                 client_done_fn *done, void *ctx);
size_t client_in_flight(const struct client *c);
