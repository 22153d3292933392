#include "base/match.h"

#include <string.h>

#include "base/json.h"
#include "base/matcher.h"

/* --- checking an expectation --------------------------------------------------------------- */

/* With YAML aliases a small file can be a huge tree. */
#define EXPECTATION_MAX_NODES 100000

bool match_key_is_matcher(const char *key)
{
    return key[0] == '$' && key[1] != '$';
}

const char *match_member_name(const char *key)
{
    return key[0] == '$' && key[1] == '$' ? key + 1 : key;
}

static bool is_matcher(const struct member *m)
{
    return match_key_is_matcher(m->key);
}

static bool has_matchers(const struct node *map)
{
    return map->map.count && is_matcher(&map->map.members[0]);
}

/* A reference is resolved later; an operand with one can be checked only then. */
bool match_has_reference(const struct node *n)
{
    const char *text = node_text(n);
    if (!text)
        return false;
    bool letter =
        text[0] == '$' && ((text[1] >= 'a' && text[1] <= 'z') || (text[1] >= 'A' && text[1] <= 'Z') || text[1] == '_');
    return letter || strstr(text, "${");
}

bool match_refuse(const struct node *operand, struct error *err, const char *what)
{
    return error_add(err, ERROR_INPUT, operand->at, "%s", what);
}

static bool check_matcher(const struct member *m, struct error *err)
{
    const struct matcher *row = matcher_find(m->key);
    if (row)
        return match_has_reference(m->value) || row->check(m->value, err);
    const char *near = matcher_nearest(m->key);
    if (near)
        return error_add(err, ERROR_INPUT, m->key_at, "unknown matcher '%s' (did you mean '%s'?)", m->key, near);
    return error_add(err, ERROR_INPUT, m->key_at, "unknown matcher '%s'", m->key);
}

static bool check_map(const struct node *map, struct error *err)
{
    bool ok = true, matchers = has_matchers(map);
    for (size_t i = 0; i < map->map.count; i++) {
        const struct member *m = &map->map.members[i];
        if (is_matcher(m) != matchers)
            ok = error_add(err, ERROR_INPUT, m->key_at, "'%s': %s cannot have both matchers and members", m->key,
                           node_kind_words(map, NODE_MAP));
        else if (matchers)
            ok &= check_matcher(m, err);
        else
            ok &= match_check_expectation(m->value, err);
    }
    return ok;
}

bool match_check_expectation(const struct node *expectation, struct error *err)
{
    bool ok = true;
    if (expectation->kind == NODE_MAP)
        return check_map(expectation, err);
    if (expectation->kind == NODE_LIST)
        for (size_t i = 0; i < expectation->list.count; i++)
            ok &= match_check_expectation(expectation->list.items[i], err);
    return ok;
}

static bool fits(const struct node *n, size_t *left)
{
    if (!*left)
        return false;
    --*left;
    bool ok = true;
    if (n->kind == NODE_LIST)
        for (size_t i = 0; i < n->list.count && ok; i++)
            ok = fits(n->list.items[i], left);
    if (n->kind == NODE_MAP)
        for (size_t i = 0; i < n->map.count && ok; i++)
            ok = fits(n->map.members[i].value, left);
    return ok;
}

bool match_check(const struct node *expectation, struct error *err)
{
    size_t left = EXPECTATION_MAX_NODES;
    if (!expectation)
        return true;
    if (!fits(expectation, &left))
        return error_add(err, ERROR_INPUT, expectation->at, "an expectation of more than %d values%s",
                         EXPECTATION_MAX_NODES, expectation->json ? "" : " (each use of an alias counts)");
    return match_check_expectation(expectation, err);
}

bool match_check_text(const struct node *expectation, const char *what, struct error *err)
{
    if (expectation->kind == NODE_TEXT)
        return true;
    if (expectation->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, expectation->at, "a %s value cannot be %s; expected %s", what,
                         node_kind_name(expectation->kind), expectation->json ? "a string" : "text (quote it)");
    if (has_matchers(expectation))
        return match_check(expectation, err);
    const struct member *first = node_count(expectation) ? expectation->map.members : NULL;
    const char *near = first ? matcher_nearest(first->key) : NULL;
    return error_add(err, ERROR_INPUT, first ? first->key_at : expectation->at,
                     "a %s value cannot be %s of members; expected %s or matchers%s%s%s", what,
                     node_kind_words(expectation, NODE_MAP), node_kind_words(expectation, NODE_TEXT),
                     near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

/* --- comparing a value with an expectation ------------------------------------------------- */

#define EXCERPT_MAX_BYTES 160

enum match_verdict match_verdict_of(struct tally tally)
{
    if (tally.fails)
        return MATCH_FAILS;
    return tally.vacuous ? MATCH_VACUOUS : MATCH_HOLDS;
}

struct tally match_try(const struct run *r, const struct node *expectation, const struct node *actual)
{
    struct run quiet = {.context = r->context, .document = r->document, .exact = r->exact};
    match_expect(&quiet, expectation, actual, "");
    return quiet.tally;
}

const char *match_excerpt(struct arena *a, const struct node *value)
{
    return value ? json_print_short(a, value, EXCERPT_MAX_BYTES) : "absent";
}

static void count(struct tally *tally, enum match_verdict verdict)
{
    switch (verdict) {
    case MATCH_HOLDS:
        tally->holds++;
        break;
    case MATCH_FAILS:
        tally->fails++;
        break;
    case MATCH_VACUOUS:
        tally->vacuous++;
        break;
    }
}

void match_decide(struct run *r, const struct decision *d, enum match_verdict verdict, const char *expected,
                  const char *actual)
{
    count(&r->tally, verdict);
    if (!r->results)
        return;
    struct arena *a = r->context->arena;
    *arena_push(a, r->results, struct match_result) = (struct match_result){
        .verdict = verdict,
        .pointer = d->pointer,
        .matcher = d->matcher,
        .expected = expected ? expected : match_excerpt(a, d->operand),
        .actual = actual ? actual : match_excerpt(a, d->actual),
        .at = d->at,
    };
}

void match_decide_plain(struct run *r, const struct decision *d, bool holds)
{
    match_decide(r, d, holds ? MATCH_HOLDS : MATCH_FAILS, NULL, NULL);
}

const char *match_words(const struct run *r, const char *format, ...)
{
    if (!r->results)
        return NULL;
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(r->context->arena, format, args);
    va_end(args);
    return text;
}

static const char *pointer_to(struct run *r, const char *pointer, struct str key)
{
    return r->results ? node_pointer_add(r->context->arena, pointer, key) : "";
}

static void expect_matchers(struct run *r, const struct node *x, const struct node *actual, const char *pointer)
{
    for (size_t i = 0; i < x->map.count; i++) {
        const struct member *m = &x->map.members[i];
        const struct matcher *row = matcher_find(m->key);
        struct decision d = {m->key, m->value, actual, pointer, m->key_at};
        if (row && (actual || row->judges_absence))
            row->decide(r, &d);
        else
            match_decide(r, &d, MATCH_FAILS, row ? NULL : "a known matcher", NULL);
    }
}

static bool names_member(const struct node *x, const char *name)
{
    for (size_t i = 0; i < x->map.count; i++)
        if (strcmp(match_member_name(x->map.members[i].key), name) == 0)
            return true;
    return false;
}

/* Describes the members that `x` does not name; NULL if there are none. */
static const char *surplus(struct run *r, const struct node *x, const struct node *actual)
{
    struct buf out = {.arena = r->context->arena};
    for (size_t i = 0; i < node_count(actual); i++) {
        const char *key = actual->map.members[i].key;
        if (names_member(x, key))
            continue;
        if (!r->results)
            return "";
        if (out.n > EXCERPT_MAX_BYTES) {
            buf_text(&out, ", …");
            break;
        }
        buf_printf(&out, "%s\"%s\"", out.n ? ", " : "also has ", key);
    }
    return out.n ? buf_c(&out) : NULL;
}

static void expect_closed(struct run *r, const struct node *x, const struct node *actual, const char *pointer)
{
    struct decision d = {"$exact", x, actual, pointer, x->at};
    const char *more = surplus(r, x, actual);
    match_decide(r, &d, more ? MATCH_FAILS : MATCH_HOLDS, more ? "no other members" : NULL, more);
}

static void expect_members(struct run *r, const struct node *x, const struct node *actual, const char *pointer)
{
    bool is_map = actual && actual->kind == NODE_MAP;
    struct decision d = {"$type", x, actual, pointer, x->at};
    if (!is_map || !x->map.count)
        match_decide(r, &d, is_map ? MATCH_HOLDS : MATCH_FAILS, "object", NULL);
    if (is_map && r->exact)
        expect_closed(r, x, actual, pointer);
    for (size_t i = 0; i < x->map.count; i++) {
        const struct member *m = &x->map.members[i];
        const char *name = match_member_name(m->key);
        match_expect(r, m->value, node_get(actual, name), pointer_to(r, pointer, str_from(name)));
    }
}

static void expect_items(struct run *r, const struct node *x, const struct node *actual, const char *pointer)
{
    bool is_list = actual && actual->kind == NODE_LIST;
    bool as_long = is_list && actual->list.count == x->list.count;
    struct decision d = {"equals", x, actual, pointer, x->at};
    match_decide(r, &d, as_long ? MATCH_HOLDS : MATCH_FAILS, match_words(r, "list length %zu", x->list.count),
                 is_list ? match_words(r, "list length %zu", actual->list.count) : NULL);
    for (size_t i = 0; i < x->list.count; i++) {
        char key[24];
        int n = snprintf(key, sizeof key, "%zu", i);
        match_expect(r, x->list.items[i], is_list ? node_at(actual, i) : NULL,
                     pointer_to(r, pointer, str_of(key, (size_t)n)));
    }
}

void match_expect(struct run *r, const struct node *expectation, const struct node *actual, const char *pointer)
{
    struct decision d = {"equals", expectation, actual, pointer, expectation->at};
    switch (expectation->kind) {
    case NODE_MAP:
        if (has_matchers(expectation))
            expect_matchers(r, expectation, actual, pointer);
        else
            expect_members(r, expectation, actual, pointer);
        break;
    case NODE_LIST:
        expect_items(r, expectation, actual, pointer);
        break;
    case NODE_NULL:
    case NODE_BOOL:
    case NODE_INT:
    case NODE_REAL:
    case NODE_TEXT:
        match_decide_plain(r, &d, actual && node_equal(expectation, actual));
        break;
    }
}

void match_run(const struct match_context *c, const struct node *expectation, const struct node *actual,
               const char *pointer, struct match_results *results)
{
    struct run r = {.context = c, .document = actual, .results = results};
    if (expectation)
        match_expect(&r, expectation, actual, pointer);
}

bool match_holds(const struct match_context *c, const struct node *expectation, const struct node *actual)
{
    struct run r = {.context = c, .document = actual};
    if (expectation)
        match_expect(&r, expectation, actual, "");
    return r.tally.fails == 0;
}
