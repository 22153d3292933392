#include "conformance/run/task.h"

#include <assert.h>

#include "base/time.h"

/* --- frames --------------------------------------------------------------------------------- */

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

/* Sets the variables of the case. Returns false if a value has a reference without a value. */
static bool set_parameters(struct task *t, const char **missing)
{
    struct current *c = &t->current;
    for (size_t i = 0; i < node_count(c->step->cases); i++) {
        const struct member *m = &c->step->cases->map.members[i];
        const struct node *item = node_at(m->value, task_frame(t)->case_index);
        const struct node *value = item ? vars_value(&c->vars, item, missing) : NULL;
        if (!value)
            return false;
        vars_set(&c->vars, m->key, value);
    }
    return true;
}

void task_begin(struct task *t)
{
    struct frame *f = task_frame(t);
    struct arena *a = t->runner->arena;
    const struct step *step = &f->steps[f->index];
    t->current = (struct current){
        .step = step,
        .name = step_name(a, f->prefix, step, f->case_index),
        .vars = {.arena = a, .outer = &f->vars},
        .arena = a,
        .now_ms = time_wall_ms(),
    };
}

bool task_resolve(struct task *t)
{
    struct current *c = &t->current;
    const char *missing = NULL;
    bool ok = set_parameters(t, &missing) && resolve_expectation(&c->vars, &c->step->expect, &c->expect, &missing) &&
              resolve_expectation(&c->vars, &c->step->stop, &c->stop, &missing) &&
              (c->readings = resolve_readings(&c->vars, c->step, &missing));
    if (!ok)
        judge_blocked(t, missing);
    return ok;
}

/* --- stepping ------------------------------------------------------------------------------- */

static void (*const starts[STEP_KIND_COUNT])(struct task *t) = {
    [STEP_CALL] = call_start,         [STEP_USE] = flow_start,        [STEP_CONSENT] = consent_start,
    [STEP_SIMULATE] = simulate_start, [STEP_ADVANCE] = advance_start, [STEP_INSPECT] = call_start,
    [STEP_WEBHOOK] = webhook_start,
};

static void skip_case(struct task *t)
{
    struct frame *f = task_frame(t);
    skipped_checks_of_case(t, &f->steps[f->index], f->prefix, f->case_index, f->blocked_as, f->blocked);
    task_step_done(t);
}

static void run_next(struct task *t)
{
    struct frame *f = task_frame(t);
    if (f->index < f->count && f->case_index >= f->steps[f->index].case_count) {
        f->index++;
        f->case_index = 0;
    }
    if (t->runner->interrupted)
        task_block(t, VERDICT_BLOCKED, "the run was interrupted");
    if (f->index == f->count && t->depth > 1) {
        flow_end(t);
    } else if (f->index == f->count) {
        cleanup_start(t);
    } else if (f->blocked) {
        skip_case(t);
    } else {
        task_begin(t);
        if (task_resolve(t))
            starts[t->current.step->kind](t);
    }
}

/* A step may end within run_next, which calls this again. `going` prevents recursion: the outer
 * call continues with the next step. */
void task_step(struct task *t)
{
    t->ready = true;
    if (t->going)
        return;
    t->going = true;
    while (t->ready) {
        t->ready = false;
        run_next(t);
    }
    t->going = false;
}

void task_step_done(struct task *t)
{
    task_frame(t)->case_index++;
    task_step(t);
}

/* --- start and end --------------------------------------------------------------------------- */

static bool set_scenario_vars(struct task *t, struct vars *v, const char **missing)
{
    const struct scenario *s = t->scenario;
    struct arena *a = t->runner->arena;
    const struct node *self = node_with(a, NULL, "name", node_new_text(a, str_from(s->name)));
    if (t->inbox)
        self = node_with(a, self, "webhook_url", node_new_text(a, str_from(t->inbox->url)));
    vars_set(v, "scenario", self);
    for (size_t i = 0; i < s->var_count; i++) {
        const struct input *in = &s->vars[i];
        const struct node *value = in->value ? vars_value(v, in->value, missing) : NULL;
        if (!value) {
            *missing = *missing ? *missing : in->name;
            return false;
        }
        vars_set(v, in->name, value);
    }
    return true;
}

static void begin_steps(struct task *t)
{
    const char *missing = NULL;
    if (!set_scenario_vars(t, &t->frames[0].vars, &missing)) {
        t->result->why = arena_printf(t->runner->arena, "no value for '%s'", missing);
        task_block(t, VERDICT_NOT_APPLICABLE, t->result->why);
    }
    task_step(t);
}

static void on_namespace_created(struct task *t, struct exchange_record *x)
{
    if (!exchange_succeeded(x)) {
        t->namespace.name = NULL; /* nothing to delete at the end */
        task_block(t, VERDICT_ERROR, admin_error(t->runner->arena, x));
    }
    begin_steps(t);
}

static struct task *task_new(struct runner *r, const struct scenario *s)
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
    t->frames[0] = (struct frame){
        .steps = s->steps,
        .count = s->step_count,
        .vars = {.arena = a, .outer = &r->vars},
        .prefix = "",
    };
    t->depth = 1;
    *arena_push(a, &r->run->scenarios, struct scenario_result *) = t->result;
    t->next_active = r->active;
    r->active = t;
    r->active_count++;
    return t;
}

static void notify_started(struct task *t)
{
    const struct run_events *e = t->runner->options->events;
    if (e && e->scenario_started)
        e->scenario_started(e->ctx, t->runner->run, t->result);
}

void task_start(struct runner *r, const struct scenario *s, size_t number)
{
    struct task *t = task_new(r, s);
    const char *name = arena_printf(r->arena, "%s-%zu", r->id, number);
    if (r->listener)
        t->inbox = listener_open(r->listener, name);
    notify_started(t);
    if (!r->target->admin_url) {
        t->namespace = namespace_of(r->arena, r->target, NULL);
        begin_steps(t);
        return;
    }
    t->namespace = namespace_of(r->arena, r->target, name);
    task_send(t, r->arena, admin_create_namespace(r->arena, r->target, name), on_namespace_created);
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
    for (size_t i = 0; i < s->checks.count; i++)
        s->verdict = verdict_worse(s->verdict, s->checks.items[i].verdict);
    arena_end(&t->scratch);
    const struct run_events *e = t->runner->options->events;
    if (e && e->scenario_ended)
        e->scenario_ended(e->ctx, t->runner->run, s);
    remove_task(t);
}

void task_not_applicable(struct runner *r, const struct scenario *s, const char *why)
{
    struct task *t = task_new(r, s);
    notify_started(t);
    for (size_t i = 0; i < s->step_count; i++)
        for (size_t k = 0; k < s->steps[i].case_count; k++)
            skipped_checks_of_case(t, &s->steps[i], "", k, VERDICT_NOT_APPLICABLE, why);
    t->result->why = why;
    task_end(t);
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
