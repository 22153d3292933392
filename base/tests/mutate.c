#include "base/tests/mutate.h"

#include <stdlib.h>

#include "base/enum.h"

#define KEY STR("x")

static const char *const mutation_texts[] = {MUTATIONS(ENUM_TEXT)};

struct walk {
    struct arena *arena;
    size_t left; /* places before the requested one */
    enum mutation how;
    bool found;
    const char *what;
};

static const struct node *child_of(const struct node *n, size_t i)
{
    return n->kind == NODE_LIST ? node_at(n, i) : node_member(n, i)->value;
}

size_t mutate_places(const struct node *root)
{
    size_t count = 1;
    for (size_t i = 0; i < node_count(root); i++)
        count += mutate_places(child_of(root, i));
    return count;
}

static const struct node *list_of(struct arena *a, const struct node *item)
{
    const struct node **items = arena_array(a, const struct node *, 1);
    items[0] = item;
    return node_new_list(a, items, 1);
}

static const struct node *replacement(struct arena *a, const struct node *old, enum mutation how)
{
    switch (how) {
    case MUTATE_NULL:
        return node_new_null(a);
    case MUTATE_BOOL:
        return node_new_bool(a, !(old->kind == NODE_BOOL && old->truth));
    case MUTATE_NUMBER:
        return node_new_int(a, 7);
    case MUTATE_HUGE:
        return node_new_int(a, INT64_MAX);
    case MUTATE_TEXT:
        return node_new_text(a, KEY);
    case MUTATE_LIST:
        return list_of(a, node_new_null(a));
    case MUTATE_MAP:
        return node_with(a, NULL, KEY.s, node_new_int(a, 1));
    case MUTATE_EMPTY_TEXT:
        return node_new_text(a, STR(""));
    case MUTATE_EMPTY_LIST:
        return node_new_list(a, NULL, 0);
    case MUTATE_EMPTY_MAP:
        return node_new_map(a, NULL, 0);
    case MUTATE_IN_LIST:
        return list_of(a, old);
    case MUTATE_IN_MAP:
        return node_with(a, NULL, KEY.s, old);
    case MUTATE_DROP:
    case MUTATE_RENAME:
    case MUTATION_COUNT:
        break;
    }
    return NULL;
}

static const struct node *with_child(struct arena *a, const struct node *n, size_t i, const struct node *child)
{
    size_t count = node_count(n), kept = 0;
    if (n->kind == NODE_MAP) {
        const struct member *m = node_member(n, i);
        return child ? node_with(a, n, m->key, child) : node_without(a, n, m->key);
    }
    const struct node **items = arena_array(a, const struct node *, count + 1);
    for (size_t k = 0; k < count; k++)
        if (k != i || child)
            items[kept++] = k == i ? child : node_at(n, k);
    return node_new_list(a, items, kept);
}

static const struct node *renamed(struct arena *a, const struct node *map, size_t i)
{
    const struct member *m = node_member(map, i);
    return node_with(a, node_without(a, map, m->key), arena_printf(a, "%s_", m->key), m->value);
}

static const char *pointer_to(struct arena *a, const char *pointer, const struct node *n, size_t i)
{
    return n->kind == NODE_LIST ? arena_printf(a, "%s/%zu", pointer, i)
                                : node_pointer_add(a, pointer, str_from(node_member(n, i)->key));
}

/* Returns the parent with its i-th child changed, or NULL if that changes nothing. */
static const struct node *damage_child(struct walk *w, const struct node *n, size_t i)
{
    const struct node *old = child_of(n, i);
    if (w->how == MUTATE_DROP)
        return with_child(w->arena, n, i, NULL);
    if (w->how == MUTATE_RENAME)
        return n->kind == NODE_MAP ? renamed(w->arena, n, i) : NULL;
    const struct node *value = replacement(w->arena, old, w->how);
    return node_equal(value, old) ? NULL : with_child(w->arena, n, i, value);
}

static const struct node *visit(struct walk *w, const struct node *n, const char *pointer)
{
    for (size_t i = 0; i < node_count(n); i++) {
        const char *here = pointer_to(w->arena, pointer, n, i);
        if (!w->left--) {
            w->found = true;
            w->what = arena_printf(w->arena, "%s: %s", here, mutation_texts[w->how]);
            return damage_child(w, n, i);
        }
        const struct node *child = visit(w, child_of(n, i), here);
        if (w->found)
            return child ? with_child(w->arena, n, i, child) : NULL;
    }
    return NULL;
}

const struct node *mutate(struct arena *a, const struct node *root, size_t place, enum mutation how, const char **what)
{
    struct walk w = {.arena = a, .left = place, .how = how, .what = mutation_texts[how]};
    const struct node *damaged;
    if (!w.left--) {
        damaged = replacement(a, root, how);
        damaged = damaged && !node_equal(damaged, root) ? damaged : NULL;
    } else {
        damaged = visit(&w, root, "");
    }
    *what = w.what;
    return damaged;
}

bool mutate_plays(size_t place, enum mutation how)
{
    return getenv("UNDERSTUDY_SLOW") || (place + how) % 3 == 0;
}
