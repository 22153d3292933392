#include <string.h>

#include "conformance/scenario/logic.h"
#include "conformance/scenario/reader.h"
#include "conformance/scenario/validate.h"

/* --- which checks a citation covers ------------------------------------------------------- */

bool claim_pointer_covers(const struct citation *c, const char *pointer, const char *matcher)
{
    struct str cited = str_from(c->pointer), here = str_from(pointer);
    if (!cited.n || str_eq(cited, here))
        return true;
    if (str_starts(here, cited))
        return here.s[cited.n] == '/';
    struct str rest = str_skip(cited, here.n);
    return str_starts(cited, here) && rest.s[0] == '/' && str_is(str_skip(rest, 1), matcher);
}

/* --- finding a check ---------------------------------------------------------------------- */

static const char *nearest_key(const struct node *map, struct str word)
{
    const char *near = NULL;
    for (size_t i = 0; i < node_count(map) && map->kind == NODE_MAP && !near; i++)
        near = str_nearest(word, &map->map.members[i].key, 1);
    return near;
}

/* Returns the value of the matcher or member; a member has the name that the response has. */
static const struct node *value_below(const struct node *map, struct str key)
{
    for (size_t i = 0; map->kind == NODE_MAP && i < map->map.count; i++)
        if (str_is(key, match_member_name(map->map.members[i].key)))
            return map->map.members[i].value;
    return NULL;
}

/* The check of a plain value has the matcher "equals". */
static bool is_equals_matcher(const struct node *n, struct str pointer)
{
    return n->kind != NODE_MAP && str_is(pointer, "/equals");
}

/* Descends into maps and $each. Every other value or matcher is one check. */
static bool node_fits(const struct node *n, struct str pointer, const char **near)
{
    while (n && pointer.n) {
        if (is_equals_matcher(n, pointer))
            return true;
        size_t end = 1 + str_find(str_skip(pointer, 1), '/');
        struct str key = str_skip(str_head(pointer, end), 1);
        const struct node *below = value_below(n, key);
        if (!below)
            *near = nearest_key(n, key);
        pointer = str_skip(pointer, end);
        if (pointer.n && logic_is_matchers(n) && !str_is(key, "$each"))
            return false;
        n = below;
    }
    return n;
}

static bool header_fits(const struct node *headers, struct str rest, const char **near)
{
    struct str name = str_head(rest, str_find(rest, '/'));
    for (size_t i = 0; i < node_count(headers); i++)
        if (str_eq_nocase(str_from(headers->map.members[i].key), name))
            return node_fits(headers->map.members[i].value, str_skip(rest, name.n), near);
    *near = nearest_key(headers, name);
    return false;
}

static bool expects_anything(const struct step *s)
{
    const struct expectation *x = &s->expect;
    bool any = s->hook || x->status_count || node_count(x->headers) || x->body || x->outputs || x->redirect;
    for (size_t i = 0; s->flow && !any && i < s->flow->step_count; i++)
        any = expects_anything(&s->flow->steps[i]);
    return any;
}

static bool pointer_fits(const struct step *s, struct str at, const char **near);

/* `at` follows "steps/": the id of a step of the flow, then "", "/status", "/body...", "/headers/..." or "/steps/...".
 */
static bool flow_step_fits(const struct flow *flow, struct str at, const char **near)
{
    struct str id = str_head(at, str_find(at, '/')), rest = str_skip(at, id.n);
    for (size_t i = 0; flow && i < flow->step_count; i++) {
        const struct step *inner = &flow->steps[i];
        if (!inner->id || !str_is(id, inner->id))
            continue;
        rest = str_skip(rest, 1);
        bool in_body = str_starts(rest, STR("body")) && (rest.n == 4 || rest.s[4] == '/');
        if (in_body && rest.n == 4)
            return inner->expect.body || inner->expect.outputs;
        return pointer_fits(inner, in_body ? str_skip(rest, 4) : rest, near);
    }
    return false;
}

static bool pointer_fits(const struct step *s, struct str at, const char **near)
{
    const struct expectation *x = &s->expect;
    *near = NULL;
    if (!at.n)
        return expects_anything(s);
    if (str_is(at, "delivery"))
        return s->hook;
    if (str_is(at, "same_as"))
        return s->same_as;
    if (at.s[0] == '/')
        return node_fits(x->body ? x->body : x->outputs, at, near);
    if (str_is(at, "status") || str_is(at, "status/is"))
        return x->status_count > 0;
    if (str_starts(at, STR("headers/")))
        return header_fits(x->headers, str_skip(at, 8), near);
    if (str_is(at, "steps"))
        return s->flow;
    if (str_starts(at, STR("steps/")))
        return flow_step_fits(s->flow, str_skip(at, 6), near);
    struct str rest = str_skip(at, 8);
    return str_starts(at, STR("redirect")) && (!rest.n || rest.s[0] == '/') && node_fits(x->redirect, rest, near);
}

/* --- cited claims and disputes ------------------------------------------------------------ */

static bool unknown_claim(struct validation *c, const struct citation *cited)
{
    const struct catalogue *of = c->catalogue;
    if (catalogue_dispute(of, cited->claim))
        return error_add(c->err, ERROR_INPUT, cited->at, "'%s' is a dispute, not a claim; use 'dispute' and 'one_of'",
                         cited->claim);
    const char **ids = arena_array(c->arena, const char *, of->claim_count);
    for (size_t i = 0; i < of->claim_count; i++)
        ids[i] = of->claims[i].id;
    return error_add(c->err, ERROR_INPUT, cited->at, "unknown claim '%s'%s", cited->claim,
                     did_you_mean(c->arena, str_from(cited->claim), ids, of->claim_count));
}

static bool check_pointer(struct validation *c, const struct step *s, const struct citation *cited)
{
    const char *near = NULL;
    if (pointer_fits(s, str_from(cited->pointer), &near))
        return true;
    if (!*cited->pointer)
        return error_add(c->err, ERROR_INPUT, cited->at, "this step cites a claim but expects nothing%s",
                         s->reading_count ? "; a dispute decides no claim: add 'expect', or cite the claim elsewhere"
                                          : "");
    return error_add(c->err, ERROR_INPUT, cited->at, "this step has no check at %s%s%s%s", cited->pointer,
                     near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

/* A claim may have several pointers, none of which covers another. */
static bool cited_before(const struct step *s, size_t i)
{
    const struct citation *this = &s->citations[i];
    for (size_t k = 0; k < i; k++) {
        const struct citation *other = &s->citations[k];
        if (strcmp(other->claim, this->claim) == 0 &&
            (!*this->pointer || !*other->pointer || strcmp(this->pointer, other->pointer) == 0))
            return true;
    }
    return false;
}

static bool check_citation(struct validation *c, const struct step *s, size_t i)
{
    const struct citation *cited = &s->citations[i];
    bool ok = check_pointer(c, s, cited);
    if (cited_before(s, i))
        ok = error_add(c->err, ERROR_INPUT, cited->at, "claim '%s' is cited twice", cited->claim);
    if (!c->catalogue)
        return ok;
    const struct claim *claim = catalogue_claim(c->catalogue, cited->claim);
    if (!claim)
        return unknown_claim(c, cited);
    if (strcmp(claim->observe, "none") != 0)
        return ok;
    return error_add(c->err, ERROR_INPUT, cited->at, "claim '%s' cannot be observed: %s", claim->id,
                     claim->why ? claim->why : claim->says);
}

static bool check_reading(struct validation *c, const struct dispute *d, const struct reading *r)
{
    if (has_text(d->readings, d->reading_count, r->name))
        return true;
    return error_add(c->err, ERROR_INPUT, r->expect.at, "dispute '%s' has no reading '%s'%s", d->id, r->name,
                     did_you_mean(c->arena, str_from(r->name), d->readings, d->reading_count));
}

static bool check_known_dispute(struct validation *c, const struct step *s)
{
    const struct catalogue *of = c->catalogue;
    const struct dispute *d = catalogue_dispute(of, s->dispute);
    bool ok = true;
    for (size_t i = 0; d && i < s->reading_count; i++)
        ok &= check_reading(c, d, &s->readings[i]);
    if (d)
        return ok;
    const char **ids = arena_array(c->arena, const char *, of->dispute_count);
    for (size_t i = 0; i < of->dispute_count; i++)
        ids[i] = of->disputes[i].id;
    return error_add(c->err, ERROR_INPUT, node_get(s->source, "dispute")->at, "unknown dispute '%s'%s", s->dispute,
                     did_you_mean(c->arena, str_from(s->dispute), ids, of->dispute_count));
}

static bool check_dispute(struct validation *c, const struct step *s)
{
    if (!s->dispute && !s->reading_count)
        return true;
    if (!s->dispute)
        return error_add(c->err, ERROR_INPUT, key_place(s->source, "one_of"),
                         "missing 'dispute'; 'one_of' needs the dispute that it settles");
    if (!s->reading_count)
        return error_add(c->err, ERROR_INPUT, key_place(s->source, "dispute"),
                         "missing 'one_of'; 'dispute' needs an expectation for each reading");
    return !c->catalogue || check_known_dispute(c, s);
}

bool validate_claims(struct validation *c, const struct step *s)
{
    bool ok = true;
    if (c->in_flow && (s->citation_count || s->dispute))
        return error_add(c->err, ERROR_INPUT, key_place(s->source, s->dispute ? "dispute" : "claims"),
                         "a flow cannot cite claims or disputes; cite them in the scenario");
    if ((s->citation_count || s->dispute) && !s->id)
        ok = error_add(c->err, ERROR_INPUT, s->at, "a step with 'claims' or 'dispute' needs an 'id'");
    for (size_t i = 0; i < s->citation_count; i++)
        ok &= check_citation(c, s, i);
    return check_dispute(c, s) && ok;
}
