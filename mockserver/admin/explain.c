/* Why the response to a request is as it is, and why routes and rules did not match it. */
#include "mockserver/admin/requests.h"

#include <string.h>

#include "base/array.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/rules/rules.h"
#include "mockserver/runtime/namespaces.h"

#define NEAREST_MAX 3

/* the nearest routes */

static void put_miss(struct json *w, const char *pointer, struct str expected, struct str actual)
{
    json_open_map(w);
    json_put_text(w, "pointer", pointer);
    json_put_str(w, "expected", expected);
    json_put_str(w, "actual", actual);
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

static void put_near_route(struct call *c, struct json *w, const struct provider *d, const struct route *r,
                           const struct journal_entry *e)
{
    json_open_map(w);
    json_put_text(w, "provider", d->name);
    json_put_text(w, "operation", r->operation);
    json_put_text(w, "method", r->method);
    json_put_text(w, "path", r->pattern);
    json_key_list(w, "misses");
    if (!str_is(e->method, r->method))
        put_miss(w, "/method", str_from(r->method), e->method);
    if (!e->provider && str_is(e->path, "/")) /* the root path selects no provider */
        put_miss(w, "/path", str_from(arena_printf(c->arena, "%s%s", d->mount, r->pattern)), e->path);
    else
        put_path_misses(c, w, str_from(r->pattern), e->path);
    json_close_list(w);
    json_close_map(w);
}

static void put_nearest(struct call *c, struct json *w, const struct provider *d, const struct journal_entry *e)
{
    const struct route *nearest[NEAREST_MAX];
    size_t count = route_nearest(d->routes, d->route_count, e->method, e->path, nearest, NEAREST_MAX);
    for (size_t i = 0; i < count; i++)
        put_near_route(c, w, d, nearest[i], e);
}

void explain_put_routes(struct call *c, struct json *w, const struct journal_entry *e)
{
    json_key_list(w, "nearest_routes");
    for (size_t i = 0; i < provider_count; i++)
        if (!e->provider || e->provider == providers[i])
            put_nearest(c, w, providers[i], e);
    json_close_list(w);
}

/* the rules */

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
        return e->route ? node_new_text(c->arena, str_from(e->route->pattern)) : NULL;
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
    static const char *const counts[] = {"/when/nth", "/when/times", "/when/every", "/when/after"};
    for (size_t i = 0; i < COUNT(counts); i++)
        if (strcmp(pointer, counts[i]) == 0)
            return true;
    return false;
}

static void put_node(struct json *w, const char *key, const struct node *value)
{
    if (value)
        json_put_node(w, key, value);
    else
        json_put_null(w, key);
}

/* `expected` is null if the rule was removed or changed since. */
static void put_condition(struct call *c, struct json *w, const struct rule_decision *d, const struct journal_entry *e)
{
    const char *pointer = d->failed;
    const struct node *rule = rules_written(c->ns->rules, str_from(d->rule));
    const struct node *expected = rule ? node_pointer(rule, pointer) : NULL;
    json_key_map(w, "failed");
    json_put_text(w, "pointer", pointer);
    put_node(w, "expected", expected);
    if (is_count(pointer))
        json_put_int(w, "actual", (int64_t)d->seen);
    else
        put_node(w, "actual", expected ? actual_of(c, rule, pointer, e) : NULL);
    json_close_map(w);
}

void explain_put_rules(struct call *c, struct json *w, const struct journal_entry *e)
{
    json_key_list(w, "rules");
    for (size_t i = 0; i < e->trace.decisions.count; i++) {
        const struct rule_decision *d = &e->trace.decisions.items[i];
        json_open_map(w);
        json_put_text(w, "rule", d->rule);
        json_put_bool(w, "acted", !d->failed);
        if (d->failed)
            put_condition(c, w, d, e);
        else
            json_put_bool(w, "before_gates", d->before_gates);
        json_close_map(w);
    }
    json_close_list(w);
}

/* the explanation of one request */

/* A cursor is two numbers. A request id may contain a dash too. */
static bool is_cursor(struct str which)
{
    struct str rest = which, epoch = str_cut(&rest, '-');
    int64_t number;
    return str_to_int(epoch, &number) && number >= 0 && str_to_int(rest, &number) && number >= 0;
}

/* Finds an entry by seq, cursor or request id. Of several with that id it returns the newest. */
static const struct journal_entry *find(struct call *c, struct str which)
{
    const struct journal *j = c->ns->journal;
    int64_t number;
    uint64_t entry;
    if (str_to_int(which, &number) && number > 0)
        return journal_read(j, (uint64_t)number);
    if (is_cursor(which))
        return request_read_cursor(c, NULL, which, &entry) ? journal_read(j, entry) : NULL;
    for (uint64_t seq = journal_last(j); seq && seq >= journal_first(j); seq--) {
        const struct journal_entry *e = journal_read(j, seq);
        if (e->request_id && str_is(which, e->request_id))
            return e;
    }
    return NULL;
}

static void put_namespace(struct call *c, struct json *w, const struct journal_entry *e)
{
    json_key_map(w, "namespace");
    json_put_text(w, "name", c->ns->name);
    json_put_text(w, "by", e->trace.namespace_by);
    json_close_map(w);
}

static void put_provider(struct json *w, const struct journal_entry *e)
{
    json_key_map(w, "provider");
    json_put_text(w, "name", e->provider ? e->provider->name : NULL);
    json_put_text(w, "by", e->trace.provider_by);
    json_close_map(w);
}

static void put_route(struct json *w, const struct route *r)
{
    if (!r) {
        json_put_null(w, "route");
        return;
    }
    json_key_map(w, "route");
    json_put_text(w, "operation", r->operation);
    json_put_text(w, "method", r->method);
    json_put_text(w, "path", r->pattern);
    json_put_text(w, "scope", r->scope);
    json_put_text(w, "rate_class", rate_class_texts[r->rate_class]);
    json_put_text(w, "source", r->source);
    json_put_bool(w, "implemented", r->serve);
    json_close_map(w);
}

static const char *verdict(const struct journal_entry *e, size_t gate)
{
    if (gate < e->trace.gates_passed)
        return "passed";
    return gate == e->trace.gates_passed && e->trace.gate_fault ? "refused" : "not reached";
}

/* No gate runs if no route matched. */
static void put_gates(struct json *w, const struct journal_entry *e)
{
    json_key_list(w, "gates");
    for (size_t i = 0; e->route && i < e->provider->gate_count; i++) {
        json_open_map(w);
        json_put_text(w, "gate", e->provider->gates[i].name);
        json_put_text(w, "verdict", verdict(e, i));
        if (i == e->trace.gates_passed && e->trace.gate_fault)
            json_put_text(w, "fault", fault_texts[e->trace.gate_fault]);
        json_close_map(w);
    }
    json_close_list(w);
}

static void put_response(struct json *w, const struct journal_entry *e)
{
    json_key_map(w, "response");
    json_put_int(w, "status", e->status);
    json_put_text(w, "fault", e->fault);
    json_put_bool(w, "replayed", e->replayed && !e->served.status);
    request_put_hostile(w, e);
    json_close_map(w);
}

static void explain(struct call *c, const struct journal_entry *e)
{
    const struct route *r = e->route;
    struct json *w = admin_object(c, 200);
    json_put_int(w, "seq", (int64_t)e->seq);
    json_put_text(w, "request_id", e->request_id);
    json_put_str(w, "method", e->method);
    json_put_str(w, "target", e->target);
    json_put_text(w, "key", e->key_name);
    put_namespace(c, w, e);
    put_provider(w, e);
    put_route(w, r);
    if (!r)
        explain_put_routes(c, w, e);
    put_gates(w, e);
    explain_put_rules(c, w, e);
    request_put_served(w, e);
    put_response(w, e);
    request_put_effects(w, c->world, e);
    request_put_faults(w, c->world, e);
    json_close_map(w);
    request_mask(c, 0);
}

static void refuse_unknown(struct call *c, const struct journal *j)
{
    unsigned long long first = journal_first(j), last = journal_last(j);
    const char *has = first && first <= last ? arena_printf(c->arena, "has seq %llu to %llu", first, last) : "is empty";
    call_refuse(c, FAULT_NOT_FOUND, "request '" STR_FMT "' does not exist; the journal %s", STR_ARG(c->params[0]), has);
}

void admin_explain(struct call *c)
{
    const struct journal *j = c->ns->journal;
    const struct journal_entry *e = find(c, c->params[0]);
    if (e)
        explain(c, e);
    else if (!c->fault)
        refuse_unknown(c, j);
}
