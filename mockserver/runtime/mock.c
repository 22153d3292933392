#include "mockserver/runtime/mock.h"

#include "base/time.h"

#define LEAST_WAIT_US INT64_C(50000) /* deletes namespaces that expire together in one pass */

void mock_take_fixture(const struct mock *m, struct fixture *f)
{
    struct history *h = &f->world->history;
    if (m->options.history && !h->count_given)
        h->count = m->options.history < 0 ? HISTORY_UNLIMITED : (uint32_t)m->options.history;
    if (m->options.history_age_ms && !h->age_given)
        h->age_ms = m->options.history_age_ms < 0 ? HISTORY_UNLIMITED_MS : m->options.history_age_ms;
    f->world->local_consent = f->world->local_consent || m->options.local_consent;
}

uint64_t mock_timer(struct mock *m, int64_t at_us, loop_timer_fn *fn, void *ctx)
{
    return m->timers ? m->timers->set(m->timers->ctx, at_us, fn, ctx) : loop_timer(m->loop, at_us, fn, ctx);
}

void mock_timer_cancel(struct mock *m, uint64_t id)
{
    if (m->timers)
        m->timers->cancel(m->timers->ctx, id);
    else
        loop_timer_cancel(m->loop, id);
}

void mock_input_begin(const struct mock *m, enum mock_input what, struct str text, const char *why)
{
    if (m->observer.input_begin)
        m->observer.input_begin(m->observer.ctx, what, text, why);
}

void mock_input_end(const struct mock *m)
{
    if (m->observer.input_end)
        m->observer.input_end(m->observer.ctx);
}

static void expire(void *mock);

static void set_idle_timer(struct mock *m, int64_t at_us)
{
    int64_t soonest_us = time_monotonic_us() + LEAST_WAIT_US;
    if (!m->loop || !at_us)
        return;
    if (at_us < soonest_us)
        at_us = soonest_us;
    if (m->idle_timer_us && m->idle_timer_us <= at_us)
        return;
    mock_idle_end(m);
    m->idle_timer = mock_timer(m, at_us, expire, m);
    m->idle_timer_us = at_us;
}

static void expire(void *mock)
{
    struct mock *m = mock;
    m->idle_timer_us = 0;
    set_idle_timer(m, namespaces_expire(m->namespaces, time_monotonic_us()));
}

void mock_idle_begin(struct mock *m)
{
    expire(m);
}

void mock_idle_end(struct mock *m)
{
    if (m->idle_timer_us)
        mock_timer_cancel(m, m->idle_timer);
    m->idle_timer_us = 0;
}

void mock_idle_limit(struct mock *m, struct namespace *ns, int64_t limit_ms)
{
    ns->idle_us = limit_ms * 1000;
    if (limit_ms)
        set_idle_timer(m, ns->last_us + ns->idle_us);
}
