#include "mockserver/runtime/idle.h"

#include "base/heap.h"
#include "base/time.h"
#include "mockserver/runtime/mock.h"

#define LEAST_WAIT_US INT64_C(50000) /* deletes namespaces that expire together in one pass */

struct idle {
    struct mock *mock;
    uint64_t timer;
    int64_t timer_us; /* when the timer fires; 0: not set */
};

struct idle *idle_new(struct mock *m)
{
    struct idle *i = heap_new(sizeof *i);
    i->mock = m;
    return i;
}

void idle_free(struct idle *i)
{
    if (i && i->timer_us)
        mock_timer_cancel(i->mock, i->timer);
    heap_free(i);
}

static void expire(void *ctx);

static void set_timer(struct idle *i, int64_t at_us)
{
    int64_t soonest_us = time_monotonic_us() + LEAST_WAIT_US;
    if (!i->mock->loop || !at_us)
        return;
    if (at_us < soonest_us)
        at_us = soonest_us;
    if (i->timer_us && i->timer_us <= at_us)
        return;
    if (i->timer_us)
        mock_timer_cancel(i->mock, i->timer);
    i->timer = mock_timer(i->mock, at_us, expire, i);
    i->timer_us = at_us;
}

static void expire(void *ctx)
{
    struct idle *i = ctx;
    i->timer_us = 0;
    set_timer(i, namespaces_expire(i->mock->namespaces, time_monotonic_us()));
}

void idle_begin(struct idle *i)
{
    expire(i);
}

void idle_limit(struct idle *i, struct namespace *ns, int64_t limit_ms)
{
    ns->idle_us = limit_ms * 1000;
    if (limit_ms)
        set_timer(i, ns->last_us + ns->idle_us);
}
