#include "conformance/check/check.h"

#include <string.h>

#include "base/json.h"
#include "base/match.h"
#include "base/url.h"
#include "conformance/scenario/kinds.h"

#define SHORT_MAX_BYTES 200
#define NO_DATE         "the response has no Date header, so its time is unknown"

/* --- leaves ------------------------------------------------------------------------------- */

/* An expectation is split into leaves, each of which becomes one check. A leaf is one matcher or plain value. Maps and
 * $each are split further; a list, $some, $none, $exact, $not or $in is one leaf, whatever it contains. */
struct leaf {
    const char *path;         /* /items/$each/status */
    const char *matcher;      /* equals, $matches, ...; $type for {} */
    const struct node *alone; /* an expectation of the whole document that contains only this leaf */
    const struct node *operand;
    struct where at;
};

struct leaves {
    struct leaf *items;
    size_t count, room;
};

struct spine { /* the members on the path to a node, innermost first */
    const struct spine *up;
    const struct member *member;
};

struct walk {
    struct arena *arena;
    struct leaves *out;
};

/* Wraps the leaf in the maps above it: {a: {b: leaf}}. */
static const struct node *wrap_leaf(struct arena *a, const struct spine *up, const struct node *leaf)
{
    for (; up; up = up->up) {
        struct member *m = arena_new(a, struct member);
        *m = *up->member;
        m->value = leaf;
        struct node *map = arena_new(a, struct node);
        *map = (struct node){.kind = NODE_MAP, .at = m->key_at};
        map->map.count = 1;
        map->map.members = m;
        leaf = map;
    }
    return leaf;
}

static void add_leaf(struct walk *w, struct leaf leaf, const struct spine *up, const struct node *x)
{
    leaf.alone = wrap_leaf(w->arena, up, x);
    *arena_push(w->arena, w->out, struct leaf) = leaf;
}

static void walk_node(struct walk *w, const struct node *x, const char *path, const struct spine *up);

static void walk_member(struct walk *w, const struct member *m, const char *path, const struct spine *up)
{
    const struct spine here = {up, m};
    bool is_matcher = match_key_is_matcher(m->key);
    if (!is_matcher || str_is(STR("$each"), m->key)) {
        walk_node(w, m->value, node_pointer_add(w->arena, path, str_from(match_member_name(m->key))), &here);
        return;
    }
    struct leaf leaf = {.path = path, .matcher = m->key, .operand = m->value, .at = m->key_at};
    add_leaf(w, leaf, &here, m->value);
}

static void walk_node(struct walk *w, const struct node *x, const char *path, const struct spine *up)
{
    bool empty_map = x->kind == NODE_MAP && !x->map.count;
    for (size_t i = 0; x->kind == NODE_MAP && i < x->map.count; i++)
        walk_member(w, &x->map.members[i], path, up);
    if (x->kind == NODE_MAP && !empty_map)
        return;
    struct leaf leaf = {.path = path, .matcher = empty_map ? "$type" : "equals", .operand = x, .at = x->at};
    add_leaf(w, leaf, up, x);
}

static void leaves_of(struct arena *a, const struct node *expectation, struct leaves *out)
{
    struct walk w = {a, out};
    if (expectation)
        walk_node(&w, expectation, "", NULL);
}

/* --- claims ------------------------------------------------------------------------------- */

/* The pointer of the check in citations. */
static const char *cited_pointer(const struct check_input *in, const char *pointer)
{
    if (!in->flow_path)
        return pointer;
    bool in_body = *pointer == '/' || !*pointer;
    return arena_printf(in->arena, "%s/%s%s", in->flow_path, in_body ? "body" : "", pointer);
}

static bool has_claim(const struct claim *const *claims, size_t count, const struct claim *claim)
{
    for (size_t i = 0; i < count; i++)
        if (claims[i] == claim)
            return true;
    return false;
}

static void cite_claims(const struct check_input *in, struct check *c)
{
    const struct claim **claims = arena_array(in->arena, const struct claim *, in->citation_count);
    const char *pointer = cited_pointer(in, c->pointer);
    for (size_t i = 0; i < in->citation_count; i++) {
        const struct claim *claim = NULL;
        if (claim_pointer_covers(&in->citations[i], pointer, c->matcher))
            claim = in->claim_of(in->ctx, in->citations[i].claim);
        if (claim && !has_claim(claims, c->claim_count, claim))
            claims[c->claim_count++] = claim;
    }
    c->claims = claims;
}

/* Returns VERDICT_WARN if the check cites claims and each is a should or a may. */
static enum verdict check_failure(const struct check *c)
{
    for (size_t i = 0; i < c->claim_count; i++)
        if (c->claims[i]->level == LEVEL_MUST)
            return VERDICT_FAIL;
    return c->claim_count ? VERDICT_WARN : VERDICT_FAIL;
}

struct check *check_add(const struct check_input *in, struct check_list *out, const char *pointer, const char *matcher,
                        enum verdict verdict)
{
    const char *tail = arena_printf(in->arena, "%s/%s", pointer, matcher);
    struct check *c = arena_push(in->arena, out, struct check);
    *c = (struct check){
        .id = arena_printf(in->arena, "%s/%s%s%s", in->scenario, in->step, *tail == '/' ? "" : "/", tail),
        .step = in->step,
        .pointer = pointer,
        .matcher = matcher,
        .at = in->expect->at,
        .exchange = in->exchange,
    };
    cite_claims(in, c);
    c->verdict = verdict == VERDICT_FAIL ? check_failure(c) : verdict;
    return c;
}

/* --- the parts of an expectation ---------------------------------------------------------- */

/* One value to compare with its part of the expectation: the body, a header, the outputs. */
struct subject {
    const char *prefix; /* prefix of its pointers, for example "redirect" */
    const struct node *expect, *actual;
    const char *unreadable; /* why the value cannot be read; NULL: it can */
    const char *undecided;  /* why nothing can be said of the value; NULL: something can */
};

typedef bool subject_fn(void *ctx, const struct subject *s);

/* Returns the number that the text is, if numbers are expected, or else the text. */
static const struct node *number_or_text(struct arena *a, struct str text, const struct node *expect)
{
    bool numbers = (kinds_of(expect) & (KIND_TEXT | KIND_NUMBER)) && !(kinds_of(expect) & KIND_TEXT);
    struct error err = {0};
    const struct node *n = numbers ? json_parse(a, str_trim(text), "header", &err) : NULL;
    error_end(&err);
    return n && node_is_number(n) ? n : node_new_text(a, text);
}

static const struct node *header_value(const struct check_input *in, const char *name, const struct node *expect)
{
    const struct headers *headers = in->headers;
    if (!headers && in->exchange)
        headers = &in->exchange->response_headers;
    const struct header *h = headers ? headers_find(headers, name) : NULL;
    return h ? number_or_text(in->arena, h->value, expect) : NULL;
}

/* The body as text, if it is not JSON, text is expected, and nothing encoded it; or else NULL. */
static const struct node *text_body(const struct check_input *in)
{
    const struct exchange_record *x = in->exchange;
    bool is_text = in->body_error && !in->failure && in->expect->body && kinds_of(in->expect->body) == KIND_TEXT;
    if (!is_text || !x || headers_find(&x->response_headers, "Content-Encoding"))
        return NULL;
    return node_new_text(in->arena, str_trim(x->response_body));
}

static bool is_plain_map(const struct node *n)
{
    return n->kind == NODE_MAP && n->map.count && !match_key_is_matcher(n->map.members[0].key);
}

static const struct node *query_map(struct arena *a, const char *query)
{
    struct url_pair *pairs;
    size_t count;
    const struct node *map = node_new_map(a, NULL, 0);
    if (!url_query(a, str_from(query), &pairs, &count))
        return NULL;
    for (size_t i = 0; i < count; i++)
        map = node_with(a, map, str_dup(a, pairs[i].name), node_new_text(a, pairs[i].value));
    return map;
}

static const struct node *redirect_parts(struct arena *a, const struct node *redirect)
{
    struct url url;
    if (!node_text(redirect) || !url_parse(a, node_text(redirect), &url, NULL))
        return redirect;
    struct str base = redirect->text;
    base.n = strcspn(base.s, "?#");
    const struct node *query = query_map(a, url.query);
    const struct node *parts = node_with(a, NULL, "url", redirect);
    parts = node_with(a, parts, "base", node_new_text(a, base));
    return query ? node_with(a, parts, "query", query) : parts;
}

static bool visit_subjects(const struct check_input *in, subject_fn *fn, void *ctx)
{
    const struct expectation *x = in->expect;
    for (size_t i = 0; i < node_count(x->headers); i++) {
        const struct member *m = &x->headers->map.members[i];
        struct subject s = {.prefix = arena_printf(in->arena, "headers/%s", m->key),
                            .expect = m->value,
                            .actual = header_value(in, m->key, m->value),
                            .unreadable = in->failure};
        if (!fn(ctx, &s))
            return false;
    }
    struct subject body = {"", x->body, in->body, in->failure ? in->failure : in->body_error,
                           in->failure ? NULL : in->body_unread};
    const struct node *text = text_body(in);
    if (text)
        body = (struct subject){"", x->body, text, NULL, NULL};
    struct subject outputs = {"", x->outputs, in->outputs, NULL, NULL};
    struct subject redirect = {"redirect", x->redirect, in->redirect, NULL, NULL};
    if (x->redirect && is_plain_map(x->redirect))
        redirect.actual = redirect_parts(in->arena, in->redirect);
    return (!body.expect || fn(ctx, &body)) && (!outputs.expect || fn(ctx, &outputs)) &&
           (!redirect.expect || fn(ctx, &redirect));
}

static int status_of(const struct check_input *in)
{
    return in->exchange ? in->exchange->status : 0;
}

bool check_status_holds(const struct check_input *in)
{
    const struct expectation *x = in->expect;
    for (size_t i = 0; i < x->status_count; i++)
        if (x->statuses[i] == status_of(in))
            return true;
    return x->status_count == 0;
}

static const char *statuses_text(struct arena *a, const struct expectation *x)
{
    struct buf out = {.arena = a};
    for (size_t i = 0; i < x->status_count; i++)
        buf_printf(&out, "%s%lld", i ? " or " : "", (long long)x->statuses[i]);
    return buf_c(&out);
}

/* --- comparing without verdicts ----------------------------------------------------------- */

struct comparing {
    const struct check_input *in;
    bool no_date;          /* a comparison with the current time was needed, and the time is unknown */
    const char *undecided; /* of the body */
};

static struct match_context context_of(const struct check_input *in, bool *no_date)
{
    return (struct match_context){in->arena, in->now_ms, in->has_now ? NULL : no_date};
}

static bool subject_holds(void *ctx, const struct subject *s)
{
    struct comparing *c = ctx;
    struct match_context match = context_of(c->in, &c->no_date);
    if (s->undecided) {
        c->undecided = s->undecided;
        return true; /* what is known holds */
    }
    return !s->unreadable && match_holds(&match, s->expect, s->actual);
}

bool check_holds(const struct check_input *in, const char **why)
{
    struct comparing c = {.in = in};
    bool holds = check_status_holds(in) && visit_subjects(in, subject_holds, &c);
    if (c.no_date && !c.undecided)
        c.undecided = NO_DATE;
    if (why)
        *why = holds ? c.undecided : NULL;
    return holds && !c.undecided;
}

/* --- verdicts ----------------------------------------------------------------------------- */

struct judging {
    const struct check_input *in;
    struct check_list *out;
    enum verdict verdict; /* of undecided checks */
    const char *why;
    bool decide, all_hold;
};

/* Returns the result with the most detail. A $each gives a summary ("3 of 9 items do not match") first; the first
 * mismatch follows it. */
static const struct match_result *most_specific_result(const struct match_results *results, enum match_verdict verdict)
{
    const struct match_result *found = NULL;
    for (size_t i = 0; i < results->count; i++) {
        const struct match_result *r = &results->items[i];
        if (r->verdict == verdict && (!found || strcmp(found->matcher, "$each") == 0))
            found = r;
    }
    return found;
}

static enum match_verdict worst_verdict(const struct match_results *results)
{
    enum match_verdict worst = MATCH_HOLDS;
    for (size_t i = 0; i < results->count; i++)
        if (results->items[i].verdict == MATCH_FAILS)
            return MATCH_FAILS;
        else if (results->items[i].verdict == MATCH_VACUOUS)
            worst = MATCH_VACUOUS;
    return worst;
}

static const char *value_text(struct arena *a, const struct node *value)
{
    return value ? json_print_short(a, value, SHORT_MAX_BYTES) : "absent";
}

static void judge_leaf(struct judging *j, const struct subject *s, const struct leaf *leaf, struct check *c)
{
    static const enum verdict verdicts[] = {
        [MATCH_HOLDS] = VERDICT_PASS,
        [MATCH_FAILS] = VERDICT_FAIL,
        [MATCH_VACUOUS] = VERDICT_VACUOUS,
    };
    bool no_date = false;
    struct match_context match = context_of(j->in, &no_date);
    struct match_results results = {0};
    if (s->undecided) {
        c->verdict = VERDICT_ERROR;
        c->why = s->undecided;
        return;
    }
    if (s->unreadable) {
        c->verdict = VERDICT_FAIL;
        c->actual = s->unreadable;
        return;
    }
    match_run(&match, leaf->alone, s->actual, s->prefix, &results);
    enum match_verdict verdict = worst_verdict(&results);
    const struct match_result *r = most_specific_result(&results, verdict);
    c->verdict = verdicts[verdict];
    if (!r)
        return;
    c->actual = r->actual;
    if (no_date) {
        c->verdict = VERDICT_ERROR;
        c->why = NO_DATE;
        return;
    }
    c->expected = r->expected;
    if (verdict == MATCH_FAILS)
        c->pointer = r->pointer;
    if (verdict == MATCH_FAILS && r != &results.items[0])
        c->why = results.items[0].actual;
    if (verdict == MATCH_VACUOUS)
        c->why = "the list is empty";
}

static void judge_page(const struct judging *j, const struct leaf *leaf, struct check *c)
{
    if (!j->in->continues || strcmp(leaf->matcher, "$some") != 0)
        return;
    c->verdict = VERDICT_BLOCKED;
    c->why = "no item of this page matches, and the list continues on another page";
}

static bool judge_subject(void *ctx, const struct subject *s)
{
    struct judging *j = ctx;
    struct arena *a = j->in->arena;
    struct leaves leaves = {0};
    leaves_of(a, s->expect, &leaves);
    for (size_t i = 0; i < leaves.count; i++) {
        const struct leaf *leaf = &leaves.items[i];
        const char *pointer = arena_printf(a, "%s%s", s->prefix, leaf->path);
        struct check *c = check_add(j->in, j->out, pointer, leaf->matcher, j->verdict);
        c->at = leaf->at;
        c->expected = value_text(a, leaf->operand);
        c->why = j->why;
        if (!j->decide)
            continue;
        judge_leaf(j, s, leaf, c);
        if (c->verdict == VERDICT_FAIL) {
            j->all_hold = false;
            c->verdict = check_failure(c);
            judge_page(j, leaf, c);
        }
    }
    return true;
}

static void judge_status(struct judging *j)
{
    const struct check_input *in = j->in;
    if (!in->expect->status_count)
        return;
    int status = status_of(in);
    bool holds = check_status_holds(in);
    enum verdict verdict = j->verdict;
    if (j->decide)
        verdict = holds ? VERDICT_PASS : VERDICT_FAIL;
    struct check *c = check_add(in, j->out, "status", "is", verdict);
    c->expected = statuses_text(in->arena, in->expect);
    c->why = j->why;
    if (!j->decide)
        return;
    c->actual = arena_printf(in->arena, "%d", status);
    if (holds)
        return;
    j->all_hold = false;
    j->decide = false; /* the checks that follow */
    j->verdict = VERDICT_BLOCKED;
    j->why = arena_printf(in->arena, "the status was unexpected: %d, not %s", status, c->expected);
}

bool check_expectation(const struct check_input *in, struct check_list *out)
{
    struct judging j = {.in = in, .out = out, .decide = true, .all_hold = true};
    judge_status(&j);
    visit_subjects(in, judge_subject, &j);
    return j.all_hold;
}

void check_undecided(const struct check_input *in, enum verdict verdict, const char *why, struct check_list *out)
{
    struct judging j = {.in = in, .out = out, .verdict = verdict, .why = why};
    judge_status(&j);
    visit_subjects(in, judge_subject, &j);
}
