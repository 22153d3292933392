#include "base/node.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

static const char *const kind_names[] = {
    [NODE_NULL] = "null",   [NODE_BOOL] = "boolean", [NODE_INT] = "integer", [NODE_REAL] = "number",
    [NODE_TEXT] = "string", [NODE_LIST] = "array",   [NODE_MAP] = "object",
};

const char *node_kind_name(enum node_kind kind)
{
    return kind_names[kind];
}

const char *node_kind_words(const struct node *n, enum node_kind kind)
{
    static const char *const yaml[] = {
        [NODE_NULL] = "null", [NODE_BOOL] = "a boolean", [NODE_INT] = "a number", [NODE_REAL] = "a number",
        [NODE_TEXT] = "text", [NODE_LIST] = "a list",    [NODE_MAP] = "a map",
    };
    static const char *const json[] = {
        [NODE_NULL] = "null",     [NODE_BOOL] = "a boolean", [NODE_INT] = "a number",  [NODE_REAL] = "a number",
        [NODE_TEXT] = "a string", [NODE_LIST] = "an array",  [NODE_MAP] = "an object",
    };
    return n->json ? json[kind] : yaml[kind];
}

const struct node *node_get(const struct node *map, const char *key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->map.count; i++)
        if (strcmp(map->map.members[i].key, key) == 0)
            return map->map.members[i].value;
    return NULL;
}

const struct node *node_get_str(const struct node *map, struct str key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->map.count; i++)
        if (str_is(key, map->map.members[i].key))
            return map->map.members[i].value;
    return NULL;
}

const struct node *node_at(const struct node *list, size_t i)
{
    if (!list || list->kind != NODE_LIST || i >= list->list.count)
        return NULL;
    return list->list.items[i];
}

const struct member *node_member(const struct node *map, size_t i)
{
    return map && map->kind == NODE_MAP && i < map->map.count ? &map->map.members[i] : NULL;
}

size_t node_count(const struct node *n)
{
    if (n && n->kind == NODE_LIST)
        return n->list.count;
    if (n && n->kind == NODE_MAP)
        return n->map.count;
    return 0;
}

/* Compares while unescaping: ~1 is '/', ~0 is '~'. */
static bool segment_is(struct str segment, const char *key)
{
    for (size_t i = 0; i < segment.n; i++, key++) {
        char c = segment.s[i];
        if (c == '~' && i + 1 < segment.n)
            c = segment.s[++i] == '1' ? '/' : '~';
        if (*key == '\0' || *key != c)
            return false;
    }
    return *key == '\0';
}

static const struct node *step_into(const struct node *n, struct str segment)
{
    if (n->kind == NODE_LIST) {
        int64_t i;
        bool index =
            segment.n > 0 && segment.s[0] >= '0' && segment.s[0] <= '9' && (segment.s[0] != '0' || segment.n == 1);
        return index && str_to_int(segment, &i) ? node_at(n, (size_t)i) : NULL;
    }
    for (size_t i = 0; n->kind == NODE_MAP && i < n->map.count; i++)
        if (segment_is(segment, n->map.members[i].key))
            return n->map.members[i].value;
    return NULL;
}

const struct node *node_pointer(const struct node *root, const char *pointer)
{
    if (!node_pointer_valid(pointer))
        return NULL;
    const struct node *n = root;
    while (n && *pointer == '/') {
        size_t length = strcspn(++pointer, "/");
        n = step_into(n, str_of(pointer, length));
        pointer += length;
    }
    return n;
}

bool node_pointer_valid(const char *pointer)
{
    if (*pointer != '\0' && *pointer != '/')
        return false;
    for (const char *c = pointer; *c; c++)
        if (*c == '~' && c[1] != '0' && c[1] != '1')
            return false;
    return true;
}

const char *node_pointer_add(struct arena *a, const char *pointer, struct str key)
{
    struct buf out = {.arena = a};
    buf_text(&out, pointer);
    buf_byte(&out, '/');
    for (size_t i = 0; i < key.n; i++) {
        if (key.s[i] == '~')
            buf_text(&out, "~0");
        else if (key.s[i] == '/')
            buf_text(&out, "~1");
        else
            buf_byte(&out, key.s[i]);
    }
    return buf_c(&out);
}

/* Exact, even if the int64 has more digits than a double can store. */
static bool int_is_real(int64_t i, double r)
{
    return r >= -0x1p63 && r < 0x1p63 && (double)(int64_t)r == r && (int64_t)r == i;
}

static bool lists_equal(const struct node *x, const struct node *y)
{
    if (x->list.count != y->list.count)
        return false;
    for (size_t i = 0; i < x->list.count; i++)
        if (!node_equal(x->list.items[i], y->list.items[i]))
            return false;
    return true;
}

static bool maps_equal(const struct node *x, const struct node *y)
{
    if (x->map.count != y->map.count)
        return false;
    for (size_t i = 0; i < x->map.count; i++) {
        const struct member *m = &x->map.members[i], *same = &y->map.members[i];
        /* usually both have the same order, and the comparison is linear */
        bool in_step = strcmp(m->key, same->key) == 0;
        if (!node_equal(m->value, in_step ? same->value : node_get(y, m->key)))
            return false;
    }
    return true;
}

bool node_equal(const struct node *x, const struct node *y)
{
    if (x == y)
        return true;
    if (!x || !y)
        return false;
    if (x->kind == NODE_INT && y->kind == NODE_REAL)
        return int_is_real(x->integer, y->real);
    if (x->kind == NODE_REAL && y->kind == NODE_INT)
        return int_is_real(y->integer, x->real);
    if (x->kind != y->kind)
        return false;
    switch (x->kind) {
    case NODE_NULL:
        return true;
    case NODE_BOOL:
        return x->truth == y->truth;
    case NODE_INT:
        return x->integer == y->integer;
    case NODE_REAL:
        return x->real == y->real;
    case NODE_TEXT:
        return str_eq(x->text, y->text);
    case NODE_LIST:
        return lists_equal(x, y);
    case NODE_MAP:
        return maps_equal(x, y);
    }
    return false;
}

bool node_is_number(const struct node *n)
{
    return n && (n->kind == NODE_INT || n->kind == NODE_REAL);
}

double node_number(const struct node *n)
{
    assert(node_is_number(n));
    return n->kind == NODE_INT ? (double)n->integer : n->real;
}

const char *node_text(const struct node *n)
{
    return n && n->kind == NODE_TEXT ? n->text.s : NULL;
}

const char *node_get_text(const struct node *map, const char *key)
{
    return node_text(node_get(map, key));
}

static struct node *node_new(struct arena *a, enum node_kind kind)
{
    struct node *n = arena_new(a, struct node);
    n->kind = kind;
    return n;
}

const struct node *node_new_null(struct arena *a)
{
    return node_new(a, NODE_NULL);
}

const struct node *node_new_bool(struct arena *a, bool truth)
{
    struct node *n = node_new(a, NODE_BOOL);
    n->truth = truth;
    return n;
}

const struct node *node_new_int(struct arena *a, int64_t value)
{
    struct node *n = node_new(a, NODE_INT);
    n->integer = value;
    return n;
}

const struct node *node_new_text(struct arena *a, struct str text)
{
    struct node *n = node_new(a, NODE_TEXT);
    n->text = str_of(str_dup(a, text), text.n);
    return n;
}

const struct node *node_new_list(struct arena *a, const struct node *const *items, size_t count)
{
    struct node *n = node_new(a, NODE_LIST);
    n->list.items = items;
    n->list.count = count;
    return n;
}

const struct node *node_new_map(struct arena *a, const struct member *members, size_t count)
{
    struct node *n = node_new(a, NODE_MAP);
    n->map.members = members;
    n->map.count = count;
    return n;
}

/* Copies the map without `key`, with room for one more member. *at is the index that `key` had. */
static struct node *map_but(struct arena *a, const struct node *map, const char *key, struct member **members,
                            size_t *at)
{
    assert(!map || map->kind == NODE_MAP);
    size_t count = node_count(map), kept = 0;
    *members = arena_array(a, struct member, count + 1);
    *at = count;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(map->map.members[i].key, key) == 0)
            *at = i;
        else
            (*members)[kept++] = map->map.members[i];
    }
    struct node *copy = node_new(a, NODE_MAP);
    copy->at = map ? map->at : (struct where){0};
    copy->json = map && map->json;
    copy->map.members = *members;
    copy->map.count = kept;
    return copy;
}

const struct node *node_with(struct arena *a, const struct node *map, const char *key, const struct node *value)
{
    struct member *members;
    size_t at;
    struct node *copy = map_but(a, map, key, &members, &at);
    memmove(&members[at + 1], &members[at], (copy->map.count - at) * sizeof *members);
    members[at] = (struct member){arena_text(a, key), value->at, value};
    copy->map.count++;
    return copy;
}

const struct node *node_without(struct arena *a, const struct node *map, const char *key)
{
    struct member *members;
    size_t at;
    return map_but(a, map, key, &members, &at);
}

const struct node *node_without_extensions(struct arena *a, const struct node *map)
{
    for (size_t i = map && map->kind == NODE_MAP ? map->map.count : 0; i-- > 0;)
        if (str_starts(str_from(map->map.members[i].key), STR("x-")))
            map = node_without(a, map, map->map.members[i].key);
    return map;
}

/* --- duplicate keys ------------------------------------------------------------------------ */

#define SMALL 16 /* up to this size, comparing all pairs is faster than a hash table */

static bool clash_by_pairs(const struct member *m, size_t count, size_t *first, size_t *again)
{
    for (*again = 1; *again < count; ++*again)
        for (*first = 0; *first < *again; ++*first)
            if (strcmp(m[*first].key, m[*again].key) == 0)
                return true;
    return false;
}

/* A hash table with open addressing; a slot contains index + 1, and 0 is an empty slot. */
static bool clash_by_hash(const struct member *m, size_t count, size_t *first, size_t *again)
{
    size_t size = 64;
    while (size < 2 * count)
        size *= 2;
    size_t *slots = heap_new(size * sizeof *slots);
    bool found = false;
    for (size_t i = 0; i < count && !found; i++) {
        size_t slot = str_hash(str_from(m[i].key)) & (size - 1);
        while (slots[slot] && strcmp(m[slots[slot] - 1].key, m[i].key) != 0)
            slot = (slot + 1) & (size - 1);
        if (slots[slot]) {
            *first = slots[slot] - 1;
            *again = i;
            found = true;
        }
        slots[slot] = i + 1;
    }
    heap_free(slots);
    return found;
}

bool members_clash(const struct member *members, size_t count, size_t *first, size_t *again)
{
    return count <= SMALL ? clash_by_pairs(members, count, first, again) : clash_by_hash(members, count, first, again);
}
