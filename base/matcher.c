#include "base/matcher.h"

#include "base/array.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static enum match_verdict judge(const struct run *r, const struct node *x, const struct node *actual)
{
    return match_verdict_of(match_try(r, x, actual));
}

/* --- $not $in $absent $present $exact $same ------------------------------------------------- */

static bool check_not(const struct node *operand, struct error *err)
{
    if (node_get(operand, "$absent") || node_get(operand, "$present"))
        return match_refuse(operand, err, "$not cannot contain $absent or $present; use $present or $absent instead");
    return match_check_expectation(operand, err);
}

static void decide_not(struct run *r, const struct decision *d)
{
    switch (judge(r, d->operand, d->actual)) {
    case MATCH_HOLDS:
        match_decide(r, d, MATCH_FAILS, NULL, NULL);
        break;
    case MATCH_FAILS:
        match_decide(r, d, MATCH_HOLDS, NULL, NULL);
        break;
    case MATCH_VACUOUS:
        match_decide(r, d, MATCH_VACUOUS, NULL, NULL);
        break;
    }
}

static bool check_in(const struct node *operand, struct error *err)
{
    if (operand->kind != NODE_LIST || !operand->list.count)
        return match_refuse(operand, err,
                            operand->json ? "$in expects an array with at least one item"
                                          : "$in expects a list with at least one item");
    return match_check_expectation(operand, err);
}

static void decide_in(struct run *r, const struct decision *d)
{
    enum match_verdict verdict = MATCH_FAILS;
    for (size_t i = 0; i < node_count(d->operand) && verdict != MATCH_HOLDS; i++) {
        const struct node *alternative = node_at(d->operand, i);
        enum match_verdict v = alternative ? judge(r, alternative, d->actual) : MATCH_FAILS;
        if (v != MATCH_FAILS)
            verdict = v;
    }
    match_decide(r, d, verdict, NULL, NULL);
}

static bool check_true(const struct node *operand, struct error *err)
{
    if (operand->kind != NODE_BOOL || !operand->truth)
        return match_refuse(operand, err,
                            "$absent and $present accept only true; use the other matcher for the opposite");
    return true;
}

static void decide_absent(struct run *r, const struct decision *d)
{
    match_decide_plain(r, d, !d->actual);
}

static void decide_present(struct run *r, const struct decision *d)
{
    match_decide_plain(r, d, d->actual);
}

static void decide_exact(struct run *r, const struct decision *d)
{
    bool outer = r->exact;
    r->exact = true;
    match_expect(r, d->operand, d->actual, d->pointer);
    r->exact = outer;
}

static bool check_same(const struct node *operand, struct error *err)
{
    const char *pointer = node_text(operand);
    if (!pointer || !node_pointer_valid(pointer))
        return match_refuse(operand, err, "$same expects a JSON pointer such as \"/data/0/id\"");
    return true;
}

static void decide_same(struct run *r, const struct decision *d)
{
    const char *pointer = node_text(d->operand);
    const struct node *other = pointer ? node_pointer(r->document, pointer) : NULL;
    const char *expected = NULL;
    if (r->results && pointer)
        expected = match_words(r, "same as %s: %s", pointer, match_excerpt(r->context->arena, other));
    bool same = other && node_equal(other, d->actual);
    match_decide(r, d, same ? MATCH_HOLDS : MATCH_FAILS, expected, NULL);
}

/* --- $matches $id_with_prefix $type ---------------------------------------------------------- */

static bool check_matches(const struct node *operand, struct error *err)
{
    const char *pattern = node_text(operand), *why = "";
    if (!pattern)
        return match_refuse(operand, err, "$matches expects a regular expression");
    struct arena a = {0};
    size_t offset = 0;
    bool ok = match_pattern_check(&a, pattern, &why, &offset);
    if (!ok)
        error_add(err, ERROR_INPUT, operand->at, "$matches: %s (offset %zu)", why, offset);
    arena_end(&a);
    return ok;
}

static void decide_matches(struct run *r, const struct decision *d)
{
    const char *pattern = node_text(d->operand);
    match_decide_plain(r, d, pattern && node_text(d->actual) && match_pattern(pattern, d->actual->text));
}

static bool check_id_with_prefix(const struct node *operand, struct error *err)
{
    return node_text(operand) || match_refuse(operand, err, "$id_with_prefix expects a prefix, \"\" for any");
}

static void decide_id_with_prefix(struct run *r, const struct decision *d)
{
    const char *prefix = node_text(d->operand);
    match_decide_plain(r, d,
                       prefix && node_text(d->actual) && str_starts(d->actual->text, str_from(prefix)) &&
                           d->actual->text.n > strlen(prefix));
}

static bool check_type_name(const struct node *operand, struct error *err)
{
    const char *name = node_text(operand), *names[NODE_MAP + 1];
    for (int kind = NODE_NULL; kind <= NODE_MAP; kind++) {
        names[kind] = node_kind_name((enum node_kind)kind);
        if (name && strcmp(name, names[kind]) == 0)
            return true;
    }
    const char *near = name ? str_nearest(str_from(name), names, NODE_MAP + 1) : NULL;
    if (near)
        return error_add(err, ERROR_INPUT, operand->at, "unknown type '%s' (did you mean '%s'?)", name, near);
    return match_refuse(operand, err, "$type expects null, boolean, integer, number, string, array or object");
}

static bool check_type(const struct node *operand, struct error *err)
{
    if (operand->kind != NODE_LIST || !operand->list.count)
        return check_type_name(operand, err);
    bool ok = true;
    for (size_t i = 0; i < operand->list.count; i++)
        ok &= check_type_name(operand->list.items[i], err);
    return ok;
}

/* As in JSON Schema: every integer is a number, and 1.0 is an integer. */
static bool has_type(const struct node *n, const struct node *type)
{
    const char *name = node_text(type);
    if (!name)
        return false;
    if (strcmp(name, "number") == 0)
        return node_is_number(n);
    if (strcmp(name, "integer") == 0 && n->kind == NODE_REAL)
        return trunc(n->real) == n->real;
    return strcmp(name, node_kind_name(n->kind)) == 0;
}

static void decide_type(struct run *r, const struct decision *d)
{
    bool holds = has_type(d->actual, d->operand);
    if (d->operand->kind == NODE_LIST)
        for (size_t i = 0; i < d->operand->list.count && !holds; i++)
            holds = has_type(d->actual, d->operand->list.items[i]);
    match_decide_plain(r, d, holds);
}

/* -------------------------------------------------------------------------------------------- */

/* clang-format off */
#define EXPECTATION    "expectation"
#define LIST_OF(shape) "{type: array, minItems: 1, items: " shape "}"
#define ALTERNATIVES   LIST_OF("{$ref: '#/$defs/expectation'}")
#define TRUE           "{const: true}"
#define POINTER        "{type: string, pattern: '^(/|$)'}"
#define TEXT           "{type: string}"
#define TYPE           "{enum: ['null', boolean, integer, number, string, array, object]}"
#define TYPES          "{anyOf: [" TYPE ", " LIST_OF(TYPE) "]}"

static const struct matcher rows[] = {
    /* name             check                    decide                 absent operand */
    {"$not",            check_not,               decide_not,            false, EXPECTATION,
     .help = "The value must not match this expectation."},
    {"$in",             check_in,                decide_in,             true,  ALTERNATIVES,
     .help = "The value must match at least one of these expectations."},
    {"$absent",         check_true,              decide_absent,         true,  TRUE,
     .help = "The value must be absent."},
    {"$present",        check_true,              decide_present,        true,  TRUE,
     .help = "The value must be present; null counts."},
    {"$exact",          match_check_expectation, decide_exact,          true,  EXPECTATION,
     .help = "The value must match this, and no object in it may have other members."},
    {"$same",           check_same,              decide_same,           false, POINTER,
     .help = "The value must equal the value at this JSON pointer of the same document."},
    {"$matches",        check_matches,           decide_matches,        false, TEXT,
     .help = "Text that contains a match of this regular expression (PCRE2)."},
    {"$id_with_prefix", check_id_with_prefix,    decide_id_with_prefix, false, TEXT,
     .help = "Text that starts with this prefix and is longer than it."},
    {"$type",           check_type,              decide_type,           false, TYPES,
     .help = "The value must have this JSON type, or one of these types."},
};
/* clang-format on */
const struct matcher_group matcher_values = {rows, COUNT(rows)};

#define GROUPS       3
#define MATCHERS_MAX 64

static const struct matcher_group *const groups[GROUPS] = {
    &matcher_values,
    &matcher_lists,
    &matcher_orders,
};

const struct matcher *matcher_at(size_t i)
{
    for (size_t g = 0; g < GROUPS; i -= groups[g++]->count)
        if (i < groups[g]->count)
            return &groups[g]->rows[i];
    return NULL;
}

const struct matcher *matcher_find(const char *name)
{
    const struct matcher *m;
    for (size_t i = 0; (m = matcher_at(i)); i++)
        if (strcmp(m->name, name) == 0)
            return m;
    return NULL;
}

const char *matcher_nearest(const char *name)
{
    const char *names[MATCHERS_MAX];
    const struct matcher *m;
    size_t count = 0;
    for (; (m = matcher_at(count)); count++) {
        assert(count < MATCHERS_MAX);
        names[count] = m->name;
    }
    return str_nearest(str_from(name), names, count);
}
