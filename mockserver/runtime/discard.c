#include "mockserver/runtime/discard.h"

#include <utlist.h>

#include "base/arena.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/runtime/turns.h"

#define PAGES_PER_UNIT 4 /* of the work of a turn */

struct owned {         /* by an arena */
    struct mock *mock; /* NULL: freed */
    struct world *world;
    struct owned *next, *prev;
};

struct discarded {
    struct mock *mock;
    struct owned *owned;
    struct turn turn;
    struct arena arena;
    struct {
        struct world **items;
        size_t count, room;
    } worlds; /* the last one is being freed */
};

static void free_some(void *ctx, size_t *work)
{
    struct discarded *d = ctx;
    size_t pages = *work * PAGES_PER_UNIT;
    while (d->worlds.count && pages && world_free_some(d->worlds.items[d->worlds.count - 1], &pages))
        d->worlds.count--;
    *work = pages / PAGES_PER_UNIT;
    if (d->worlds.count)
        turns_add(d->mock->turns, &d->turn);
}

struct discarded *discarded_new(struct mock *m)
{
    struct discarded *d = heap_new(sizeof *d);
    d->mock = m;
    d->turn = (struct turn){.run = free_some, .ctx = d};
    return d;
}

void discarded_free(struct discarded *d)
{
    if (!d)
        return;
    if (d->turn.queued)
        turns_remove(d->mock->turns, &d->turn);
    while (d->worlds.count)
        world_free(d->worlds.items[--d->worlds.count]);
    struct owned *o;
    DL_FOREACH(d->owned, o)
    {
        o->mock = NULL;
    }
    arena_end(&d->arena);
    heap_free(d);
}

void mock_discard(struct mock *m, struct world *w)
{
    struct discarded *d = m->discarded;
    size_t pages = m->loop && d ? DISCARD_PAGES : SIZE_MAX;
    if (!w || world_free_some(w, &pages) || !d)
        return;
    *arena_push(&d->arena, &d->worlds, struct world *) = w;
    turns_add(m->turns, &d->turn);
}

static void discard_owned(void *owned)
{
    struct owned *o = owned;
    if (o->mock) {
        DL_DELETE(o->mock->discarded->owned, o);
        mock_discard(o->mock, o->world);
    } else {
        world_free(o->world);
    }
}

void mock_discard_with(struct arena *a, struct mock *m, struct world *w)
{
    struct owned *o = arena_new(a, struct owned);
    *o = (struct owned){.mock = m, .world = w};
    DL_APPEND(m->discarded->owned, o);
    arena_own(a, o, discard_owned);
}
