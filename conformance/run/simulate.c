#include "conformance/run/task.h"

static void on_response(struct task *t, struct exchange_record *x)
{
    if (exchange_succeeded(x))
        judge_response(t);
    else
        judge_error(t, admin_error(t->runner->arena, x));
}

static void send_admin_request(struct task *t, const char *path, const struct node *body)
{
    struct current *c = &t->current;
    struct arena *a = t->runner->arena;
    if (!t->namespace.admin_url) {
        judge_not_applicable(t, "the target has no admin API");
        return;
    }
    c->exchange = admin_request(a, t->namespace.admin_url, "POST", path, body);
    task_send(t, a, c->exchange, on_response);
}

void simulate_start(struct task *t)
{
    struct current *c = &t->current;
    const char *missing = NULL;
    const struct node *body =
        c->step->body ? vars_value(&c->vars, c->step->body, &missing) : node_new_map(t->runner->arena, NULL, 0);
    if (body)
        send_admin_request(t, arena_printf(t->runner->arena, ADMIN_SIMULATE "%s", c->step->simulate), body);
    else
        judge_blocked(t, missing);
}

void advance_start(struct task *t)
{
    struct current *c = &t->current;
    const char *missing = NULL;
    const struct node *by = vars_value(&c->vars, c->step->advance, &missing);
    if (by && by->kind != NODE_MAP)
        by = node_with(t->runner->arena, NULL, "by", by);
    if (by)
        send_admin_request(t, "/clock/advance", by);
    else
        judge_blocked(t, missing);
}
