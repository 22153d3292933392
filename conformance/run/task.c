#include "conformance/run/task.h"

#include <assert.h>

#include "base/time.h"

/* --- start and end ------------------------------------------------------------------------ */

struct task *task_new(struct runner *r, const struct scenario *s)
{
    struct arena *a = r->arena;
    struct task *t = arena_new(a, struct task);
    t->runner = r;
    t->scenario = s;
    t->began_us = time_monotonic_us();
    t->result = arena_new(a, struct scenario_result);
    t->result->name = s->name;
    t->result->title = s->title;
    t->result->file = s->file;
    t->result->note = s->note;
    t->result->tags = s->tags;
    t->result->tag_count = s->tag_count;
    t->result->started_ms = time_wall_ms();
    t->scope = (struct vars){.arena = a, .outer = &r->vars};
    t->frames[0] = (struct frame){
        .steps = s->steps,
        .count = s->step_count,
        .vars = {.arena = a, .outer = &t->scope},
        .prefix = "",
    };
    t->depth = 1;
    *arena_push(a, &r->run->scenarios, struct scenario_result *) = t->result;
    t->next_active = r->active;
    r->active = t;
    r->active_count++;
    const struct run_events *e = r->options->events;
    if (e && e->scenario_started)
        e->scenario_started(e->ctx, r->run, t->result);
    return t;
}

static void remove_task(struct task *t)
{
    struct runner *r = t->runner;
    struct task **at = &r->active;
    while (*at != t)
        at = &(*at)->next_active;
    *at = t->next_active;
    r->active_count--;
    r->ended(r);
}

void task_end(struct task *t)
{
    struct scenario_result *s = t->result;
    s->checks.items = t->checks.items;
    s->checks.count = t->checks.count;
    s->checks.room = t->checks.room;
    s->duration_us = time_monotonic_us() - t->began_us;
    s->verdict = VERDICT_PASS;
    s->verdict = scenario_verdict(s);
    arena_end(&t->scratch);
    const struct run_events *e = t->runner->options->events;
    if (e && e->scenario_ended)
        e->scenario_ended(e->ctx, t->runner->run, s);
    remove_task(t);
}

void task_interrupt(struct task *t)
{
    if (t->cancel) {
        t->cancel(t);
    } else if (t->timer) {
        loop_timer_cancel(t->runner->loop, t->timer);
        t->timer = 0;
        t->on_resume(t);
    }
}

/* --- frames ------------------------------------------------------------------------------- */

struct frame *task_frame(struct task *t)
{
    assert(t->depth > 0);
    return &t->frames[t->depth - 1];
}

void task_block(struct task *t, enum verdict as, const char *why)
{
    struct frame *f = task_frame(t);
    if (f->blocked)
        return;
    f->blocked = why;
    f->blocked_as = as;
}

/* --- sending and waiting ------------------------------------------------------------------ */

static void on_response(void *ctx, struct exchange_record *x)
{
    struct task *t = ctx;
    t->sent_us = 0;
    t->on_response(t, x);
}

void task_send(struct task *t, struct arena *a, struct exchange_record *x, task_response_fn *then)
{
    t->on_response = then;
    t->sent_us = time_monotonic_us();
    t->runner->run->calls++;
    client_send(t->runner->client, a, x, on_response, t);
}

static void wake_task(struct task *t)
{
    task_resume_fn *then = t->on_resume;
    t->on_resume = NULL;
    t->timer = 0;
    then(t);
}

static void on_timer(void *ctx)
{
    wake_task(ctx);
}

static void on_clock_advanced(struct task *t, struct exchange_record *x)
{
    if (!exchange_succeeded(x))
        t->current.failure = admin_error(t->runner->arena, x);
    wake_task(t);
}

void task_wait(struct task *t, int64_t ms, task_resume_fn *then)
{
    t->on_resume = then;
    if (t->namespace.has_clock) {
        struct arena *a = &t->scratch;
        task_send(t, a, admin_advance_clock(a, &t->namespace, ms), on_clock_advanced);
        return;
    }
    t->resumes_us = time_monotonic_us() + ms * 1000;
    t->timer = loop_timer(t->runner->loop, t->resumes_us, on_timer, t);
}

void task_record(struct task *t, struct exchange_record *x)
{
    *arena_push(t->runner->arena, &t->result->exchanges, const struct exchange_record *) = x;
    secret_members_report(t->runner, x->response_body);
    secret_headers_report(t->runner, &x->response_headers);
}

/* --- for phases --------------------------------------------------------------------------- */

void task_continue(struct task *t)
{
    t->walk(t);
}

static void on_current_response(struct task *t, struct exchange_record *x)
{
    (void)x; /* current.exchange */
    task_continue(t);
}

enum next task_send_current(struct task *t, struct arena *a)
{
    task_send(t, a, t->current.exchange, on_current_response);
    return NEXT_WAIT;
}

enum next task_repeat_after(struct task *t, int64_t ms)
{
    task_wait(t, ms, task_continue);
    return NEXT_REPEAT;
}
