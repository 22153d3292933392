#include "conformance/scenario/logic.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "conformance/scenario/kinds.h"
#include "conformance/scenario/references.h"

/* With YAML aliases a small file can be a huge tree, and each pair of its parts is compared. */
#define PROOF_MAX_STEPS 50000

struct proof {
    struct arena *arena;
    size_t left; /* steps; without any, nothing more is proven */
};

static bool disjoint(struct proof *p, const struct node *x, const struct node *y);
static bool implies(struct proof *p, const struct node *x, const struct node *y);
static bool never_holds(struct proof *p, const struct node *x);

/* --- nodes -------------------------------------------------------------------------------- */

static bool on_reference(void *ctx, struct str reference, struct where at)
{
    (void)reference, (void)at;
    *(bool *)ctx = true;
    return false;
}

bool logic_has_reference(const struct node *n)
{
    bool found = false;
    if (n)
        references_visit(n, on_reference, &found);
    return found;
}

bool logic_is_reference(const struct node *n)
{
    return n && n->kind == NODE_TEXT && logic_has_reference(n);
}

bool logic_is_matchers(const struct node *n)
{
    return n && n->kind == NODE_MAP && n->map.count && match_key_is_matcher(n->map.members[0].key);
}

const struct node *logic_operand(const struct node *n, const char *matcher)
{
    return logic_is_matchers(n) ? node_get(n, matcher) : NULL;
}

static bool is_object(const struct node *n)
{
    return n->kind == NODE_MAP && !logic_is_matchers(n);
}

/* A matcher's map with this one matcher. */
static const struct node *only(struct arena *a, const struct member *m)
{
    struct node *n = arena_new(a, struct node);
    *n = (struct node){.kind = NODE_MAP, .at = m->key_at};
    n->map.count = 1;
    n->map.members = m;
    return n;
}

/* An expectation that only one value matches: a scalar, or a list of scalars. A map is open, so several
 * values match it. */
static bool is_constant(const struct node *n)
{
    if (n->kind == NODE_MAP || logic_is_reference(n))
        return false;
    bool constant = true;
    for (size_t i = 0; constant && i < node_count(n); i++)
        constant = is_constant(node_at(n, i));
    return constant;
}

/* Returns true if only the value decides whether x holds: not a reference, the clock or the rest of the document. */
static bool is_decidable(const struct node *x)
{
    bool decidable = !logic_is_reference(x);
    if (logic_operand(x, "$time") || logic_operand(x, "$same"))
        return false;
    for (size_t i = 0; decidable && i < node_count(x); i++)
        decidable = is_decidable(x->kind == NODE_LIST ? node_at(x, i) : node_member(x, i)->value);
    return decidable;
}

/* Returns true if x is never vacuous: its negation then fails wherever x holds. */
static bool is_certain(const struct node *x)
{
    bool certain = !logic_operand(x, "$each") && !logic_operand(x, "$none");
    for (size_t i = 0; certain && i < node_count(x); i++)
        certain = is_certain(x->kind == NODE_LIST ? node_at(x, i) : node_member(x, i)->value);
    return certain;
}

static bool holds_for(struct proof *p, const struct node *x, const struct node *value)
{
    const struct match_context context = {.arena = p->arena};
    return match_holds(&context, x, value);
}

/* --- lists -------------------------------------------------------------------------------- */

static const struct node *list_of(const struct node *x)
{
    const struct node *exact = logic_operand(x, "$exact");
    if (exact && exact->kind == NODE_LIST)
        return exact;
    return x && x->kind == NODE_LIST ? x : NULL;
}

/* Returns the expectation of the number of items: a number, or matchers; NULL: any. */
static const struct node *count_of(struct proof *p, const struct node *x)
{
    const struct node *list = list_of(x);
    if (list)
        return node_new_int(p->arena, (int64_t)list->list.count);
    return logic_operand(x, "$count");
}

static const struct node *at_least_one(struct proof *p)
{
    return node_with(p->arena, NULL, "$gte", node_new_int(p->arena, 1));
}

static bool is_not_empty(struct proof *p, const struct node *x)
{
    const struct node *count = count_of(p, x);
    return logic_operand(x, "$some") || (count && implies(p, count, at_least_one(p)));
}

static bool is_empty(struct proof *p, const struct node *x)
{
    const struct node *count = count_of(p, x);
    return count && node_is_number(count) && node_number(count) == 0;
}

/* Returns true if each item of x matches `item`. */
static bool each_implies(struct proof *p, const struct node *x, const struct node *item)
{
    const struct node *list = list_of(x), *each = logic_operand(x, "$each");
    bool all = list;
    for (size_t i = 0; all && i < node_count(list); i++)
        all = implies(p, node_at(list, i), item);
    return all || (each && implies(p, each, item)) || is_empty(p, x);
}

/* Returns true if no item of x matches `item`. */
static bool none_matches(struct proof *p, const struct node *x, const struct node *item)
{
    const struct node *list = list_of(x), *each = logic_operand(x, "$each"), *none = logic_operand(x, "$none");
    bool all = list;
    for (size_t i = 0; all && i < node_count(list); i++)
        all = disjoint(p, node_at(list, i), item);
    return all || (each && disjoint(p, each, item)) || (none && is_certain(none) && implies(p, item, none)) ||
           is_empty(p, x);
}

/* Returns true if some item of x matches `item`. */
static bool some_implies(struct proof *p, const struct node *x, const struct node *item)
{
    const struct node *list = list_of(x), *some = logic_operand(x, "$some");
    for (size_t i = 0; i < node_count(list); i++)
        if (implies(p, node_at(list, i), item))
            return true;
    return (some && implies(p, some, item)) || (is_not_empty(p, x) && each_implies(p, x, item));
}

/* Returns true if some item of x is certain not to match `item`. */
static bool some_differs(struct proof *p, const struct node *x, const struct node *item)
{
    const struct node *list = list_of(x), *some = logic_operand(x, "$some"), *each = logic_operand(x, "$each");
    for (size_t i = 0; i < node_count(list); i++)
        if (disjoint(p, node_at(list, i), item))
            return true;
    return (some && disjoint(p, some, item)) || (each && is_not_empty(p, x) && disjoint(p, each, item));
}

static bool items_disjoint(struct proof *p, const struct node *x, const struct node *y)
{
    const struct node *own = list_of(x), *other = list_of(y);
    for (size_t i = 0; own && other && i < own->list.count && i < other->list.count; i++)
        if (disjoint(p, own->list.items[i], other->list.items[i]))
            return true;
    return false; /* their lengths are compared as counts */
}

static bool lists_disjoint(struct proof *p, const struct node *x, const struct node *y)
{
    const struct node *some = logic_operand(x, "$some"), *each = logic_operand(x, "$each");
    const struct node *none = logic_operand(x, "$none"), *count = count_of(p, x), *other = count_of(p, y);
    if (some && none_matches(p, y, some))
        return true;
    if (each && (some_differs(p, y, each) || (is_not_empty(p, x) && none_matches(p, y, each))))
        return true;
    if (none && is_certain(none) && some_implies(p, y, none))
        return true;
    if (count && is_not_empty(p, y) && disjoint(p, count, at_least_one(p)))
        return true;
    return (count && other && disjoint(p, count, other)) || items_disjoint(p, x, y);
}

/* --- disjoint ----------------------------------------------------------------------------- */

static bool alternatives_disjoint(struct proof *p, const struct node *list, const struct node *y)
{
    bool all = list->kind == NODE_LIST;
    for (size_t i = 0; all && i < list->list.count; i++)
        all = disjoint(p, list->list.items[i], y);
    return all;
}

/* Returns true if y needs a member that a closed object x does not have. */
static bool is_closed_to(const struct node *x, const struct node *y)
{
    for (size_t i = 0; is_object(x) && is_object(y) && i < y->map.count; i++)
        if (!node_get(x, y->map.members[i].key) && !(kinds_of(y->map.members[i].value) & KIND_ABSENT))
            return true;
    return false;
}

static bool members_disjoint(struct proof *p, const struct node *x, const struct node *y)
{
    for (size_t i = 0; is_object(x) && is_object(y) && i < x->map.count; i++) {
        const struct node *other = node_get(y, x->map.members[i].key);
        if (other && disjoint(p, x->map.members[i].value, other))
            return true;
    }
    return false;
}

/* The second that a Date header leaves open is left out: a time within it matches past and future. */
static bool times_disjoint(const struct node *x, const struct node *y)
{
    const struct node *own = logic_operand(x, "$time"), *other = logic_operand(y, "$time");
    return own && other && ranges_disjoint(range_of_time(own), range_of_time(other));
}

/* Looks only at what x says; the caller also swaps the two. */
static bool excludes(struct proof *p, const struct node *x, const struct node *y)
{
    const struct node *in = logic_operand(x, "$in"), *not = logic_operand(x, "$not");
    const struct node *exact = logic_operand(x, "$exact");
    if (is_constant(x) && is_decidable(y) && !holds_for(p, y, x))
        return true;
    if (in && alternatives_disjoint(p, in, y))
        return true;
    if (not &&is_certain(not ) && implies(p, y, not ))
        return true;
    if (exact && (disjoint(p, exact, y) || is_closed_to(exact, y)))
        return true;
    return times_disjoint(x, y) || lists_disjoint(p, x, y);
}

static bool disjoint(struct proof *p, const struct node *x, const struct node *y)
{
    if (!x || !y || !p->left)
        return false;
    p->left--;
    if (!(kinds_of(x) & kinds_of(y)) || members_disjoint(p, x, y))
        return true;
    if (!((kinds_of(x) & kinds_of(y)) & ~KIND_NUMBER) && ranges_disjoint(range_of(x), range_of(y)))
        return true;
    return excludes(p, x, y) || excludes(p, y, x);
}

/* --- implies ------------------------------------------------------------------------------ */

static bool any_alternative_implied(struct proof *p, const struct node *x, const struct node *list)
{
    for (size_t i = 0; list->kind == NODE_LIST && i < list->list.count; i++)
        if (implies(p, x, list->list.items[i]))
            return true;
    return false;
}

static bool all_alternatives_imply(struct proof *p, const struct node *list, const struct node *y)
{
    bool all = list && list->kind == NODE_LIST;
    for (size_t i = 0; all && i < list->list.count; i++)
        all = implies(p, list->list.items[i], y);
    return all;
}

static bool implies_order(const struct node *x, const struct member *m)
{
    const struct node *same = logic_operand(x, m->key);
    struct range r = {-HUGE_VAL, HUGE_VAL, false, false};
    if (!node_is_number(m->value) || (kinds_of(x) & ~KIND_NUMBER))
        return same && node_equal(same, m->value);
    range_narrow(&r, m->key, node_number(m->value));
    return range_within(range_of(x), r);
}

static bool implies_count(struct proof *p, const struct node *x, const struct node *count)
{
    const struct node *own = count_of(p, x);
    return own && implies(p, own, count);
}

static bool implies_list_matcher(struct proof *p, const struct node *x, const struct member *m)
{
    if (kinds_of(x) & ~KIND_LIST)
        return false;
    if (strcmp(m->key, "$some") == 0)
        return some_implies(p, x, m->value);
    if (strcmp(m->key, "$each") == 0)
        return each_implies(p, x, m->value);
    if (strcmp(m->key, "$none") == 0)
        return none_matches(p, x, m->value);
    return strcmp(m->key, "$count") == 0 && implies_count(p, x, m->value);
}

static bool implies_matcher(struct proof *p, const struct node *x, const struct member *m)
{
    static const char *const orders[] = {"$gt", "$gte", "$lt", "$lte"};
    const struct node *same = logic_operand(x, m->key);
    unsigned kinds = kinds_of(x);
    if (same && node_equal(same, m->value))
        return true;
    if (strcmp(m->key, "$present") == 0)
        return !(kinds & KIND_ABSENT);
    if (strcmp(m->key, "$absent") == 0)
        return kinds == KIND_ABSENT;
    if (strcmp(m->key, "$type") == 0)
        return !logic_has_reference(m->value) && !(kinds & ~kinds_of_type(m->value));
    if (strcmp(m->key, "$in") == 0)
        return any_alternative_implied(p, x, m->value);
    if (strcmp(m->key, "$not") == 0)
        return !(kinds & KIND_ABSENT) && disjoint(p, x, m->value);
    if (has_text(orders, COUNT(orders), m->key))
        return implies_order(x, m);
    return implies_list_matcher(p, x, m);
}

static bool implies_matchers(struct proof *p, const struct node *x, const struct node *y)
{
    bool all = true;
    for (size_t i = 0; all && i < y->map.count; i++)
        all = implies_matcher(p, x, &y->map.members[i]);
    return all;
}

static bool implies_members(struct proof *p, const struct node *x, const struct node *y)
{
    bool all = !(kinds_of(x) & ~KIND_OBJECT);
    for (size_t i = 0; all && i < y->map.count; i++) {
        const struct node *own = is_object(x) ? node_get(x, y->map.members[i].key) : NULL;
        all = own && implies(p, own, y->map.members[i].value);
    }
    return all;
}

static bool implies_items(struct proof *p, const struct node *x, const struct node *y)
{
    bool all = x->kind == NODE_LIST && x->list.count == y->list.count;
    for (size_t i = 0; all && i < y->list.count; i++)
        all = implies(p, x->list.items[i], y->list.items[i]);
    return all;
}

static bool implies(struct proof *p, const struct node *x, const struct node *y)
{
    if (!y)
        return true;
    if (!x || !p->left)
        return false;
    p->left--;
    if (node_equal(x, y) || (is_constant(x) && is_decidable(y) && holds_for(p, y, x)))
        return true;
    if (all_alternatives_imply(p, logic_operand(x, "$in"), y))
        return true;
    const struct node *exact = logic_operand(x, "$exact");
    if (exact && implies(p, exact, y))
        return true;
    if (logic_is_matchers(y))
        return implies_matchers(p, x, y);
    return y->kind == NODE_LIST ? implies_items(p, x, y) : is_object(y) && implies_members(p, x, y);
}

/* --- never holds -------------------------------------------------------------------------- */

static bool matchers_clash(struct proof *p, const struct node *x)
{
    for (size_t i = 0; i < x->map.count; i++)
        for (size_t k = 0; k < i; k++)
            if (disjoint(p, only(p->arena, &x->map.members[i]), only(p->arena, &x->map.members[k])))
                return true;
    return false;
}

static bool part_never_holds(struct proof *p, const struct member *m)
{
    bool all = strcmp(m->key, "$in") == 0 && m->value->kind == NODE_LIST;
    for (size_t i = 0; all && i < m->value->list.count; i++)
        all = never_holds(p, m->value->list.items[i]);
    return all || ((strcmp(m->key, "$some") == 0 || strcmp(m->key, "$exact") == 0 || !match_key_is_matcher(m->key)) &&
                   never_holds(p, m->value));
}

static bool never_holds(struct proof *p, const struct node *x)
{
    for (size_t i = 0; i < node_count(x); i++)
        if (x->kind == NODE_LIST ? never_holds(p, node_at(x, i)) : part_never_holds(p, node_member(x, i)))
            return true;
    return logic_is_matchers(x) && (!kinds_of(x) || matchers_clash(p, x));
}

/* --- responses ---------------------------------------------------------------------------- */

static bool statuses_disjoint(const struct expectation *x, const struct expectation *y)
{
    for (size_t i = 0; i < x->status_count; i++)
        for (size_t k = 0; k < y->status_count; k++)
            if (x->statuses[i] == y->statuses[k])
                return false;
    return x->status_count && y->status_count;
}

static bool headers_disjoint(struct proof *p, const struct node *x, const struct node *y)
{
    for (size_t i = 0; i < node_count(x); i++)
        for (size_t k = 0; k < node_count(y); k++) {
            const struct member *own = node_member(x, i), *other = node_member(y, k);
            if (str_eq_nocase(str_from(own->key), str_from(other->key)) && disjoint(p, own->value, other->value))
                return true;
        }
    return false;
}

/* --- questions ---------------------------------------------------------------------------- */

static struct proof proof_new(struct arena *a)
{
    return (struct proof){a, PROOF_MAX_STEPS};
}

bool logic_disjoint(struct arena *a, const struct node *x, const struct node *y)
{
    struct proof p = proof_new(a);
    return disjoint(&p, x, y);
}

bool logic_implies(struct arena *a, const struct node *x, const struct node *y)
{
    struct proof p = proof_new(a);
    return implies(&p, x, y);
}

bool logic_never_holds(struct arena *a, const struct node *x)
{
    struct proof p = proof_new(a);
    return never_holds(&p, x);
}

bool logic_responses_disjoint(struct arena *a, const struct expectation *x, const struct expectation *y)
{
    struct proof p = proof_new(a);
    return statuses_disjoint(x, y) || headers_disjoint(&p, x->headers, y->headers) || disjoint(&p, x->body, y->body);
}
