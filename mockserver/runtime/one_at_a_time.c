#include "mockserver/runtime/one_at_a_time.h"

#include "base/arena.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/runtime/suspend.h"
#include "mockserver/runtime/turns.h"

struct place { /* in the queue; outlives a call whose client disconnects */
    struct call_slot slot;
    struct place *next;
};

struct call_queue {
    struct mock *mock;
    struct turn turn;
    struct place *first, *last;
};

static void remove_first(struct call_queue *q)
{
    struct place *p = q->first;
    q->first = p->next;
    if (!q->first)
        q->last = NULL;
    heap_free(p);
}

/* Wakes one call, and leaves no work for others in this round. */
static void wake_one(void *ctx, size_t *work)
{
    struct call_queue *q = ctx;
    while (q->first && !q->first->slot.call)
        remove_first(q);
    if (q->first) {
        struct call *c = q->first->slot.call;
        call_wake_now(c);
        remove_first(q);
        *work = 0;
    }
    if (q->first)
        turns_add(q->mock->turns, &q->turn);
}

struct call_queue *call_queue_new(struct mock *m)
{
    struct call_queue *q = heap_new(sizeof *q);
    q->mock = m;
    q->turn = (struct turn){.run = wake_one, .ctx = q};
    return q;
}

void call_queue_free(struct call_queue *q)
{
    if (!q)
        return;
    turns_remove(q->mock->turns, &q->turn);
    while (q->first)
        remove_first(q);
    heap_free(q);
}

/* The bit of the operation in the namespace's set. NULL: it has none. */
static uint64_t *word_of(const struct call *c, uint64_t *bit)
{
    if (!c->ns || !c->route || call_is_internal(c) || !str_is(c->req->method, "GET"))
        return NULL;
    size_t operation = (size_t)(c->route - c->provider->routes);
    *bit = UINT64_C(1) << operation % 64;
    return operation / 64 < NAMESPACE_LARGE_WORDS ? &c->ns->large[c->provider->id][operation / 64] : NULL;
}

void call_queue_wait(struct call *c)
{
    struct call_queue *q = c->mock->call_queue;
    uint64_t bit;
    const uint64_t *word = word_of(c, &bit);
    if (!word || !(*word & bit) || c->fault || !c->mock->loop || !c->exchange->reply)
        return;
    struct place *p = heap_new(sizeof *p);
    if (q->last)
        q->last->next = p;
    else
        q->first = p;
    q->last = p;
    (void)call_suspend(c, &p->slot, NULL);
    turns_add(q->mock->turns, &q->turn);
}

void call_queue_note(struct call *c)
{
    uint64_t bit;
    uint64_t *word = word_of(c, &bit);
    if (word && c->res->body.n > LARGE_BYTES)
        *word |= bit;
    else if (word)
        *word &= ~bit;
}
