#include <string.h>

#include "conformance/scenario/validate.h"

bool claim_pointer_covers(const struct citation *c, const char *pointer, const char *matcher)
{
    struct str cited = str_from(c->pointer), here = str_from(pointer);
    if (!cited.n || str_eq(cited, here))
        return true;
    if (str_starts(here, cited))
        return here.s[cited.n] == '/';
    struct str rest = str_skip(cited, here.n);
    return str_starts(cited, here) && rest.s[0] == '/' && str_is(str_skip(rest, 1), matcher);
}

/* --- finding a check ------------------------------------------------------------------------ */

static const char *nearest_key(const struct node *map, struct str word)
{
    const char *near = NULL;
    for (size_t i = 0; i < node_count(map) && map->kind == NODE_MAP && !near; i++)
        near = str_nearest(word, &map->map.members[i].key, 1);
    return near;
}

static bool is_matcher(struct str key)
{
    return str_starts(key, STR("$"));
}

/* The check of a plain value has the matcher "equals". */
static bool is_equals_matcher(const struct node *n, struct str pointer)
{
    return n->kind != NODE_MAP && str_is(pointer, "/equals");
}

/* Descends into maps and $each. Every other value or matcher is one check. */
static bool node_fits(const struct node *n, struct str pointer, const char **near)
{
    while (n && pointer.n) {
        if (is_equals_matcher(n, pointer))
            return true;
        size_t end = 1 + str_find(str_skip(pointer, 1), '/');
        struct str key = str_skip(str_head(pointer, end), 1);
        const struct node *below = n->kind == NODE_MAP ? node_get_str(n, key) : NULL;
        if (!below)
            *near = nearest_key(n, key);
        pointer = str_skip(pointer, end);
        if (pointer.n && is_matcher(key) && !str_is(key, "$each"))
            return false;
        n = below;
    }
    return n;
}

static bool header_fits(const struct node *headers, struct str rest, const char **near)
{
    struct str name = str_head(rest, str_find(rest, '/'));
    for (size_t i = 0; i < node_count(headers); i++)
        if (str_eq_nocase(str_from(headers->map.members[i].key), name))
            return node_fits(headers->map.members[i].value, str_skip(rest, name.n), near);
    *near = nearest_key(headers, name);
    return false;
}

bool claim_pointer_fits(const struct step *s, const char *pointer, const char **near)
{
    const struct expectation *x = &s->expect;
    struct str at = str_from(pointer);
    *near = NULL;
    if (!at.n)
        return s->hook || s->reading_count || x->status_count || node_count(x->headers) || x->body || x->outputs ||
               x->redirect;
    if (str_is(at, "delivery"))
        return s->hook;
    if (at.s[0] == '/')
        return node_fits(x->body ? x->body : x->outputs, at, near);
    if (str_is(at, "status") || str_is(at, "status/is"))
        return x->status_count > 0;
    if (str_starts(at, STR("headers/")))
        return header_fits(x->headers, str_skip(at, 8), near);
    struct str rest = str_skip(at, 8);
    return str_starts(at, STR("redirect")) && (!rest.n || rest.s[0] == '/') && node_fits(x->redirect, rest, near);
}
