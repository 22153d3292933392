#include "mockserver/state/string_pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum {
    CHUNK_MIN = 256,
    CHUNK_MAX = 64 * 1024,
    CHUNK_PAGES = 8,        /* what it costs to free one, in pages of a table */
    WASTE_MIN = 64 * 1024,  /* garbage that is not worth a replacement */
    WASTE_MIN_PER_ROW = 16, /* the same, for each record that a replacement looks at */
};

struct string_pool_chunk {
    struct string_pool_chunk *next; /* the chunk filled before this one */
    size_t used, room;
    _Alignas(16) char bytes[];
};

struct string_pool {
    uint32_t refs;
    bool base;
    struct string_pool *older;
    struct string_pool_chunk *chunk;
    size_t bytes;
    size_t live; /* bytes of the pools above the base when they were last replaced */
};

static struct string_pool *string_pool_hold(struct string_pool *t)
{
    if (t)
        t->refs++;
    return t;
}

static bool is_shared_base(const struct string_pool *t)
{
    return t->base && t->refs > 1;
}

struct string_pool *string_pool_new(struct string_pool *older)
{
    /* Skip older pools without texts, so that repeated forks do not grow a chain. The fork does not use texts that
     * those pools add later. */
    while (older && !older->bytes)
        older = older->older;
    struct string_pool *t = heap_new(sizeof *t);
    t->refs = 1;
    t->older = string_pool_hold(older);
    t->live = older && !older->base ? older->live : 0;
    return t;
}

void string_pool_release(struct string_pool *t)
{
    while (t && --t->refs == 0) {
        struct string_pool *older = t->older;
        for (struct string_pool_chunk *c = t->chunk, *next; c; c = next) {
            next = c->next;
            heap_free(c);
        }
        heap_free(t);
        t = older;
    }
}

bool string_pool_release_some(struct string_pool **at, size_t *pages)
{
    struct string_pool *t;
    while ((t = *at)) {
        if (t->refs > 1) {
            t->refs--;
            *at = NULL;
            break;
        }
        for (struct string_pool_chunk *c; (c = t->chunk);) {
            if (!*pages)
                return false;
            *pages -= *pages < CHUNK_PAGES ? *pages : CHUNK_PAGES;
            t->chunk = c->next;
            heap_free(c);
        }
        *at = t->older;
        heap_free(t);
    }
    return true;
}

static size_t room_for(const struct string_pool *t, size_t size)
{
    size_t room = t->chunk ? t->chunk->room * 2 : CHUNK_MIN;
    if (room > CHUNK_MAX)
        room = CHUNK_MAX;
    return size > room ? size : room;
}

/* Texts in a base pool that others share could not be replaced, so none are added to it. */
static struct string_pool *writable(struct string_pool **at)
{
    struct string_pool *t = *at;
    if (!is_shared_base(t))
        return t;
    *at = string_pool_new(t);
    string_pool_release(t);
    return *at;
}

/* `align` is a power of two, at most 16. */
static void *string_pool_room(struct string_pool **pool, size_t size, size_t align)
{
    struct string_pool *t = writable(pool);
    struct string_pool_chunk *c = t->chunk;
    size_t at = c ? (c->used + align - 1) & ~(align - 1) : 0;
    if (!c || at > c->room || size > c->room - at) {
        size_t room = room_for(t, size);
        c = heap_new(sizeof *c + room);
        c->room = room;
        c->next = t->chunk;
        t->chunk = c;
        t->bytes += sizeof *c + room;
        at = 0;
    }
    c->used = at + size;
    return c->bytes + at;
}

const char *string_pool_keep(struct string_pool **t, struct str text)
{
    char *kept = string_pool_room(t, text.n + 1, 1);
    if (text.n)
        memcpy(kept, text.s, text.n);
    kept[text.n] = '\0';
    return kept;
}

const char *string_pool_keep_c(struct string_pool **t, const char *text)
{
    return text ? string_pool_keep(t, str_from(text)) : NULL;
}

const char **string_pool_keep_pointers(struct string_pool **t, const char *const *texts, size_t count)
{
    const char **kept = string_pool_room(t, count * sizeof *kept, _Alignof(const char *));
    if (count)
        memcpy(kept, texts, count * sizeof *kept);
    return kept;
}

const char *const *string_pool_keep_list(struct string_pool **t, const char *const *texts, size_t count)
{
    const char **kept = string_pool_keep_pointers(t, texts, count);
    for (size_t i = 0; i < count; i++)
        kept[i] = string_pool_keep_c(t, texts[i]);
    return kept;
}

size_t string_pool_bytes(const struct string_pool *t)
{
    size_t bytes = t->bytes;
    for (t = t->older; t && t->refs == 1; t = t->older)
        bytes += t->bytes;
    return bytes;
}

void string_pool_set_base(struct string_pool *t)
{
    for (; t && !t->base; t = t->older)
        t->base = true;
}

/* Moves the chunks of pools that no other world uses into this one, so that the chain is not longer than the number of
 * worlds that use it. */
static void merge_older(struct string_pool *t)
{
    for (struct string_pool *o = t->older; o && o->refs == 1; o = t->older) {
        struct string_pool_chunk **end = &t->chunk;
        while (*end)
            end = &(*end)->next;
        *end = o->chunk;
        o->chunk = NULL;
        t->bytes += o->bytes;
        t->older = o->older;
        o->older = NULL;
        string_pool_release(o);
    }
}

/* The first pool of the chain that stays; NULL: none. */
static struct string_pool *base_of(struct string_pool *t)
{
    while (t && !is_shared_base(t))
        t = t->older;
    return t;
}

static size_t bytes_above_base(struct string_pool *t)
{
    const struct string_pool *base = base_of(t);
    size_t bytes = 0;
    for (const struct string_pool *p = t; p != base; p = p->older)
        bytes += p->bytes;
    return bytes;
}

bool string_pool_is_wasteful(struct string_pool *t, size_t rows)
{
    size_t waste = WASTE_MIN + WASTE_MIN_PER_ROW * rows;
    return bytes_above_base(t) > t->live + (t->live / 2 > waste ? t->live / 2 : waste);
}

struct range {
    const char *first, *end;
};

struct string_pool_old {
    uint32_t refs;
    struct string_pool *pool; /* the newest of them */
    size_t count;
    struct range chunks[]; /* sorted */
};

static int compare_ranges(const void *x, const void *y)
{
    const struct range *a = x, *b = y;
    return (a->first > b->first) - (a->first < b->first);
}

struct string_pool_old *string_pool_replace(struct string_pool **t)
{
    merge_older(*t);
    struct string_pool *base = base_of(*t);
    size_t count = 0;
    for (const struct string_pool *p = *t; p != base; p = p->older)
        for (const struct string_pool_chunk *c = p->chunk; c; c = c->next)
            count++;
    struct string_pool_old *o = heap_new(sizeof *o + count * sizeof *o->chunks);
    o->refs = 1;
    o->pool = *t;
    for (const struct string_pool *p = *t; p != base; p = p->older)
        for (const struct string_pool_chunk *c = p->chunk; c; c = c->next)
            o->chunks[o->count++] = (struct range){c->bytes, c->bytes + c->room};
    qsort(o->chunks, count, sizeof *o->chunks, compare_ranges);
    *t = string_pool_new(base);
    return o;
}

bool string_pool_old_has(const struct string_pool_old *o, const void *text)
{
    const char *at = text;
    size_t low = 0, high = o->count; /* the last range that begins at or before `at` is before `high` */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (o->chunks[middle].first <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low && at < o->chunks[low - 1].end;
}

struct string_pool_old *string_pool_old_hold(struct string_pool_old *o)
{
    if (o)
        o->refs++;
    return o;
}

void string_pool_old_release(struct string_pool_old *o)
{
    if (!o || --o->refs)
        return;
    string_pool_release(o->pool);
    heap_free(o);
}

size_t string_pool_old_bytes(const struct string_pool_old *o)
{
    return o && o->refs == 1 && o->pool->refs == 1 ? string_pool_bytes(o->pool) : 0;
}

void string_pool_replaced(struct string_pool *t)
{
    t->live = bytes_above_base(t);
}
