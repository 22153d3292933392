#include "conformance/run/step.h"

#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "conformance/scenario/references.h"

/* --- names that do not exist -------------------------------------------------------------- */

struct search {
    const struct vars *root;
    const struct target *target;
    const char *why;      /* which name is missing, as a sentence; NULL: none found */
    const char *variable; /* the unset environment variable that it is read from; NULL: none */
};

static void set_unset(struct search *s, const char *what, struct str name, const char *variable)
{
    s->variable = variable;
    s->why = arena_printf(s->root->arena, "%s '" STR_FMT "' is not available: the environment variable '%s' %s", what,
                          STR_ARG(name), variable, variable_problem(variable));
}

static bool check_reference(void *ctx, struct str reference, struct where at)
{
    (void)at;
    struct search *s = ctx;
    if (str_starts(reference, STR(NO_SUCH_PREFIX)))
        reference = str_skip(reference, strlen(NO_SUCH_PREFIX));
    struct str name = reference, family = str_cut(&name, '.');
    bool env = str_is(family, "env");
    if ((!env && !str_is(family, "target")) || vars_get(s->root, reference))
        return true;
    const char *variable = env ? NULL : target_unset_variable(s->target, false, name);
    if (variable) {
        set_unset(s, "resource", name, variable);
        return false;
    }
    s->variable = env ? str_dup(s->root->arena, name) : NULL;
    s->why = arena_printf(s->root->arena,
                          env ? "the environment variable '" STR_FMT "' is not set"
                              : "the target has no resource '" STR_FMT "'",
                          STR_ARG(name));
    return false;
}

static void check_value(struct search *s, const struct node *value)
{
    if (value && !s->why)
        references_visit(value, check_reference, s);
}

static void check_step_keys(struct search *s, const struct step *step)
{
    for (size_t i = 0; i < node_count(step->source); i++)
        if (strcmp(step->source->map.members[i].key, "note") != 0)
            check_value(s, step->source->map.members[i].value);
}

/* Sets `name` if its value is known before the run; a value that a response gives is not. */
static void set_known_var(struct vars *scope, const struct vars *from, const char *name, const struct node *value)
{
    const char *missing = NULL;
    const struct node *known = value ? vars_value(from, value, &missing) : NULL;
    if (known)
        vars_set(scope, name, known);
}

static void check_actor(struct search *s, const struct vars *scope, const struct step *step)
{
    struct arena *a = scope->arena;
    for (size_t k = 0; step->as && k < step->case_count && !s->why; k++) {
        struct vars of_case = {.arena = a, .outer = scope};
        const char *missing = NULL;
        for (size_t i = 0; i < node_count(step->cases); i++)
            set_known_var(&of_case, scope, step->cases->map.members[i].key,
                          node_at(step->cases->map.members[i].value, k));
        const char *name = vars_text(&of_case, step->as, &missing);
        if (!name || target_actor(s->target, name))
            continue;
        const char *variable = target_unset_variable(s->target, true, str_from(name));
        if (variable)
            set_unset(s, "actor", str_from(name), variable);
        else
            s->why = arena_printf(a, "the target has no actor '%s'", name);
    }
}

static void check_steps(struct search *s, const struct vars *scope, const struct step *steps, size_t count);

static void check_flow(struct search *s, const struct vars *scope, const struct step *step)
{
    const struct flow *flow = step->flow;
    struct vars inner = {.arena = scope->arena, .outer = s->root};
    for (size_t i = 0; i < flow->input_count; i++) {
        const struct input *in = &flow->inputs[i];
        const struct node *given = node_get(step->with, in->name);
        if (!given)
            check_value(s, in->value);
        set_known_var(&inner, given ? scope : &inner, in->name, given ? given : in->value);
    }
    check_steps(s, &inner, flow->steps, flow->step_count);
}

static void check_steps(struct search *s, const struct vars *scope, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count && !s->why; i++) {
        check_step_keys(s, &steps[i]);
        check_actor(s, scope, &steps[i]);
        if (steps[i].kind == STEP_USE)
            check_flow(s, scope, &steps[i]);
    }
}

const char *find_missing_name(const struct vars *root, const struct target *t, const struct scenario *sc,
                              const char **variable)
{
    struct search s = {.root = root, .target = t};
    struct vars scope = {.arena = root->arena, .outer = root};
    for (size_t i = 0; i < sc->var_count; i++) {
        check_value(&s, sc->vars[i].value);
        set_known_var(&scope, root, sc->vars[i].name, sc->vars[i].value);
    }
    check_steps(&s, &scope, sc->steps, sc->step_count);
    *variable = s.variable;
    return s.why;
}

/* --- what a scenario does and needs ------------------------------------------------------- */

static bool step_writes(const struct step *step)
{
    static const char *const read_methods[] = {"GET", "HEAD", "OPTIONS"};
    bool writes = step->kind == STEP_CONSENT || step->kind == STEP_SIMULATE || step->kind == STEP_ADVANCE;
    if (step->kind == STEP_CALL)
        writes = !has_text(read_methods, COUNT(read_methods), step->method);
    for (size_t i = 0; step->flow && i < step->flow->step_count; i++)
        writes |= step_writes(&step->flow->steps[i]);
    return writes;
}

static bool scenario_writes(const struct scenario *s)
{
    bool writes = false;
    for (size_t i = 0; i < s->step_count; i++)
        writes |= step_writes(&s->steps[i]);
    return writes;
}

static bool needs_consent(struct arena *a, const struct scenario *s)
{
    size_t count;
    const char *const *needs = scenario_needs(a, s, &count);
    return has_text(needs, count, "consent");
}

static bool is_costly(const struct scenario *s)
{
    return has_text(s->requires, s->require_count, "lease");
}

/* The manifest lists a simulation as its name, or as a map with `name`. */
static bool has_simulation(const struct node *simulations, const char *name)
{
    for (size_t i = 0; i < node_count(simulations); i++) {
        const struct node *item = node_at(simulations, i);
        const char *text = node_text(item) ? node_text(item) : node_get_text(item, "name");
        if (text && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

static const char *missing_simulation(struct arena *a, const struct node *simulations, const struct scenario *scenario)
{
    size_t count;
    const char *const *needs = scenario_needs(a, scenario, &count);
    for (size_t i = 0; simulations && i < count; i++)
        if (str_starts(str_from(needs[i]), STR("simulate.")) &&
            !has_simulation(simulations, needs[i] + strlen("simulate.")))
            return needs[i];
    return NULL;
}

/* True if stdin and stderr are a terminal and the program runs in its foreground: a background process is stopped when
 * it reads from the terminal. */
static bool can_ask_person(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

const char *skip_reason_for(const struct runner *r, const struct planned *p, const struct node *simulations,
                            const char **variable)
{
    const struct run_options *o = r->options;
    bool real = !r->target->is_mock;
    *variable = NULL;
    const char *given_by = p->missing ? target_capability_source(p->missing) : NULL;
    if (p->missing)
        return arena_printf(r->arena, "missing capability '%s': %s", p->missing,
                            given_by ? given_by : "the target does not declare it");
    const char *missing = missing_simulation(r->arena, simulations, p->scenario);
    if (missing)
        return arena_printf(r->arena, "missing capability '%s': the admin API does not list it", missing);
    if (r->target->consent == CONSENT_HUMAN && needs_consent(r->arena, p->scenario) && !can_ask_person())
        return "the consent needs a person at a terminal, and there is no terminal";
    const char *missing_name = find_missing_name(&r->vars, r->target, p->scenario, variable);
    if (missing_name)
        return missing_name;
    if (o->read_only && scenario_writes(p->scenario))
        return "the scenario writes, and --read-only is set";
    if (real && !o->allow_writes && scenario_writes(p->scenario))
        return "the scenario writes to a real target (allow it with --allow-writes)";
    if (real && !o->allow_costly && is_costly(p->scenario))
        return "the scenario costs money on a real target (allow it with --allow-costly)";
    return NULL;
}
