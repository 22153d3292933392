/* The client checks of all namespaces: the current ones, the ended ones, and the sum of those
 * beyond CLIENT_CHECKS_NAMESPACES_MAX. */
#include "base/array.h"
#include "mockserver/client_checks/observer.h"

#include <inttypes.h>

#include "base/arena.h"

struct list {
    struct client_checks *first, *last;
    size_t count;
};

struct client_registry {
    struct list current, ended;
    struct client_checks rest; /* sum of the other ended ones, without details */
    uint64_t rest_namespaces;
};

static void append(struct list *l, struct client_checks *k)
{
    k->next = NULL;
    k->previous = l->last;
    *(l->last ? &l->last->next : &l->first) = k;
    l->last = k;
    l->count++;
}

static void unlink_from(struct list *l, struct client_checks *k)
{
    *(k->previous ? &k->previous->next : &l->first) = k->next;
    *(k->next ? &k->next->previous : &l->last) = k->previous;
    l->count--;
}

struct client_registry *client_registry_new(void)
{
    return heap_new(sizeof(struct client_registry));
}

static void free_checks(struct client_checks *k)
{
    for (size_t i = 0; i < client_check_count; i++)
        client_history_end(&k->history[i]);
    arena_end(&k->arena);
    heap_free(k);
}

static void free_all(struct list *l)
{
    for (struct client_checks *k = l->first, *next; k; k = next) {
        next = k->next;
        free_checks(k);
    }
}

void client_registry_free(struct client_registry *all)
{
    if (!all)
        return;
    free_all(&all->current);
    free_all(&all->ended);
    heap_free(all);
}

struct client_checks *client_checks_begin(struct client_registry *all, const char *name, uint64_t generation)
{
    struct client_checks *k = heap_new(sizeof *k);
    k->all = all;
    k->name = name;
    k->generation = generation;
    append(&all->current, k);
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

/* Copies the name, which belongs to the namespace. */
static void keep_results(struct client_registry *all, struct client_checks *k)
{
    k->name = arena_text(&k->arena, k->name);
    k->ended = true;
    for (size_t i = 0; i < client_check_count; i++) {
        k->results[i].forgotten = client_checks_forgotten(k, i);
        client_history_end(&k->history[i]);
        k->history[i].forgotten = 0;
    }
    append(&all->ended, k);
}

void client_checks_end(struct client_checks *k)
{
    if (!k)
        return;
    struct client_registry *all = k->all;
    unlink_from(&all->current, k);
    if (k->calls && all->ended.count < CLIENT_CHECKS_NAMESPACES_MAX) {
        keep_results(all, k);
        return;
    }
    if (k->calls) {
        client_checks_add(&all->rest, k);
        all->rest_namespaces++;
    }
    free_checks(k);
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
    return client_checks_failed(&all->rest) || any_failed(&all->ended) || any_failed(&all->current);
}

static const char *name_of(struct arena *a, const struct client_checks *k)
{
    return k->ended ? arena_printf(a, "%s (ended, generation %" PRIu64 ")", k->name, k->generation) : k->name;
}

void client_registry_each(const struct client_registry *all, client_registry_visit *visit, void *ctx)
{
    const struct list lists[] = {all->ended, all->current};
    struct client_checks rest = all->rest;
    uint64_t visited = 0, rest_namespaces = all->rest_namespaces;
    struct arena a = {0};
    for (size_t i = 0; i < COUNT(lists); i++)
        for (const struct client_checks *k = lists[i].first; k; k = k->next)
            if (k->calls && visited < CLIENT_CHECKS_NAMESPACES_MAX) {
                visit(ctx, name_of(&a, k), k);
                visited++;
            } else if (k->calls) {
                client_checks_add(&rest, k);
                rest_namespaces++;
            }
    if (rest_namespaces)
        visit(ctx, arena_printf(&a, "%" PRIu64 " more namespaces", rest_namespaces), &rest);
    else if (!visited && all->current.first)
        visit(ctx, all->current.first->name, all->current.first);
    arena_end(&a);
}
