#include "conformance/run/listener.h"

#include "base/heap.h"
#include "base/http/server.h"
#include "base/json.h"
#include "base/time.h"

#define BODY_MAX        (1u << 20)
#define IDLE_S          30
#define CONNECTIONS_MAX 256

struct listener {
    struct arena *arena;
    struct server *server;
    const char *url;
    struct {
        struct inbox **items;
        size_t count, room;
    } inboxes;
};

static struct inbox *inbox_at(const struct listener *l, struct str path)
{
    struct str name = str_skip(path, 1);
    for (size_t i = 0; i < l->inboxes.count; i++)
        if (str_is(name, l->inboxes.items[i]->name))
            return l->inboxes.items[i];
    return NULL;
}

/* Copies the request: the server frees its memory after the response. */
static struct exchange_record *new_record(struct arena *a, const char *url, const struct request *r)
{
    struct exchange_record *x = arena_new(a, struct exchange_record);
    *x = (struct exchange_record){
        .method = str_dup(a, r->method),
        .url = url,
        .request_body = str_of(str_dup(a, r->body), r->body.n),
        .status = 200,
        .sent = true,
        .attempts = 1,
        .started_ms = time_wall_ms(),
    };
    for (size_t i = 0; i < r->headers.count; i++) {
        const struct header *h = &r->headers.items[i];
        headers_add(a, &x->request_headers, arena_text(a, h->name), str_of(str_dup(a, h->value), h->value.n));
    }
    return x;
}

static void keep_delivery(struct arena *a, struct inbox *box, const struct request *r)
{
    struct exchange_record *x = new_record(a, box->url, r);
    const struct node *body = json_parse(a, x->request_body, "delivery", NULL);
    *arena_push(a, &box->deliveries, struct delivery) = (struct delivery){
        .record = x,
        .body = body,
        .event = node_get_text(body, "type"),
        .id = node_get_text(body, "id"),
    };
}

static void handle_delivery(void *ctx, struct exchange *x)
{
    struct listener *l = ctx;
    struct inbox *box = inbox_at(l, x->request.path);
    bool ok = box && str_is(x->request.method, "POST") && !x->request.body_too_large;
    if (ok)
        keep_delivery(l->arena, box, &x->request);
    x->response.status = ok ? 200 : 404;
    server_reply(x);
}

static void refuse_request(void *ctx, struct exchange *x, int status, const char *why)
{
    (void)ctx;
    (void)x;
    (void)status;
    (void)why; /* the status is enough */
}

struct listener *listener_new(struct loop *l, struct arena *a, const char *url, int port, struct error *err)
{
    struct listener *out = heap_new(sizeof *out);
    const struct server_options options = {
        .address = "127.0.0.1",
        .port = port,
        .body_max = BODY_MAX,
        .idle_timeout_s = IDLE_S,
        .connections_max = CONNECTIONS_MAX,
        .handle = handle_delivery,
        .refuse = refuse_request,
        .ctx = out,
    };
    *out = (struct listener){.arena = a, .server = server_new(l, &options, err)};
    if (!out->server) {
        heap_free(out);
        return NULL;
    }
    out->url = url ? url : arena_printf(a, "http://127.0.0.1:%d", server_port(out->server));
    return out;
}

void listener_free(struct listener *l)
{
    if (!l)
        return;
    server_free(l->server);
    heap_free(l);
}

struct inbox *listener_open(struct listener *l, const char *name)
{
    struct inbox *box = arena_new(l->arena, struct inbox);
    *box = (struct inbox){.name = name, .url = arena_printf(l->arena, "%s/%s", l->url, name)};
    *arena_push(l->arena, &l->inboxes, struct inbox *) = box;
    return box;
}
