#include "mockserver/runtime/suspend.h"

#include <assert.h>

#include "base/time.h"
#include "mockserver/runtime/mock.h"

bool call_is_suspended(const struct call *c)
{
    return c->timer || c->suspended || c->line;
}

static void leave_slot(struct call *c)
{
    if (c->suspended)
        c->suspended->call = NULL;
    c->suspended = NULL;
    if (!c->line)
        return;
    *(c->line_previous ? &c->line_previous->line_next : &c->line->first) = c->line_next;
    *(c->line_next ? &c->line_next->line_previous : &c->line->last) = c->line_previous;
    c->line_next = c->line_previous = NULL;
    c->line = NULL;
}

/* Counts the call in its namespace, which is not idle while a call is suspended in it. */
static void begin_wait(struct call *c)
{
    if (c->ns && !c->waits_in) {
        c->waits_in = c->ns->born;
        c->ns->waiting++;
    }
}

/* The namespace may have been deleted since, and created again under the same name. */
static void end_wait(struct call *c)
{
    struct namespace *ns = c->waits_in ? namespaces_find(c->mock->namespaces, c->ns_name) : NULL;
    if (ns && ns->born == c->waits_in) {
        ns->waiting--;
        ns->last_us = time_monotonic_us();
    }
    c->waits_in = 0;
}

static void wake(void *call)
{
    struct call *c = call;
    c->timer = 0;
    leave_slot(c);
    end_wait(c);
    c->resume(c);
}

bool call_suspend_for(struct call *c, int64_t delay_us, void (*then)(struct call *c))
{
    if (delay_us <= 0 || !c->mock->loop || !c->exchange->reply)
        return false;
    c->then = then;
    begin_wait(c);
    c->timer = mock_timer(c->mock, time_monotonic_us() + delay_us, wake, c);
    return true;
}

bool call_suspend(struct call *c, struct call_slot *slot, void (*then)(struct call *c))
{
    if (!c->mock->loop || !c->exchange->reply)
        return false;
    assert(!slot->call);
    c->then = then;
    begin_wait(c);
    c->suspended = slot;
    *slot = (struct call_slot){c, call_wake_now};
    return true;
}

bool call_suspend_in(struct call *c, struct call_line *line, void (*then)(struct call *c))
{
    if (!c->mock->loop || !c->exchange->reply)
        return false;
    c->then = then;
    begin_wait(c);
    c->line = line;
    c->line_previous = line->last;
    *(line->last ? &line->last->line_next : &line->first) = c;
    line->last = c;
    return true;
}

void call_wake_line(struct call_line *line)
{
    while (line->first)
        call_wake_now(line->first);
}

void call_wake_now(struct call *c)
{
    leave_slot(c);
    call_wake(c);
}

void call_wake(struct call *c)
{
    mock_timer_cancel(c->mock, c->timer);
    c->timer = mock_timer(c->mock, time_monotonic_us(), wake, c);
}

void call_forget(struct call *c)
{
    leave_slot(c);
    if (c->timer)
        mock_timer_cancel(c->mock, c->timer);
    c->timer = 0;
    end_wait(c);
}
