#include <ctype.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "conformance/scenario/documented.h"
#include "conformance/scenario/logic.h"
#include "conformance/scenario/reader.h"

struct visit {
    struct arena *arena;
    member_fn *fn;
    void *ctx;
    bool is_value; /* a request body: its maps have no matchers */
};

static void visit_node(const struct visit *v, const struct node *n, const char *pointer);

/* Matchers whose operand is an expectation of the same value. */
static bool is_of_value(const char *matcher)
{
    return strcmp(matcher, "$not") == 0 || strcmp(matcher, "$exact") == 0;
}

static bool is_of_items(const char *matcher)
{
    return strcmp(matcher, "$some") == 0 || strcmp(matcher, "$each") == 0 || strcmp(matcher, "$none") == 0;
}

static void visit_matcher(const struct visit *v, const struct member *m, const char *pointer)
{
    if (is_of_value(m->key))
        visit_node(v, m->value, pointer);
    if (is_of_items(m->key))
        visit_node(v, m->value, arena_printf(v->arena, "%s/*", pointer));
    if (strcmp(m->key, "$same") == 0 && node_text(m->value) && !logic_is_reference(m->value))
        (void)v->fn(v->ctx, node_text(m->value), m->value->at);
    for (size_t i = 0; strcmp(m->key, "$in") == 0 && i < node_count(m->value); i++)
        visit_node(v, child_at(m->value, i), pointer);
}

static void visit_member(const struct visit *v, const struct member *m, const char *pointer)
{
    const char *name = v->is_value ? m->key : match_member_name(m->key);
    const char *below = node_pointer_add(v->arena, pointer, str_from(name));
    if (v->fn(v->ctx, below, m->key_at))
        visit_node(v, m->value, below);
}

static void visit_node(const struct visit *v, const struct node *n, const char *pointer)
{
    bool matchers = !v->is_value && logic_is_matchers(n);
    for (size_t i = 0; n->kind == NODE_MAP && i < n->map.count; i++)
        (matchers ? visit_matcher : visit_member)(v, &n->map.members[i], pointer);
    for (size_t i = 0; n->kind == NODE_LIST && i < n->list.count; i++)
        visit_node(v, n->list.items[i], arena_printf(v->arena, "%s/*", pointer));
}

void members_of_expectation(struct arena *a, const struct node *x, const char *base, member_fn *fn, void *ctx)
{
    const struct visit v = {a, fn, ctx, false};
    if (x)
        visit_node(&v, x, base);
}

void members_of_value(struct arena *a, const struct node *value, const char *base, member_fn *fn, void *ctx)
{
    const struct visit v = {a, fn, ctx, true};
    if (value)
        visit_node(&v, value, base);
}

/* --- cases -------------------------------------------------------------------------------- */

static const struct node *case_value(const struct step *s, size_t index, struct str name)
{
    const struct node *list = s->cases ? node_get_str(s->cases, name) : NULL;
    const struct node *value = list ? node_at(list, index) : NULL;
    return node_text(value) && !logic_is_reference(value) ? value : NULL;
}

/* Returns the length of the reference at the dollar sign, and its name; 0: none. */
static size_t reference_length(struct str text, struct str *name)
{
    size_t n = 1;
    if (text.n > 1 && text.s[1] == '{') {
        *name = str_skip(str_head(text, str_find(text, '}')), 2);
        return str_find(text, '}') + 1;
    }
    while (n < text.n && (isalnum((unsigned char)text.s[n]) || text.s[n] == '_' || text.s[n] == '.'))
        n++;
    *name = str_skip(str_head(text, n), 1);
    return n;
}

const char *text_of_case(struct arena *a, const struct step *s, size_t index, const char *text)
{
    struct buf out = {.arena = a};
    struct str rest = str_from(text);
    while (rest.n) {
        size_t plain = str_find(rest, '$');
        struct str name = {0};
        buf_printf(&out, STR_FMT, STR_ARG(str_head(rest, plain)));
        rest = str_skip(rest, plain);
        size_t length = rest.n ? reference_length(rest, &name) : 0;
        const struct node *value = length ? case_value(s, index, name) : NULL;
        if (value)
            buf_text(&out, node_text(value));
        else
            buf_printf(&out, STR_FMT, STR_ARG(str_head(rest, length)));
        rest = str_skip(rest, length);
    }
    return buf_c(&out);
}
