#include <string.h>

#include "base/array.h"
#include "conformance/scenario/kinds.h"
#include "conformance/scenario/logic.h"
#include "conformance/scenario/reader.h"
#include "conformance/scenario/references.h"
#include "conformance/scenario/vacuous.h"
#include "conformance/scenario/validate.h"

#define CONSISTENTLY_MIN_MS 1000 /* a change takes its time */

/* --- expectations that everything or nothing matches --------------------------------------- */

static bool check_values(struct validation *c, const struct node *map)
{
    bool ok = true;
    for (size_t i = 0; i < node_count(map); i++)
        ok &= vacuous_check(c->arena, c->samples, node_member(map, i)->value, true, c->err);
    return ok;
}

static bool accepts(const struct expectation *x, int64_t from, int64_t to)
{
    bool any = false;
    for (size_t i = 0; i < x->status_count; i++)
        any |= x->statuses[i] >= from && x->statuses[i] <= to;
    return any;
}

static bool check_statuses(struct validation *c, const struct expectation *x)
{
    if (!accepts(x, 200, 299) || !accepts(x, 400, 599) || logic_operand(x->body, "$in"))
        return true;
    return error_add(
        c->err, ERROR_INPUT, x->at,
        "a success and an error are both accepted, so the status proves nothing; expect one, or the body of "
        "each in a $in, or settle a dispute with 'one_of'");
}

static bool check_expectation(struct validation *c, const struct expectation *x, const char *what)
{
    if (!x->given)
        return true;
    bool ok = vacuous_check(c->arena, c->samples, x->body, false, c->err);
    ok &= vacuous_check(c->arena, c->samples, x->redirect, false, c->err);
    ok &= check_values(c, x->headers);
    ok &= check_values(c, x->outputs);
    if (x->status_count || node_count(x->headers) || x->body || node_count(x->outputs) || x->redirect)
        return ok;
    return error_add(c->err, ERROR_INPUT, x->at, "%s expects nothing; remove it, or name what must hold", what);
}

static bool check_lookups(struct validation *c, const struct step *s)
{
    bool ok = true;
    for (size_t i = 0; i < s->cleanup_count; i++)
        if (s->cleanups[i].lookup)
            ok &= vacuous_check(c->arena, c->samples, s->cleanups[i].lookup->where, false, c->err);
    if (s->connected_as)
        ok &= vacuous_check(c->arena, c->samples, s->connected_as->lookup->where, false, c->err);
    return ok;
}

static bool check_expectations(struct validation *c, const struct step *s)
{
    bool ok = check_statuses(c, &s->expect);
    ok &= check_expectation(c, &s->expect, "'expect'");
    ok &= check_expectation(c, &s->stop, "'stop'");
    ok &= check_expectation(c, &s->pending, "'pending'");
    for (size_t i = 0; i < s->reading_count; i++) {
        ok &= check_statuses(c, &s->readings[i].expect);
        ok &= check_expectation(c, &s->readings[i].expect, "this reading");
    }
    return check_lookups(c, s) && ok;
}

/* --- disputes ----------------------------------------------------------------------------- */

static bool check_pair(struct validation *c, const struct reading *x, const struct reading *y)
{
    if (!x->expect.given || !y->expect.given || logic_responses_disjoint(c->arena, &x->expect, &y->expect))
        return true;
    return error_add(c->err, ERROR_INPUT, y->expect.at,
                     "one response could match both readings '%s' and '%s', and then settles nothing; expect different "
                     "values at one place, or add the other's matcher in a $not",
                     x->name, y->name);
}

static bool check_readings(struct validation *c, const struct step *s)
{
    bool ok = true;
    for (size_t i = 0; i < s->reading_count; i++)
        for (size_t k = 0; k < i; k++)
            ok &= check_pair(c, &s->readings[k], &s->readings[i]);
    return ok;
}

/* --- the step ----------------------------------------------------------------------------- */

static bool expects_body(const struct step *s)
{
    bool any = s->expect.body || s->capture_count;
    for (size_t i = 0; i < s->reading_count; i++)
        any |= s->readings[i].expect.body != NULL;
    return any;
}

/* A header is text, or absent. Text of digits is compared with numbers as a number (check.c). */
static bool check_header_types(struct validation *c, const struct node *headers)
{
    bool ok = true;
    for (size_t i = 0; i < node_count(headers); i++)
        if (!(kinds_of(node_member(headers, i)->value) & (KIND_TEXT | KIND_NUMBER | KIND_ABSENT)))
            ok = error_add(c->err, ERROR_INPUT, node_member(headers, i)->value->at,
                           "a header is text or a number, so this never matches; expect one of these");
    return ok;
}

static bool check_headers(struct validation *c, const struct step *s)
{
    bool ok = check_header_types(c, s->expect.headers);
    for (size_t i = 0; i < s->reading_count; i++)
        ok &= check_header_types(c, s->readings[i].expect.headers);
    return ok;
}

static bool is_without_body(const struct expectation *x)
{
    bool only = x->status_count;
    for (size_t i = 0; i < x->status_count; i++)
        only &= x->statuses[i] == 204 || x->statuses[i] == 304;
    return only;
}

static bool check_no_content(struct validation *c, const struct expectation *x)
{
    if (!is_without_body(x) || !x->body || (kinds_of(x->body) & KIND_ABSENT))
        return true;
    return error_add(
        c->err, ERROR_INPUT, x->at,
        "a response with status 204 or 304 has no body; expect its status and headers, or { $absent: true }");
}

static bool check_bodies(struct validation *c, const struct step *s)
{
    bool ok = check_no_content(c, &s->expect);
    for (size_t i = 0; i < s->reading_count; i++)
        ok &= check_no_content(c, &s->readings[i].expect);
    return ok;
}

static bool check_head(struct validation *c, const struct step *s)
{
    if (!s->method || strcmp(s->method, "HEAD") != 0 || !expects_body(s))
        return true;
    return error_add(c->err, ERROR_INPUT, s->at,
                     "the response to HEAD has no body; expect its status and headers, or call with GET");
}

/* Every server that responds with 200 to everything has this status, and some have {} as every body. */
static bool check_bare_success(struct validation *c, const struct step *s)
{
    const struct expectation *x = &s->expect;
    bool get = s->method && strcmp(s->method, "GET") == 0;
    if (!s->citation_count || !s->method || !accepts(x, 200, 299))
        return true;
    if (x->body && vacuous_for_empty(c->arena, x->body))
        return error_add(c->err, ERROR_INPUT, x->body->at,
                         "an empty response matches this, so it proves no claim; also expect a member that is there");
    return !get || x->body || node_count(x->headers) || s->same_as ||
           error_add(c->err, ERROR_INPUT, x->at,
                     "a success status alone proves no claim, because any page has it; also expect what the body "
                     "contains");
}

static bool same_case(const struct node *cases, size_t i, size_t k)
{
    bool same = true;
    for (size_t p = 0; same && p < node_count(cases); p++) {
        const struct node *list = node_member(cases, p)->value;
        same = node_equal(node_at(list, i), node_at(list, k));
    }
    return same;
}

/* A call that changes something may be meant to be sent twice. */
static bool check_cases(struct validation *c, const struct step *s)
{
    for (size_t i = 0; s->cases && step_only_reads(s) && i < s->case_count; i++)
        for (size_t k = 0; k < i; k++)
            if (same_case(s->cases, i, k))
                return error_add(c->err, ERROR_INPUT, node_at(node_member(s->cases, 0)->value, i)->at,
                                 "case %zu repeats case %zu and proves nothing more; remove it", i + 1, k + 1);
    return true;
}

/* Otherwise a wrong response could pass for an intermediate state. */
static bool check_pending(struct validation *c, const struct step *s)
{
    if (!s->pending.given || logic_responses_disjoint(c->arena, &s->expect, &s->pending))
        return true;
    return error_add(c->err, ERROR_INPUT, s->pending.at,
                     "one response could match both 'expect' and 'pending'; expect different values at one place");
}

static bool is_status_of(const struct expectation *x, int64_t status)
{
    return !x->status_count || accepts(x, status, status);
}

/* A response that matches 'expect' passes, whatever 'stop' is. */
static bool check_stop(struct validation *c, const struct step *s)
{
    const struct expectation *x = &s->expect, *stop = &s->stop;
    bool nothing = !stop->status_count && !node_count(stop->headers) && !stop->body; /* is reported elsewhere */
    bool within = stop->given && !nothing && !node_count(x->headers) && (stop->status_count || !x->status_count);
    for (size_t i = 0; i < stop->status_count; i++)
        within &= is_status_of(x, stop->statuses[i]);
    if (!within || (x->body && (!stop->body || !logic_implies(c->arena, stop->body, x->body))))
        return true;
    return error_add(c->err, ERROR_INPUT, stop->at,
                     "all that matches this 'stop' also matches 'expect', so it never ends the wait; name what shows "
                     "that the expected will not come");
}

static bool check_repetition(struct validation *c, const struct step *s)
{
    const char *key = s->eventually ? "eventually" : "consistently";
    if (!s->eventually && !s->consistently)
        return true;
    if (!s->expect.given && !s->reading_count)
        return error_add(c->err, ERROR_INPUT, key_place(s->source, key),
                         "'%s' needs an 'expect'; without one the first response is enough", key);
    if (s->consistently && s->for_ms < CONSISTENTLY_MIN_MS)
        return error_add(c->err, ERROR_INPUT, key_place(s->source, key),
                         "'for' is too short to show that nothing changes; expected at least 1s");
    if (s->for_ms >= s->every_ms)
        return check_stop(c, s) && check_pending(c, s);
    return error_add(c->err, ERROR_INPUT, key_place(s->source, key),
                     "'for' is shorter than 'every', so '%s' hardly repeats the call; expected at least 'every'", key);
}

/* --- outputs that are inputs --------------------------------------------------------------- */

struct search {
    const struct flow *flow;
    bool from_step;
};

/* Sets from_step if the reference is not an input of the flow. */
static bool on_reference(void *ctx, struct str reference, struct where at)
{
    struct search *s = ctx;
    bool is_input = false;
    (void)at;
    for (size_t i = 0; i < s->flow->input_count; i++)
        is_input |= str_is(reference, s->flow->inputs[i].name);
    s->from_step |= !is_input;
    return true;
}

static const struct input *output_of(const struct flow *flow, const char *name)
{
    for (size_t i = 0; flow && i < flow->output_count; i++)
        if (strcmp(flow->outputs[i].name, name) == 0)
            return &flow->outputs[i];
    return NULL;
}

static bool check_outputs(struct validation *c, const struct step *s)
{
    bool ok = true;
    for (size_t i = 0; i < node_count(s->expect.outputs); i++) {
        const struct member *m = node_member(s->expect.outputs, i);
        const struct input *out = output_of(s->flow, m->key);
        struct search search = {s->flow, false};
        if (out && out->value)
            references_visit(out->value, on_reference, &search);
        if (out && !search.from_step)
            ok = error_add(c->err, ERROR_INPUT, m->key_at,
                           "the output '%s' of flow '%s' is the value that this step passes to it; "
                           "expect an output that a call captures",
                           m->key, s->flow->name);
    }
    return ok;
}

/* --- the mock's own state ------------------------------------------------------------------ */

static bool check_inspect(struct validation *c, const struct step *s)
{
    if (s->kind != STEP_INSPECT || !s->citation_count)
        return true;
    return error_add(c->err, ERROR_INPUT, key_place(s->source, "claims"),
                     "'inspect' shows the mock's own state, which proves nothing about the provider; cite the claim at "
                     "a call that shows the effect");
}

/* --- the response of an earlier step --------------------------------------------------------- */

static bool check_same_as(struct validation *c, const struct step *s)
{
    if (!s->same_as)
        return true;
    if (c->in_flow || s->cases || s->eventually || s->consistently)
        return error_add(c->err, ERROR_INPUT, s->same_as->at,
                         "'same_as' compares two responses of a scenario: it is not allowed in a flow, nor together "
                         "with 'cases', 'eventually' or 'consistently'");
    return s->expect.given ||
           error_add(c->err, ERROR_INPUT, s->same_as->at,
                     "'same_as' needs an 'expect': two responses that are the same may both be wrong");
}

/* The step whose response is compared is an earlier call, sent once. */
static bool check_compared(struct validation *c, const struct scenario *sc, size_t index)
{
    const struct same_as *how = sc->steps[index].same_as;
    for (size_t i = 0; how && i < index; i++) {
        const struct step *s = &sc->steps[i];
        if (s->id && strcmp(s->id, how->step) == 0)
            return (s->kind == STEP_CALL && !s->cases) ||
                   error_add(c->err, ERROR_INPUT, how->at,
                             "'same_as' needs a call without 'cases', which step '%s' is not", how->step);
    }
    return !how || error_add(c->err, ERROR_INPUT, how->at, "no step before this one has the id '%s'", how->step);
}

/* --- paths --------------------------------------------------------------------------------- */

/* "." and ".." would be removed before the request is sent, so that it would be another call. */
static bool has_dot_segment(const char *path)
{
    struct str rest = str_from(path);
    bool found = false;
    rest = str_head(rest, str_find(rest, '?'));
    while (rest.n && !found) {
        struct str segment = str_cut(&rest, '/');
        found = str_is(segment, ".") || str_is(segment, "..") || str_eq_nocase(segment, STR("%2e")) ||
                str_eq_nocase(segment, STR("%2e%2e"));
    }
    return found;
}

static bool check_path(struct validation *c, const char *path, struct where at)
{
    return !path || !has_dot_segment(path) ||
           error_add(c->err, ERROR_INPUT, at, "the path has a segment '.' or '..'; write the path without it");
}

static bool check_paths(struct validation *c, const struct step *s)
{
    bool ok = check_path(c, s->path, s->at);
    for (size_t i = 0; i < s->cleanup_count; i++) {
        const struct cleanup *cleanup = &s->cleanups[i];
        ok &= check_path(c, cleanup->path, key_place(s->source, "cleanup"));
        if (cleanup->lookup)
            ok &= check_path(c, cleanup->lookup->path, key_place(s->source, "cleanup"));
    }
    return ok;
}

bool validate_evidence(struct validation *c, const struct step *s)
{
    bool ok = check_expectations(c, s);
    ok &= check_paths(c, s);
    ok &= check_readings(c, s);
    ok &= check_head(c, s);
    ok &= check_bodies(c, s);
    ok &= check_bare_success(c, s);
    ok &= check_headers(c, s);
    ok &= check_cases(c, s);
    ok &= check_repetition(c, s);
    ok &= check_outputs(c, s);
    ok &= check_same_as(c, s);
    return check_inspect(c, s) && ok;
}

/* --- what the scenario calls --------------------------------------------------------------- */

static bool calls_provider(const struct step *s)
{
    bool calls = s->kind == STEP_CALL || s->kind == STEP_CONSENT;
    for (size_t i = 0; s->flow && i < s->flow->step_count && !calls; i++)
        calls = calls_provider(&s->flow->steps[i]);
    return calls;
}

static bool check_calls(struct validation *c, const struct scenario *sc)
{
    bool calls = !sc->step_count;
    for (size_t i = 0; i < sc->step_count; i++)
        calls |= sc->steps[i].kind == STEP_KIND_COUNT || calls_provider(&sc->steps[i]);
    return calls || error_add(c->err, ERROR_INPUT, sc->at,
                              "this scenario never calls the provider, so it proves nothing; add a call");
}

static struct where item_place(const struct node *root, const char *key, size_t i)
{
    return node_at(node_get(root, key), i)->at;
}

static bool check_texts(struct validation *c, const struct node *root, const char *key, const char *const *texts,
                        size_t count)
{
    bool ok = true;
    for (size_t i = 0; i < count; i++)
        if (has_text(texts, i, texts[i]))
            ok = error_add(c->err, ERROR_INPUT, item_place(root, key, i), "'%s' lists '%s' twice; remove one", key,
                           texts[i]);
    return ok;
}

/* --- what the scenario requires ------------------------------------------------------------- */

static bool uses(const struct step *s, enum step_kind kind, const char *simulation)
{
    bool found = s->kind == kind;
    if (simulation && s->kind == STEP_SIMULATE)
        found = s->simulate[0] == '$' || strcmp(s->simulate, simulation) == 0;
    for (size_t i = 0; s->flow && i < s->flow->step_count && !found; i++)
        found = uses(&s->flow->steps[i], kind, simulation);
    return found;
}

static bool check_requirement(const struct scenario *sc, const char *capability, struct where at, struct error *err)
{
    static const struct {
        const char *capability;
        enum step_kind kind;
    } rows[] = {
        {"consent",          STEP_CONSENT}, /* exchange_error needs the next one */
        {"simulate.consent", STEP_CONSENT},
        {"webhook",          STEP_WEBHOOK},
        {"inspect",          STEP_INSPECT},
        {"advance",          STEP_ADVANCE},
    };
    bool known = str_starts(str_from(capability), STR("simulate.")), used = false;
    const char *simulation = known ? capability + strlen("simulate.") : NULL;
    enum step_kind kind = STEP_KIND_COUNT;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(capability, rows[i].capability) == 0) {
            known = true;
            kind = rows[i].kind;
        }
    for (size_t i = 0; known && i < sc->step_count && !used; i++)
        used = uses(&sc->steps[i], kind, simulation);
    return !known || used ||
           error_add(err, ERROR_INPUT, at,
                     "'requires' lists '%s', but no step uses it, so the scenario does not run where it could; "
                     "remove it",
                     capability);
}

bool validate_requirements(const struct scenario *sc, const struct node *root, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < sc->require_count; i++)
        ok &= check_requirement(sc, sc->requires[i], item_place(root, "requires", i), err);
    return ok;
}

bool validate_scenario_evidence(struct validation *c, const struct scenario *sc, const struct node *root)
{
    bool ok = check_calls(c, sc);
    ok &= check_texts(c, root, "requires", sc->requires, sc->require_count);
    ok &= check_texts(c, root, "tags", sc->tags, sc->tag_count);
    ok &= check_texts(c, root, "exclusive", sc->exclusive, sc->exclusive_count);
    ok &= validate_excluded(c, sc);
    for (size_t i = 0; i < sc->step_count; i++)
        ok &= check_compared(c, sc, i);
    return validate_webhooks(c, sc) && ok;
}
