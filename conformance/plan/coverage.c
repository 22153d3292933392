#include "conformance/plan/coverage.h"

#include <string.h>

typedef bool step_fn(const struct step *step, const char *id);

static bool cites_claim(const struct step *step, const char *id)
{
    for (size_t i = 0; i < step->citation_count; i++)
        if (strcmp(step->citations[i].claim, id) == 0)
            return true;
    return false;
}

static bool settles_dispute(const struct step *step, const char *id)
{
    return step->dispute && strcmp(step->dispute, id) == 0;
}

static bool any_step(const struct suite *suite, step_fn *fn, const char *id)
{
    for (size_t i = 0; i < suite->scenario_count; i++)
        for (size_t k = 0; k < suite->scenarios[i]->step_count; k++)
            if (fn(&suite->scenarios[i]->steps[k], id))
                return true;
    return false;
}

struct coverage coverage_of(struct arena *a, const struct suite *suite, const struct catalogue *c)
{
    const struct claim **uncited = arena_array(a, const struct claim *, c->claim_count);
    const struct dispute **unsettled = arena_array(a, const struct dispute *, c->dispute_count);
    struct coverage out = {.uncited = uncited, .unsettled = unsettled};
    for (size_t i = 0; i < c->claim_count; i++) {
        const struct claim *claim = &c->claims[i];
        if (strcmp(claim->observe, "none") == 0)
            out.unobservable++;
        else if (any_step(suite, cites_claim, claim->id))
            out.cited++;
        else
            uncited[out.uncited_count++] = claim;
    }
    for (size_t i = 0; i < c->dispute_count; i++)
        if (!any_step(suite, settles_dispute, c->disputes[i].id))
            unsettled[out.unsettled_count++] = &c->disputes[i];
    return out;
}
