#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/time.h"

#define EVENTS_A_ROUND 64
#define SIGNALS        65 /* Linux: 1..64 */

struct watch {
    loop_fd_fn *fn; /* NULL: not watched */
    void *ctx;
    uint32_t generation; /* distinguishes it from an earlier descriptor with this number */
};

struct timer {
    int64_t at_us;
    uint64_t order; /* timers with equal times fire in the order of creation */
    uint32_t slot;
    loop_timer_fn *fn;
    void *ctx;
};

/* The position of a timer in the heap, found by the timer's id. Unused slots form a list. */
struct slot {
    uint32_t generation;
    uint32_t place; /* index in the heap, or the next unused slot */
};

struct hook {
    loop_before_fn *fn;
    void *ctx;
};

struct signal_handler {
    loop_signal_fn *fn;
    void *ctx;
};

struct loop {
    int epoll;
    bool stopped;
    bool full; /* the last wait returned EVENTS_A_ROUND */

    struct watch *watches; /* indexed by descriptor */
    size_t watch_room, watch_count;
    uint32_t generation;

    struct timer *timers; /* a binary heap; the earliest is first */
    size_t timer_count, timer_room;
    uint64_t timer_order;
    struct slot *slots; /* timer_room slots */
    uint32_t free_slot; /* UINT32_MAX: none */

    struct hook *hooks;
    size_t hook_count;

    int signal_fd; /* -1 before the first loop_signal */
    sigset_t signals;
    sigset_t blocked_by_us;
    struct signal_handler handlers[SIGNALS];
};

static void must(bool ok)
{
    if (!ok)
        abort();
}

struct loop *loop_new(void)
{
    struct loop *l = heap_new(sizeof *l);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    must(l->epoll >= 0);
    l->free_slot = UINT32_MAX;
    l->signal_fd = -1;
    sigemptyset(&l->signals);
    sigemptyset(&l->blocked_by_us);
    return l;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    if (l->signal_fd >= 0) {
        struct signalfd_siginfo late; /* unread signals would be delivered when unblocked */
        while (read(l->signal_fd, &late, sizeof late) > 0)
            ;
        close(l->signal_fd);
    }
    pthread_sigmask(SIG_UNBLOCK, &l->blocked_by_us, NULL);
    close(l->epoll);
    heap_free(l->watches);
    heap_free(l->timers);
    heap_free(l->slots);
    heap_free(l->hooks);
    heap_free(l);
}

/* descriptors */

static struct watch *watch_place(struct loop *l, int fd)
{
    assert(fd >= 0);
    size_t room = l->watch_room ? l->watch_room : 32;
    while (room <= (size_t)fd)
        room *= 2;
    if (room > l->watch_room) {
        l->watches = heap_grow(l->watches, room * sizeof *l->watches);
        memset(l->watches + l->watch_room, 0, (room - l->watch_room) * sizeof *l->watches);
        l->watch_room = room;
    }
    return &l->watches[fd];
}

void loop_watch(struct loop *l, int fd, int events, loop_fd_fn *fn, void *ctx)
{
    struct watch *w = watch_place(l, fd);
    bool known = w->fn;
    if (!known) {
        w->generation = ++l->generation;
        l->watch_count++;
    }
    w->fn = fn;
    w->ctx = ctx;
    struct epoll_event e = {
        .events = (events & LOOP_READ ? EPOLLIN : 0u) | (events & LOOP_WRITE ? EPOLLOUT : 0u) |
                  (events & LOOP_HANGUP ? EPOLLRDHUP : 0u),
        .data.u64 = (uint64_t)w->generation << 32 | (uint32_t)fd,
    };
    /* The descriptor may have been closed and reopened; epoll then no longer has it. */
    if (known && epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &e) == 0)
        return;
    must(!known || errno == ENOENT);
    must(epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) == 0);
}

void loop_unwatch(struct loop *l, int fd)
{
    if (fd < 0 || (size_t)fd >= l->watch_room || !l->watches[fd].fn)
        return;
    l->watches[fd].fn = NULL;
    l->watch_count--;
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL); /* fails if it is already closed, which is harmless */
}

/* An earlier callback of this batch may have unwatched, closed or reopened the descriptor. */
static bool deliver(struct loop *l, const struct epoll_event *e)
{
    int fd = (int)(uint32_t)e->data.u64;
    struct watch w = l->watches[fd];
    if (!w.fn || w.generation != e->data.u64 >> 32)
        return false;
    int events = 0;
    if (e->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        events |= LOOP_READ;
    if (e->events & (EPOLLOUT | EPOLLERR))
        events |= LOOP_WRITE;
    if (e->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        events |= LOOP_HANGUP;
    w.fn(w.ctx, fd, events);
    return true;
}

/* timers */

static bool is_before(const struct timer *x, const struct timer *y)
{
    return x->at_us != y->at_us ? x->at_us < y->at_us : x->order < y->order;
}

static void heap_put(struct loop *l, size_t place, struct timer t)
{
    l->timers[place] = t;
    l->slots[t.slot].place = (uint32_t)place;
}

/* Inserts t at `place` and moves it up or down to its position in the heap. */
static void heap_settle(struct loop *l, size_t place, struct timer t)
{
    for (size_t parent; place > 0; place = parent) {
        parent = (place - 1) / 2;
        if (!is_before(&t, &l->timers[parent]))
            break;
        heap_put(l, place, l->timers[parent]);
    }
    for (size_t child; (child = 2 * place + 1) < l->timer_count; place = child) {
        if (child + 1 < l->timer_count && is_before(&l->timers[child + 1], &l->timers[child]))
            child++;
        if (!is_before(&l->timers[child], &t))
            break;
        heap_put(l, place, l->timers[child]);
    }
    heap_put(l, place, t);
}

static struct timer heap_take(struct loop *l, size_t place)
{
    struct timer taken = l->timers[place];
    struct timer last = l->timers[--l->timer_count];
    if (place < l->timer_count)
        heap_settle(l, place, last);
    struct slot *s = &l->slots[taken.slot];
    s->generation++;
    s->place = l->free_slot;
    l->free_slot = taken.slot;
    return taken;
}

static void more_timers(struct loop *l)
{
    size_t room = l->timer_room ? l->timer_room * 2 : 32;
    l->timers = heap_grow(l->timers, room * sizeof *l->timers);
    l->slots = heap_grow(l->slots, room * sizeof *l->slots);
    for (size_t i = room; i-- > l->timer_room;) {
        l->slots[i] = (struct slot){.generation = 1, .place = l->free_slot};
        l->free_slot = (uint32_t)i;
    }
    l->timer_room = room;
}

uint64_t loop_timer(struct loop *l, int64_t at_us, loop_timer_fn *fn, void *ctx)
{
    if (l->free_slot == UINT32_MAX)
        more_timers(l);
    uint32_t slot = l->free_slot;
    l->free_slot = l->slots[slot].place;
    struct timer t = {.at_us = at_us, .order = ++l->timer_order, .slot = slot, .fn = fn, .ctx = ctx};
    heap_settle(l, l->timer_count++, t);
    return (uint64_t)l->slots[slot].generation << 32 | slot;
}

void loop_timer_cancel(struct loop *l, uint64_t id)
{
    uint32_t slot = (uint32_t)id;
    if (slot >= l->timer_room || l->slots[slot].generation != id >> 32)
        return; /* fired, cancelled or unknown */
    heap_take(l, l->slots[slot].place);
}

/* Timers that these callbacks create fire in the next round at the earliest; otherwise a timer that renews itself would
 * starve the descriptors. */
static bool fire_due(struct loop *l)
{
    bool any = false;
    int64_t now = l->timer_count ? time_monotonic_us() : 0;
    uint64_t last = l->timer_order;
    while (l->timer_count && l->timers[0].at_us <= now && l->timers[0].order <= last) {
        struct timer t = heap_take(l, 0);
        t.fn(t.ctx);
        any = true;
    }
    return any;
}

/* hooks */

void loop_before_wait(struct loop *l, loop_before_fn *fn, void *ctx)
{
    l->hooks = heap_grow(l->hooks, (l->hook_count + 1) * sizeof *l->hooks);
    l->hooks[l->hook_count++] = (struct hook){fn, ctx};
}

bool loop_round_was_full(const struct loop *l)
{
    return l->full;
}

void loop_before_wait_end(struct loop *l, loop_before_fn *fn, void *ctx)
{
    for (size_t i = 0; i < l->hook_count; i++) {
        if (l->hooks[i].fn != fn || l->hooks[i].ctx != ctx)
            continue;
        l->hook_count--;
        memmove(&l->hooks[i], &l->hooks[i + 1], (l->hook_count - i) * sizeof *l->hooks);
        return;
    }
}

/* signals */

static void read_signals(void *ctx, int fd, int events)
{
    (void)events;
    struct loop *l = ctx;
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == sizeof info) {
        struct signal_handler h = l->handlers[info.ssi_signo];
        h.fn(h.ctx, (int)info.ssi_signo);
    }
}

void loop_signal(struct loop *l, int signal, loop_signal_fn *fn, void *ctx)
{
    assert(signal > 0 && signal < SIGNALS);
    l->handlers[signal] = (struct signal_handler){fn, ctx};
    if (sigismember(&l->signals, signal))
        return;
    sigaddset(&l->signals, signal);
    sigset_t before;
    must(pthread_sigmask(SIG_BLOCK, &l->signals, &before) == 0);
    if (!sigismember(&before, signal))
        sigaddset(&l->blocked_by_us, signal);
    int fd = signalfd(l->signal_fd, &l->signals, SFD_NONBLOCK | SFD_CLOEXEC);
    must(fd >= 0);
    l->signal_fd = fd;
    loop_watch(l, fd, LOOP_READ, read_signals, l);
}

/* rounds */

static int64_t sooner(int64_t x, int64_t y)
{
    if (x < 0 || y < 0)
        return x < 0 ? y : x;
    return x < y ? x : y;
}

static int milliseconds(int64_t us)
{
    if (us < 0)
        return -1;
    int64_t ms = us / 1000 + (us % 1000 != 0);
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

bool loop_step(struct loop *l, int64_t max_wait_us)
{
    int64_t wait = -1;
    for (size_t i = 0; i < l->hook_count; i++)
        wait = sooner(wait, l->hooks[i].fn(l->hooks[i].ctx));
    if (l->timer_count) {
        int64_t left = l->timers[0].at_us - time_monotonic_us();
        wait = sooner(wait, left > 0 ? left : 0);
    }
    if (wait < 0 && !l->watch_count)
        return false; /* nothing could end the wait */
    if (l->stopped)
        wait = 0; /* stopped by a hook: still handle what is ready */

    struct epoll_event events[EVENTS_A_ROUND];
    int count = epoll_wait(l->epoll, events, EVENTS_A_ROUND, milliseconds(sooner(wait, max_wait_us)));
    must(count >= 0 || errno == EINTR);
    l->full = count == EVENTS_A_ROUND;
    bool any = false;
    for (int i = 0; i < count; i++)
        any |= deliver(l, &events[i]);
    any |= fire_due(l);
    return any;
}

void loop_run(struct loop *l)
{
    while (!l->stopped && (loop_step(l, -1) || l->watch_count || l->timer_count))
        ;
    l->stopped = false;
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
}
