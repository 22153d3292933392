#include "mockserver/runtime/send_queue.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

#define uthash_malloc(size)            heap_new(size)
#define uthash_free(block, size)       heap_free(block)
#define HASH_FUNCTION(key, size, hash) ((hash) = (unsigned)str_hash(str_of((const char *)(key), (size))))
#include <uthash.h>

struct send_receiver {
    size_t sending;
    size_t uses; /* lines and requests in flight */
    UT_hash_handle hh;
    char name[]; /* scheme, host and port, as in the URL */
};

struct line_key {
    const struct send_owner *owner;
    const struct send_receiver *receiver;
};

struct send_line {
    struct line_key key;
    struct send_place *first, *last;
    size_t count;
    struct send_line *next, *previous; /* in the ring of the queue */
    UT_hash_handle hh;
};

struct send_queue {
    struct send_receiver *receivers;
    struct send_line *lines;
    struct send_line *first, *last; /* the lines in the order of their turns; none is empty */
    size_t line_count, sending;
    bool starting;
};

struct send_queue *send_queue_new(void)
{
    return heap_new(sizeof(struct send_queue));
}

void send_queue_free(struct send_queue *q)
{
    heap_free(q);
}

/* "http://127.0.0.1:80/hook" is of the receiver "http://127.0.0.1:80". */
static struct str receiver_name(const char *url)
{
    struct str text = str_from(url);
    size_t n = str_find(text, ':') + 3; /* the scheme and :// */
    while (n < text.n && !strchr("/?#", text.s[n]))
        n++;
    return str_head(text, n);
}

static struct send_receiver *use_receiver(struct send_queue *q, struct str name)
{
    struct send_receiver *r = NULL;
    HASH_FIND(hh, q->receivers, name.s, name.n, r);
    if (!r) {
        r = heap_new(sizeof *r + name.n + 1);
        memcpy(r->name, name.s, name.n);
        HASH_ADD_KEYPTR(hh, q->receivers, r->name, name.n, r);
    }
    r->uses++;
    return r;
}

static void release_receiver(struct send_queue *q, struct send_receiver *r)
{
    if (--r->uses)
        return;
    HASH_DEL(q->receivers, r);
    heap_free(r);
}

static void ring_add(struct send_queue *q, struct send_line *l)
{
    l->next = NULL;
    l->previous = q->last;
    *(q->last ? &q->last->next : &q->first) = l;
    q->last = l;
}

static void ring_remove(struct send_queue *q, struct send_line *l)
{
    *(l->previous ? &l->previous->next : &q->first) = l->next;
    *(l->next ? &l->next->previous : &q->last) = l->previous;
}

static struct send_line *line_of(struct send_queue *q, struct send_place *p)
{
    struct line_key key = {p->owner, p->receiver};
    struct send_line *l = NULL;
    HASH_FIND(hh, q->lines, &key, sizeof key, l);
    if (l)
        return l;
    l = heap_new(sizeof *l);
    l->key = key;
    HASH_ADD(hh, q->lines, key, sizeof key, l);
    ring_add(q, l);
    q->line_count++;
    return l;
}

static void leave_line(struct send_queue *q, struct send_place *p)
{
    struct send_line *l = p->line;
    assert(l);
    *(p->previous ? &p->previous->next : &l->first) = p->next;
    *(p->next ? &p->next->previous : &l->last) = p->previous;
    p->next = p->previous = NULL;
    p->line = NULL;
    if (--l->count)
        return;
    ring_remove(q, l);
    assert(q->lines); /* l is in it */
    HASH_DEL(q->lines, l);
    heap_free(l);
    q->line_count--;
}

bool send_queue_enter(struct send_queue *q, struct send_place *p, const char *url)
{
    p->receiver = use_receiver(q, receiver_name(url));
    struct send_line *l = line_of(q, p);
    if (l->count >= SEND_LINE_MAX) {
        release_receiver(q, p->receiver);
        return false;
    }
    p->line = l;
    p->previous = l->last;
    *(l->last ? &l->last->next : &l->first) = p;
    l->last = p;
    l->count++;
    return true;
}

void send_queue_leave(struct send_queue *q, struct send_place *p)
{
    if (p->line) {
        leave_line(q, p);
    } else {
        q->sending--;
        p->owner->sending--;
        p->receiver->sending--;
    }
    release_receiver(q, p->receiver);
}

static bool may_start(const struct send_queue *q, const struct send_place *p)
{
    return q->sending < SEND_MAX && p->owner->sending < SEND_OWNER_MAX && p->receiver->sending < SEND_RECEIVER_MAX;
}

static void start(struct send_queue *q, struct send_place *p)
{
    leave_line(q, p);
    q->sending++;
    p->owner->sending++;
    p->receiver->sending++;
    p->start(p->ctx); /* may end the request, and free the place */
}

/* Gives each line a turn, if its request may be sent; such a line goes to the end of the ring. Returns true if a
 * request was started. */
static bool give_turns(struct send_queue *q)
{
    bool any = false;
    struct send_line *l = q->first, *next;
    for (size_t left = q->line_count; left && l && q->sending < SEND_MAX; left--, l = next) {
        next = l->next;
        if (!may_start(q, l->first))
            continue;
        ring_remove(q, l);
        ring_add(q, l);
        start(q, l->first); /* may free the line, and add others */
        any = true;
    }
    return any;
}

void send_queue_start(struct send_queue *q)
{
    if (q->starting)
        return;
    q->starting = true;
    while (give_turns(q))
        ;
    q->starting = false;
}

void send_queue_stop(struct send_queue *q)
{
    q->starting = true;
}
