#include "base/array.h"
#include "base/matcher.h"

#include "base/buf.h"

/* Limits of the text of one failing check. */
#define EACH_SHOWN    8
#define NEAREST_SHOWN 3

/* Any other value fails, so that an empty response never counts as an empty list. */
static bool is_list(struct run *r, const struct decision *d)
{
    if (d->actual->kind == NODE_LIST)
        return true;
    match_decide(r, d, MATCH_FAILS, match_words(r, "a list"), NULL);
    return false;
}

static const char *item_pointer(const struct run *r, const struct decision *d, size_t i)
{
    return match_words(r, "%s/%zu", d->pointer, i);
}

/* Returns the failing results of item i. */
static struct match_results mismatches(const struct run *r, const struct decision *d, size_t i)
{
    struct match_results all = {0}, failing = {0};
    struct run loud = {.context = r->context, .document = r->document, .results = &all, .exact = r->exact};
    match_expect(&loud, d->operand, node_at(d->actual, i), item_pointer(r, d, i));
    for (size_t k = 0; k < all.count; k++)
        if (all.items[k].verdict == MATCH_FAILS)
            *arena_push(r->context->arena, &failing, struct match_result) = all.items[k];
    return failing;
}

/* --- $some ---------------------------------------------------------------------------------- */

static const char *nearest_words(const struct run *r, const struct decision *d, size_t nearest)
{
    if (!r->results || !d->actual->list.count)
        return NULL;
    struct buf out = {.arena = r->context->arena};
    struct match_results why = mismatches(r, d, nearest);
    buf_printf(&out, "nearest of %zu items is %s", d->actual->list.count, item_pointer(r, d, nearest));
    for (size_t i = 0; i < why.count && i < NEAREST_SHOWN; i++)
        buf_printf(&out, "%s %s %s %s, got %s", i ? ";" : ":", why.items[i].pointer, why.items[i].matcher,
                   why.items[i].expected, why.items[i].actual);
    if (why.count > NEAREST_SHOWN)
        buf_printf(&out, "; and %zu more", why.count - NEAREST_SHOWN);
    return buf_c(&out);
}

static bool nearer(struct tally x, struct tally y)
{
    return x.fails != y.fails ? x.fails < y.fails : x.holds > y.holds;
}

static void decide_some(struct run *r, const struct decision *d)
{
    if (!is_list(r, d))
        return;
    enum match_verdict verdict = MATCH_FAILS;
    struct tally best = {0};
    size_t nearest = 0;
    for (size_t i = 0; i < d->actual->list.count && verdict != MATCH_HOLDS; i++) {
        struct tally t = match_try(r, d->operand, node_at(d->actual, i));
        enum match_verdict v = match_verdict_of(t);
        if (v != MATCH_FAILS)
            verdict = v;
        if (i == 0 || nearer(t, best)) {
            best = t;
            nearest = i;
        }
    }
    const char *actual = verdict == MATCH_FAILS ? nearest_words(r, d, nearest) : NULL;
    match_decide(r, d, verdict, NULL, actual);
}

/* --- $none $each $count --------------------------------------------------------------------- */

static void decide_none(struct run *r, const struct decision *d)
{
    if (!is_list(r, d))
        return;
    enum match_verdict verdict = d->actual->list.count ? MATCH_HOLDS : MATCH_VACUOUS;
    size_t met = 0;
    for (size_t i = 0; i < d->actual->list.count && verdict != MATCH_FAILS; i++) {
        enum match_verdict v = match_verdict_of(match_try(r, d->operand, node_at(d->actual, i)));
        met = i;
        if (v == MATCH_HOLDS)
            verdict = MATCH_FAILS;
        else if (v == MATCH_VACUOUS)
            verdict = MATCH_VACUOUS;
    }
    const char *actual = NULL;
    if (verdict == MATCH_FAILS && r->results)
        actual = match_words(r, "%s matches: %s", item_pointer(r, d, met),
                             match_excerpt(r->context->arena, node_at(d->actual, met)));
    match_decide(r, d, verdict, NULL, actual);
}

static void show_failing_items(struct run *r, const struct decision *d)
{
    size_t shown = 0;
    for (size_t i = 0; i < d->actual->list.count && shown < EACH_SHOWN; i++) {
        if (!match_try(r, d->operand, node_at(d->actual, i)).fails)
            continue;
        shown++;
        struct match_results why = mismatches(r, d, i);
        for (size_t k = 0; k < why.count; k++)
            *arena_push(r->context->arena, r->results, struct match_result) = why.items[k];
    }
}

static void decide_each(struct run *r, const struct decision *d)
{
    if (!is_list(r, d))
        return;
    size_t failing = 0, holding = 0;
    for (size_t i = 0; i < d->actual->list.count; i++) {
        enum match_verdict v = match_verdict_of(match_try(r, d->operand, node_at(d->actual, i)));
        failing += v == MATCH_FAILS;
        holding += v == MATCH_HOLDS;
    }
    if (!failing) {
        match_decide(r, d, holding ? MATCH_HOLDS : MATCH_VACUOUS, NULL, NULL);
        return;
    }
    match_decide(r, d, MATCH_FAILS, NULL,
                 match_words(r, "%zu of %zu items do not match", failing, d->actual->list.count));
    if (r->results)
        show_failing_items(r, d);
}

static bool check_count(const struct node *operand, struct error *err)
{
    if (operand->kind == NODE_MAP)
        return match_check_expectation(operand, err);
    if (operand->kind == NODE_INT && operand->integer >= 0)
        return true;
    return match_refuse(operand, err, "$count expects a number of items or matchers");
}

static void decide_count(struct run *r, const struct decision *d)
{
    if (!is_list(r, d))
        return;
    size_t count = d->actual->list.count;
    const struct node number = {.kind = NODE_INT, .integer = (int64_t)count};
    enum match_verdict verdict = match_verdict_of(match_try(r, d->operand, &number));
    match_decide(r, d, verdict, NULL, match_words(r, "list length %zu", count));
}

/* clang-format off */
#define EXPECTATION "expectation"
#define A_NUMBER    "{anyOf: [{type: integer, minimum: 0}, {$ref: '#/$defs/matchers'}]}"

static const struct matcher rows[] = {
    /* name    check                    decide        absent operand */
    {"$some",  match_check_expectation, decide_some,  false, EXPECTATION,
     .help = "A list in which at least one item matches this."},
    {"$none",  match_check_expectation, decide_none,  false, EXPECTATION,
     .help = "A list in which no item matches this. An empty list matches, except in a conformance "
             "scenario: there it proves nothing, so add `$some` or `$count`."},
    {"$each",  match_check_expectation, decide_each,  false, EXPECTATION,
     .help = "A list in which every item matches this. An empty list matches, except in a conformance "
             "scenario: there it proves nothing, so add `$some` or `$count`."},
    {"$count", check_count,             decide_count, false, A_NUMBER,
     .help = "A list with this number of items, or whose number of items matches this."},
};
/* clang-format on */
const struct matcher_group matcher_lists = {rows, COUNT(rows)};
