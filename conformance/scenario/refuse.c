#include "conformance/scenario/refuse.h"

#include <string.h>

#include "conformance/scenario/load.h"
#include "conformance/scenario/reader.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct check_of {
    struct arena *arena;
    const struct catalogue *catalogue;
    struct error *err;
    bool in_flow;
};

static bool refuse(struct check_of *c, struct where at, const char *text)
{
    return error_add(c->err, ERROR_INPUT, at, "%s", text);
}

/* --- what can be told ----------------------------------------------------------------------- */

typedef bool expectation_fn(const struct expectation *x);

static bool any_expectation(const struct step *s, expectation_fn *holds)
{
    bool any = holds(&s->expect);
    for (size_t i = 0; i < s->reading_count; i++)
        any |= holds(&s->readings[i].expect);
    return any;
}

static bool accepts(const struct expectation *x, int64_t from, int64_t to)
{
    for (size_t i = 0; i < x->status_count; i++)
        if (x->statuses[i] >= from && x->statuses[i] <= to)
            return true;
    return false;
}

static bool accepts_refusal(const struct expectation *x)
{
    return accepts(x, 400, 599);
}

static bool accepts_creation(const struct expectation *x)
{
    return accepts(x, 201, 202);
}

static bool has_error_code(const struct node *n)
{
    static const char *const keys[] = {"code", "error", "message"};
    bool found = false;
    for (size_t i = 0; n && n->kind == NODE_MAP && i < COUNT(keys); i++)
        found |= node_get(n, keys[i]) != NULL;
    for (size_t i = 0; i < node_count(n) && !found; i++)
        found = has_error_code(n->kind == NODE_LIST ? n->list.items[i] : n->map.members[i].value);
    return found;
}

static bool lacks_error_code(const struct expectation *x)
{
    return accepts_refusal(x) && !has_error_code(x->body);
}

/* --- lists that may be empty ---------------------------------------------------------------- */

/* A reference may turn out to be; anything else that is no number was refused already. */
static bool is_more_than(const struct node *n, int64_t least)
{
    return n && (!node_is_number(n) || node_number(n) > (double)least);
}

static bool has_minimum(const struct node *count)
{
    if (!count || count->kind != NODE_MAP)
        return is_more_than(count, 0);
    return is_more_than(node_get(count, "$gte"), 0) || is_more_than(node_get(count, "$gt"), -1);
}

static bool has_control(const struct node *list)
{
    return node_get(list, "$some") || has_minimum(node_get(list, "$count")) ||
           node_count(node_get(list, "$exact")) > 0;
}

static bool check_controls(struct check_of *c, const struct node *n)
{
    bool fine = true;
    if (!n || (n->kind != NODE_MAP && n->kind != NODE_LIST))
        return true;
    for (size_t i = 0; i < node_count(n); i++) {
        if (n->kind == NODE_LIST) {
            fine &= check_controls(c, n->list.items[i]);
            continue;
        }
        const struct member *m = &n->map.members[i];
        bool needs = strcmp(m->key, "$each") == 0 || strcmp(m->key, "$none") == 0;
        if (needs && !has_control(n))
            fine = refuse(c, m->key_at,
                          arena_printf(c->arena,
                                       "'%s' decides nothing of an empty list: it needs $some, or "
                                       "a $count of at least 1, beside it",
                                       m->key));
        fine &= check_controls(c, m->value);
    }
    return fine;
}

static bool check_expected(struct check_of *c, const struct step *s)
{
    bool fine = check_controls(c, s->expect.body) & check_controls(c, s->expect.outputs);
    for (size_t i = 0; i < s->reading_count; i++)
        fine &= check_controls(c, s->readings[i].expect.body);
    bool head = s->method && strcmp(s->method, "HEAD") == 0;
    if (!head && lacks_error_code(&s->expect))
        fine = refuse(c, s->expect.at,
                      "a refusal is expected without its error code (code, error or message)");
    for (size_t i = 0; i < s->reading_count && !head; i++)
        if (lacks_error_code(&s->readings[i].expect))
            fine = refuse(c, s->readings[i].expect.at,
                          "a refusal is expected without its error code (code, error or message)");
    return fine;
}

/* --- claims and disputes -------------------------------------------------------------------- */

static bool refuse_claim(struct check_of *c, const struct citation *cited)
{
    const struct catalogue *of = c->catalogue;
    if (catalogue_dispute(of, cited->claim))
        return refuse(c, cited->at,
                      arena_printf(c->arena, "'%s' is a dispute: it is settled by oneOf, not cited",
                                   cited->claim));
    const char **ids = arena_array(c->arena, const char *, of->claim_count);
    for (size_t i = 0; i < of->claim_count; i++)
        ids[i] = of->claims[i].id;
    return refuse(c, cited->at,
                  arena_printf(c->arena, "there is no claim '%s'%s", cited->claim,
                               near_word(c->arena, str_from(cited->claim), ids, of->claim_count)));
}

static bool check_pointer(struct check_of *c, const struct step *s, const struct citation *cited)
{
    const char *near = NULL;
    if (citation_fits(s, cited->pointer, &near))
        return true;
    if (!*cited->pointer)
        return refuse(c, cited->at, "this step expects nothing that could decide a claim");
    return refuse(c, cited->at,
                  arena_printf(c->arena, "no check of this step is at %s%s%s%s", cited->pointer,
                               near ? " (did you mean '" : "", near ? near : "",
                               near ? "'?)" : ""));
}

static bool cited_before(const struct step *s, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(s->citations[k].claim, s->citations[i].claim) == 0)
            return true;
    return false;
}

static bool check_citation(struct check_of *c, const struct step *s, size_t i)
{
    const struct citation *cited = &s->citations[i];
    bool fine = check_pointer(c, s, cited);
    if (cited_before(s, i))
        fine = refuse(c, cited->at, arena_printf(c->arena, "'%s' is cited twice", cited->claim));
    if (!c->catalogue)
        return fine;
    const struct claim *claim = catalogue_claim(c->catalogue, cited->claim);
    if (!claim)
        return refuse_claim(c, cited);
    if (strcmp(claim->observe, "none") != 0)
        return fine;
    return refuse(c, cited->at,
                  arena_printf(c->arena, "'%s' cannot be observed: %s", claim->id,
                               claim->why ? claim->why : claim->says));
}

static bool check_reading(struct check_of *c, const struct dispute *d, const struct reading *r)
{
    for (size_t i = 0; i < d->reading_count; i++)
        if (strcmp(d->readings[i], r->name) == 0)
            return true;
    return refuse(
        c, r->expect.at,
        arena_printf(c->arena, "dispute '%s' has no reading '%s'%s", d->id, r->name,
                     near_word(c->arena, str_from(r->name), d->readings, d->reading_count)));
}

static bool check_known_dispute(struct check_of *c, const struct step *s)
{
    const struct catalogue *of = c->catalogue;
    const struct dispute *d = catalogue_dispute(of, s->dispute);
    bool fine = true;
    for (size_t i = 0; d && i < s->reading_count; i++)
        fine &= check_reading(c, d, &s->readings[i]);
    if (d)
        return fine;
    const char **ids = arena_array(c->arena, const char *, of->dispute_count);
    for (size_t i = 0; i < of->dispute_count; i++)
        ids[i] = of->disputes[i].id;
    return refuse(c, node_get(s->source, "dispute")->at,
                  arena_printf(c->arena, "there is no dispute '%s'%s", s->dispute,
                               near_word(c->arena, str_from(s->dispute), ids, of->dispute_count)));
}

static bool check_dispute(struct check_of *c, const struct step *s)
{
    if (!s->dispute && !s->reading_count)
        return true;
    if (!s->dispute)
        return refuse(c, word_at(s->source, "oneOf"), "'oneOf' needs a 'dispute' to settle");
    if (!s->reading_count)
        return refuse(c, word_at(s->source, "dispute"),
                      "'dispute' needs a 'oneOf' of its readings");
    return !c->catalogue || check_known_dispute(c, s);
}

static bool check_cites(struct check_of *c, const struct step *s)
{
    bool fine = true;
    if (c->in_flow && (s->citation_count || s->dispute))
        return refuse(c, word_at(s->source, s->dispute ? "dispute" : "claims"),
                      "a flow decides nothing: cite where it is used");
    if ((s->citation_count || s->dispute) && !s->id)
        fine = refuse(c, s->at, "a step that decides something needs an id");
    for (size_t i = 0; i < s->citation_count; i++)
        fine &= check_citation(c, s, i);
    return check_dispute(c, s) && fine;
}

/* --- a step --------------------------------------------------------------------------------- */

static bool only_reads(const struct step *s)
{
    return s->kind == STEP_INSPECT || (s->kind == STEP_CALL && (strcmp(s->method, "GET") == 0 ||
                                                                strcmp(s->method, "HEAD") == 0));
}

static bool check_step(struct check_of *c, const struct step *s)
{
    bool fine = check_cites(c, s) & check_expected(c, s);
    if ((s->polls || s->holds) && !only_reads(s))
        fine = refuse(c, word_at(s->source, s->polls ? "poll" : "hold"),
                      arena_printf(c->arena, "a %s is not sent again and again: GET and HEAD are",
                                   s->method));
    bool creates = s->kind == STEP_CALL && strcmp(s->method, "POST") == 0 && s->capture_count &&
                   any_expectation(s, accepts_creation);
    if (creates && !s->undo_method)
        fine = refuse(c, s->at, "this creates something and has no 'undo'");
    return fine;
}

static bool check_steps(struct check_of *c, const struct step *steps, size_t count)
{
    bool fine = true;
    for (size_t i = 0; i < count; i++)
        if (steps[i].kind != STEP_KIND_COUNT)
            fine &= check_step(c, &steps[i]);
    return fine;
}

/* --- a scenario ----------------------------------------------------------------------------- */

static bool seen_one(void *ctx, struct str reference, struct where at)
{
    (void)reference, (void)at;
    *(bool *)ctx = true;
    return false;
}

static bool expects_reference(const struct step *s)
{
    static const char *const words[] = {"expect", "oneOf"};
    bool found = false;
    for (size_t i = 0; i < COUNT(words); i++)
        if (node_get(s->source, words[i]))
            references_visit(node_get(s->source, words[i]), seen_one, &found);
    return found;
}

static bool decides(const struct step *s)
{
    return s->citation_count || s->dispute;
}

static bool check_depends(struct check_of *c, const struct scenario *sc)
{
    bool caused = false, any = false;
    for (size_t i = 0; i < sc->step_count; i++) {
        const struct step *s = &sc->steps[i];
        if (s->kind == STEP_KIND_COUNT)
            return true; /* what it was to be is not known */
        caused |= !only_reads(s);
        any |= decides(s);
        if (decides(s) && (caused || expects_reference(s) || any_expectation(s, accepts_refusal)))
            return true;
    }
    return !sc->step_count ||
           refuse(c, sc->at,
                  any ? "no check depends on anything that this scenario sent or caused itself"
                      : "this scenario cites no claim and settles no dispute");
}

bool scenario_check(struct arena *a, const struct scenario *s, const struct node *root,
                    const struct catalogue *catalogue, struct error *err)
{
    struct check_of c = {a, catalogue, err, false};
    bool fine = check_steps(&c, s->steps, s->step_count);
    fine &= scenario_scope_check(a, s, err);
    fine &= secrets_check(root, err);
    return check_depends(&c, s) && fine;
}

bool flow_check(struct arena *a, const struct flow *f, const struct node *root, struct error *err)
{
    struct check_of c = {a, NULL, err, true};
    bool fine = check_steps(&c, f->steps, f->step_count);
    fine &= flow_scope_check(a, f, err);
    return secrets_check(root, err) && fine;
}
