#include "conformance/run/notice.h"

#include "base/time.h"

struct notices {
    struct runner *runner;
    uint64_t timer;
    int64_t began_us;
};

static long long seconds_since(int64_t us)
{
    return (long long)((time_monotonic_us() - us) / 1000000);
}

/* The task that has run for the longest time; NULL: no scenario runs. */
static const struct task *oldest_task(const struct runner *r)
{
    const struct task *t = r->active;
    while (t && t->next_active)
        t = t->next_active;
    return t;
}

static const char *wait_text(struct arena *a, const struct task *t)
{
    if (t->timer)
        return arena_printf(a, "the next request follows in %lld s", 1 - seconds_since(t->resumes_us));
    if (t->sent_us)
        return arena_printf(a, "no response for %lld s", seconds_since(t->sent_us));
    return arena_printf(a, "running for %lld s", seconds_since(t->began_us));
}

static const char *notice_text(struct arena *a, const struct notices *n)
{
    const struct runner *r = n->runner;
    const struct task *t = oldest_task(r);
    if (!t)
        return arena_printf(a, "waiting for %s for %lld s; no scenario has started", r->target->base_url,
                            seconds_since(n->began_us));
    return arena_printf(a, "%zu of %zu scenarios done; %s%s%s%s: %s", r->run->scenarios.count - r->active_count,
                        r->plan->count, t->scenario->name, t->current.name ? ", step '" : "",
                        t->current.name ? t->current.name : "", t->current.name ? "'" : "", wait_text(a, t));
}

/* The consent driver then shows its own countdown in the terminal. */
static bool is_person_asked(const struct runner *r)
{
    return r->target->consent == CONSENT_HUMAN && r->active && r->active->cancel;
}

static void arm_timer(struct notices *n);

static void on_timer(void *ctx)
{
    struct notices *n = ctx;
    const struct run_events *e = n->runner->options->events;
    struct arena a = {0};
    if (!is_person_asked(n->runner))
        e->waiting(e->ctx, n->runner->run, notice_text(&a, n));
    arena_end(&a);
    arm_timer(n);
}

static void arm_timer(struct notices *n)
{
    n->timer = loop_timer(n->runner->loop, time_monotonic_us() + (int64_t)NOTICE_MS * 1000, on_timer, n);
}

struct notices *notices_begin(struct runner *r)
{
    const struct run_events *e = r->options->events;
    struct notices *n = arena_new(r->arena, struct notices);
    *n = (struct notices){.runner = r, .began_us = time_monotonic_us()};
    if (e && e->waiting)
        arm_timer(n);
    return n;
}

void notices_end(struct notices *n)
{
    loop_timer_cancel(n->runner->loop, n->timer);
}
