#include "conformance/run/task.h"

#include <assert.h>

static bool set_inputs(struct vars *v, const struct flow *flow, const struct node *with, const char **missing)
{
    for (size_t i = 0; i < flow->input_count; i++) {
        const struct input *in = &flow->inputs[i];
        const struct node *given = node_get(with, in->name);
        const struct node *value = !given && in->value ? vars_value(v, in->value, missing) : given;
        if (!value) {
            *missing = *missing ? *missing : in->name;
            return false;
        }
        vars_set(v, in->name, value);
    }
    return true;
}

void flow_start(struct task *t)
{
    struct current *c = &t->current;
    struct runner *r = t->runner;
    const struct flow *flow = c->step->flow;
    const char *missing = NULL;
    const struct node *with = c->step->with ? vars_value(&c->vars, c->step->with, &missing) : NULL;
    assert(t->depth < TASK_DEPTH_MAX); /* the loader rejects recursive flows */
    struct frame f = {
        .steps = flow->steps,
        .count = flow->step_count,
        .vars = {.arena = r->arena, .outer = &r->vars},
        .prefix = arena_printf(r->arena, "%s.", c->name),
        .flow = flow,
    };
    const struct node *self = vars_get(&c->vars, STR("scenario"));
    if (self)
        vars_set(&f.vars, "scenario", self);
    if (missing || !set_inputs(&f.vars, flow, with, &missing))
        task_block(t, VERDICT_NOT_APPLICABLE, arena_printf(r->arena, "no value for '%s'", missing));
    struct frame *outer = task_frame(t);
    if (outer->blocked) {
        f.blocked = outer->blocked;
        f.blocked_as = outer->blocked_as;
    }
    t->frames[t->depth++] = f;
    task_step(t);
}

void flow_end(struct task *t)
{
    struct frame f = *task_frame(t);
    struct arena *a = t->runner->arena;
    const struct node *outputs = node_new_map(a, NULL, 0);
    t->depth--;
    task_begin(t);
    if (f.blocked) {
        task_block(t, f.blocked_as, f.blocked);
        skipped_checks_of_step(t, t->current.step, t->current.name, f.blocked_as, f.blocked);
        task_step_done(t);
        return;
    }
    for (size_t i = 0; i < f.flow->output_count; i++) {
        const struct input *out = &f.flow->outputs[i];
        const char *missing = NULL;
        const struct node *value = out->value ? vars_value(&f.vars, out->value, &missing) : NULL;
        if (value)
            outputs = node_with(a, outputs, out->name, value);
    }
    if (task_resolve(t))
        judge_outputs(t, outputs);
}
