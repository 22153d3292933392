#include "conformance/scenario/controls.h"

#include <string.h>

#include "base/array.h"
#include "conformance/scenario/documented.h"
#include "conformance/scenario/logic.h"
#include "conformance/scenario/operations.h"
#include "conformance/scenario/reader.h"
#include "conformance/scenario/references.h"
#include "conformance/scenario/vacuous.h"

/* --- what steps expect ---------------------------------------------------------------------- */

static bool accepts(const struct expectation *x, int64_t from, int64_t to)
{
    bool any = false;
    for (size_t i = 0; i < x->status_count; i++)
        any |= x->statuses[i] >= from && x->statuses[i] <= to;
    return any;
}

static bool accepts_only(const struct expectation *x, int64_t from, int64_t to)
{
    bool only = x->status_count;
    for (size_t i = 0; i < x->status_count; i++)
        only &= x->statuses[i] >= from && x->statuses[i] <= to;
    return only;
}

static bool may_be_refused(const struct step *s)
{
    bool any = accepts(&s->expect, 400, 599);
    for (size_t i = 0; i < s->reading_count; i++)
        any |= accepts(&s->readings[i].expect, 400, 599);
    return any;
}

static bool must_be_refused(const struct step *s)
{
    bool all = s->expect.given ? accepts_only(&s->expect, 400, 599) : s->reading_count > 0;
    for (size_t i = 0; i < s->reading_count; i++)
        all &= accepts_only(&s->readings[i].expect, 400, 599);
    return s->kind == STEP_CALL && all;
}

/* A server that refuses everything, or responds with {} to everything, fails this step. */
static bool must_succeed(struct validation *c, const struct step *s)
{
    const struct expectation *x = &s->expect;
    bool found = s->kind == STEP_CALL && accepts_only(x, 200, 299) &&
                 (s->capture_count || (x->body && !vacuous_for_empty(c->arena, x->body)));
    for (size_t i = 0; s->flow && i < s->flow->step_count && !found; i++)
        found = must_succeed(c, &s->flow->steps[i]);
    return found;
}

bool step_decides(const struct step *s)
{
    return s->citation_count || s->dispute;
}

/* What the provider shows may be different after this step. */
static bool may_change(const struct step *s)
{
    bool any = s->kind != STEP_USE && !step_only_reads(s);
    for (size_t i = 0; s->flow && i < s->flow->step_count && !any; i++)
        any = may_change(&s->flow->steps[i]);
    return any;
}

/* --- the same call ------------------------------------------------------------------------- */

static const char *read_method(const struct step *s)
{
    return strcmp(s->method, "HEAD") == 0 ? "GET" : s->method;
}

static const struct operation *operation_of(struct validation *c, const struct step *s)
{
    const struct operations *documents = c->catalogue ? c->catalogue->operations : NULL;
    return documents ? operations_find(documents, read_method(s), text_of_case(c->arena, s, 0, s->path)) : NULL;
}

static struct str path_of(const struct step *s)
{
    struct str path = str_from(s->path);
    return str_head(path, str_find(path, '?'));
}

static bool is_same_operation(struct validation *c, const struct step *s, const struct step *other)
{
    if (other->kind != STEP_CALL || s->kind != STEP_CALL || strcmp(read_method(s), read_method(other)) != 0)
        return false;
    const struct operation *op = operation_of(c, s);
    return op ? op == operation_of(c, other) : str_eq(path_of(s), path_of(other));
}

/* --- references ---------------------------------------------------------------------------- */

struct search {
    struct validation *c;
    const struct scenario *scenario;
    size_t index;  /* of the step that expects */
    bool excluded; /* the value that is visited now is below $none or $not */
    bool found;
};

/* Returns true if a server that always sends the same would send this value again: the step read it with the same
 * operation, and nothing since could change it. */
static bool is_read_again(const struct search *s, struct str reference)
{
    const struct scenario *sc = s->scenario;
    const struct step *here = &sc->steps[s->index];
    struct str rest = reference, id = str_cut(&rest, '.');
    size_t from = 0;
    while (from < s->index && !(sc->steps[from].id && str_is(id, sc->steps[from].id)))
        from++;
    if (from == s->index || !is_same_operation(s->c, here, &sc->steps[from]))
        return false;
    for (size_t i = from; i < s->index; i++)
        if (may_change(&sc->steps[i]))
            return false;
    return !logic_responses_disjoint(s->c->arena, &sc->steps[from].expect, &here->expect);
}

static bool on_reference(void *ctx, struct str reference, struct where at)
{
    struct search *s = ctx;
    (void)at;
    s->found |= s->excluded || !is_read_again(s, reference);
    return !s->found;
}

static void visit(struct search *s, const struct node *n)
{
    bool outer = s->excluded;
    if (n && n->kind == NODE_TEXT)
        references_visit(n, on_reference, s);
    for (size_t i = 0; n && i < node_count(n) && !s->found; i++) {
        const char *key = n->kind == NODE_MAP ? n->map.members[i].key : "";
        s->excluded = outer || strcmp(key, "$none") == 0 || strcmp(key, "$not") == 0;
        visit(s, n->kind == NODE_MAP ? n->map.members[i].value : node_at(n, i));
    }
    s->excluded = outer;
}

static bool expects_reference(struct validation *c, const struct scenario *sc, size_t index)
{
    struct search s = {.c = c, .scenario = sc, .index = index};
    visit(&s, node_get(sc->steps[index].source, "expect"));
    visit(&s, node_get(sc->steps[index].source, "one_of"));
    return s.found;
}

/* --- controls ------------------------------------------------------------------------------ */

static bool has_success(struct validation *c, const struct scenario *sc)
{
    bool found = false;
    for (size_t i = 0; i < sc->step_count && !found; i++)
        found = must_succeed(c, &sc->steps[i]);
    return found;
}

/* The same operation is refused, for example without a key. */
static bool refuses_same(struct validation *c, const struct step *control, const struct step *s)
{
    bool found = must_be_refused(control) && is_same_operation(c, s, control);
    for (size_t i = 0; control->flow && i < control->flow->step_count && !found; i++)
        found = refuses_same(c, &control->flow->steps[i], s);
    return found;
}

static bool has_refusal(struct validation *c, const struct scenario *sc, size_t index)
{
    bool found = false;
    for (size_t i = 0; i < index && !found; i++)
        found = refuses_same(c, &sc->steps[i], &sc->steps[index]);
    return found;
}

static bool depends(struct validation *c, const struct scenario *sc, size_t index)
{
    const struct step *s = &sc->steps[index];
    bool caused = false;
    for (size_t i = 0; i <= index && !caused; i++)
        caused = may_change(&sc->steps[i]);
    return caused || may_be_refused(s) || expects_reference(c, sc, index) || has_refusal(c, sc, index);
}

static bool check_depends(struct validation *c, const struct scenario *sc)
{
    const struct step *first = NULL;
    for (size_t i = 0; i < sc->step_count; i++) {
        if (!step_decides(&sc->steps[i]))
            continue;
        if (depends(c, sc, i))
            return true;
        first = first ? first : &sc->steps[i];
    }
    if (!first)
        return error_add(c->err, ERROR_INPUT, sc->at, "this scenario cites no claim and settles no dispute");
    return error_add(c->err, ERROR_INPUT, first->at,
                     "an unrelated response could match all that the citing steps of this scenario expect, for example "
                     "'%s'; expect a reference such as $target.account, or what an earlier step changed, or begin with "
                     "the same call without a key, which must be refused",
                     first->id);
}

/* --- refusals ------------------------------------------------------------------------------ */

static bool check_refusals(struct validation *c, const struct scenario *sc)
{
    const struct step *first = NULL;
    for (size_t i = 0; i < sc->step_count; i++) {
        if (step_decides(&sc->steps[i]) && !must_be_refused(&sc->steps[i]))
            return true;
        if (step_decides(&sc->steps[i]) && !first)
            first = &sc->steps[i];
    }
    return !first || has_success(c, sc) ||
           error_add(c->err, ERROR_INPUT, first->at,
                     "'%s' is refused, and no step must succeed, so a server that refuses everything passes; add a "
                     "control: a call with a valid key that expects a status 2xx and a member of the body",
                     first->id);
}

/* --- a write of which only the status is expected ------------------------------------------- */

/* Matchers that expect a form, whatever the value is. */
static bool is_of_form(const char *matcher)
{
    static const char *const matchers[] = {"$type", "$matches", "$id_with_prefix", "$present", "$time", "$same"};
    return has_text(matchers, COUNT(matchers), matcher);
}

static bool expects_value(const struct node *n)
{
    bool found = n && (node_text(n) || !node_count(n));
    for (size_t i = 0; n && i < node_count(n) && !found; i++)
        found = n->kind == NODE_MAP ? !is_of_form(n->map.members[i].key) && expects_value(n->map.members[i].value)
                                    : expects_value(node_at(n, i));
    return found;
}

static bool shows_effect(const struct step *s)
{
    bool none = s->hook && s->hook->none;
    return s->kind == STEP_CALL ? may_be_refused(s) || expects_value(s->expect.body) || s->dispute
                                : s->kind == STEP_USE || s->kind == STEP_CONSENT || (s->hook && !none);
}

static bool check_write(struct validation *c, const struct scenario *sc, size_t index)
{
    const struct step *s = &sc->steps[index];
    const struct expectation *x = &s->expect;
    bool shown = x->body || node_count(x->headers) || s->capture_count;
    if (s->kind != STEP_CALL || !s->citation_count || step_only_reads(s) || !accepts(x, 200, 299))
        return true;
    for (size_t i = index + 1; i < sc->step_count && !shown; i++)
        shown = shows_effect(&sc->steps[i]);
    return shown || error_add(c->err, ERROR_INPUT, x->at,
                              "a success status alone proves no claim, because any server may send it; also expect a "
                              "member of the body, or add a step that shows the effect");
}

bool validate_controls(struct validation *c, const struct scenario *sc)
{
    bool ok = true;
    for (size_t i = 0; i < sc->step_count; i++)
        if (sc->steps[i].kind == STEP_KIND_COUNT)
            return true; /* invalid; its action is unknown */
    for (size_t i = 0; i < sc->step_count; i++)
        ok &= check_write(c, sc, i);
    ok &= check_refusals(c, sc);
    return (!sc->step_count || check_depends(c, sc)) && ok;
}
