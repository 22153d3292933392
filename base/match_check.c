#include "base/match.h"

#include <string.h>

#include "base/matcher.h"

/* With YAML aliases a small file can be a huge tree. */
#define EXPECTATION_MAX_NODES 100000

static bool is_matcher(const struct member *m)
{
    return m->key[0] == '$';
}

bool match_has_matchers(const struct node *map)
{
    return map->map.count && is_matcher(&map->map.members[0]);
}

/* A reference is resolved later; an operand with one can be checked only then. */
bool match_has_reference(const struct node *n)
{
    const char *text = node_text(n);
    if (!text)
        return false;
    bool letter =
        text[0] == '$' && ((text[1] >= 'a' && text[1] <= 'z') || (text[1] >= 'A' && text[1] <= 'Z') || text[1] == '_');
    return letter || strstr(text, "${");
}

bool match_refuse(const struct node *operand, struct error *err, const char *what)
{
    return error_add(err, ERROR_INPUT, operand->at, "%s", what);
}

static bool check_matcher(const struct member *m, struct error *err)
{
    const struct matcher *row = matcher_find(m->key);
    if (row)
        return match_has_reference(m->value) || row->check(m->value, err);
    const char *near = matcher_nearest(m->key);
    if (near)
        return error_add(err, ERROR_INPUT, m->key_at, "unknown matcher '%s' (did you mean '%s'?)", m->key, near);
    return error_add(err, ERROR_INPUT, m->key_at, "unknown matcher '%s'", m->key);
}

static bool check_map(const struct node *map, struct error *err)
{
    bool ok = true, matchers = match_has_matchers(map);
    for (size_t i = 0; i < map->map.count; i++) {
        const struct member *m = &map->map.members[i];
        if (is_matcher(m) != matchers)
            ok = error_add(err, ERROR_INPUT, m->key_at, "'%s': a map cannot have both matchers and members", m->key);
        else if (matchers)
            ok &= check_matcher(m, err);
        else
            ok &= match_check_expectation(m->value, err);
    }
    return ok;
}

bool match_check_expectation(const struct node *expectation, struct error *err)
{
    bool ok = true;
    if (expectation->kind == NODE_MAP)
        return check_map(expectation, err);
    if (expectation->kind == NODE_LIST)
        for (size_t i = 0; i < expectation->list.count; i++)
            ok &= match_check_expectation(expectation->list.items[i], err);
    return ok;
}

static bool fits(const struct node *n, size_t *left)
{
    if (!*left)
        return false;
    --*left;
    bool ok = true;
    if (n->kind == NODE_LIST)
        for (size_t i = 0; i < n->list.count && ok; i++)
            ok = fits(n->list.items[i], left);
    if (n->kind == NODE_MAP)
        for (size_t i = 0; i < n->map.count && ok; i++)
            ok = fits(n->map.members[i].value, left);
    return ok;
}

bool match_check(const struct node *expectation, struct error *err)
{
    size_t left = EXPECTATION_MAX_NODES;
    if (!expectation)
        return true;
    if (!fits(expectation, &left))
        return error_add(err, ERROR_INPUT, expectation->at,
                         "an expectation of more than %d values (each use of an alias counts)", EXPECTATION_MAX_NODES);
    return match_check_expectation(expectation, err);
}

bool match_check_text(const struct node *expectation, const char *what, struct error *err)
{
    if (expectation->kind == NODE_TEXT)
        return true;
    if (expectation->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, expectation->at, "a %s value cannot be %s; expected text (quote it)", what,
                         node_kind_name(expectation->kind));
    if (match_has_matchers(expectation))
        return match_check(expectation, err);
    const struct member *first = node_count(expectation) ? expectation->map.members : NULL;
    const char *near = first ? matcher_nearest(first->key) : NULL;
    return error_add(err, ERROR_INPUT, first ? first->key_at : expectation->at,
                     "a %s value cannot be a map of members; expected text or matchers%s%s%s", what,
                     near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}
