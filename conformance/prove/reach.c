#include "conformance/prove/reach.h"

#include <string.h>

#include "conformance/scenario/operations.h"

static size_t row_size(const struct reach *r)
{
    return r->operations->count + 1;
}

static void add_call(const struct reach *r, bool *row, const char *method, const char *path)
{
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    const struct operation *op = operations_find(r->operations, method, path);
    row[op ? (size_t)(op - r->operations->items) : r->operations->count] = true;
}

static void add_lookup(const struct reach *r, bool *row, const struct lookup *l)
{
    if (l)
        add_call(r, row, "GET", l->path);
}

static void add_steps(const struct reach *r, bool *row, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct step *s = &steps[i];
        if (s->kind == STEP_CALL && s->to_url)
            memset(row, true, row_size(r)); /* the URL may be that of any operation */
        else if (s->kind == STEP_CALL)
            add_call(r, row, s->method, s->path);
        if (s->flow)
            add_steps(r, row, s->flow->steps, s->flow->step_count);
        for (size_t k = 0; k < s->cleanup_count; k++) {
            const struct cleanup *c = &s->cleanups[k];
            add_call(r, row, c->method, c->path);
            if (operations_find(r->operations, "GET", c->path)) /* else nothing reads whether the resource is gone */
                add_call(r, row, "GET", c->path);
            add_lookup(r, row, c->lookup);
        }
        if (s->connected_as)
            add_lookup(r, row, s->connected_as->lookup);
    }
}

struct reach reach_of(struct arena *a, const struct plan *plan, const struct operations *operations)
{
    struct reach r = {.operations = operations, .plan = plan};
    if (!operations)
        return r;
    r.calls = arena_array(a, bool, plan->count *row_size(&r));
    for (size_t i = 0; i < plan->count; i++) {
        const struct scenario *s = plan->items[i].scenario;
        add_steps(&r, r.calls + i * row_size(&r), s->steps, s->step_count);
    }
    return r;
}

/* Returns the operation of a rule, for example that of `on: layers.read_project`; NULL: it may act on others too. */
static const struct operation *operation_of(const struct reach *r, const struct node *rule)
{
    const char *on = node_get_text(rule, "on"), *dot = on ? strchr(on, '.') : NULL;
    return on ? operations_named(r->operations, dot ? dot + 1 : on) : NULL;
}

static bool changes_rules_only(const struct entry *e)
{
    return node_count(e->fixture) == 1 && node_get(e->fixture, "rules");
}

const bool *reach_entry(struct arena *a, const struct reach *r, const struct entry *e)
{
    bool *reached = arena_array(a, bool, r->plan->count);
    const struct node *rules = node_get(e->fixture, "rules");
    /* a control is judged by every claim that holds, also in a scenario that it does not change */
    bool all = !r->operations || !changes_rules_only(e) || e->kind == ENTRY_CONTROL;
    for (size_t k = 0; !all && k < node_count(rules); k++)
        all = !operation_of(r, node_at(rules, k));
    for (size_t i = 0; i < r->plan->count; i++) {
        const bool *row = all ? NULL : r->calls + i * row_size(r);
        reached[i] = all || row[r->operations->count];
        for (size_t k = 0; !reached[i] && k < node_count(rules); k++)
            reached[i] = row[operation_of(r, node_at(rules, k)) - r->operations->items];
    }
    return reached;
}
