#include "mockserver/runtime/journal.h"

#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "mockserver/rules/rules.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"

#define SLOTS_MIN 64
#define SLACK     256 /* unused bytes allowed when a block is reused */

/* An entry and all of its text, in one allocation. */
struct block {
    size_t size; /* of the whole block */
    struct journal_entry entry;
    char bytes[];
};

struct waiter { /* a slot; NULL: free */
    struct call_slot slot;
    struct waiter *next;
};

/* A ring buffer of blocks with consecutive seq; slot_count is a power of two. */
struct journal {
    struct block **slots;
    size_t slot_count, first, count;
    size_t bytes, max_bytes;
    uint64_t last, lost, epoch;
    uint64_t *epochs; /* NULL: its own counter */
    struct waiter *waiters;
};

static uint64_t next_epoch(const struct journal *j)
{
    return j->epochs ? ++*j->epochs : j->epoch + 1;
}

struct journal *journal_new(size_t max_bytes, uint64_t *epochs)
{
    struct journal *j = heap_new(sizeof *j);
    j->max_bytes = max_bytes;
    j->epochs = epochs;
    j->epoch = next_epoch(j);
    return j;
}

/* Waking a call empties its slot, so that the slots can be freed. */
static void wake_waiters(struct journal *j)
{
    for (struct waiter *w = j->waiters, *next; w; w = next) {
        next = w->next;
        if (w->slot.call)
            w->slot.wake(w->slot.call);
        heap_free(w);
    }
    j->waiters = NULL;
}

void journal_clear(struct journal *j)
{
    for (size_t i = 0; i < j->count; i++)
        heap_free(j->slots[(j->first + i) & (j->slot_count - 1)]);
    heap_free(j->slots);
    *j = (struct journal){
        .max_bytes = j->max_bytes,
        .epoch = next_epoch(j),
        .epochs = j->epochs,
        .waiters = j->waiters,
    };
    wake_waiters(j);
}

void journal_free(struct journal *j)
{
    if (!j)
        return;
    journal_clear(j);
    heap_free(j);
}

struct call_slot *journal_slot(struct journal *j)
{
    struct waiter *w = j->waiters;
    while (w && w->slot.call)
        w = w->next;
    if (!w) {
        w = heap_new(sizeof *w);
        w->next = j->waiters;
        j->waiters = w;
    }
    return &w->slot;
}

bool journal_is_awaited(const struct journal *j)
{
    const struct waiter *w = j->waiters;
    while (w && !w->slot.call)
        w = w->next;
    return w;
}

uint64_t journal_epoch(const struct journal *j)
{
    return j->epoch;
}

static struct block *take_oldest(struct journal *j)
{
    struct block *oldest = j->slots[j->first];
    j->bytes -= oldest->size;
    j->first = (j->first + 1) & (j->slot_count - 1);
    j->count--;
    j->lost++;
    return oldest;
}

/* A full journal reuses the last evicted block if its size fits: calls are often alike. */
static struct block *block_new(struct journal *j, size_t size)
{
    struct block *b = NULL;
    while (j->count && j->bytes + size > j->max_bytes) {
        heap_free(b);
        b = take_oldest(j);
    }
    if (b && b->size >= size && b->size - size <= SLACK)
        return b;
    heap_free(b);
    b = heap_grow(NULL, size);
    b->size = size;
    return b;
}

static void grow_ring(struct journal *j)
{
    size_t wider = j->slot_count ? 2 * j->slot_count : SLOTS_MIN;
    struct block **slots = heap_new(wider * sizeof(void *));
    for (size_t i = 0; i < j->count; i++)
        slots[i] = j->slots[(j->first + i) & (j->slot_count - 1)];
    heap_free(j->slots);
    j->slots = slots;
    j->slot_count = wider;
    j->first = 0;
}

static void add_block(struct journal *j, struct block *b)
{
    if (j->count == j->slot_count)
        grow_ring(j);
    j->slots[(j->first + j->count++) & (j->slot_count - 1)] = b;
    j->bytes += b->size;
    b->entry.seq = ++j->last;
}

/* Copying makes two passes over the same list: one measures, one writes (at != NULL). */
struct copier {
    size_t size;
    char *at;
};

static const char *copy_bytes(struct copier *k, const char *bytes, size_t n)
{
    k->size += n + 1;
    if (!k->at)
        return NULL;
    char *copy = k->at;
    if (n)
        memcpy(copy, bytes, n);
    copy[n] = '\0';
    k->at += n + 1;
    return copy;
}

static struct str copy_str(struct copier *k, struct str text)
{
    return str_of(copy_bytes(k, text.s, text.n), text.n);
}

static const char *copy_text(struct copier *k, const char *text)
{
    return text ? copy_bytes(k, text, strlen(text)) : NULL;
}

static struct str copy_body(struct copier *k, struct str body, bool *cut)
{
    *cut = body.n > JOURNAL_BODY_MAX;
    return copy_str(k, str_head(body, JOURNAL_BODY_MAX));
}

/* The arrays are first in the block, where they are aligned. */
static void *copy_array(struct copier *k, const void *items, size_t size)
{
    k->size += size;
    if (!k->at)
        return NULL;
    void *copy = k->at;
    if (size)
        memcpy(copy, items, size);
    k->at += size;
    return copy;
}

static struct headers copy_header_array(struct copier *k, const struct headers *from)
{
    struct header *copy = copy_array(k, from->items, from->count * sizeof *from->items);
    return (struct headers){copy, from->count, from->count};
}

static void copy_trace_arrays(struct copier *k, const struct call_trace *from, struct call_trace *to)
{
    *to = *from;
    to->decisions.items = copy_array(k, from->decisions.items, from->decisions.count * sizeof *from->decisions.items);
    to->hostile.items = copy_array(k, from->hostile.items, from->hostile.count * sizeof(char *));
    to->nearest.items = copy_array(k, from->nearest.items, from->nearest.count * sizeof(char *));
}

static void copy_header_texts(struct copier *k, const struct headers *from, struct headers *to)
{
    for (size_t i = 0; i < from->count; i++) {
        struct header copy = {copy_text(k, from->items[i].name), copy_str(k, from->items[i].value)};
        if (to->items)
            to->items[i] = copy;
    }
}

static void copy_list_texts(struct copier *k, const struct texts *from, struct texts *to)
{
    for (size_t i = 0; i < from->count; i++) {
        const char *copy = copy_text(k, from->items[i]);
        if (to->items)
            to->items[i] = copy;
    }
}

static void copy_trace_texts(struct copier *k, const struct call_trace *from, struct call_trace *to)
{
    for (size_t i = 0; i < from->decisions.count; i++) {
        struct rule_decision copy = from->decisions.items[i];
        copy.rule = copy_text(k, copy.rule);
        copy.failed = copy_text(k, copy.failed);
        if (to->decisions.items)
            to->decisions.items[i] = copy;
    }
    copy_list_texts(k, &from->hostile, &to->hostile);
    copy_list_texts(k, &from->nearest, &to->nearest);
}

static void copy_call(struct copier *k, const struct call *c, struct journal_entry *e)
{
    const struct request *req = c->req;
    e->request_headers = copy_header_array(k, &req->headers);
    e->response_headers = copy_header_array(k, &c->res->headers);
    copy_trace_arrays(k, &c->trace, &e->trace);
    copy_header_texts(k, &req->headers, &e->request_headers);
    copy_header_texts(k, &c->res->headers, &e->response_headers);
    e->request_id = copy_text(k, c->request_id);
    e->method = copy_str(k, req->method);
    e->target = copy_str(k, req->target);
    e->path = copy_str(k, c->path);
    e->request_body = copy_body(k, req->body, &e->request_cut);
    e->response_body = copy_body(k, buf_str(&c->res->body), &e->response_cut);
    if (c->plan && c->plan->served.is_set)
        e->served.body = copy_body(k, c->plan->served.body, &e->served.cut);
    e->key_name = c->key ? copy_text(k, key_label(key_read(c->world, c->key))) : NULL;
    copy_trace_texts(k, &c->trace, &e->trace);
}

void journal_add(struct journal *j, const struct call *c)
{
    struct journal_entry entry = {0};
    struct copier measure = {0};
    copy_call(&measure, c, &entry);

    struct block *b = block_new(j, sizeof *b + measure.size);
    struct copier write = {.at = b->bytes};
    copy_call(&write, c, &entry);

    int64_t took_us = time_monotonic_us() - c->exchange->arrived_us;
    entry.provider = c->provider;
    entry.route = c->route;
    entry.status = c->res->status;
    entry.replayed = c->responded;
    entry.fault = c->fault ? fault_texts[c->fault] : NULL;
    if (c->plan && c->plan->served.is_set) {
        entry.served.status = c->plan->served.status;
        entry.served.fault = c->plan->served.fault ? fault_texts[c->plan->served.fault] : NULL;
    }
    entry.change_first = c->changes_before + 1;
    entry.change_last = changes_last(c->world);
    entry.event_first = c->events_before + 1;
    entry.event_last = events_last(c->world);
    entry.at_ms = c->now_ms;
    entry.wall_ms = time_wall_ms() - took_us / 1000;
    entry.wall_us = took_us;
    b->entry = entry;
    add_block(j, b);
    wake_waiters(j);
}

uint64_t journal_last(const struct journal *j)
{
    return j->last;
}

uint64_t journal_first(const struct journal *j)
{
    return j->count ? j->last - j->count + 1 : 0;
}

uint64_t journal_lost(const struct journal *j)
{
    return j->lost;
}

const struct journal_entry *journal_read(const struct journal *j, uint64_t seq)
{
    uint64_t oldest = j->last - j->count + 1;
    if (seq < oldest || seq > j->last)
        return NULL;
    return &j->slots[(j->first + (seq - oldest)) & (j->slot_count - 1)]->entry;
}
