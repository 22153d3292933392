/* The conduct of all worlds: those that live, those that ended, and the sum of those for which there
 * was no room. */
#include "mockserver/conduct/watch.h"

#include <inttypes.h>

#include "base/heap.h"

struct list {
    struct conduct *first, *last;
    size_t count;
};

struct conducts {
    struct list living, ended;
    struct conduct rest; /* of the others that ended: sums, and nothing one by one */
    uint64_t rest_worlds;
};

static void put(struct list *l, struct conduct *k)
{
    k->next = NULL;
    k->previous = l->last;
    *(l->last ? &l->last->next : &l->first) = k;
    l->last = k;
    l->count++;
}

static void take(struct list *l, struct conduct *k)
{
    *(k->previous ? &k->previous->next : &l->first) = k->next;
    *(k->next ? &k->next->previous : &l->last) = k->previous;
    l->count--;
}

struct conducts *conducts_new(void)
{
    return heap_new(sizeof(struct conducts));
}

static void drop(struct conduct *k)
{
    for (size_t i = 0; i < conduct_question_count; i++)
        notes_end(&k->notes[i]);
    arena_end(&k->arena);
    heap_free(k);
}

static void drop_all(struct list *l)
{
    for (struct conduct *k = l->first, *next; k; k = next) {
        next = k->next;
        drop(k);
    }
}

void conducts_free(struct conducts *all)
{
    if (!all)
        return;
    drop_all(&all->living);
    drop_all(&all->ended);
    heap_free(all);
}

struct conduct *conduct_begin(struct conducts *all, const char *world, uint64_t generation)
{
    struct conduct *k = heap_new(sizeof *k);
    k->all = all;
    k->world = world;
    k->generation = generation;
    put(&all->living, k);
    return k;
}

void conduct_add(struct conduct *sum, const struct conduct *k)
{
    sum->calls += k->calls;
    for (size_t i = 0; i < conduct_question_count; i++) {
        sum->answers[i].exercised += k->answers[i].exercised;
        sum->answers[i].broken += k->answers[i].broken;
        sum->answers[i].forgotten += conduct_forgotten(k, i);
    }
}

/* Its name is the world's, which ends too. */
static void keep(struct conducts *all, struct conduct *k)
{
    k->world = arena_text(&k->arena, k->world);
    k->ended = true;
    for (size_t i = 0; i < conduct_question_count; i++) {
        k->answers[i].forgotten = conduct_forgotten(k, i);
        notes_end(&k->notes[i]);
        k->notes[i].forgotten = 0;
    }
    put(&all->ended, k);
}

void conduct_end(struct conduct *k)
{
    if (!k)
        return;
    struct conducts *all = k->all;
    take(&all->living, k);
    if (k->calls && all->ended.count < CONDUCT_WORLDS_MAX) {
        keep(all, k);
        return;
    }
    if (k->calls) {
        conduct_add(&all->rest, k);
        all->rest_worlds++;
    }
    drop(k);
}

static bool any_misbehaved(const struct list *l)
{
    for (const struct conduct *k = l->first; k; k = k->next)
        if (conduct_misbehaved(k))
            return true;
    return false;
}

bool conducts_misbehaved(const struct conducts *all)
{
    return conduct_misbehaved(&all->rest) || any_misbehaved(&all->ended) ||
           any_misbehaved(&all->living);
}

static const char *name_of(struct arena *a, const struct conduct *k)
{
    return k->ended ? arena_printf(a, "%s (ended, generation %" PRIu64 ")", k->world, k->generation)
                    : k->world;
}

/* Where nobody was called the first world stands for all. */
void conducts_each(const struct conducts *all, conduct_visit *visit, void *ctx)
{
    const struct list lists[] = {all->ended, all->living};
    struct conduct rest = all->rest;
    uint64_t visited = 0, rest_worlds = all->rest_worlds;
    struct arena a = {0};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const struct conduct *k = lists[i].first; k; k = k->next)
            if (k->calls && visited < CONDUCT_WORLDS_MAX) {
                visit(ctx, name_of(&a, k), k);
                visited++;
            } else if (k->calls) {
                conduct_add(&rest, k);
                rest_worlds++;
            }
    if (rest_worlds)
        visit(ctx, arena_printf(&a, "%" PRIu64 " more worlds", rest_worlds), &rest);
    else if (!visited && all->living.first)
        visit(ctx, all->living.first->world, all->living.first);
    arena_end(&a);
}
