#include "base/patch.h"

#include "base/array.h"
#include <string.h>

enum op {
    OP_ADD,
    OP_REMOVE,
    OP_REPLACE,
    OP_MOVE,
    OP_COPY,
    OP_TEST,
};

static const struct op_row {
    const char *name;
    bool needs_value, needs_from;
} ops[] = {
    [OP_ADD] = {"add",     true,  false},
      [OP_REMOVE] = {"remove",  false, false},
      [OP_REPLACE] = {"replace", true,  false},
    [OP_MOVE] = {"move",    false, true },
      [OP_COPY] = {"copy",    false, true },
      [OP_TEST] = {"test",    true,  false},
};

/* Returns NULL if there is no operation of that name. */
static const struct op_row *find_op(const char *name)
{
    for (size_t i = 0; i < COUNT(ops); i++)
        if (strcmp(ops[i].name, name) == 0)
            return &ops[i];
    return NULL;
}

static bool check_pointer(const struct node *step, const char *member, struct error *err)
{
    const struct node *pointer = node_get(step, member);
    if (!pointer)
        return error_add(err, ERROR_INPUT, step->at, "missing '%s' in patch step", member);
    if (pointer->kind != NODE_TEXT || !node_pointer_valid(pointer->text.s))
        return error_add(err, ERROR_INPUT, pointer->at, "'%s' is not a JSON pointer; expected one such as /a/0",
                         member);
    return true;
}

static bool check_move(const struct node *step, struct error *err)
{
    struct str from = node_get(step, "from")->text, path = node_get(step, "path")->text;
    if (!str_starts(path, from) || !str_starts(str_skip(path, from.n), STR("/")))
        return true;
    return error_add(err, ERROR_INPUT, node_get(step, "path")->at, "cannot move '%s' into its own child '%s'", from.s,
                     path.s);
}

/* Returns NULL if it added a problem. */
static const struct op_row *check_op(const struct node *step, struct error *err)
{
    const char *names[COUNT(ops)], *word = node_get_text(step, "op");
    const struct op_row *op = word ? find_op(word) : NULL;
    const struct node *at = node_get(step, "op");
    if (!at)
        error_add(err, ERROR_INPUT, step->at, "missing 'op' in patch step");
    if (!at || op)
        return op;
    for (size_t i = 0; i < COUNT(ops); i++)
        names[i] = ops[i].name;
    const char *near = str_nearest(str_from(word), names, COUNT(ops));
    error_add(err, ERROR_INPUT, at->at, "invalid 'op'; expected one of: add, remove, replace, move, copy, test%s%s%s",
              near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
    return NULL;
}

/* Ignores other members, as RFC 6902 requires. */
static bool check_step(const struct node *step, struct error *err)
{
    if (step->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, step->at, "a patch step must be %s", node_kind_words(step, NODE_MAP));
    const struct op_row *op = check_op(step, err);
    bool ok = check_pointer(step, "path", err) && op;
    if (!op)
        return false;
    if (op->needs_from)
        ok = check_pointer(step, "from", err) && ok;
    if (op->needs_value && !node_get(step, "value"))
        ok = error_add(err, ERROR_INPUT, step->at, "missing 'value' in patch step");
    if (ok && op == &ops[OP_REMOVE] && !*node_get_text(step, "path"))
        ok = error_add(err, ERROR_INPUT, step->at, "cannot remove the whole document");
    return ok && (op != &ops[OP_MOVE] || check_move(step, err));
}

bool patch_check(const struct node *patch, struct error *err)
{
    bool ok = true;
    if (patch->kind != NODE_LIST)
        return error_add(err, ERROR_INPUT, patch->at, "a patch must be %s of steps", node_kind_words(patch, NODE_LIST));
    for (size_t i = 0; i < patch->list.count; i++)
        ok &= check_step(patch->list.items[i], err);
    return ok;
}

/* The change to make at a pointer. */
struct edit {
    struct arena *arena;
    enum op op;               /* OP_ADD, OP_REPLACE, OP_REMOVE */
    const struct node *value; /* for OP_ADD and OP_REPLACE */
};

/* The pointer is valid: each ~ is followed by 0 or 1. */
static const char *unescape(struct arena *a, struct str segment)
{
    char *key = str_dup(a, segment), *to = key;
    for (const char *c = key; *c; c++, to++) {
        *to = *c;
        if (*c == '~' && *++c == '1')
            *to = '/';
    }
    *to = '\0';
    return key;
}

static const struct node *splice(struct arena *a, const struct node *list, size_t at, size_t removed,
                                 const struct node *inserted)
{
    size_t count = list->list.count - removed + (inserted != NULL), n = 0;
    const struct node **items = arena_array(a, const struct node *, count);
    for (size_t i = 0; i < at; i++)
        items[n++] = list->list.items[i];
    if (inserted)
        items[n++] = inserted;
    for (size_t i = at + removed; i < list->list.count; i++)
        items[n++] = list->list.items[i];
    struct node *copy = arena_copy(a, list, sizeof *list);
    copy->list.items = items;
    copy->list.count = count;
    return copy;
}

static bool read_index(struct str segment, size_t count, size_t *i)
{
    int64_t value;
    bool digits = segment.n && segment.s[0] != '-' && (segment.s[0] != '0' || segment.n == 1);
    *i = count; /* "-": after the last */
    if (str_eq(segment, STR("-")))
        return true;
    if (!digits || !str_to_int(segment, &value) || (uint64_t)value > count)
        return false;
    *i = (size_t)value;
    return true;
}

static const struct node *edit_at(const struct edit *e, const struct node *n, const char *pointer);

static const struct node *edit_list(const struct edit *e, const struct node *list, struct str segment, const char *rest)
{
    size_t i, count = list->list.count;
    bool append = e->op == OP_ADD && !*rest;
    if (!read_index(segment, count, &i) || (i == count && !append))
        return NULL;
    if (append)
        return splice(e->arena, list, i, 0, e->value);
    if (e->op == OP_REMOVE && !*rest)
        return splice(e->arena, list, i, 1, NULL);
    const struct node *item = edit_at(e, list->list.items[i], rest);
    return item ? splice(e->arena, list, i, 1, item) : NULL;
}

static const struct node *edit_map(const struct edit *e, const struct node *map, struct str segment, const char *rest)
{
    const char *key = unescape(e->arena, segment);
    const struct node *value = node_get(map, key);
    if (!value && !(e->op == OP_ADD && !*rest))
        return NULL;
    if (e->op == OP_REMOVE && !*rest)
        return node_without(e->arena, map, key);
    value = edit_at(e, value, rest);
    return value ? node_with(e->arena, map, key, value) : NULL;
}

/* Returns the edited copy of n, or NULL if the pointer leads nowhere. */
static const struct node *edit_at(const struct edit *e, const struct node *n, const char *pointer)
{
    if (!*pointer)
        return e->value;
    size_t length = strcspn(++pointer, "/");
    struct str segment = str_of(pointer, length);
    if (n->kind == NODE_LIST)
        return edit_list(e, n, segment, pointer + length);
    if (n->kind == NODE_MAP)
        return edit_map(e, n, segment, pointer + length);
    return NULL;
}

/* Copies share nodes, so a few steps can create a tree that is too large to walk. */
static bool within_limits(const struct node *n, size_t *left, int depth)
{
    if (depth > PATCH_MAX_DEPTH || !*left)
        return false;
    --*left;
    for (size_t i = 0; n->kind == NODE_LIST && i < n->list.count; i++)
        if (!within_limits(n->list.items[i], left, depth + 1))
            return false;
    for (size_t i = 0; n->kind == NODE_MAP && i < n->map.count; i++)
        if (!within_limits(n->map.members[i].value, left, depth + 1))
            return false;
    return true;
}

struct step {
    const struct node *node; /* the map it was read from */
    enum op op;
    const char *path, *from;
    const struct node *value;
};

static const struct node *lacking(const struct step *s, const char *pointer, struct error *err)
{
    error_add(err, ERROR_INPUT, s->node->at, "%s: the document has no value at '%s'", ops[s->op].name, pointer);
    return NULL;
}

static const struct node *change(struct arena *a, const struct node *document, const struct step *s, enum op op,
                                 struct error *err)
{
    size_t left = PATCH_MAX_NODES;
    struct edit e = {a, op, s->value};
    const struct node *changed = edit_at(&e, document, s->path);
    if (!changed)
        return lacking(s, s->path, err);
    if (within_limits(changed, &left, 0))
        return changed;
    error_add(err, ERROR_INPUT, s->node->at, "%s: the document becomes too large or too deep", ops[s->op].name);
    return NULL;
}

static const struct node *remove_at(struct arena *a, const struct node *document, const struct step *s,
                                    const char *pointer, struct error *err)
{
    struct edit e = {.arena = a, .op = OP_REMOVE};
    const struct node *changed = edit_at(&e, document, pointer);
    return changed ? changed : lacking(s, pointer, err);
}

static const struct node *test(const struct node *document, const struct step *s, struct error *err)
{
    const struct node *actual = node_pointer(document, s->path);
    if (!actual)
        return lacking(s, s->path, err);
    if (node_equal(actual, s->value))
        return document;
    error_add(err, ERROR_INPUT, s->node->at, "test: the value at '%s' is different", s->path);
    return NULL;
}

static const struct node *apply(struct arena *a, const struct node *document, struct step *s, struct error *err)
{
    switch (s->op) {
    case OP_ADD:
    case OP_REPLACE:
        return change(a, document, s, s->op, err);
    case OP_REMOVE:
        return remove_at(a, document, s, s->path, err);
    case OP_COPY:
        s->value = node_pointer(document, s->from);
        return s->value ? change(a, document, s, OP_ADD, err) : lacking(s, s->from, err);
    case OP_MOVE:
        s->value = node_pointer(document, s->from);
        if (strcmp(s->from, s->path) == 0 && s->value)
            return document;
        document = s->value ? remove_at(a, document, s, s->from, err) : lacking(s, s->from, err);
        return document ? change(a, document, s, OP_ADD, err) : NULL;
    case OP_TEST:
        return test(document, s, err);
    }
    return NULL;
}

const struct node *patch_apply(struct arena *a, const struct node *document, const struct node *patch,
                               struct error *err)
{
    if (!patch_check(patch, err))
        return NULL;
    for (size_t i = 0; document && i < patch->list.count; i++) {
        const struct node *n = patch->list.items[i];
        struct step s = {.node = n, .path = node_get_text(n, "path"), .value = node_get(n, "value")};
        s.op = (enum op)(find_op(node_get_text(n, "op")) - ops);
        s.from = node_get_text(n, "from");
        document = apply(a, document, &s, err);
    }
    return document;
}
