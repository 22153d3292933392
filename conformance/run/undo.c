#include "conformance/run/task.h"

#include <string.h>

#define LIMITED_MAX 3

static bool is_undone(const struct exchange_record *x)
{
    return door_accepted(x) || x->status == 404 || x->status == 410;
}

static void leave_behind(struct task *t, const char *step, const struct exchange_record *undo,
                         const char *why)
{
    struct arena *a = t->runner->arena;
    *arena_push(a, &t->runner->run->leftovers, struct leftover) = (struct leftover){
        .what = arena_printf(a, "what step '%s' of '%s' created", step, t->scenario->name),
        .undo = undo ? arena_printf(a, "%s %s", undo->method, undo->url) : "unknown",
        .why = why,
    };
}

/* A world of its own needs no undoing: it is dropped as a whole. */
static bool needs_undo(const struct task *t)
{
    return (t->current.step->undo_method || t->current.step->stays) && !t->world.name;
}

void undo_register(struct task *t)
{
    const struct current *c = &t->current;
    struct request_problem problem = {0};
    if (!needs_undo(t))
        return;
    if (c->step->stays) {
        leave_behind(t, c->name, NULL, "no call takes it back");
        return;
    }
    struct exchange_record *x =
        resolve_undo(&c->vars, t->runner->target, &t->world, c->step, &problem);
    if (!x) {
        leave_behind(t, c->name, NULL, "the answer does not tell what it is called");
        return;
    }
    *arena_push(t->runner->arena, &t->undos, struct undo) = (struct undo){x, c->name};
}

void undo_lost(struct task *t)
{
    const struct current *c = &t->current;
    if (needs_undo(t) && c->exchange && c->exchange->sent && !c->exchange->status)
        leave_behind(t, c->name, NULL, "no answer came: it may have been created or not");
}

/* --- at the end ----------------------------------------------------------------------------- */

static void world_dropped(struct task *t, struct exchange_record *x)
{
    (void)x; /* the mock's own affair: nothing outlives it */
    task_end(t);
}

static void undo_next(struct task *t);

static void again(struct task *t)
{
    undo_next(t);
}

static void undone(struct task *t, struct exchange_record *x)
{
    const struct undo *u = &t->undos.items[t->undos.count - 1];
    int64_t wait_ms = exchange_retry_after_ms(x);
    if (x->status == 429 && x->attempts < LIMITED_MAX) {
        x->attempts++;
        u->request->attempts = x->attempts;
        task_wait(t, wait_ms >= 0 ? wait_ms : 1000, again);
        return;
    }
    task_record(t, x);
    if (!is_undone(x))
        leave_behind(t, u->step, x,
                     x->status ? arena_printf(t->runner->arena, "it answered %d", x->status)
                               : x->error);
    t->undos.count--;
    undo_next(t);
}

static void undo_next(struct task *t)
{
    struct arena *a = t->runner->arena;
    if (!t->undos.count) {
        task_end(t);
        return;
    }
    struct exchange_record *x = arena_new(a, struct exchange_record);
    *x = *t->undos.items[t->undos.count - 1].request;
    task_send(t, a, x, undone);
}

void undo_start(struct task *t)
{
    struct arena *a = t->runner->arena;
    if (t->world.name)
        task_send(t, a, door_delete(a, t->runner->target, t->world.name), world_dropped);
    else
        undo_next(t);
}
