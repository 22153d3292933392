#include "conformance/check/leaves.h"

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
    bool is_matcher = m->key[0] == '$';
    if (!is_matcher || str_is(STR("$each"), m->key)) {
        walk_node(w, m->value, node_pointer_add(w->arena, path, str_from(m->key)), &here);
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

void leaves_of(struct arena *a, const struct node *expectation, struct leaves *out)
{
    struct walk w = {a, out};
    if (expectation)
        walk_node(&w, expectation, "", NULL);
}
