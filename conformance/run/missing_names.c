#include <string.h>

#include "conformance/run/skip_reason.h"
#include "conformance/scenario/references.h"

struct search {
    const struct vars *root;
    const struct target *target;
    const char *why; /* which name is missing, as a sentence; NULL: none found */
};

static bool check_reference(void *ctx, struct str reference, struct where at)
{
    (void)at;
    struct search *s = ctx;
    struct str name = reference, family = str_cut(&name, '.');
    bool env = str_is(family, "env");
    if ((!env && !str_is(family, "target")) || vars_get(s->root, reference))
        return true;
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
        if (name && !target_actor(s->target, name))
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

const char *find_missing_name(const struct vars *root, const struct target *t, const struct scenario *sc)
{
    struct search s = {.root = root, .target = t};
    struct vars scope = {.arena = root->arena, .outer = root};
    for (size_t i = 0; i < sc->var_count; i++) {
        check_value(&s, sc->vars[i].value);
        set_known_var(&scope, root, sc->vars[i].name, sc->vars[i].value);
    }
    check_steps(&s, &scope, sc->steps, sc->step_count);
    return s.why;
}
