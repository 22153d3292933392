#include "mockserver/state/texts.h"

#include <string.h>

#include "base/heap.h"

enum {
    CHUNK_MIN = 256,
    CHUNK_MAX = 64 * 1024,
};

struct texts_chunk {
    struct texts_chunk *next; /* the one that was filled before */
    size_t used, room;
    _Alignas(16) char bytes[];
};

struct texts {
    uint32_t refs;
    struct texts *older;
    struct texts_chunk *chunk;
    size_t bytes;
};

struct texts *texts_new(struct texts *older)
{
    /* An older pool without texts has nothing to keep alive, so that forking a fork again and again
     * does not grow a chain. What it keeps later is not the fork's. */
    while (older && !older->bytes)
        older = older->older;
    struct texts *t = heap_new(sizeof *t);
    t->refs = 1;
    t->older = texts_hold(older);
    return t;
}

struct texts *texts_hold(struct texts *t)
{
    if (t)
        t->refs++;
    return t;
}

void texts_release(struct texts *t)
{
    while (t && --t->refs == 0) {
        struct texts *older = t->older;
        for (struct texts_chunk *c = t->chunk, *next; c; c = next) {
            next = c->next;
            heap_free(c);
        }
        heap_free(t);
        t = older;
    }
}

static size_t room_for(const struct texts *t, size_t size)
{
    size_t room = t->chunk ? t->chunk->room * 2 : CHUNK_MIN;
    if (room > CHUNK_MAX)
        room = CHUNK_MAX;
    return size > room ? size : room;
}

/* `align` is a power of two, at most 16. */
static void *texts_room(struct texts *t, size_t size, size_t align)
{
    struct texts_chunk *c = t->chunk;
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

const char *texts_keep(struct texts *t, struct str text)
{
    char *kept = texts_room(t, text.n + 1, 1);
    if (text.n)
        memcpy(kept, text.s, text.n);
    kept[text.n] = '\0';
    return kept;
}

const char *texts_keep_c(struct texts *t, const char *text)
{
    return text ? texts_keep(t, str_from(text)) : NULL;
}

const char *const *texts_keep_list(struct texts *t, const char *const *texts, size_t count)
{
    const char **kept = texts_room(t, count * sizeof *kept, _Alignof(const char *));
    for (size_t i = 0; i < count; i++)
        kept[i] = texts_keep_c(t, texts[i]);
    return kept;
}

size_t texts_bytes(const struct texts *t)
{
    return t->bytes;
}
