#include "conformance/prove/mutants.h"

#include <string.h>

#include "base/buf.h"

struct copy {
    struct arena *arena;
    const struct node *cases;
    size_t index;
};

/* --- replacing ---------------------------------------------------------------------------- */

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Returns the name after the dollar sign at the start of `text`, or an empty one. *length is that of the reference. */
static struct str reference_of(struct str text, size_t *length)
{
    bool braced = text.n > 1 && text.s[1] == '{';
    size_t from = braced ? 2 : 1, to = from;
    while (to < text.n && is_name_byte(text.s[to]))
        to++;
    *length = to + braced;
    if (braced && (to == text.n || text.s[to] != '}'))
        return STR("");
    return str_of(text.s + from, to - from);
}

static const struct node *value_of(const struct copy *c, struct str name)
{
    return name.n ? node_at(node_get_str(c->cases, name), c->index) : NULL;
}

static void add_value(struct buf *out, const struct node *n)
{
    if (n->kind == NODE_TEXT)
        buf_add(out, n->text);
    else if (n->kind == NODE_INT)
        buf_printf(out, "%lld", (long long)n->integer);
    else if (n->kind == NODE_REAL)
        buf_printf(out, "%.17g", n->real);
    else if (n->kind == NODE_BOOL)
        buf_text(out, n->truth ? "true" : "false");
    else
        buf_text(out, node_kind_name(n->kind));
}

static const char *replaced(const struct copy *c, struct str text)
{
    struct buf out = {.arena = c->arena};
    while (text.n) {
        size_t plain = str_find(text, '$'), length = 0;
        buf_add(&out, str_head(text, plain));
        text = str_skip(text, plain);
        if (!text.n)
            break;
        bool escaped = text.n > 1 && text.s[1] == '$' && value_of(c, reference_of(str_skip(text, 1), &length));
        const struct node *value = escaped ? NULL : value_of(c, reference_of(text, &length));
        if (escaped)
            buf_add(&out, str_head(str_skip(text, 1), length));
        else if (value)
            add_value(&out, value);
        else
            buf_byte(&out, '$');
        text = str_skip(text, escaped ? length + 1 : value ? length : 1);
    }
    return buf_c(&out);
}

static const struct node *copy_of(const struct copy *c, const struct node *n);

static const struct node *copy_text(const struct copy *c, const struct node *n)
{
    size_t length = 0;
    if (!memchr(n->text.s, '$', n->text.n))
        return n;
    struct str name = n->text.s[0] == '$' ? reference_of(n->text, &length) : STR("");
    const struct node *value = name.n && length == n->text.n ? value_of(c, name) : NULL;
    if (value)
        return value;
    struct node *out = arena_copy(c->arena, n, sizeof *n);
    out->text = str_from(replaced(c, n->text));
    return out;
}

static const struct node *copy_list(const struct copy *c, const struct node *n)
{
    const struct node **items = arena_array(c->arena, const struct node *, n->list.count);
    for (size_t i = 0; i < n->list.count; i++)
        items[i] = copy_of(c, n->list.items[i]);
    struct node *out = arena_copy(c->arena, n, sizeof *n);
    out->list.items = items;
    return out;
}

static const struct node *copy_map(const struct copy *c, const struct node *n)
{
    struct member *members = arena_array(c->arena, struct member, n->map.count);
    for (size_t i = 0; i < n->map.count; i++) {
        const struct member *m = &n->map.members[i];
        members[i] = (struct member){replaced(c, str_from(m->key)), m->key_at, copy_of(c, m->value)};
    }
    struct node *out = arena_copy(c->arena, n, sizeof *n);
    out->map.members = members;
    return out;
}

static const struct node *copy_of(const struct copy *c, const struct node *n)
{
    return n->kind == NODE_TEXT   ? copy_text(c, n)
           : n->kind == NODE_LIST ? copy_list(c, n)
           : n->kind == NODE_MAP  ? copy_map(c, n)
                                  : n;
}

/* --- the lists ---------------------------------------------------------------------------- */

static bool check_cases(const struct node *cases, size_t *count, struct error *err)
{
    *count = node_count(cases->kind == NODE_MAP && node_count(cases) ? cases->map.members[0].value : NULL);
    if (cases->kind != NODE_MAP || !node_count(cases))
        return error_add(err, ERROR_INPUT, cases->at, "'cases' must be a map: NAME: [VALUES]");
    bool ok = true;
    for (size_t i = 0; i < cases->map.count; i++) {
        const struct member *m = &cases->map.members[i];
        size_t n = m->value->kind == NODE_LIST ? m->value->list.count : 0;
        if (!n)
            ok = error_add(err, ERROR_INPUT, m->value->at, "'%s' must be a list of at least one value", m->key);
        else if (n != *count)
            ok = error_add(err, ERROR_INPUT, m->value->at, "'%s' has %zu values, but '%s' has %zu", m->key, n,
                           cases->map.members[0].key, *count);
    }
    return ok;
}

static const char *label_of(struct arena *a, const struct node *value)
{
    struct buf out = {.arena = a};
    add_value(&out, value);
    return buf_c(&out);
}

/* The values of the first list in which each value is a different scalar; without one the numbers from 1. */
static const char *const *labels_of(struct arena *a, const struct node *cases, size_t count)
{
    const char **labels = arena_array(a, const char *, count);
    for (size_t i = 0; i < cases->map.count; i++) {
        const struct node *list = cases->map.members[i].value;
        bool distinct = true;
        for (size_t k = 0; k < count; k++) {
            const struct node *value = list->list.items[k];
            labels[k] = label_of(a, value);
            distinct &= value->kind != NODE_LIST && value->kind != NODE_MAP && value->kind != NODE_NULL;
            for (size_t n = 0; n < k; n++)
                distinct &= strcmp(labels[n], labels[k]) != 0;
        }
        if (distinct)
            return labels;
    }
    for (size_t k = 0; k < count; k++)
        labels[k] = arena_printf(a, "%zu", k + 1);
    return labels;
}

const struct node *const *cases_expand(struct arena *a, const struct node *map, const char *const **labels,
                                       size_t *count, struct error *err)
{
    const struct node *cases = node_get(map, "cases");
    *labels = NULL;
    *count = 1;
    if (cases && !check_cases(cases, count, err))
        return NULL;
    const struct node **out = arena_array(a, const struct node *, *count);
    out[0] = map;
    if (!cases)
        return out;
    *labels = labels_of(a, cases, *count);
    const struct node *rest = node_without(a, map, "cases");
    for (size_t i = 0; i < *count; i++)
        out[i] = copy_map(&(struct copy){a, cases, i}, rest);
    return out;
}
