#include <string.h>

#include "conformance/scenario/logic.h"
#include "conformance/scenario/reader.h"
#include "conformance/scenario/references.h"
#include "conformance/scenario/validate.h"

/* A scenario that only excludes a value, and never sends or expects it, would also pass if nothing has that value. This
 * concerns the values that the scenario makes up: constant variables, the id of the run and the name of the
 * scenario. */

struct search {
    const char *name;   /* of the reference */
    bool excluded;      /* below $none or $not */
    bool sent_or_found; /* anywhere else */
    bool below;         /* the value that is visited now is below $none or $not */
    struct where at;    /* of the first exclusion */
};

static bool on_reference(void *ctx, struct str reference, struct where at)
{
    struct search *s = ctx;
    if (!str_is(reference, s->name))
        return true;
    if (s->below && !s->excluded)
        s->at = at;
    s->excluded |= s->below;
    s->sent_or_found |= !s->below;
    return true;
}

static void visit(struct search *s, const struct node *n)
{
    bool outer = s->below;
    if (n->kind == NODE_TEXT)
        references_visit(n, on_reference, s);
    for (size_t i = 0; n->kind == NODE_LIST && i < n->list.count; i++)
        visit(s, n->list.items[i]);
    for (size_t i = 0; n->kind == NODE_MAP && i < n->map.count; i++) {
        const struct member *m = &n->map.members[i];
        s->below = outer || strcmp(m->key, "$none") == 0 || strcmp(m->key, "$not") == 0;
        visit(s, m->value);
    }
    s->below = outer;
}

static bool check_name(struct validation *c, const struct scenario *sc, const char *name)
{
    struct search s = {.name = name};
    for (size_t i = 0; i < sc->var_count; i++)
        visit(&s, sc->vars[i].value);
    for (size_t i = 0; i < sc->step_count; i++)
        visit(&s, sc->steps[i].source);
    if (!s.excluded || s.sent_or_found)
        return true;
    return error_add(c->err, ERROR_INPUT, s.at,
                     "'$%s' is only excluded here, so this also passes if nothing ever has that value; send or "
                     "expect it in another step",
                     name);
}

bool validate_excluded(struct validation *c, const struct scenario *sc)
{
    bool ok = check_name(c, sc, "run.id");
    ok &= check_name(c, sc, "scenario.name");
    for (size_t i = 0; i < sc->var_count; i++)
        if (sc->vars[i].value && !logic_has_reference(sc->vars[i].value))
            ok &= check_name(c, sc, sc->vars[i].name);
    return ok;
}
