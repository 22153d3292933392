#include "mockserver/runtime/deliver.h"

#include "base/arena.h"
#include "base/host.h"
#include "base/http/client.h"
#include "base/url.h"
#include "mockserver/provider_api/webhooks.h"
#include "mockserver/runtime/send_queue.h"

#define TIMEOUT_MS   10000
#define CONNECT_MS   5000
#define RESPONSE_MAX (64u << 10)

struct deliver_attempt {
    struct deliver *deliver;
    struct arena *arena;
    uint64_t number;
    struct deliver_request request;
    bool loopback_only;             /* fail if the host resolves to another address */
    struct http_transfer *transfer; /* NULL: held */
    deliver_done_fn *done;
    void *ctx;
    struct deliver_attempt *next, *previous; /* of the held ones */
};

struct deliver {
    struct loop *loop;
    struct http_client *client;
    deliver_network_fn *network;
    void *network_ctx;
    struct deliver_attempt *first, *last; /* the held attempts */
    bool holds;
    uint64_t last_number;
    struct deliver_watcher watcher;
};

struct deliver *deliver_new(void)
{
    return heap_new(sizeof(struct deliver));
}

void deliver_free(struct deliver *d)
{
    if (!d)
        return;
    http_client_free(d->client);
    heap_free(d);
}

void deliver_use_loop(struct deliver *d, struct loop *l)
{
    d->loop = l;
}

void deliver_use_network(struct deliver *d, deliver_network_fn *network, void *ctx)
{
    d->network = network;
    d->network_ctx = ctx;
}

void deliver_watch(struct deliver *d, const struct deliver_watcher *watcher)
{
    d->watcher = *watcher;
}

void deliver_hold(struct deliver *d)
{
    d->holds = true;
}

static struct http_client *client(struct deliver *d)
{
    const struct http_client_options options = {
        .timeout_ms = TIMEOUT_MS,
        .connect_timeout_ms = CONNECT_MS,
        .connections_max = SEND_MAX,
        .response_max = RESPONSE_MAX,
        .status_only = true,
    };
    if (!d->client)
        d->client = http_client_new(d->loop, &options);
    return d->client;
}

static void hold(struct deliver_attempt *t)
{
    struct deliver *d = t->deliver;
    t->previous = d->last;
    *(d->last ? &d->last->next : &d->first) = t;
    d->last = t;
}

static void release(struct deliver_attempt *t)
{
    struct deliver *d = t->deliver;
    *(t->previous ? &t->previous->next : &d->first) = t->next;
    *(t->next ? &t->next->previous : &d->last) = t->previous;
    t->next = t->previous = NULL;
}

/* `done` frees the attempt. */
static void report_result(struct deliver_attempt *t, int status, const char *error)
{
    const struct deliver_watcher *w = &t->deliver->watcher;
    if (w->on_complete)
        w->on_complete(w->ctx, t->number, status, error);
    t->done(t->ctx, status, error);
    if (w->after_complete)
        w->after_complete(w->ctx);
}

static void on_response(void *ctx, const struct http_response *response)
{
    struct deliver_attempt *t = ctx;
    report_result(t, response->status, response->brief);
}

bool deliver_complete(struct deliver *d, uint64_t number, int status, const char *error)
{
    struct deliver_attempt *t = d->first;
    while (t && t->number != number)
        t = t->next;
    if (!t)
        return false;
    release(t);
    report_result(t, status, error);
    return true;
}

static void start(struct deliver_attempt *t)
{
    const struct http_request sent = {
        .method = "POST",
        .url = t->request.url,
        .headers = &t->request.headers,
        .body = t->request.body,
        .loopback_only = t->loopback_only,
    };
    t->transfer = http_send(client(t->deliver), t->arena, &sent, on_response, t);
}

struct deliver_attempt *deliver_send(struct deliver *d, struct arena *a, const struct deliver_request *r,
                                     deliver_done_fn *done, void *ctx)
{
    struct url url;
    const char *why = NULL;
    if (!url_parse(a, r->url, &url, &why)) {
        done(ctx, 0, why);
        return NULL;
    }
    struct str host = str_from(url.host);
    if (!webhooks_host_allowed(host, r->allowed)) {
        done(ctx, 0, "the host is not allowed: it is neither loopback nor in webhooks.allow");
        return NULL;
    }
    if (d->network || !d->loop) {
        int status = d->network ? d->network(d->network_ctx, r) : 0;
        done(ctx, status, status ? NULL : "the mock has no network");
        return NULL;
    }
    struct deliver_attempt *t = arena_new(a, struct deliver_attempt);
    *t = (struct deliver_attempt){.deliver = d,
                                  .arena = a,
                                  .number = ++d->last_number,
                                  .request = *r,
                                  .loopback_only = host_is_loopback(host),
                                  .done = done,
                                  .ctx = ctx};
    if (d->watcher.on_send)
        d->watcher.on_send(d->watcher.ctx, t->number, r);
    if (d->holds)
        hold(t);
    else
        start(t);
    return t;
}

void deliver_drop(struct deliver_attempt *t)
{
    if (t->transfer)
        http_drop(t->transfer);
    else
        release(t);
}
