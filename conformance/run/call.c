#include "conformance/run/task.h"

#include <string.h>

#include "base/time.h"

static bool names_status(const struct expectation *x, int status)
{
    for (size_t i = 0; i < x->status_count; i++)
        if (x->statuses[i] == status)
            return true;
    return false;
}

static bool expects_status(const struct step *step, int status)
{
    bool expected = names_status(&step->expect, status) || names_status(&step->stop, status);
    for (size_t i = 0; i < step->reading_count; i++)
        expected |= names_status(&step->readings[i].expect, status);
    return expected;
}

static bool is_stop_seen(struct task *t, struct arena *a)
{
    struct check_input in = judge_input(t, a);
    in.expect = &t->current.stop;
    return t->current.step->eventually && t->current.stop.given && check_holds(&in);
}

static bool is_repeated(const struct step *step)
{
    return step->eventually || step->consistently;
}

static void send_attempt(struct task *t);

static void on_response(struct task *t, struct exchange_record *x)
{
    struct current *c = &t->current;
    c->exchange = x;
    if (!x->status) {
        judge_error(t, x->error);
        return;
    }
    judge_read_body(t, c->arena);
    struct observation seen = {
        .limited = x->status == 429 && !expects_status(c->step, 429),
        .retry_after_ms = exchange_retry_after_ms(x),
    };
    if (!seen.limited && is_repeated(c->step)) {
        seen.holds = judge_holds(t, c->arena);
        seen.stops = is_stop_seen(t, c->arena);
    }
    if (!t->namespace.has_clock)
        c->retry.elapsed_ms = (time_monotonic_us() - c->began_us) / 1000;
    struct retry_decision d = retry_decide(&c->retry, c->step, &seen);
    x->attempts = c->retry.count ? c->retry.count : 1;
    switch (d.next) {
    case RETRY_DECIDED:
        judge_response(t);
        break;
    case RETRY_GIVE_UP:
        judge_error(t, d.why);
        break;
    case RETRY_AGAIN:
        if (t->namespace.has_clock)
            c->retry.elapsed_ms += d.wait_ms;
        task_wait(t, d.wait_ms, send_attempt);
        break;
    }
}

/* Each attempt reuses the scratch arena; the last response is copied out of it. */
static void send_attempt(struct task *t)
{
    struct current *c = &t->current;
    if (t->runner->interrupted) {
        judge_error(t, "the run was interrupted");
        return;
    }
    arena_reset(&t->scratch);
    c->arena = &t->scratch;
    c->exchange = arena_new(&t->scratch, struct exchange_record);
    *c->exchange = *c->request;
    task_send(t, &t->scratch, c->exchange, on_response);
}

void call_start(struct task *t)
{
    struct current *c = &t->current;
    const struct target *target = t->runner->target;
    struct request_problem problem = {0};
    c->request = resolve_request(&c->vars, target, &t->namespace, c->step, &problem);
    c->began_us = time_monotonic_us();
    if (c->request)
        send_attempt(t);
    else
        judge_unsendable(t, &problem);
}
