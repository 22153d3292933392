#include "conformance/scenario/vacuous.h"

#include <string.h>

#include "base/array.h"
#include "base/match.h"
#include "base/yaml.h"
#include "conformance/scenario/logic.h"

/* --- samples ------------------------------------------------------------------------------ */

#define NOW_MS INT64_C(1777712400000) /* 2026-05-02T09:00:00Z */

/* Unlikely constants, and lists of unlikely lengths. Without line breaks in texts: `.` in a pattern matches none. */
#define VALUES                                                                                                         \
    "[null, true, false, 0, 1, -1, 7.25, -918273645, 918273645, 1.0e300, -1.0e300, '', a, '0', ' ', Zq-9_/é, '%?',"   \
    " q9zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz, '2001-02-03T04:05:06Z', [], [null, null, null, null, null],"           \
    " [[], [], [], [], [], []], [q9, 3.5, {}, q9, 3.5, {}, q9], [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3], {}, {q9: 1},"       \
    " {q9: {z: []}, z9: null}]"
#define TEXTS   "['', a, '0', ' ', Zq-9_/é, '%?', '<>', q9zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz, '-']"
#define NUMBERS "[0, 1, -1, 7.25, -0.5, -918273645, 918273645, 1.0e300, -1.0e300]"
#define COUNTS  "[0, 1, 2, 3, 7, 19, 101, 5003, 100019]"
#define TIMES                                                                                                          \
    "['1970-01-01T00:00:00Z', '2001-02-03T04:05:06Z', '2026-05-02T09:00:00Z', '2026-06-02T09:00:00Z',"                 \
    " '2100-01-01T00:00:00Z']"

enum { SAMPLE_VALUES, SAMPLE_TEXTS, SAMPLE_NUMBERS, SAMPLE_COUNTS, SAMPLE_TIMES, SAMPLE_COUNT };
static const char *const sample_texts[SAMPLE_COUNT] = {VALUES, TEXTS, NUMBERS, COUNTS, TIMES};

struct samples {
    const struct node *lists[SAMPLE_COUNT];
};

struct walk {
    struct arena *arena;
    const struct samples *samples;
    struct error *err;
    bool ok;
};

enum place { PLACE_ROOT, PLACE_MEMBER, PLACE_ITEM };

struct spot { /* where an expectation is */
    enum place place;
    bool closed;         /* below $exact */
    const char *pointer; /* NULL: unknown, below $some for example */
};

static void reject(struct walk *w, struct where at, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void reject(struct walk *w, struct where at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    w->ok = error_add(w->err, ERROR_INPUT, at, "%s", arena_vprintf(w->arena, format, args));
    va_end(args);
}

static bool holds(struct arena *a, const struct node *x, const struct node *value)
{
    const struct match_context context = {.arena = a, .now_ms = NOW_MS};
    return match_holds(&context, x, value);
}

static bool holds_for_all(struct walk *w, const struct node *x, int list)
{
    const struct node *values = w->samples->lists[list];
    bool all = true;
    for (size_t i = 0; all && i < node_count(values); i++)
        all = holds(w->arena, x, node_at(values, i));
    return all;
}

/* --- references ---------------------------------------------------------------------------- */

/* Matchers whose operand is not an expectation. */
static bool has_plain_operand(const char *matcher)
{
    static const char *const matchers[] = {"$matches", "$id_with_prefix", "$gt",   "$gte",  "$lt",
                                           "$lte",     "$time",           "$same", "$type", "$count"};
    return has_text(matchers, COUNT(matchers), matcher);
}

/* Unknown values, as texts that are no sample. */
struct unknowns {
    struct arena *arena;
    struct {
        const struct node **items;
        size_t count, room;
    } values;
};

static const struct node *unknown(struct unknowns *u, const char *prefix, const char *text)
{
    const struct node *value = node_new_text(u->arena, str_from(arena_printf(u->arena, "\x01%s%s", prefix, text)));
    *arena_push(u->arena, &u->values, const struct node *) = value;
    return value;
}

static const struct node *resolve(struct unknowns *u, const struct node *n);

/* A matcher that depends on an unknown value matches just that value. */
static struct member resolve_member(struct unknowns *u, const struct member *m)
{
    bool plain = has_plain_operand(m->key) && (strcmp(m->key, "$same") == 0 || logic_has_reference(m->value));
    struct member out = *m;
    out.value = plain ? unknown(u, m->key, node_text(m->value) ? node_text(m->value) : "") : resolve(u, m->value);
    if (plain) {
        struct node *list = arena_new(u->arena, struct node);
        const struct node **items = arena_array(u->arena, const struct node *, 1);
        items[0] = out.value;
        *list = (struct node){.kind = NODE_LIST, .at = m->key_at};
        list->list.count = 1;
        list->list.items = items;
        out.key = "$in";
        out.value = list;
    }
    return out;
}

/* Returns a copy of n in which references are unknown values. */
static const struct node *resolve(struct unknowns *u, const struct node *n)
{
    if (logic_is_reference(n))
        return unknown(u, "", n->text.s);
    struct node *copy = arena_new(u->arena, struct node);
    *copy = *n;
    if (n->kind == NODE_LIST) {
        const struct node **items = arena_array(u->arena, const struct node *, n->list.count);
        for (size_t i = 0; i < n->list.count; i++)
            items[i] = resolve(u, n->list.items[i]);
        copy->list.items = items;
    }
    if (n->kind == NODE_MAP) {
        struct member *members = arena_array(u->arena, struct member, n->map.count);
        for (size_t i = 0; i < n->map.count; i++)
            members[i] = resolve_member(u, &n->map.members[i]);
        copy->map.members = members;
    }
    return copy;
}

/* --- every value --------------------------------------------------------------------------- */

static bool occurs_in(const struct node *x, const struct node *value)
{
    bool found = node_equal(x, value);
    for (size_t i = 0; !found && i < node_count(x); i++)
        found = occurs_in(x->kind == NODE_LIST ? node_at(x, i) : node_member(x, i)->value, value);
    return found;
}

/* `$not: null` is a good way to say that there is a value; without another constant nearly every value matches. */
static bool is_left_out(const struct node *x, const struct node *value)
{
    return value->kind != NODE_NULL && occurs_in(x, value);
}

static bool matches_every_value(struct walk *w, const struct node *expectation)
{
    struct arena *a = w->arena;
    struct unknowns u = {.arena = a};
    const struct node *x = resolve(&u, expectation), *values = w->samples->lists[SAMPLE_VALUES];
    bool all = true;
    for (size_t i = 0; all && i < node_count(values); i++)
        all = is_left_out(x, node_at(values, i)) || holds(a, x, node_at(values, i));
    for (size_t i = 0; all && i < u.values.count; i++)
        all = holds(a, x, u.values.items[i]);
    return all;
}

static bool is_empty_object(const struct node *x)
{
    return x->kind == NODE_MAP && !x->map.count;
}

static bool is_only_present(const struct node *x)
{
    return node_count(x) == 1 && logic_operand(x, "$present");
}

/* --- matchers ------------------------------------------------------------------------------ */

static const struct node *map_of(struct arena *a, const struct member *members, size_t count, struct where at)
{
    struct node *n = arena_new(a, struct node);
    *n = (struct node){.kind = NODE_MAP, .at = at};
    n->map.count = count;
    n->map.members = members;
    return n;
}

/* Returns the map without matcher i; NULL if it has no other. */
static const struct node *others_of(struct arena *a, const struct node *map, size_t i)
{
    struct member *members = arena_array(a, struct member, map->map.count);
    size_t count = 0;
    for (size_t k = 0; k < map->map.count; k++)
        if (k != i)
            members[count++] = map->map.members[k];
    return count ? map_of(a, members, count, map->at) : NULL;
}

static void check_values(struct walk *w, const struct member *m)
{
    static const struct {
        const char *matcher;
        int samples;
        const char *what, *instead;
    } rows[] = {
        {"$matches", SAMPLE_TEXTS,   "every text",   "a narrower pattern, or $type: string"},
        {"$gt",      SAMPLE_NUMBERS, "every number", "a narrower range, or $type: number"  },
        {"$gte",     SAMPLE_NUMBERS, "every number", "a narrower range, or $type: number"  },
        {"$lt",      SAMPLE_NUMBERS, "every number", "a narrower range, or $type: number"  },
        {"$lte",     SAMPLE_NUMBERS, "every number", "a narrower range, or $type: number"  },
        {"$time",    SAMPLE_TIMES,   "every time",   "a narrower range, or $time: any"     },
        {"$count",   SAMPLE_COUNTS,  "every list",   "a number of items, or $type: array"  },
    };
    const struct node *x = strcmp(m->key, "$count") == 0 ? m->value : map_of(w->arena, m, 1, m->key_at);
    if (logic_has_reference(m->value) || (strcmp(m->key, "$time") == 0 && node_text(m->value)))
        return;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(m->key, rows[i].matcher) == 0 && holds_for_all(w, x, rows[i].samples))
            reject(w, m->key_at, "%s matches this '%s', so it proves nothing; expect %s", rows[i].what, m->key,
                   rows[i].instead);
}

static bool is_of_items(const char *matcher)
{
    return strcmp(matcher, "$some") == 0 || strcmp(matcher, "$each") == 0 || strcmp(matcher, "$none") == 0;
}

static bool is_every_item(struct walk *w, const struct member *m)
{
    return is_empty_object(m->value) || is_only_present(m->value) || matches_every_value(w, m->value);
}

static void check_items(struct walk *w, const struct member *m)
{
    bool some = strcmp(m->key, "$some") == 0, none = strcmp(m->key, "$none") == 0;
    if (is_of_items(m->key) && is_every_item(w, m))
        reject(w, m->key_at, "every %s matches this '%s'; %s", is_empty_object(m->value) ? "object" : "item", m->key,
               none   ? "expect $count: 0, or name a member of the item"
               : some ? "expect a $count, or name a member of the item"
                      : "expect a $type of the items, or name a member");
}

static void check_not(struct walk *w, const struct node *map, size_t i)
{
    const struct member *m = &map->map.members[i];
    const struct node *others = strcmp(m->key, "$not") == 0 ? others_of(w->arena, map, i) : NULL;
    if (others && logic_disjoint(w->arena, others, m->value))
        reject(w, m->key_at, "this '$not' adds nothing: the other matchers exclude the same already; remove it");
}

/* Returns true if everything that matches x also matches y. A reference is one unknown text. */
static bool is_swallowed(struct walk *w, const struct node *x, const struct node *y)
{
    struct unknowns u = {.arena = w->arena};
    if (!logic_is_reference(x))
        return logic_implies(w->arena, x, y);
    const struct node *value = resolve(&u, x);
    return holds(w->arena, resolve(&u, y), value);
}

static void check_alternatives(struct walk *w, const struct member *m)
{
    size_t before = w->err->count, count = strcmp(m->key, "$in") == 0 ? node_count(m->value) : 0;
    for (size_t i = 0; i < count && w->err->count == before; i++)
        for (size_t k = 0; k < count && w->err->count == before; k++)
            if (i != k && is_swallowed(w, node_at(m->value, i), node_at(m->value, k)))
                reject(w, node_at(m->value, i)->at,
                       "this alternative adds nothing: whatever matches it also matches another one of this '$in'; "
                       "remove one of the two");
}

/* "*" in `pointer` stands for any item. */
static bool is_same_pointer(const char *pointer, const char *other)
{
    struct str p = str_from(pointer), q = str_from(other);
    bool same = true;
    while (same && (p.n || q.n)) {
        struct str own = str_cut(&p, '/'), segment = str_cut(&q, '/');
        bool is_item = str_is(own, "*") && segment.n && segment.s[0] >= '0' && segment.s[0] <= '9';
        same = is_item || str_eq(own, segment);
    }
    return same;
}

static void check_same(struct walk *w, const struct member *m, const char *pointer)
{
    const char *other = strcmp(m->key, "$same") == 0 ? node_text(m->value) : NULL;
    if (other && pointer && is_same_pointer(pointer, other))
        reject(w, m->value->at, "'$same' compares the value with itself; expect the pointer of another value");
}

/* --- the tree ------------------------------------------------------------------------------ */

static void check_node(struct walk *w, const struct node *x, struct spot spot);

/* Checks the expectations in the operand of a matcher. */
static void check_operand(struct walk *w, const struct member *m, struct spot spot)
{
    /* One item is enough for $some, so that "*" is any of them. */
    bool some = strcmp(m->key, "$some") == 0 && spot.pointer;
    struct spot inside = {PLACE_ITEM, spot.closed, some ? arena_printf(w->arena, "%s/*", spot.pointer) : NULL};
    if (strcmp(m->key, "$exact") == 0)
        check_node(w, m->value, (struct spot){spot.place, true, spot.pointer});
    else if (strcmp(m->key, "$not") == 0)
        check_node(w, m->value, (struct spot){PLACE_MEMBER, spot.closed, spot.pointer});
    else if (is_of_items(m->key) && !is_every_item(w, m))
        check_node(w, m->value, inside);
    for (size_t i = 0; strcmp(m->key, "$in") == 0 && i < node_count(m->value); i++)
        check_node(w, node_at(m->value, i), (struct spot){PLACE_MEMBER, spot.closed, spot.pointer});
}

static void check_matchers(struct walk *w, const struct node *x, struct spot spot)
{
    size_t before = w->err->count;
    for (size_t i = 0; i < x->map.count; i++) {
        const struct member *m = &x->map.members[i];
        check_values(w, m);
        check_items(w, m);
        check_not(w, x, i);
        check_same(w, m, spot.pointer);
        check_operand(w, m, spot);
        if (w->err->count == before)
            check_alternatives(w, m);
    }
    if (w->err->count > before)
        return;
    if (logic_never_holds(w->arena, x))
        reject(w, x->at, "no value can match this, because its matchers exclude each other; remove one of them");
    else if (is_only_present(x) ? spot.place != PLACE_MEMBER : matches_every_value(w, x))
        reject(w, x->at,
               "nearly every value of every type matches this, so it proves nothing; expect a value or a $type");
}

static void check_members(struct walk *w, const struct node *x, struct spot spot)
{
    if (!x->map.count && !spot.closed)
        reject(w, x->at, "every object matches {}, so it proves nothing; expect one of its members, or $type: object");
    for (size_t i = 0; i < x->map.count; i++) {
        const struct member *m = &x->map.members[i];
        const char *pointer = spot.pointer ? node_pointer_add(w->arena, spot.pointer, str_from(m->key)) : NULL;
        check_node(w, m->value, (struct spot){PLACE_MEMBER, spot.closed, pointer});
    }
}

static void check_node(struct walk *w, const struct node *x, struct spot spot)
{
    if (logic_is_matchers(x))
        check_matchers(w, x, spot);
    else if (x->kind == NODE_MAP)
        check_members(w, x, spot);
    for (size_t i = 0; x->kind == NODE_LIST && i < x->list.count; i++) {
        const char *index = arena_printf(w->arena, "%zu", i);
        const char *pointer = spot.pointer ? node_pointer_add(w->arena, spot.pointer, str_from(index)) : NULL;
        check_node(w, x->list.items[i], (struct spot){PLACE_ITEM, spot.closed, pointer});
    }
}

/* -------------------------------------------------------------------------------------------- */

bool vacuous_for_empty(struct arena *a, const struct node *body)
{
    const struct node object = {.kind = NODE_MAP}, list = {.kind = NODE_LIST};
    struct unknowns u = {.arena = a};
    const struct node *x = resolve(&u, body);
    return holds(a, x, &object) || holds(a, x, &list);
}

const struct samples *samples_new(struct arena *a)
{
    struct samples *s = arena_new(a, struct samples);
    for (size_t i = 0; i < SAMPLE_COUNT; i++)
        s->lists[i] = yaml_parse(a, str_from(sample_texts[i]), "samples", NULL);
    return s;
}

bool vacuous_check(struct arena *a, const struct samples *samples, const struct node *expectation, bool named,
                   struct error *err)
{
    struct walk w = {a, samples, err, true};
    if (expectation)
        check_node(&w, expectation, (struct spot){named ? PLACE_MEMBER : PLACE_ROOT, false, named ? NULL : ""});
    return w.ok;
}
