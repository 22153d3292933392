#include "conformance/scenario/types.h"

#include <string.h>

#include "conformance/scenario/documented.h"
#include "conformance/scenario/kinds.h"
#include "conformance/scenario/logic.h"
#include "conformance/scenario/operations.h"
#include "conformance/scenario/reader.h"

struct expected { /* the kinds that an expectation of a member accepts */
    const struct operation *op;
    const char *pointer;
    unsigned kinds;
    struct where at;
};

struct expected_list {
    struct expected *items;
    size_t count, room;
};

struct survey {
    struct arena *arena;
    struct expected_list positive, negative; /* negative: below $none or $not */
};

struct spot {
    const struct operation *op;
    bool negative;
};

static void visit(struct survey *v, struct spot spot, const struct node *x, const char *pointer);

/* An expectation that accepts every kind says nothing about the type, nor does `$not: null`. */
static void note(struct survey *v, struct spot spot, const struct node *x, const char *pointer)
{
    unsigned kinds = kinds_of(x) & KIND_PRESENT;
    bool says_nothing = (kinds | KIND_NULL) == KIND_PRESENT || (spot.negative && kinds == KIND_NULL);
    if (kinds && !says_nothing)
        *arena_push(v->arena, spot.negative ? &v->negative : &v->positive, struct expected) =
            (struct expected){spot.op, pointer, kinds, x->at};
}

static void visit_matcher(struct survey *v, struct spot spot, const struct member *m, const char *pointer)
{
    bool none = strcmp(m->key, "$none") == 0, not = strcmp(m->key, "$not") == 0;
    struct spot inside = {spot.op, spot.negative || none || not };
    if (not || strcmp(m->key, "$exact") == 0)
        visit(v, inside, m->value, pointer);
    if (none || strcmp(m->key, "$some") == 0 || strcmp(m->key, "$each") == 0)
        visit(v, inside, m->value, arena_printf(v->arena, "%s/*", pointer));
    for (size_t i = 0; strcmp(m->key, "$in") == 0 && i < node_count(m->value); i++)
        visit(v, inside, child_at(m->value, i), pointer);
}

static void visit(struct survey *v, struct spot spot, const struct node *x, const char *pointer)
{
    bool matchers = logic_is_matchers(x);
    note(v, spot, x, pointer);
    for (size_t i = 0; x->kind == NODE_MAP && i < x->map.count; i++) {
        const struct member *m = &x->map.members[i];
        if (matchers)
            visit_matcher(v, spot, m, pointer);
        else
            visit(v, spot, m->value, node_pointer_add(v->arena, pointer, str_from(m->key)));
    }
    for (size_t i = 0; x->kind == NODE_LIST && i < x->list.count; i++)
        visit(v, spot, x->list.items[i], arena_printf(v->arena, "%s/*", pointer));
}

/* --- the suite ----------------------------------------------------------------------------- */

static void survey_step(struct survey *v, const struct operations *o, const struct step *s)
{
    for (size_t i = 0; s->kind == STEP_CALL && i < s->case_count; i++) {
        struct spot spot = {operations_find(o, s->method, text_of_case(v->arena, s, i, s->path)), false};
        if (spot.op && s->expect.body)
            visit(v, spot, s->expect.body, "");
        for (size_t k = 0; spot.op && k < s->reading_count; k++)
            if (s->readings[k].expect.body)
                visit(v, spot, s->readings[k].expect.body, "");
    }
    for (size_t i = 0; s->flow && i < s->flow->step_count; i++)
        survey_step(v, o, &s->flow->steps[i]);
}

static bool is_below(const char *file, const char *folder)
{
    struct str path = str_from(file), above = str_from(folder);
    return str_starts(path, above) && path.s[above.n] == '/';
}

/* Returns NULL if the provider of the scenario has no operations.yaml. */
static const struct operations *operations_of(const struct suite *suite, const struct scenario *sc)
{
    for (size_t i = 0; i < suite->catalogue_count; i++) {
        const struct catalogue *c = suite->catalogues[i];
        if (c && (suite->catalogue_count == 1 || is_below(sc->file, c->folder)))
            return c->operations;
    }
    return NULL;
}

/* Returns another expectation if the others accept no kind that this one accepts; else NULL. */
static const struct expected *find_clash(const struct survey *v, const struct expected *x)
{
    const struct expected *other = NULL;
    for (size_t i = 0; i < v->positive.count; i++) {
        const struct expected *p = &v->positive.items[i];
        if (p->op != x->op || strcmp(p->pointer, x->pointer) != 0)
            continue;
        if (p->kinds & x->kinds)
            return NULL;
        other = p;
    }
    return other;
}

static bool is_reported(const struct survey *v, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (v->negative.items[k].at.line == v->negative.items[i].at.line &&
            v->negative.items[k].at.column == v->negative.items[i].at.column &&
            strcmp(v->negative.items[k].at.file, v->negative.items[i].at.file) == 0)
            return true;
    return false;
}

bool types_check(const struct suite *suite, struct error *err)
{
    struct survey v = {.arena = suite->arena};
    bool ok = true;
    for (size_t i = 0; i < suite->scenario_count; i++) {
        const struct operations *o = operations_of(suite, suite->scenarios[i]);
        for (size_t k = 0; o && k < suite->scenarios[i]->step_count; k++)
            survey_step(&v, o, &suite->scenarios[i]->steps[k]);
    }
    for (size_t i = 0; i < v.negative.count; i++) {
        const struct expected *x = &v.negative.items[i], *other = find_clash(&v, x);
        if (other && !is_reported(&v, i))
            ok = error_add(err, ERROR_INPUT, x->at,
                           "'%s' of %s never has this type, so excluding it proves nothing; %s:%d expects another type",
                           x->pointer + 1, x->op->name, other->at.file, other->at.line);
    }
    return ok;
}
