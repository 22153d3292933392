#include "conformance/scenario/validate.h"

#include <ctype.h>
#include <string.h>

#include "base/array.h"
#include "conformance/scenario/controls.h"
#include "conformance/scenario/documented.h"
#include "conformance/scenario/kinds.h"
#include "conformance/scenario/logic.h"
#include "conformance/scenario/operations.h"
#include "conformance/scenario/reader.h"
#include "conformance/scenario/references.h"
#include "conformance/scenario/vacuous.h"

/* --- expectations ------------------------------------------------------------------------- */

typedef bool expectation_fn(const struct expectation *x);

static bool any_expectation(const struct step *s, expectation_fn *holds)
{
    bool any = holds(&s->expect);
    for (size_t i = 0; i < s->reading_count; i++)
        any |= holds(&s->readings[i].expect);
    return any;
}

static bool accepts_status(const struct expectation *x, int64_t from, int64_t to)
{
    for (size_t i = 0; i < x->status_count; i++)
        if (x->statuses[i] >= from && x->statuses[i] <= to)
            return true;
    return false;
}

static bool accepts_error(const struct expectation *x)
{
    return accepts_status(x, 400, 599);
}

static bool accepts_creation(const struct expectation *x)
{
    return accepts_status(x, 201, 202);
}

static bool has_error_code(const struct node *n)
{
    static const char *const keys[] = {"code", "error", "message"};
    bool found = false;
    for (size_t i = 0; i < COUNT(keys); i++)
        found |= node_get(n, keys[i]) != NULL;
    for (size_t i = 0; i < node_count(n) && !found; i++)
        found = has_error_code(child_at(n, i));
    return found;
}

/* --- lists that may be empty -------------------------------------------------------------- */

/* Returns true if the value can be more than `least`: a greater number, or a reference. */
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

static bool has_minimum_items(const struct node *list)
{
    return node_get(list, "$some") || has_minimum(node_get(list, "$count")) || node_count(node_get(list, "$exact")) > 0;
}

static bool check_list(struct validation *c, const struct node *list, const char *matcher)
{
    if (!node_get(list, matcher) || has_minimum_items(list))
        return true;
    return error_add(c->err, ERROR_INPUT, key_place(list, matcher),
                     "'%s' also holds for an empty list; add $some, or a $count of at least 1, or, if the list must be "
                     "empty, expect [] instead",
                     matcher);
}

static bool check_lists(struct validation *c, const struct node *n)
{
    if (!n)
        return true;
    bool ok = check_list(c, n, "$each");
    ok &= check_list(c, n, "$none");
    for (size_t i = 0; i < node_count(n); i++)
        ok &= check_lists(c, child_at(n, i));
    return ok;
}

struct search {
    const struct operations *documents;
    bool found;
};

static bool on_member(void *ctx, const char *pointer, struct where at)
{
    struct search *s = ctx;
    (void)at;
    s->found |= operations_have_error_member(s->documents, pointer);
    return true;
}

static bool names_error_member(struct validation *c, const struct node *body)
{
    struct search s = {c->catalogue ? c->catalogue->operations : NULL, false};
    if (s.documents)
        members_of_expectation(c->arena, body, "", on_member, &s);
    return s.found;
}

/* An error may also be plain text, or have no body. */
static bool shows_error(struct validation *c, const struct node *body)
{
    return has_error_code(body) || node_text(body) || logic_operand(body, "$matches") ||
           kinds_of(body) == KIND_ABSENT || names_error_member(c, body);
}

/* The 5xx of a proxy, or of a simulation, has no documented body; a step that cites nothing may expect it. */
static bool is_any_server_error(const struct step *s, const struct expectation *x)
{
    return !step_decides(s) && !accepts_status(x, 400, 499);
}

static bool check_code(struct validation *c, const struct step *s, const struct expectation *x)
{
    if (!accepts_error(x) || is_any_server_error(s, x) || (x->body && shows_error(c, x->body)))
        return true;
    return error_add(c->err, ERROR_INPUT, x->at,
                     "an error status is expected without an error code; "
                     "expect 'code', 'error', 'message' or another documented member of errors in the body, a $matches "
                     "for plain text, or { $absent: true } for no body");
}

static bool check_expected(struct validation *c, const struct step *s)
{
    bool ok = check_lists(c, s->expect.body);
    ok &= check_lists(c, s->expect.outputs);
    for (size_t i = 0; i < s->reading_count; i++)
        ok &= check_lists(c, s->readings[i].expect.body);
    if (s->method && strcmp(s->method, "HEAD") == 0)
        return ok;
    ok &= check_code(c, s, &s->expect);
    for (size_t i = 0; i < s->reading_count; i++)
        ok &= check_code(c, s, &s->readings[i].expect);
    return ok;
}

/* --- a step ------------------------------------------------------------------------------- */

bool step_only_reads(const struct step *s)
{
    return s->kind == STEP_INSPECT || s->kind == STEP_WEBHOOK ||
           (s->kind == STEP_CALL && (strcmp(s->method, "GET") == 0 || strcmp(s->method, "HEAD") == 0));
}

static bool check_step(struct validation *c, const struct step *s)
{
    bool ok = validate_claims(c, s);
    ok &= check_expected(c, s);
    ok &= validate_evidence(c, s);
    ok &= validate_documented(c, s);
    if ((s->eventually || s->consistently) && !step_only_reads(s))
        ok = error_add(c->err, ERROR_INPUT, key_place(s->source, s->eventually ? "eventually" : "consistently"),
                       "a %s cannot be repeated; only GET and HEAD can", s->method);
    bool creates = s->kind == STEP_CALL && strcmp(s->method, "POST") == 0 && s->capture_count &&
                   any_expectation(s, accepts_creation);
    if (creates && !s->cleanup_count && !s->no_cleanup)
        ok = error_add(c->err, ERROR_INPUT, s->at, "missing 'cleanup'; this call creates a resource");
    return ok;
}

/* *decides_wrong: a step that cites a claim has a mistake. */
static bool check_steps(struct validation *c, const struct step *steps, size_t count, bool *decides_wrong)
{
    bool ok = true;
    *decides_wrong = false;
    for (size_t i = 0; i < count; i++) {
        bool valid = steps[i].kind == STEP_KIND_COUNT || check_step(c, &steps[i]);
        *decides_wrong |= !valid && step_decides(&steps[i]);
        ok &= valid;
    }
    return ok;
}

/* --- secrets ------------------------------------------------------------------------------ */

struct secret_shape {
    const char *prefix, *what;
    size_t tail; /* minimum number of characters after the prefix */
};

static const struct secret_shape shapes[] = {
    {"lp_live_", "a Layers key",         4 },
    {"pe_live_", "a PostEverywhere key", 4 },
    {"pn-",      "a PostNitro key",      12},
    {"whsec_",   "a webhook secret",     8 },
    {"Bearer ",  "a bearer token",       16},
};

static bool is_key_character(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("-_.~+/=", c));
}

static bool looks_like(const struct secret_shape *shape, const char *text)
{
    size_t prefix = strlen(shape->prefix);
    for (const char *at = text; (at = strstr(at, shape->prefix)); at++) {
        if (at > text && is_key_character(at[-1]))
            continue;
        size_t n = prefix;
        while (is_key_character(at[n]))
            n++;
        if (n - prefix >= shape->tail)
            return true;
    }
    return false;
}

/* The error does not show the text, because it may be a secret. */
static bool check_text(const char *text, struct where at, struct error *err)
{
    for (size_t i = 0; i < COUNT(shapes); i++)
        if (looks_like(&shapes[i], text))
            return error_add(err, ERROR_INPUT, at, "this looks like %s; use an actor, or read it from $env",
                             shapes[i].what);
    return true;
}

static bool check_secrets(const struct node *root, struct error *err)
{
    bool ok = true;
    if (node_text(root))
        return check_text(root->text.s, root->at, err);
    for (size_t i = 0; i < node_count(root); i++) {
        if (root->kind == NODE_MAP)
            ok &= check_text(root->map.members[i].key, root->map.members[i].key_at, err);
        ok &= check_secrets(child_at(root, i), err);
    }
    return ok;
}

/* --- a scenario --------------------------------------------------------------------------- */

static bool accepts_limit(const struct expectation *x)
{
    return accepts_status(x, 429, 429);
}

/* A scenario that expects a 429 judges limits. A step that waits for a 429 to end would hide a limit that ends late, or
 * one that other calls use up. */
static bool check_limits(struct validation *c, const struct scenario *sc)
{
    bool ok = true;
    for (size_t i = 0; !sc->judges_limits && i < sc->step_count; i++)
        if (any_expectation(&sc->steps[i], accepts_limit))
            ok = error_add(
                c->err, ERROR_INPUT, sc->steps[i].at,
                "a scenario that expects the status 429 must have 'wait_for_rate_limit: false'; otherwise its "
                "other steps wait until the limit ends");
    return ok;
}

bool scenario_validate(struct arena *a, const struct scenario *s, const struct node *root,
                       const struct catalogue *catalogue, struct error *err)
{
    struct validation c = {a, catalogue, samples_new(a), err, false};
    bool decides_wrong;
    bool ok = check_steps(&c, s->steps, s->step_count, &decides_wrong);
    ok &= validate_scenario_evidence(&c, s, root);
    ok &= validate_documented_claims(&c, s);
    ok &= scenario_scope_validate(a, s, err);
    ok &= check_secrets(root, err);
    ok &= check_limits(&c, s);
    return (decides_wrong || validate_controls(&c, s)) && ok;
}

bool flow_validate(struct arena *a, const struct flow *f, const struct node *root, const struct catalogue *catalogue,
                   struct error *err)
{
    struct validation c = {a, catalogue, samples_new(a), err, true};
    bool decides_wrong;
    bool ok = check_steps(&c, f->steps, f->step_count, &decides_wrong);
    ok &= flow_scope_validate(a, f, err);
    return check_secrets(root, err) && ok;
}
