#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- blocks of the heap ------------------------------------------------------------------- */

static void *must_have(void *block, size_t size)
{
    if (!block) {
        fprintf(stderr, "out of memory: %zu bytes\n", size);
        abort();
    }
    return block;
}

void *heap_new(size_t size)
{
    return must_have(calloc(1, size ? size : 1), size);
}

void *heap_grow(void *block, size_t size)
{
    return must_have(realloc(block, size ? size : 1), size);
}

void heap_free(void *block)
{
    free(block);
}

char *heap_text(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(heap_grow(NULL, size), text, size);
}

/* --- arenas ------------------------------------------------------------------------------- */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(ARENA_POISONS)
#define ARENA_POISONS
#endif

/* AddressSanitizer detects an access past the end of a block only if the memory after it is poisoned. */
#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#define FORBID(p, size) ASAN_POISON_MEMORY_REGION(p, size)
#define ALLOW(p, size)  ASAN_UNPOISON_MEMORY_REGION(p, size)
#define GAP             ALIGN
#else
#define FORBID(p, size) ((void)(p), (void)(size))
#define ALLOW(p, size)  ((void)(p), (void)(size))
#define GAP             0
#endif

#define ALIGN     ((size_t)16)
#define CHUNK_MIN ((size_t)4 << 10)
#define CHUNK_MAX ((size_t)256 << 10)
#define LARGE_MIN ((size_t)64 << 10) /* a block of this size can be grown by the heap */
#define HUGE_MIN  ((size_t)1 << 20)  /* a block of this size grows by an eighth, a smaller one by half */
#define LOOKS_MAX 8                  /* chunks in which such a block is looked for */

struct arena_chunk {
    struct arena_chunk *older;
    size_t used, size;
    _Alignas(16) unsigned char bytes[];
};

struct arena_owned {
    struct arena_owned *older;
    void *thing;
    void (*release)(void *);
};

/* Returns how many bytes of a chunk a block of `size` takes. An impossible size makes the program abort. */
static size_t footprint(size_t size)
{
    if (size > PTRDIFF_MAX / 2)
        return PTRDIFF_MAX;
    return ((size ? size : 1) + ALIGN - 1) / ALIGN * ALIGN + GAP;
}

static struct arena_chunk *chunk_new(size_t size)
{
    struct arena_chunk *c = heap_grow(NULL, sizeof *c + size);
    *c = (struct arena_chunk){.size = size};
    FORBID(c->bytes, size);
    return c;
}

static void chunk_free(struct arena_chunk *c)
{
    ALLOW(c->bytes, c->size);
    heap_free(c);
}

static struct arena_chunk *chunk_with_room(struct arena *a, size_t need)
{
    struct arena_chunk *newest = a->chunk;
    if (newest && newest->size - newest->used >= need)
        return newest;

    size_t size = newest ? 2 * newest->size : CHUNK_MIN;
    if (size > CHUNK_MAX)
        size = CHUNK_MAX;
    bool big = need > size / 4;
    struct arena_chunk *c = chunk_new(big ? need : size);
    if (big && newest) { /* linked after the newest, which still has room */
        c->older = newest->older;
        newest->older = c;
    } else {
        c->older = newest;
        a->chunk = c;
    }
    return c;
}

static void *take(struct arena *a, size_t size)
{
    size_t need = footprint(size);
    struct arena_chunk *c = chunk_with_room(a, need);
    unsigned char *block = c->bytes + c->used;
    c->used += need;
    ALLOW(block, size);
    return block;
}

void *arena_alloc(struct arena *a, size_t size)
{
    return memset(take(a, size), 0, size);
}

void *arena_copy(struct arena *a, const void *bytes, size_t size)
{
    void *block = take(a, size);
    return size ? memcpy(block, bytes, size) : block;
}

char *arena_text(struct arena *a, const char *text)
{
    return arena_copy(a, text, strlen(text) + 1);
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(a, format, args);
    va_end(args);
    return text;
}

char *arena_vprintf(struct arena *a, const char *format, va_list args)
{
    char near[256]; /* most texts fit and are formatted only once */
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(near, sizeof near, format, args);
    size_t size = n < 0 ? 1 : (size_t)n + 1;
    char *text = take(a, size);
    if (n < 0)
        *text = '\0';
    else if (size <= sizeof near)
        memcpy(text, near, size);
    else
        (void)vsnprintf(text, size, format, again);
    va_end(again);
    return text;
}

/* Only the last block of the newest chunk can grow in place. */
static bool grow_in_place(struct arena *a, const void *items, size_t old_size, size_t size)
{
    struct arena_chunk *c = a->chunk;
    size_t old_need = footprint(old_size), need = footprint(size);
    if (!items || !c || c->used < old_need || (const unsigned char *)items != c->bytes + c->used - old_need)
        return false;
    if (c->size - c->used < need - old_need)
        return false;
    c->used += need - old_need;
    ALLOW(items, size);
    return true;
}

/* Returns the link to the chunk of a large block that is alone in it; NULL: there is none among the newest chunks. */
static struct arena_chunk **chunk_of_large(struct arena *a, const void *items, size_t old_size)
{
    struct arena_chunk **at = &a->chunk;
    if (!items || old_size < LARGE_MIN)
        return NULL;
    for (int i = 0; i < LOOKS_MAX && *at; i++, at = &(*at)->older)
        if ((const unsigned char *)items == (*at)->bytes)
            return (*at)->used == footprint(old_size) ? at : NULL;
    return NULL;
}

/* Lets the heap grow a large block: no old copy of it stays in the arena, and the heap moves pages instead of bytes. */
static void *grow_large(struct arena_chunk **at, size_t size)
{
    size_t need = footprint(size);
    ALLOW((*at)->bytes, (*at)->size);
    *at = heap_grow(*at, sizeof **at + need);
    (*at)->used = (*at)->size = need;
    FORBID((*at)->bytes, need);
    ALLOW((*at)->bytes, size);
    return (*at)->bytes;
}

void *arena_grow(struct arena *a, void *items, size_t count, size_t *room, size_t item_size)
{
    if (count < *room)
        return items;
    size_t old_size = *room * item_size, size;
    size_t wanted = count + count / (old_size < HUGE_MIN ? 2 : 8) + 8;
    if (__builtin_mul_overflow(wanted, item_size, &size))
        size = SIZE_MAX;
    struct arena_chunk **large;
    if (grow_in_place(a, items, old_size, size)) {
        memset((unsigned char *)items + old_size, 0, size - old_size);
    } else if ((large = chunk_of_large(a, items, old_size))) {
        items = grow_large(large, size);
        memset((unsigned char *)items + old_size, 0, size - old_size);
    } else {
        /* `count` may be larger than the old block (buf.c), so copy the whole old block. */
        unsigned char *moved = take(a, size);
        if (old_size)
            memcpy(moved, items, old_size);
        memset(moved + old_size, 0, size - old_size);
        items = moved;
    }
    *room = wanted;
    return items;
}

void *arena_own(struct arena *a, void *thing, void (*release)(void *))
{
    if (thing) {
        struct arena_owned *o = arena_new(a, struct arena_owned);
        *o = (struct arena_owned){.older = a->owned, .thing = thing, .release = release};
        a->owned = o;
    }
    return thing;
}

static void release_owned(struct arena *a)
{
    while (a->owned) {
        struct arena_owned *o = a->owned;
        a->owned = o->older;
        o->release(o->thing);
    }
}

size_t arena_held(const struct arena *a)
{
    size_t sum = 0;
    for (const struct arena_chunk *c = a->chunk; c; c = c->older)
        sum += c->size;
    return sum;
}

size_t arena_bytes(const struct arena *a)
{
    size_t bytes = 0;
    for (const struct arena_chunk *c = a->chunk; c; c = c->older)
        bytes += sizeof *c + c->size;
    return bytes;
}

void arena_reset(struct arena *a)
{
    release_owned(a);
    struct arena_chunk *keep = a->chunk;
    if (!keep)
        return;
    if (keep->size > CHUNK_MAX) {
        arena_end(a);
        return;
    }
    struct arena rest = {.chunk = keep->older};
    arena_end(&rest);
    keep->older = NULL;
    keep->used = 0;
    FORBID(keep->bytes, keep->size);
}

void arena_end(struct arena *a)
{
    release_owned(a);
    for (struct arena_chunk *c = a->chunk, *older; c; c = older) {
        older = c->older;
        chunk_free(c);
    }
    *a = (struct arena){0};
}
