/* START HERE: the phases of a step. Each scenario is a task (task.h); each of its steps, and each case of a step, goes
 * through the phases below from top to bottom. The table `kinds` has what a phase does for each kind of step. A flow
 * runs as steps between `act` and `receive` of the `use` step. */
#include "conformance/run/step.h"

#include <assert.h>
#include <string.h>

#include "base/array.h"
#include "base/time.h"

#define NAMESPACE_NAME_MAX 64 /* of the admin API */

static phase_fn choose, resolve, prepare, act, receive, repeat, record;
static phase_fn flow_enter, flow_leave;

/* clang-format off */
enum {
    PHASE_CHOOSE, PHASE_RESOLVE, PHASE_PREPARE, PHASE_ACT, PHASE_RECEIVE, PHASE_REPEAT, PHASE_RECORD, PHASE_ASK,
    PHASE_CONFIRM, PHASE_CHECK, PHASE_CAPTURE, PHASE_CLEANUP, PHASE_LOOK_UP, PHASE_COMPARE, PHASE_BLOCK,
};
static phase_fn *const phases[] = {
    [PHASE_CHOOSE]  = choose,           /* the next step or case; skips blocked ones; a flow or the scenario may end */
    [PHASE_RESOLVE] = resolve,          /* replaces the references in the case and in the expectations */
    [PHASE_PREPARE] = prepare,          /* builds what the kind of step needs, for example its request */
    [PHASE_ACT]     = act,              /* sends it, at the rate that the target allows; waits for the response */
    [PHASE_RECEIVE] = receive,          /* reads the response; without one the step ends undecided */
    [PHASE_REPEAT]  = repeat,           /* eventually, consistently, an exhausted rate limit: waits, then acts again */
    [PHASE_RECORD]  = record,           /* keeps the response for the reports */
    [PHASE_ASK]     = confirm_ask,      /* an unexpected 401, 502, 503 or 504: sends the actor's check call */
    [PHASE_CONFIRM] = confirm_judge,    /* if that fails, too, the key or the server is dead: the step is undecided */
    [PHASE_CHECK]   = judge_check,      /* compares it with the expectation, and with the readings of a dispute */
    [PHASE_CAPTURE] = judge_capture,    /* keeps the values that later steps use */
    [PHASE_CLEANUP] = cleanup_register, /* remembers how to remove what the step created */
    [PHASE_LOOK_UP] = consent_look_up,  /* after a consent by a person: as which user is the account connected? */
    [PHASE_COMPARE] = consent_compare,  /* another user than the scenario asked for is an error */
    [PHASE_BLOCK]   = judge_block,      /* if the step failed: blocks the steps that need it */
};

static const struct kind {
    phase_fn *prepare, *act, *receive, *repeat, *record; /* NULL: nothing to do */
} kinds[STEP_KIND_COUNT] = {
    /*                  prepare           act          receive          repeat          record */
    [STEP_CALL]     = { call_prepare,     call_send,   call_receive,    call_repeat,    judge_record   },
    [STEP_USE]      = { NULL,             flow_enter,  flow_leave,      NULL,           NULL           },
    [STEP_CONSENT]  = { NULL,             consent_act, consent_receive, NULL,           judge_record   },
    [STEP_SIMULATE] = { simulate_prepare, admin_send,  admin_receive,   NULL,           judge_record   },
    [STEP_ADVANCE]  = { advance_prepare,  admin_send,  admin_receive,   NULL,           judge_record   },
    [STEP_INSPECT]  = { call_prepare,     call_send,   call_receive,    call_repeat,    judge_record   },
    [STEP_WEBHOOK]  = { webhook_prepare,  NULL,        NULL,            webhook_repeat, webhook_record },
};
/* clang-format on */

static void return_from_flow(struct task *t)
{
    t->current = task_frame(t)->user;
    t->depth--; /* flow_leave still reads the frame above */
}

/* Runs the phases until one waits or the scenario ends. task_continue never comes before a phase has returned. */
static void walk(struct task *t)
{
    for (;;) {
        switch (phases[t->phase](t)) {
        case NEXT_PHASE:
            t->phase++;
            break;
        case NEXT_WAIT:
            t->phase++;
            return;
        case NEXT_REPEAT:
            t->phase = PHASE_ACT;
            return;
        case NEXT_CASE:
            task_frame(t)->case_index++;
            t->phase = PHASE_CHOOSE;
            break;
        case NEXT_FLOW:
            t->phase = PHASE_CHOOSE;
            break;
        case NEXT_RETURN:
            return_from_flow(t);
            t->phase = PHASE_RECEIVE;
            break;
        case NEXT_END:
            webhook_end(t);
            cleanup_start(t);
            return;
        }
    }
}

/* --- choose and resolve ------------------------------------------------------------------- */

static enum next choose(struct task *t)
{
    struct frame *f = task_frame(t);
    struct arena *a = t->runner->arena;
    if (f->index < f->count && f->case_index >= f->steps[f->index].case_count) {
        f->index++;
        f->case_index = 0;
    }
    if (t->runner->interrupted)
        task_block(t, VERDICT_BLOCKED, "the run was interrupted");
    if (f->index == f->count)
        return t->depth > 1 ? NEXT_RETURN : NEXT_END;
    const struct step *step = &f->steps[f->index];
    if (f->blocked) {
        skipped_checks_of_case(t, step, f->prefix, f->case_index, f->blocked_as, f->blocked);
        return NEXT_CASE;
    }
    t->current = (struct current){
        .step = step,
        .name = step_name(a, f->prefix, step, f->case_index),
        .vars = {.arena = a, .outer = &f->vars},
        .arena = a,
        .held = true, /* until a check fails */
    };
    return NEXT_PHASE;
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

static enum next resolve(struct task *t)
{
    struct current *c = &t->current;
    const char *missing = NULL;
    bool ok = set_parameters(t, &missing) && resolve_expectation(&c->vars, &c->step->expect, &c->expect, &missing) &&
              resolve_expectation(&c->vars, &c->step->stop, &c->stop, &missing) &&
              resolve_expectation(&c->vars, &c->step->pending, &c->pending, &missing);
    if (ok)
        c->readings = resolve_readings(&c->vars, c->step, &missing);
    return ok && c->readings ? NEXT_PHASE : judge_blocked(t, missing);
}

/* --- the phases of the kinds -------------------------------------------------------------- */

static enum next run_phase(phase_fn *phase, struct task *t)
{
    return phase ? phase(t) : NEXT_PHASE;
}

static enum next prepare(struct task *t)
{
    return run_phase(kinds[t->current.step->kind].prepare, t);
}

static enum next act(struct task *t)
{
    if (t->current.failure)
        return judge_error(t, t->current.failure);
    if (t->runner->interrupted)
        return judge_error(t, "the run was interrupted");
    return run_phase(kinds[t->current.step->kind].act, t);
}

static enum next receive(struct task *t)
{
    if (t->current.failure)
        return judge_error(t, t->current.failure);
    return run_phase(kinds[t->current.step->kind].receive, t);
}

static enum next repeat(struct task *t)
{
    return run_phase(kinds[t->current.step->kind].repeat, t);
}

static enum next record(struct task *t)
{
    return run_phase(kinds[t->current.step->kind].record, t);
}

/* --- use: runs a flow --------------------------------------------------------------------- */

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

static enum next flow_enter(struct task *t)
{
    struct current *c = &t->current;
    struct runner *r = t->runner;
    const struct flow *flow = c->step->flow;
    const char *missing = NULL;
    const struct node *with = c->step->with ? vars_value(&c->vars, c->step->with, &missing) : NULL;
    assert(t->depth < TASK_DEPTH_MAX); /* the loader rejects recursive flows */
    struct frame *f = &t->frames[t->depth];
    *f = (struct frame){
        .steps = flow->steps,
        .count = flow->step_count,
        .vars = {.arena = r->arena, .outer = &t->scope},
        .prefix = arena_printf(r->arena, "%s.", c->name),
        .flow = flow,
        .user = *c,
    };
    const struct node *self = vars_get(&c->vars, STR("scenario"));
    if (self)
        vars_set(&f->vars, "scenario", self);
    if (missing || !set_inputs(&f->vars, flow, with, &missing)) /* blocks the caller, and so the flow's steps */
        task_block(t, VERDICT_NOT_APPLICABLE, arena_printf(r->arena, "no value for '%s'", missing));
    f->blocked = task_frame(t)->blocked;
    f->blocked_as = task_frame(t)->blocked_as;
    t->depth++;
    return NEXT_FLOW;
}

static enum next flow_leave(struct task *t)
{
    struct current *c = &t->current;
    const struct frame *f = &t->frames[t->depth]; /* of the flow that has ended */
    struct arena *a = t->runner->arena;
    if (f->blocked) {
        task_block(t, f->blocked_as, f->blocked);
        skipped_checks_of_step(t, c->step, c->name, f->blocked_as, f->blocked);
        return NEXT_CASE;
    }
    c->outputs = node_new_map(a, NULL, 0);
    for (size_t i = 0; i < f->flow->output_count; i++) {
        const struct input *out = &f->flow->outputs[i];
        const char *missing = NULL;
        const struct node *value = out->value ? vars_value(&f->vars, out->value, &missing) : NULL;
        if (value)
            c->outputs = node_with(a, c->outputs, out->name, value);
    }
    return NEXT_PHASE;
}

/* --- a scenario --------------------------------------------------------------------------- */

static bool set_scenario_vars(struct task *t, struct vars *v, const char **missing)
{
    const struct scenario *s = t->scenario;
    struct arena *a = t->runner->arena;
    const struct node *self = node_with(a, NULL, "name", node_new_text(a, str_from(s->name)));
    if (t->inbox)
        self = node_with(a, self, "webhook_url", node_new_text(a, str_from(inbox_url(t->inbox))));
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

/* task.c continues a task with `walk`; it must not include this file. */
static void begin_steps(struct task *t)
{
    const char *missing = NULL;
    if (!set_scenario_vars(t, &t->frames[0].vars, &missing)) {
        t->result->why = arena_printf(t->runner->arena, "no value for '%s'", missing);
        task_block(t, VERDICT_NOT_APPLICABLE, t->result->why);
    }
    t->walk = walk;
    walk(t);
}

static void on_namespace_created(struct task *t, struct exchange_record *x)
{
    if (!exchange_succeeded(x)) {
        t->namespace.name = NULL; /* nothing to delete at the end */
        task_block(t, VERDICT_ERROR, admin_error(t->runner->arena, x));
    }
    begin_steps(t);
}

/* A mock generates its ids by the namespace's name. So on a mock of its own a scenario gets the same ids in every run,
 * whatever else runs; on a mock that others use, too, the run's id keeps the names apart. */
static const char *namespace_name(const struct runner *r, const struct scenario *s, const char *id)
{
    bool by_scenario = r->target->is_own_mock && strlen(s->name) <= NAMESPACE_NAME_MAX - strlen("s-");
    if (!by_scenario)
        return id;
    char *name = arena_printf(r->arena, "s-%s", s->name);
    for (char *c = name; (c = strchr(c, '/'));)
        *c = '.'; /* of a generated scenario */
    return name;
}

void scenario_start(struct runner *r, const struct scenario *s, size_t number)
{
    struct task *t = task_new(r, s);
    const char *id = arena_printf(r->arena, "%s-%zu", r->id, number);
    const char *name = namespace_name(r, s, id);
    if (r->listener)
        t->inbox = listener_open(r->listener, id);
    t->namespace = namespace_of(r->arena, r->target, r->target->admin_url ? name : NULL);
    vars_set(&t->scope, "target.base_url", node_new_text(r->arena, str_from(t->namespace.base_url)));
    if (r->target->admin_url)
        task_send(t, r->arena, admin_create_namespace(r->arena, r->target, name, r->options->from),
                  on_namespace_created);
    else
        begin_steps(t);
}

static struct task *skipped_task(struct runner *r, const struct scenario *s, enum verdict verdict, const char *why)
{
    struct task *t = task_new(r, s);
    for (size_t i = 0; i < s->step_count; i++)
        for (size_t k = 0; k < s->steps[i].case_count; k++)
            skipped_checks_of_case(t, &s->steps[i], "", k, verdict, why);
    t->result->why = why;
    return t;
}

void scenario_not_applicable(struct runner *r, const struct scenario *s, const char *why, const char *variable)
{
    struct task *t = skipped_task(r, s, VERDICT_NOT_APPLICABLE, why);
    t->result->unset_variable = variable;
    task_end(t);
}

void scenario_not_started(struct runner *r, const struct scenario *s, const char *why)
{
    struct task *t = skipped_task(r, s, VERDICT_BLOCKED, why);
    t->result->not_started = true;
    task_end(t);
}
