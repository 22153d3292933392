#include "mockserver/conduct/watch.h"

#include "base/heap.h"

#define SETS_MAX (CONDUCT_NOTES_MAX / NOTES_WAYS)

static struct note *set_of(const struct notes *n, uint64_t id)
{
    return &n->items[(id & (n->sets - 1)) * NOTES_WAYS];
}

struct note *notes_find(const struct notes *n, uint64_t id)
{
    if (!n->count)
        return NULL;
    struct note *set = set_of(n, id);
    for (size_t i = 0; i < NOTES_WAYS; i++)
        if (set[i].id == id)
            return &set[i];
    return NULL;
}

static struct note *free_place(struct note *set)
{
    for (size_t i = 0; i < NOTES_WAYS; i++)
        if (!set[i].id)
            return &set[i];
    return NULL;
}

/* A set becomes two: each has room for all that was in the one. */
static void grow(struct notes *n)
{
    struct notes old = *n;
    n->sets = old.sets ? 2 * old.sets : 1;
    n->items = heap_new(n->sets * NOTES_WAYS * sizeof(struct note));
    for (size_t i = 0; i < old.sets * NOTES_WAYS; i++)
        if (old.items[i].id)
            *free_place(set_of(n, old.items[i].id)) = old.items[i];
    heap_free(old.items);
}

static struct note *oldest(struct note *set)
{
    struct note *first = set;
    for (size_t i = 1; i < NOTES_WAYS; i++)
        if (set[i].written < first->written)
            first = &set[i];
    return first;
}

static struct note *place_for(struct notes *n, uint64_t id)
{
    struct note *place = n->sets ? free_place(set_of(n, id)) : NULL;
    while (!place && n->sets < SETS_MAX) {
        grow(n);
        place = free_place(set_of(n, id));
    }
    if (place) {
        n->count++;
        return place;
    }
    n->forgotten++;
    return oldest(set_of(n, id));
}

struct note *notes_make(struct notes *n, uint64_t id, uint64_t now)
{
    struct note *note = notes_find(n, id);
    if (!note)
        note = place_for(n, id);
    *note = (struct note){.id = id, .written = now};
    return note;
}

void notes_drop(struct notes *n, struct note *note)
{
    *note = (struct note){0};
    n->count--;
}

void notes_end(struct notes *n)
{
    heap_free(n->items);
    n->items = NULL;
    n->sets = n->count = 0;
}
