#include "base/array.h"
#include "mockserver/admin/requests.h"

#include <string.h>

#include "base/json.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/rules/rules.h"
#include "mockserver/runtime/namespaces.h"

#define NEAREST_MAX 3

static void put_miss(struct json *w, const char *pointer, struct str expected, struct str actual)
{
    json_open_map(w);
    json_put_text(w, "pointer", pointer);
    json_key(w, "expected");
    json_str(w, expected);
    json_key(w, "actual");
    json_str(w, actual);
    json_close_map(w);
}

static size_t segment_count(struct str path)
{
    size_t count = 0;
    while (path.n)
        count += str_cut(&path, '/').n > 0;
    return count;
}

static struct str next_segment(struct str *path)
{
    struct str segment = str_cut(path, '/');
    while (!segment.n && path->n)
        segment = str_cut(path, '/');
    return segment;
}

/* Compares segment by segment if both have the same number; /path/0 is the first. */
static void put_path_misses(struct call *c, struct json *w, struct str pattern, struct str path)
{
    size_t count = segment_count(pattern);
    if (count != segment_count(path)) {
        put_miss(w, "/path", pattern, path);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct str expected = next_segment(&pattern), actual = next_segment(&path);
        if (!str_is(expected, "{}") && !str_eq(expected, actual))
            put_miss(w, arena_printf(c->arena, "/path/%zu", i), expected, actual);
    }
}

static void put_route(struct call *c, struct json *w, const struct provider *d, const struct route *r,
                      const struct journal_entry *e)
{
    json_open_map(w);
    json_put_text(w, "provider", d->name);
    json_put_text(w, "operation", r->operation);
    json_put_text(w, "method", r->method);
    json_put_text(w, "path", r->pattern);
    json_key(w, "misses");
    json_open_list(w);
    if (!str_is(e->method, r->method))
        put_miss(w, "/method", str_from(r->method), e->method);
    put_path_misses(c, w, str_from(r->pattern), e->path);
    json_close_list(w);
    json_close_map(w);
}

static void put_nearest(struct call *c, struct json *w, const struct provider *d, const struct journal_entry *e)
{
    const struct route *nearest[NEAREST_MAX];
    size_t count = route_nearest(d->routes, d->route_count, e->method, e->path, nearest, NEAREST_MAX);
    for (size_t i = 0; i < count; i++)
        put_route(c, w, d, nearest[i], e);
}

void reasons_put_routes(struct call *c, struct json *w, const struct journal_entry *e)
{
    json_key(w, "nearest_routes");
    json_open_list(w);
    for (size_t i = 0; i < provider_count; i++)
        if (!e->provider || strcmp(e->provider, providers[i]->name) == 0)
            put_nearest(c, w, providers[i], e);
    json_close_list(w);
}

/* The part of a call that each condition of a rule is compared with. */
static const struct {
    const char *pointer;
    enum selector selector;
} conditions[] = {
    {"/on",          SELECTOR_OPERATION},
    {"/provider",    SELECTOR_PROVIDER },
    {"/method",      SELECTOR_METHOD   },
    {"/when/key",    SELECTOR_KEY      },
    {"/when/query",  SELECTOR_QUERY    },
    {"/when/header", SELECTOR_HEADERS  },
    {"/when/path",   SELECTOR_PATH     },
    {"/when/body",   SELECTOR_BODY     },
};

/* Returns the call's value for the condition at `pointer` or one of its members. NULL: none. */
static const struct node *actual_of(struct call *c, const struct node *rule, const char *pointer,
                                    const struct journal_entry *e)
{
    if (strcmp(pointer, "/path") == 0)
        return e->pattern ? node_new_text(c->arena, str_from(e->pattern)) : NULL;
    for (size_t i = 0; i < COUNT(conditions); i++) {
        size_t n = strlen(conditions[i].pointer);
        if (strncmp(pointer, conditions[i].pointer, n) != 0 || (pointer[n] && pointer[n] != '/'))
            continue;
        const struct node *wanted = node_pointer(rule, conditions[i].pointer);
        const struct node *value = request_value(c->arena, e, conditions[i].selector, wanted);
        return value ? node_pointer(value, pointer + n) : NULL;
    }
    return NULL;
}

/* Conditions that depend on the number of earlier calls. */
static bool is_count(const char *pointer)
{
    static const char *const counts[] = {"/when/nth", "/when/times", "/when/every", "/when/after", "/when/rate"};
    for (size_t i = 0; i < COUNT(counts); i++)
        if (strcmp(pointer, counts[i]) == 0)
            return true;
    return false;
}

/* `expected` is null if the rule was removed or changed since. */
static void put_condition(struct call *c, struct json *w, const struct rule_decision *d, const struct journal_entry *e)
{
    const char *pointer = d->failed;
    const struct node *rule = rules_written(c->ns->rules, str_from(d->rule));
    const struct node *expected = rule ? node_pointer(rule, pointer) : NULL;
    json_key(w, "failed");
    json_open_map(w);
    json_put_text(w, "pointer", pointer);
    if (expected)
        json_put_node(w, "expected", expected);
    else
        json_put_null(w, "expected");
    json_key(w, "actual");
    const struct node *actual = expected ? actual_of(c, rule, pointer, e) : NULL;
    if (is_count(pointer))
        json_int(w, (int64_t)d->seen);
    else if (actual)
        json_node(w, actual);
    else
        json_null(w);
    json_close_map(w);
}

void reasons_put_rules(struct call *c, struct json *w, const struct journal_entry *e)
{
    json_key(w, "rules");
    json_open_list(w);
    for (size_t i = 0; i < e->trace.decisions.count; i++) {
        const struct rule_decision *d = &e->trace.decisions.items[i];
        json_open_map(w);
        json_put_text(w, "rule", d->rule);
        json_put_bool(w, "acted", !d->failed);
        if (d->failed)
            put_condition(c, w, d, e);
        json_close_map(w);
    }
    json_close_list(w);
}
