#include "conformance/run/skip_reason.h"

#include <string.h>

#include "base/array.h"
#include "conformance/run/consent.h"

static bool step_writes(const struct step *step)
{
    static const char *const read_methods[] = {"GET", "HEAD", "OPTIONS"};
    bool writes = step->kind == STEP_CONSENT || step->kind == STEP_SIMULATE || step->kind == STEP_CALL;
    for (size_t i = 0; step->kind == STEP_CALL && i < COUNT(read_methods); i++)
        writes &= strcmp(step->method, read_methods[i]) != 0;
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
    for (size_t i = 0; i < count; i++)
        if (strcmp(needs[i], "consent") == 0)
            return true;
    return false;
}

static bool is_costly(const struct scenario *s)
{
    for (size_t i = 0; i < s->require_count; i++)
        if (strcmp(s->requires[i], "lease") == 0)
            return true;
    return false;
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

const char *skip_reason_for(const struct runner *r, const struct planned *p, const struct node *simulations)
{
    const struct run_options *o = r->options;
    bool real = !r->target->is_mock;
    if (p->missing)
        return arena_printf(r->arena, "missing capability '%s': the target does not declare it", p->missing);
    const char *missing = missing_simulation(r->arena, simulations, p->scenario);
    if (missing)
        return arena_printf(r->arena, "missing capability '%s': the admin API does not list it", missing);
    if (r->target->consent == CONSENT_HUMAN && needs_consent(r->arena, p->scenario) && !consent_can_ask())
        return "the consent needs a person at a terminal, and there is no terminal";
    const char *missing_name = find_missing_name(&r->vars, r->target, p->scenario);
    if (missing_name)
        return missing_name;
    if (real && !o->allow_writes && scenario_writes(p->scenario))
        return "the scenario writes to a real target (allow it with --allow-writes)";
    if (real && !o->allow_costly && is_costly(p->scenario))
        return "the scenario costs money on a real target (allow it with --allow-costly)";
    return NULL;
}
