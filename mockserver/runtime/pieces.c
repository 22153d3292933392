#include "mockserver/runtime/pieces.h"

#include "base/arena.h"
#include "mockserver/runtime/mock.h"

/* The body from where pieces_respond stopped. */
struct rest {
    pieces_next_fn *next;
    void *producer;
    struct str begun; /* made already, but not sent yet */
    bool more;        /* the producer has more */
};

static bool send_next(void *ctx, struct buf *out)
{
    struct rest *r = ctx;
    if (r->begun.n) {
        buf_add(out, r->begun);
        r->begun = STR("");
        return r->more;
    }
    return r->more = r->more && r->next(r->producer, out);
}

/* Without an event loop the rest is made at once. */
static bool is_in_process(const struct call *c)
{
    return !c->mock->loop || !c->exchange->reply;
}

void pieces_respond(struct call *c, pieces_next_fn *next, void *producer)
{
    struct buf *body = &c->res->body;
    bool more = true;
    while (more && (is_in_process(c) || body->n <= PIECES_WHOLE_MAX))
        more = next(producer, body);
    if (!more)
        return;
    struct rest *r = arena_new(c->arena, struct rest);
    *r = (struct rest){next, producer, buf_str(body), true};
    *body = (struct buf){.arena = c->arena};
    c->res->stream = (struct body_stream){.next = send_next, .ctx = r};
}
