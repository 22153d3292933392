#include "mockserver/client_checks/observer.h"

#include "base/arena.h"

#define SETS_MAX (CLIENT_HISTORY_MAX / HISTORY_WAYS)

static struct history_entry *set_of(const struct client_history *n, uint64_t id)
{
    return &n->items[(id & (n->sets - 1)) * HISTORY_WAYS];
}

struct history_entry *client_history_find(const struct client_history *n, uint64_t id)
{
    if (!n->count)
        return NULL;
    struct history_entry *set = set_of(n, id);
    for (size_t i = 0; i < HISTORY_WAYS; i++)
        if (set[i].id == id)
            return &set[i];
    return NULL;
}

static struct history_entry *free_entry(struct history_entry *set)
{
    for (size_t i = 0; i < HISTORY_WAYS; i++)
        if (!set[i].id)
            return &set[i];
    return NULL;
}

/* Doubles the number of sets. Each old set is split in two, so that its entries always fit. */
static void grow(struct client_history *n)
{
    struct client_history old = *n;
    n->sets = old.sets ? 2 * old.sets : 1;
    n->items = heap_new(n->sets * HISTORY_WAYS * sizeof(struct history_entry));
    for (size_t i = 0; i < old.sets * HISTORY_WAYS; i++)
        if (old.items[i].id)
            *free_entry(set_of(n, old.items[i].id)) = old.items[i];
    heap_free(old.items);
}

static struct history_entry *oldest(struct history_entry *set)
{
    struct history_entry *first = set;
    for (size_t i = 1; i < HISTORY_WAYS; i++)
        if (set[i].written < first->written)
            first = &set[i];
    return first;
}

static struct history_entry *entry_for(struct client_history *n, uint64_t id)
{
    struct history_entry *entry = n->sets ? free_entry(set_of(n, id)) : NULL;
    while (!entry && n->sets < SETS_MAX) {
        grow(n);
        entry = free_entry(set_of(n, id));
    }
    if (entry) {
        n->count++;
        return entry;
    }
    n->forgotten++;
    return oldest(set_of(n, id));
}

struct history_entry *client_history_make(struct client_history *n, uint64_t id, uint64_t now)
{
    struct history_entry *entry = client_history_find(n, id);
    if (!entry)
        entry = entry_for(n, id);
    *entry = (struct history_entry){.id = id, .written = now};
    return entry;
}

void client_history_drop(struct client_history *n, struct history_entry *entry)
{
    *entry = (struct history_entry){0};
    n->count--;
}

void client_history_end(struct client_history *n)
{
    heap_free(n->items);
    n->items = NULL;
    n->sets = n->count = 0;
}
