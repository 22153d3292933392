#include "conformance/run/client.h"

#include "base/heap.h"
#include "base/http/client.h"
#include "base/time.h"

struct sending { /* one request; on the same arena as its record */
    struct client *client;
    struct arena *arena;
    struct exchange_record *record;
    uint64_t timer; /* delays the request to keep the rate; 0: sent */
    client_done_fn *done;
    void *ctx;
    struct sending *next, *previous; /* the requests without a response yet */
};

struct client {
    struct loop *loop;
    struct http_client *http;
    double rps;
    int64_t next_turn_us;
    struct sending *first;
    size_t in_flight;
};

struct client *client_new(struct loop *l, const struct client_options *options)
{
    const struct http_client_options http = {
        .timeout_ms = options->timeout_ms,
        .connect_timeout_ms = options->connect_timeout_ms,
        .ca_file = options->ca_file,
        .insecure = options->insecure,
        .connections_max = options->connections_max,
        .response_max = CLIENT_BODY_MAX,
    };
    struct client *c = heap_new(sizeof *c);
    *c = (struct client){.loop = l, .http = http_client_new(l, &http), .rps = options->rps};
    return c;
}

void client_free(struct client *c)
{
    if (!c)
        return;
    for (const struct sending *s = c->first; s; s = s->next)
        loop_timer_cancel(c->loop, s->timer);
    http_client_free(c->http);
    heap_free(c);
}

static void add_sending(struct client *c, struct sending *s)
{
    s->next = c->first;
    if (s->next)
        s->next->previous = s;
    c->first = s;
    c->in_flight++;
}

static void remove_sending(struct sending *s)
{
    if (s->next)
        s->next->previous = s->previous;
    *(s->previous ? &s->previous->next : &s->client->first) = s->next;
    s->client->in_flight--;
}

static void on_http_response(void *ctx, const struct http_response *response)
{
    struct sending *s = ctx;
    struct exchange_record *x = s->record;
    x->status = response->status;
    x->sent = response->sent;
    x->response_headers = response->headers;
    x->response_body = response->body;
    x->error = response->error;
    x->duration_us = response->duration_us;
    x->attempts = x->attempts ? x->attempts : 1;
    remove_sending(s);
    s->done(s->ctx, x);
}

static void start_sending(void *ctx)
{
    struct sending *s = ctx;
    struct exchange_record *x = s->record;
    const struct http_request sent = {
        .method = x->method,
        .url = x->url,
        .headers = &x->request_headers,
        .body = x->request_body,
    };
    s->timer = 0;
    x->started_ms = time_wall_ms();
    http_send(s->client->http, s->arena, &sent, on_http_response, s);
}

void client_send(struct client *c, struct arena *a, struct exchange_record *request, client_done_fn *done, void *ctx)
{
    struct sending *s = arena_new(a, struct sending);
    *s = (struct sending){.client = c, .arena = a, .record = request, .done = done, .ctx = ctx};
    add_sending(c, s);
    int64_t now = time_monotonic_us(), turn = now;
    if (c->rps > 0) {
        turn = c->next_turn_us > now ? c->next_turn_us : now;
        c->next_turn_us = turn + (int64_t)(1e6 / c->rps);
    }
    if (turn > now)
        s->timer = loop_timer(c->loop, turn, start_sending, s);
    else
        start_sending(s);
}

size_t client_in_flight(const struct client *c)
{
    return c->in_flight;
}
