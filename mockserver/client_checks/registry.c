/* The conduct of all worlds: those that live, those that ended, and the sum of those for which there
 * was no room. */
#include "mockserver/client_checks/observer.h"

#include <inttypes.h>

#include "base/heap.h"

struct list {
    struct client_checks *first, *last;
    size_t count;
};

struct client_registry {
    struct list living, ended;
    struct client_checks rest; /* of the others that ended: sums, and nothing one by one */
    uint64_t rest_worlds;
};

static void put(struct list *l, struct client_checks *k)
{
    k->next = NULL;
    k->previous = l->last;
    *(l->last ? &l->last->next : &l->first) = k;
    l->last = k;
    l->count++;
}

static void take(struct list *l, struct client_checks *k)
{
    *(k->previous ? &k->previous->next : &l->first) = k->next;
    *(k->next ? &k->next->previous : &l->last) = k->previous;
    l->count--;
}

struct client_registry *client_registry_new(void)
{
    return heap_new(sizeof(struct client_registry));
}

static void drop(struct client_checks *k)
{
    for (size_t i = 0; i < client_check_count; i++)
        client_history_end(&k->history[i]);
    arena_end(&k->arena);
    heap_free(k);
}

static void drop_all(struct list *l)
{
    for (struct client_checks *k = l->first, *next; k; k = next) {
        next = k->next;
        drop(k);
    }
}

void client_registry_free(struct client_registry *all)
{
    if (!all)
        return;
    drop_all(&all->living);
    drop_all(&all->ended);
    heap_free(all);
}

struct client_checks *client_checks_begin(struct client_registry *all, const char *world,
                                          uint64_t generation)
{
    struct client_checks *k = heap_new(sizeof *k);
    k->all = all;
    k->world = world;
    k->generation = generation;
    put(&all->living, k);
    return k;
}

void client_checks_add(struct client_checks *sum, const struct client_checks *k)
{
    sum->calls += k->calls;
    for (size_t i = 0; i < client_check_count; i++) {
        sum->results[i].tested += k->results[i].tested;
        sum->results[i].failures += k->results[i].failures;
        sum->results[i].forgotten += client_checks_forgotten(k, i);
    }
}

/* Its name is the world's, which ends too. */
static void keep(struct client_registry *all, struct client_checks *k)
{
    k->world = arena_text(&k->arena, k->world);
    k->ended = true;
    for (size_t i = 0; i < client_check_count; i++) {
        k->results[i].forgotten = client_checks_forgotten(k, i);
        client_history_end(&k->history[i]);
        k->history[i].forgotten = 0;
    }
    put(&all->ended, k);
}

void client_checks_end(struct client_checks *k)
{
    if (!k)
        return;
    struct client_registry *all = k->all;
    take(&all->living, k);
    if (k->calls && all->ended.count < CLIENT_CHECKS_NAMESPACES_MAX) {
        keep(all, k);
        return;
    }
    if (k->calls) {
        client_checks_add(&all->rest, k);
        all->rest_worlds++;
    }
    drop(k);
}

static bool any_failed(const struct list *l)
{
    for (const struct client_checks *k = l->first; k; k = k->next)
        if (client_checks_failed(k))
            return true;
    return false;
}

bool client_registry_failed(const struct client_registry *all)
{
    return client_checks_failed(&all->rest) || any_failed(&all->ended) || any_failed(&all->living);
}

static const char *name_of(struct arena *a, const struct client_checks *k)
{
    return k->ended ? arena_printf(a, "%s (ended, generation %" PRIu64 ")", k->world, k->generation)
                    : k->world;
}

/* Where nobody was called the first world stands for all. */
void client_registry_each(const struct client_registry *all, client_registry_visit *visit,
                          void *ctx)
{
    const struct list lists[] = {all->ended, all->living};
    struct client_checks rest = all->rest;
    uint64_t visited = 0, rest_worlds = all->rest_worlds;
    struct arena a = {0};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const struct client_checks *k = lists[i].first; k; k = k->next)
            if (k->calls && visited < CLIENT_CHECKS_NAMESPACES_MAX) {
                visit(ctx, name_of(&a, k), k);
                visited++;
            } else if (k->calls) {
                client_checks_add(&rest, k);
                rest_worlds++;
            }
    if (rest_worlds)
        visit(ctx, arena_printf(&a, "%" PRIu64 " more worlds", rest_worlds), &rest);
    else if (!visited && all->living.first)
        visit(ctx, all->living.first->world, all->living.first);
    arena_end(&a);
}
