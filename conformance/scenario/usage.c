#include "conformance/scenario/usage.h"

#include <string.h>

#include "conformance/scenario/references.h"

/* The steps of a scenario or of a flow in use. */
struct frame {
    const struct usage *usage;
    const struct input *inputs; /* variables of the scenario, or inputs of the flow */
    size_t input_count;
    const struct node *with; /* values that `user` passes; NULL: none */
    const struct step *user; /* the step that uses the flow */
    const struct frame *outer;
};

/* --- resources ---------------------------------------------------------------------------- */

static bool on_reference(void *ctx, struct str reference, struct where at)
{
    const struct usage *u = ctx;
    struct str name = reference, family = str_cut(&name, '.');
    if (str_is(family, "no_such"))
        family = str_cut(&name, '.');
    if (str_is(family, "target") && u->resource)
        u->resource(u->ctx, name, at);
    return true;
}

static void visit_value(const struct usage *u, const struct node *value)
{
    struct usage copy = *u;
    if (value)
        references_visit(value, on_reference, &copy);
}

/* --- actors ------------------------------------------------------------------------------- */

/* Returns the name in "$name" and "${name}"; empty if the text is not exactly one reference. */
static struct str reference_of(const char *text)
{
    struct str name = str_from(text);
    if (!str_starts(name, STR("$")))
        return (struct str){0};
    name = str_skip(name, 1);
    if (str_starts(name, STR("{")) && str_ends(name, STR("}")))
        name = str_of(name.s + 1, name.n - 2);
    return name;
}

static void visit_actor(const struct frame *f, const struct step *step, const struct node *value)
{
    const char *text = node_text(value);
    struct str name = text ? reference_of(text) : (struct str){0};
    const struct member *m;
    if (!text)
        return;
    if (!strchr(text, '$')) {
        f->usage->actor(f->usage->ctx, text, value->at);
        return;
    }
    for (size_t i = 0; step && step->cases && (m = node_member(step->cases, i)); i++)
        for (size_t k = 0; str_is(name, m->key) && k < node_count(m->value); k++)
            visit_actor(f, NULL, node_at(m->value, k));
    for (size_t i = 0; i < f->input_count; i++) {
        const struct node *given = f->with ? node_get(f->with, f->inputs[i].name) : NULL;
        if (!str_is(name, f->inputs[i].name))
            continue;
        if (given)
            visit_actor(f->outer, f->user, given);
        else
            visit_actor(&(struct frame){.usage = f->usage}, NULL, f->inputs[i].value);
    }
}

/* --- steps -------------------------------------------------------------------------------- */

static void visit_steps(const struct frame *f, const struct step *steps, size_t count);

static void visit_flow(const struct frame *f, const struct step *step)
{
    const struct flow *flow = step->flow;
    struct frame inner = {f->usage, flow->inputs, flow->input_count, step->with, step, f};
    for (size_t i = 0; i < flow->input_count; i++)
        if (!node_get(step->with, flow->inputs[i].name))
            visit_value(f->usage, flow->inputs[i].value);
    visit_steps(&inner, flow->steps, flow->step_count);
}

static void visit_step(const struct frame *f, const struct step *step)
{
    const struct usage *u = f->usage;
    const struct node *as = node_get(step->source, "as"), *simulate = node_get(step->source, "simulate");
    const struct member *m;
    for (size_t i = 0; (m = node_member(step->source, i)); i++)
        if (strcmp(m->key, "note") != 0)
            visit_value(u, m->value);
    if (u->actor && as)
        visit_actor(f, step, as);
    else if (u->actor && step->kind == STEP_CALL && !step->to_url)
        u->actor(u->ctx, step->as, step->at);
    if (u->simulation && node_text(simulate))
        u->simulation(u->ctx, node_text(simulate), simulate->at);
    if (step->flow)
        visit_flow(f, step);
}

static void visit_steps(const struct frame *f, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        visit_step(f, &steps[i]);
}

void usage_of_scenario(const struct scenario *s, const struct usage *u)
{
    struct frame f = {.usage = u, .inputs = s->vars, .input_count = s->var_count};
    for (size_t i = 0; i < s->var_count; i++)
        visit_value(u, s->vars[i].value);
    visit_steps(&f, s->steps, s->step_count);
}

void usage_of_flow(const struct flow *flow, const struct usage *u)
{
    struct frame f = {.usage = u, .inputs = flow->inputs, .input_count = flow->input_count};
    for (size_t i = 0; i < flow->input_count; i++)
        visit_value(u, flow->inputs[i].value);
    visit_steps(&f, flow->steps, flow->step_count);
}
