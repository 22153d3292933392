#include "conformance/scenario/kinds.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/time.h"
#include "conformance/scenario/logic.h"

static bool node_is_object(const struct node *n)
{
    return n->kind == NODE_MAP && !logic_is_matchers(n);
}

static const char *const orders[] = {"$gt", "$gte", "$lt", "$lte"};

/* --- kinds -------------------------------------------------------------------------------- */

static unsigned kind_of(const struct node *n)
{
    switch (n->kind) {
    case NODE_NULL:
        return KIND_NULL;
    case NODE_BOOL:
        return KIND_BOOL;
    case NODE_INT:
        return KIND_INTEGER;
    case NODE_REAL:
        return trunc(n->real) == n->real ? KIND_INTEGER : KIND_FRACTION;
    case NODE_TEXT:
        return KIND_TEXT;
    case NODE_LIST:
        return KIND_LIST;
    case NODE_MAP:
        return KIND_OBJECT;
    }
    return KIND_PRESENT;
}

unsigned kinds_of_type(const struct node *type)
{
    static const struct {
        const char *name;
        unsigned kinds;
    } rows[] = {
        {"null",    KIND_NULL   },
        {"boolean", KIND_BOOL   },
        {"integer", KIND_INTEGER},
        {"number",  KIND_NUMBER },
        {"string",  KIND_TEXT   },
        {"array",   KIND_LIST   },
        {"object",  KIND_OBJECT },
    };
    unsigned kinds = 0;
    if (logic_has_reference(type))
        return KIND_PRESENT;
    for (size_t i = 0; i < node_count(type); i++)
        kinds |= kinds_of_type(node_at(type, i));
    for (size_t i = 0; i < COUNT(rows); i++)
        if (node_text(type) && strcmp(node_text(type), rows[i].name) == 0)
            kinds |= rows[i].kinds;
    return kinds;
}

static unsigned kinds_of_alternatives(const struct node *list)
{
    unsigned kinds = 0;
    if (list->kind != NODE_LIST)
        return KIND_ANY; /* a reference */
    for (size_t i = 0; i < list->list.count; i++)
        kinds |= kinds_of(list->list.items[i]);
    return kinds;
}

/* The kinds that the negation of x accepts: it can exclude a kind only if x accepts all of it. */
static unsigned kinds_of_not(const struct node *x)
{
    if (x->kind == NODE_NULL)
        return KIND_PRESENT & ~KIND_NULL;
    if (node_is_object(x) && !x->map.count)
        return KIND_PRESENT & ~KIND_OBJECT;
    if (!logic_is_matchers(x) || node_count(x) != 1 || !logic_operand(x, "$type"))
        return KIND_PRESENT;
    unsigned excluded = logic_has_reference(x) ? 0 : kinds_of_type(logic_operand(x, "$type"));
    return KIND_PRESENT & ~excluded;
}

static unsigned kinds_of_matcher(const struct member *m)
{
    static const struct {
        const char *matcher;
        unsigned kinds;
    } rows[] = {
        {"$absent",         KIND_ABSENT},
        {"$matches",        KIND_TEXT  },
        {"$id_with_prefix", KIND_TEXT  },
        {"$time",           KIND_TEXT  },
        {"$some",           KIND_LIST  },
        {"$none",           KIND_LIST  },
        {"$each",           KIND_LIST  },
        {"$count",          KIND_LIST  },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(m->key, rows[i].matcher) == 0)
            return rows[i].kinds;
    if (has_text(orders, COUNT(orders), m->key))
        return node_is_number(m->value) ? KIND_NUMBER : logic_is_reference(m->value) ? KIND_PRESENT : KIND_TEXT;
    if (strcmp(m->key, "$type") == 0)
        return kinds_of_type(m->value);
    if (strcmp(m->key, "$in") == 0)
        return kinds_of_alternatives(m->value);
    if (strcmp(m->key, "$exact") == 0)
        return kinds_of(m->value);
    return strcmp(m->key, "$not") == 0 ? kinds_of_not(m->value) : KIND_PRESENT;
}

unsigned kinds_of(const struct node *x)
{
    unsigned kinds = KIND_ANY;
    if (!x)
        return KIND_ANY;
    if (logic_is_reference(x))
        return KIND_PRESENT;
    if (!logic_is_matchers(x))
        return kind_of(x);
    for (size_t i = 0; i < x->map.count; i++)
        kinds &= kinds_of_matcher(&x->map.members[i]);
    return kinds;
}

/* --- ranges ------------------------------------------------------------------------------- */

void range_narrow(struct range *r, const char *matcher, double bound)
{
    bool open = !matcher[3]; /* $gt, $lt */
    if (matcher[1] == 'g' && (bound > r->least || (bound == r->least && open))) {
        r->least = bound;
        r->open_least = open;
    }
    if (matcher[1] == 'l' && (bound < r->most || (bound == r->most && open))) {
        r->most = bound;
        r->open_most = open;
    }
}

struct range range_of(const struct node *x)
{
    struct range r = {-HUGE_VAL, HUGE_VAL, false, false};
    if (node_is_number(x))
        return (struct range){node_number(x), node_number(x), false, false};
    for (size_t i = 0; i < COUNT(orders); i++) {
        const struct node *bound = logic_operand(x, orders[i]);
        if (bound && node_is_number(bound))
            range_narrow(&r, orders[i], node_number(bound));
    }
    return r;
}

static bool read_duration(const struct node *operand, const char *key, double *ms)
{
    const char *text = node_get_text(operand, key);
    int64_t value;
    if (!text || !duration_parse(str_from(text), &value))
        return false;
    *ms = (double)value;
    return true;
}

struct range range_of_time(const struct node *operand)
{
    struct range r = {-HUGE_VAL, HUGE_VAL, false, false};
    const char *word = node_text(operand);
    double ms;
    if (word && strcmp(word, "future") == 0)
        range_narrow(&r, "$gt", 0);
    if (word && strcmp(word, "past") == 0)
        range_narrow(&r, "$lte", 0);
    if (read_duration(operand, "after", &ms))
        range_narrow(&r, "$gt", ms);
    if (read_duration(operand, "before", &ms))
        range_narrow(&r, "$lt", ms);
    if (read_duration(operand, "within", &ms)) {
        range_narrow(&r, "$gte", -ms);
        range_narrow(&r, "$lte", ms);
    }
    return r;
}

static bool is_below(struct range x, struct range y)
{
    return x.most < y.least || (x.most == y.least && (x.open_most || y.open_least));
}

bool ranges_disjoint(struct range x, struct range y)
{
    return is_below(x, y) || is_below(y, x);
}

bool range_within(struct range x, struct range y)
{
    bool above = x.least > y.least || (x.least == y.least && (x.open_least || !y.open_least));
    bool below = x.most < y.most || (x.most == y.most && (x.open_most || !y.open_most));
    return above && below;
}
