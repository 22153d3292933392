#include "conformance/run/skip_reason.h"

#include <string.h>

#include "conformance/run/consent.h"

static bool step_writes(const struct step *step)
{
    static const char *const reading[] = {"GET", "HEAD", "OPTIONS"};
    bool writes =
        step->kind == STEP_CONSENT || step->kind == STEP_SIMULATE || step->kind == STEP_CALL;
    for (size_t i = 0; step->kind == STEP_CALL && i < sizeof reading / sizeof *reading; i++)
        writes &= strcmp(step->method, reading[i]) != 0;
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

/* The manifest lists simulations by name, or as {name}. */
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

static const char *missing_simulation(struct arena *a, const struct node *simulations,
                                      const struct scenario *scenario)
{
    size_t count;
    const char *const *needs = scenario_needs(a, scenario, &count);
    for (size_t i = 0; simulations && i < count; i++)
        if (str_starts(str_from(needs[i]), STR("simulate.")) &&
            !has_simulation(simulations, needs[i] + strlen("simulate.")))
            return needs[i];
    return NULL;
}

const char *skip_reason_for(const struct runner *r, const struct planned *p,
                            const struct node *simulations)
{
    const struct run_options *o = r->options;
    bool real = !r->target->is_mock;
    const char *missing =
        p->missing ? p->missing : missing_simulation(r->arena, simulations, p->scenario);
    if (missing)
        return arena_printf(r->arena, "missing capability '%s'", missing);
    if (r->target->consent == CONSENT_HUMAN && needs_consent(r->arena, p->scenario) &&
        !consent_can_ask())
        return "a person is needed for the consent, and there is no terminal";
    const char *missing_name = find_missing_name(&r->vars, r->target, p->scenario);
    if (missing_name)
        return missing_name;
    if (real && !o->allow_writes && scenario_writes(p->scenario))
        return "it writes, and --allow-writes was not given";
    if (real && !o->allow_costly && is_costly(p->scenario))
        return "it costs money, and --allow-costly was not given";
    return NULL;
}
