#include "mockserver/recording/timers.h"

#include "base/arena.h"
#include "base/str.h"

#define uthash_malloc(size)      heap_new(size)
#define uthash_free(block, size) heap_free(block)
/* uthash's default hash function has implicit fallthroughs, for which clang warns. */
#define HASH_FUNCTION(key, size, hash) ((hash) = (unsigned)str_hash(str_of((const char *)(key), (size))))
#include <uthash.h>

struct timer {
    struct timers *all;
    uint64_t number;
    loop_timer_fn *fn;
    void *ctx;
    uint64_t on_loop;
    UT_hash_handle hh;
};

struct timers {
    struct mock_timers for_mock;
    struct loop *loop;
    struct timers_watcher watcher;
    struct timer *waiting; /* by number */
    uint64_t count;
};

static void remove_timer(struct timer *t)
{
    HASH_DEL(t->all->waiting, t);
    heap_free(t);
}

static void fire(void *timer)
{
    const struct timer t = *(struct timer *)timer;
    const struct timers_watcher *w = &t.all->watcher;
    remove_timer(timer);
    if (w->fires)
        w->fires(w->ctx, t.number);
    t.fn(t.ctx);
    if (w->fired)
        w->fired(w->ctx);
}

static uint64_t set(void *timers, int64_t at_us, loop_timer_fn *fn, void *ctx)
{
    struct timers *all = timers;
    struct timer *t = heap_new(sizeof *t);
    *t = (struct timer){.all = all, .number = ++all->count, .fn = fn, .ctx = ctx};
    HASH_ADD(hh, all->waiting, number, sizeof t->number, t);
    if (all->loop)
        t->on_loop = loop_timer(all->loop, at_us, fire, t);
    return t->number;
}

static struct timer *find(const struct timers *all, uint64_t number)
{
    struct timer *t = NULL;
    HASH_FIND(hh, all->waiting, &number, sizeof number, t);
    return t;
}

static void cancel(void *timers, uint64_t number)
{
    struct timers *all = timers;
    struct timer *t = find(all, number);
    if (!t)
        return;
    if (all->loop)
        loop_timer_cancel(all->loop, t->on_loop);
    remove_timer(t);
}

struct timers *timers_new(struct loop *l, const struct timers_watcher *watcher)
{
    struct timers *t = heap_new(sizeof *t);
    *t = (struct timers){
        .for_mock = {set, cancel, t},
          .loop = l
    };
    if (watcher)
        t->watcher = *watcher;
    return t;
}

void timers_free(struct timers *t)
{
    struct timer *each, *next;
    if (!t)
        return;
    HASH_ITER(hh, t->waiting, each, next)
    {
        if (t->loop)
            loop_timer_cancel(t->loop, each->on_loop);
        remove_timer(each);
    }
    heap_free(t);
}

const struct mock_timers *timers_for_mock(struct timers *t)
{
    return &t->for_mock;
}

bool timers_fire(struct timers *t, uint64_t number)
{
    struct timer *found = find(t, number);
    if (found)
        fire(found);
    return found != NULL;
}
