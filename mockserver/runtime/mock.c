#include "mockserver/runtime/mock.h"

void mock_take_fixture(const struct mock *m, struct fixture *f)
{
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
