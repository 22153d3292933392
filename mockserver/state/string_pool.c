#include "mockserver/state/string_pool.h"

#include <string.h>

#include "base/arena.h"

enum {
    CHUNK_MIN = 256,
    CHUNK_MAX = 64 * 1024,
};

struct string_pool_chunk {
    struct string_pool_chunk *next; /* the chunk filled before this one */
    size_t used, room;
    _Alignas(16) char bytes[];
};

struct string_pool {
    uint32_t refs;
    struct string_pool *older;
    struct string_pool_chunk *chunk;
    size_t bytes;
};

static struct string_pool *string_pool_hold(struct string_pool *t)
{
    if (t)
        t->refs++;
    return t;
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

static size_t room_for(const struct string_pool *t, size_t size)
{
    size_t room = t->chunk ? t->chunk->room * 2 : CHUNK_MIN;
    if (room > CHUNK_MAX)
        room = CHUNK_MAX;
    return size > room ? size : room;
}

/* `align` is a power of two, at most 16. */
static void *string_pool_room(struct string_pool *t, size_t size, size_t align)
{
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

const char *string_pool_keep(struct string_pool *t, struct str text)
{
    char *kept = string_pool_room(t, text.n + 1, 1);
    if (text.n)
        memcpy(kept, text.s, text.n);
    kept[text.n] = '\0';
    return kept;
}

const char *string_pool_keep_c(struct string_pool *t, const char *text)
{
    return text ? string_pool_keep(t, str_from(text)) : NULL;
}

const char *const *string_pool_keep_list(struct string_pool *t, const char *const *texts, size_t count)
{
    const char **kept = string_pool_room(t, count * sizeof *kept, _Alignof(const char *));
    for (size_t i = 0; i < count; i++)
        kept[i] = string_pool_keep_c(t, texts[i]);
    return kept;
}

size_t string_pool_bytes(const struct string_pool *t)
{
    return t->bytes;
}
