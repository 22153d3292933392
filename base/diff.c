#include "base/diff.h"

/* With YAML aliases a small file can be a huge tree. */
#define WALK_MAX_NODES 200000
/* Limits of aligning two lists: pairs of items, and leaves compared per pair. */
#define ALIGN_MAX_PAIRS     16384
#define DISTANCE_MAX_LEAVES 256

struct walk {
    struct arena *arena;
    struct diff *out;
    size_t left; /* nodes left until the limit */
};

static void compare(struct walk *w, const struct node *x, const struct node *y, const char *pointer);

/* --- distance of two values: the number of different leaves ---------------------------------- */

static size_t size_of(const struct node *n, size_t *left)
{
    size_t sum = 0;
    if (!n || !*left)
        return 0;
    --*left;
    for (size_t i = 0; i < node_count(n); i++)
        sum += size_of(n->kind == NODE_LIST ? n->list.items[i] : n->map.members[i].value, left);
    return sum ? sum : 1;
}

static size_t size(const struct node *n)
{
    size_t left = DISTANCE_MAX_LEAVES;
    return size_of(n, &left);
}

static size_t distance(const struct node *x, const struct node *y, size_t *left)
{
    size_t sum = 0;
    if (x == y || !*left)
        return 0;
    --*left;
    if (!x || !y)
        return size_of(x ? x : y, left);
    if (x->kind == NODE_LIST && y->kind == NODE_LIST) {
        for (size_t i = 0; i < x->list.count || i < y->list.count; i++)
            sum += distance(node_at(x, i), node_at(y, i), left);
        return sum;
    }
    if (x->kind == NODE_MAP && y->kind == NODE_MAP) {
        for (size_t i = 0; i < x->map.count; i++)
            sum += distance(x->map.members[i].value, node_get(y, x->map.members[i].key), left);
        for (size_t i = 0; i < y->map.count; i++)
            if (!node_get(x, y->map.members[i].key))
                sum += size_of(y->map.members[i].value, left);
        return sum;
    }
    if (node_equal(x, y))
        return 0;
    size_t p = size_of(x, left), q = size_of(y, left);
    return p > q ? p : q;
}

static size_t distance_of(const struct node *x, const struct node *y)
{
    size_t left = DISTANCE_MAX_LEAVES;
    return distance(x, y, &left);
}

/* --- lists ---------------------------------------------------------------------------------- */

static void compare_item(struct walk *w, const struct node *x, const struct node *y, size_t i, const char *pointer)
{
    compare(w, x, y, arena_printf(w->arena, "%s/%zu", pointer, i));
}

static bool pairs_up(const struct node *x, const struct node *y)
{
    return distance_of(x, y) < size(x) + size(y);
}

/* The parts of both lists without their equal start and equal end. */
struct middle {
    const struct node *x, *y;
    size_t first, x_count, y_count;
};

static struct middle middle_of(const struct node *x, const struct node *y)
{
    struct middle m = {x, y, 0, x->list.count, y->list.count};
    while (m.x_count && m.y_count && node_equal(node_at(x, m.first), node_at(y, m.first))) {
        m.first++;
        m.x_count--;
        m.y_count--;
    }
    while (m.x_count && m.y_count &&
           node_equal(node_at(x, m.first + m.x_count - 1), node_at(y, m.first + m.y_count - 1))) {
        m.x_count--;
        m.y_count--;
    }
    return m;
}

/* cost[i * (y_count + 1) + j]: the least distance between the items from i and the items from j on. */
static size_t *align(struct arena *a, const struct middle *m)
{
    size_t width = m->y_count + 1;
    size_t *cost = arena_array(a, size_t, (m->x_count + 1) * width);
    for (size_t i = m->x_count + 1; i-- > 0;) {
        for (size_t j = width; j-- > 0;) {
            const struct node *x = i < m->x_count ? node_at(m->x, m->first + i) : NULL;
            const struct node *y = j < m->y_count ? node_at(m->y, m->first + j) : NULL;
            size_t *here = &cost[i * width + j];
            size_t best = x ? size(x) + here[width] : SIZE_MAX;
            if (y && size(y) + here[1] < best)
                best = size(y) + here[1];
            if (x && y && distance_of(x, y) + here[width + 1] < best)
                best = distance_of(x, y) + here[width + 1];
            *here = x || y ? best : 0;
        }
    }
    return cost;
}

static void compare_aligned(struct walk *w, const struct middle *m, const char *pointer)
{
    struct arena scratch = {0};
    const size_t *cost = align(&scratch, m);
    size_t width = m->y_count + 1, i = 0, j = 0;
    while (i < m->x_count || j < m->y_count) {
        const struct node *x = i < m->x_count ? node_at(m->x, m->first + i) : NULL;
        const struct node *y = j < m->y_count ? node_at(m->y, m->first + j) : NULL;
        const size_t *here = &cost[i * width + j];
        if (x && y && pairs_up(x, y) && *here == distance_of(x, y) + here[width + 1]) {
            compare_item(w, x, y, m->first + j, pointer);
            i++;
            j++;
        } else if (x && *here == size(x) + here[width]) {
            compare_item(w, x, NULL, m->first + i++, pointer);
        } else {
            compare_item(w, NULL, y, m->first + j++, pointer);
        }
    }
    arena_end(&scratch);
}

static void compare_lists(struct walk *w, const struct node *x, const struct node *y, const char *pointer)
{
    struct middle m = middle_of(x, y);
    if (m.x_count && m.y_count && m.x_count <= ALIGN_MAX_PAIRS / m.y_count) {
        compare_aligned(w, &m, pointer);
        return;
    }
    for (size_t i = 0; i < m.x_count || i < m.y_count; i++)
        compare_item(w, i < m.x_count ? node_at(x, m.first + i) : NULL, i < m.y_count ? node_at(y, m.first + i) : NULL,
                     m.first + i, pointer);
}

/* --- all values ----------------------------------------------------------------------------- */

static void add_difference(struct walk *w, const struct node *x, const struct node *y, const char *pointer)
{
    if (w->out->count < DIFF_MAX)
        w->out->items[w->out->count++] = (struct difference){pointer, x, y};
    else
        w->out->more++;
}

static void compare_maps(struct walk *w, const struct node *x, const struct node *y, const char *pointer)
{
    for (size_t i = 0; i < x->map.count; i++) {
        const struct member *m = &x->map.members[i];
        compare(w, m->value, node_get(y, m->key), node_pointer_add(w->arena, pointer, str_from(m->key)));
    }
    for (size_t i = 0; i < y->map.count; i++) {
        const struct member *m = &y->map.members[i];
        if (!node_get(x, m->key))
            compare(w, NULL, m->value, node_pointer_add(w->arena, pointer, str_from(m->key)));
    }
}

static void compare(struct walk *w, const struct node *x, const struct node *y, const char *pointer)
{
    if (x == y || !w->left)
        return;
    w->left--;
    if (x && y && x->kind == NODE_MAP && y->kind == NODE_MAP)
        compare_maps(w, x, y, pointer);
    else if (x && y && x->kind == NODE_LIST && y->kind == NODE_LIST)
        compare_lists(w, x, y, pointer);
    else if (!x || !y || !node_equal(x, y))
        add_difference(w, x, y, pointer);
}

void diff_nodes(struct arena *a, const struct node *expected, const struct node *actual, struct diff *out)
{
    struct walk w = {.arena = a, .out = out, .left = WALK_MAX_NODES};
    *out = (struct diff){0};
    compare(&w, expected, actual, "");
}
