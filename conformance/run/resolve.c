#include "conformance/run/resolve.h"

/* A NULL value gives NULL and returns true. */
static bool resolve_optional(const struct vars *v, const struct node *value, const struct node **out,
                             const char **missing)
{
    *out = value ? vars_value(v, value, missing) : NULL;
    return !value || *out;
}

bool resolve_expectation(const struct vars *v, const struct expectation *x, struct expectation *out,
                         const char **missing)
{
    *out = *x;
    return resolve_optional(v, x->headers, &out->headers, missing) &&
           resolve_optional(v, x->body, &out->body, missing) &&
           resolve_optional(v, x->outputs, &out->outputs, missing) &&
           resolve_optional(v, x->redirect, &out->redirect, missing);
}

const struct reading *resolve_readings(const struct vars *v, const struct step *step, const char **missing)
{
    struct reading *out = arena_array(v->arena, struct reading, step->reading_count);
    for (size_t i = 0; i < step->reading_count; i++) {
        out[i].name = step->readings[i].name;
        if (!resolve_expectation(v, &step->readings[i].expect, &out[i].expect, missing))
            return NULL;
    }
    return out;
}
