#include <string.h>

#include "base/json.h"
#include "base/match.h"
#include "conformance/run/step.h"
#include "conformance/scenario/operations.h"

#define LIMITED_MAX    3
#define RETRY_AFTER_MS 1000
#define NO_CLEANUP_URL "the response lacks a value that the cleanup request needs"
#define NO_RESPONSE    "there was no usable response, so the resource may or may not exist"
#define ABANDONED      "the run was interrupted again, before it was cleaned up"
#define LOOKUP_FAILED  "there was no response, and the lookup failed: "

static bool is_cleaned_up(const struct exchange_record *x, const struct cleanup *how)
{
    bool gone = exchange_succeeded(x);
    for (size_t i = 0; i < how->already_gone_count; i++)
        gone |= x->status == how->already_gone[i];
    return gone;
}

static bool says_absent(const struct exchange_record *x)
{
    return x->status == 404 || x->status == 410;
}

static bool same_request(const struct exchange_record *x, const struct exchange_record *y)
{
    return strcmp(x->method, y->method) == 0 && strcmp(x->url, y->url) == 0;
}

static void report_leftover(struct task *t, const char *step, const struct exchange_record *cleanup, const char *why)
{
    struct arena *a = t->runner->arena;
    *arena_push(a, &t->runner->run->leftovers, struct leftover) = (struct leftover){
        .what = arena_printf(a, "the resource created by step '%s' of '%s'", step, t->scenario->name),
        .cleanup = cleanup ? arena_printf(a, "%s %s", cleanup->method, cleanup->url) : "unknown",
        .why = why,
    };
}

/* In a namespace there is nothing to clean up: the namespace is deleted. */
static bool needs_cleanup(const struct task *t)
{
    return (t->current.step->cleanup_count || t->current.step->no_cleanup) && !t->namespace.name;
}

/* Two steps may have created the same resource: it is removed once. */
static void push_cleanup(struct task *t, const struct pending_cleanup *p)
{
    for (size_t i = 0; i < t->cleanups.count && !p->where; i++)
        if (!t->cleanups.items[i].where && same_request(t->cleanups.items[i].request, p->request))
            return;
    *arena_push(t->runner->arena, &t->cleanups, struct pending_cleanup) = *p;
}

/* --- registering cleanups ----------------------------------------------------------------- */

static void register_cleanups(struct task *t)
{
    const struct current *c = &t->current;
    if (!needs_cleanup(t))
        return;
    if (c->step->no_cleanup)
        report_leftover(t, c->name, NULL, "the API has no request that removes it (cleanup: none)");
    for (size_t i = 0; i < c->step->cleanup_count; i++) {
        struct request_problem problem = {0};
        struct pending_cleanup p = {.name = c->name, .step = c->step, .how = &c->step->cleanups[i]};
        p.request = resolve_cleanup(&c->vars, t->runner->target, &t->namespace, c->step, p.how, &problem);
        if (p.request)
            push_cleanup(t, &p);
        else
            report_leftover(t, c->name, NULL, NO_CLEANUP_URL);
    }
}

/* Drops a cleanup whose request the scenario sent itself. */
static void drop_sent_cleanups(struct task *t)
{
    const struct exchange_record *x = t->current.exchange;
    size_t kept = 0;
    for (size_t i = 0; i < t->cleanups.count; i++) {
        const struct pending_cleanup *p = &t->cleanups.items[i];
        if (p->where || !same_request(p->request, x))
            t->cleanups.items[kept++] = *p;
    }
    t->cleanups.count = kept;
}

enum next cleanup_register(struct task *t)
{
    const struct exchange_record *x = t->current.exchange;
    if (x && exchange_succeeded(x)) {
        drop_sent_cleanups(t);
        register_cleanups(t);
    }
    return NEXT_PHASE;
}

/* The scopes of a flow and of a case end before cleanup runs, so the lookup needs a copy. */
static const struct vars *copy_scopes(struct arena *a, const struct vars *v)
{
    if (!v->outer)
        return v;
    struct vars *kept = arena_new(a, struct vars);
    *kept = *v;
    kept->outer = copy_scopes(a, v->outer);
    return kept;
}

static void register_lookup(struct task *t, const struct cleanup *how)
{
    const struct current *c = &t->current;
    struct request_problem problem = {0};
    struct pending_cleanup p = {.name = c->name, .step = c->step, .how = how};
    p.request = resolve_lookup(&c->vars, t->runner->target, &t->namespace, c->step, how->lookup, &problem);
    p.where = vars_value(&c->vars, how->lookup->where, &problem.missing);
    p.vars = *copy_scopes(t->runner->arena, &c->vars);
    if (p.request && p.where)
        push_cleanup(t, &p);
    else
        report_leftover(t, c->name, NULL, NO_RESPONSE);
}

void cleanup_lost(struct task *t)
{
    const struct current *c = &t->current;
    if (!needs_cleanup(t) || !c->exchange || !c->exchange->sent)
        return;
    if (c->step->no_cleanup)
        report_leftover(t, c->name, NULL, NO_RESPONSE);
    for (size_t i = 0; i < c->step->cleanup_count; i++)
        if (c->step->cleanups[i].lookup)
            register_lookup(t, &c->step->cleanups[i]);
        else
            report_leftover(t, c->name, NULL, NO_RESPONSE);
}

/* --- running the cleanups ----------------------------------------------------------------- */

static void on_namespace_deleted(struct task *t, struct exchange_record *x)
{
    (void)x; /* a failure does not matter: the namespace is on a mock */
    task_end(t);
}

static void cleanup_next(struct task *t);

/* Returns true if the request is rate limited and will be sent again after a wait. */
static bool is_limited(struct task *t, struct pending_cleanup *p, struct exchange_record *x)
{
    int64_t wait_ms = exchange_retry_after_ms(x);
    exchange_add_attempt(t->runner->arena, p->proof ? p->proof : p->request, x, p->waited_ms);
    if (x->status != 429 || x->attempts.count >= LIMITED_MAX || wait_ms > RETRY_WAIT_MAX_MS)
        return false;
    p->waited_ms = wait_ms >= 0 ? wait_ms : RETRY_AFTER_MS;
    task_wait(t, p->waited_ms, cleanup_next);
    return true;
}

static const char *failure_text(struct arena *a, const struct exchange_record *x)
{
    return x->status ? arena_printf(a, "status %d", x->status) : x->error;
}

/* Returns true if the documents have a call that reads the resource at the URL of the cleanup. */
static bool can_be_read(const struct task *t, const struct cleanup *how)
{
    const struct suite *suite = t->runner->plan->suite;
    for (size_t i = 0; suite && i < suite->catalogue_count; i++) {
        const struct operations *o = suite->catalogues[i]->operations;
        const struct operation *removes = o ? operations_find(o, how->method, how->path) : NULL;
        const struct operation *reads = removes ? operations_find(o, "GET", how->path) : NULL;
        if (reads && strcmp(reads->path, removes->path) == 0)
            return true;
    }
    return false;
}

/* Returns the request that shows whether the resource still exists, or NULL: nothing can show it. */
static struct exchange_record *proof_request(const struct task *t, const struct pending_cleanup *p)
{
    struct exchange_record *x = arena_new(t->runner->arena, struct exchange_record);
    *x = (struct exchange_record){
        .method = "GET", .url = p->request->url, .request_headers = p->request->request_headers};
    return can_be_read(t, p->how) ? x : NULL;
}

/* `p` is the last cleanup. A 404 alone proves nothing: a gateway may know the resource only by other methods. */
static void end_unproved(struct task *t, const struct pending_cleanup *p, const char *reading)
{
    report_leftover(t, p->name, p->refused,
                    arena_printf(t->runner->arena,
                                 "the cleanup request returned %d, but %s, so the resource may still "
                                 "exist",
                                 p->refused->status, reading));
    t->cleanups.count--;
    cleanup_next(t);
}

static void on_proof(struct task *t, struct exchange_record *x)
{
    struct pending_cleanup *p = &t->cleanups.items[t->cleanups.count - 1];
    struct arena *a = t->runner->arena;
    if (is_limited(t, p, x))
        return;
    task_record(t, x);
    if (!says_absent(x)) {
        end_unproved(t, p, arena_printf(a, "GET of its URL gave %s", failure_text(a, x)));
        return;
    }
    t->cleanups.count--;
    cleanup_next(t);
}

static void on_cleaned_up(struct task *t, struct exchange_record *x)
{
    struct pending_cleanup *p = &t->cleanups.items[t->cleanups.count - 1];
    if (is_limited(t, p, x))
        return;
    task_record(t, x);
    if (says_absent(x) && !is_cleaned_up(x, p->how)) {
        p->refused = x;
        p->waited_ms = 0;
        p->proof = proof_request(t, p);
        if (p->proof)
            cleanup_next(t);
        else
            end_unproved(t, p, "nothing shows that it is gone");
        return;
    }
    if (!is_cleaned_up(x, p->how))
        report_leftover(
            t, p->name, x,
            arena_printf(t->runner->arena, "the cleanup request failed: %s", failure_text(t->runner->arena, x)));
    t->cleanups.count--;
    cleanup_next(t);
}

/* If the resource matches the lookup, registers its cleanup with the values captured from it. */
static void register_if_match(struct task *t, const struct pending_cleanup *looked, const struct node *resource,
                              int64_t now_ms)
{
    struct arena *a = t->runner->arena;
    const struct lookup *f = looked->how->lookup;
    const struct match_context context = {.arena = a, .now_ms = now_ms};
    struct request_problem problem = {0};
    struct vars v = {.arena = a, .outer = &looked->vars};
    struct pending_cleanup p = *looked;
    if (!match_holds(&context, looked->where, resource))
        return;
    for (size_t i = 0; i < f->capture_count; i++) {
        const struct node *value = node_pointer(resource, f->captures[i].pointer);
        if (value)
            vars_set(&v, arena_printf(a, "%s.%s", looked->step->id, f->captures[i].name), value);
    }
    p.where = NULL;
    p.request = resolve_cleanup(&v, t->runner->target, &t->namespace, p.step, p.how, &problem);
    if (p.request)
        push_cleanup(t, &p);
    else
        report_leftover(t, p.name, NULL, NO_CLEANUP_URL);
}

static void on_looked_up(struct task *t, struct exchange_record *x)
{
    struct arena *a = t->runner->arena;
    const struct pending_cleanup looked = t->cleanups.items[t->cleanups.count - 1];
    const struct lookup *f = looked.how->lookup;
    if (is_limited(t, &t->cleanups.items[t->cleanups.count - 1], x))
        return;
    task_record(t, x);
    t->cleanups.count--;
    const struct node *body = exchange_succeeded(x) ? json_parse(a, x->response_body, "body", NULL) : NULL;
    const struct node *list = body && f->in ? node_pointer(body, f->in) : NULL;
    bool none = !f->in && x->status == 404;
    if (list && list->kind == NODE_LIST)
        for (size_t i = 0; i < node_count(list); i++)
            register_if_match(t, &looked, node_at(list, i), exchange_now_ms(x));
    else if (body && !f->in)
        register_if_match(t, &looked, body, exchange_now_ms(x));
    else if (!none)
        report_leftover(t, looked.name, NULL, arena_printf(a, LOOKUP_FAILED "%s", failure_text(a, x)));
    cleanup_next(t);
}

static void cleanup_next(struct task *t)
{
    struct arena *a = t->runner->arena;
    if (!t->cleanups.count) {
        task_end(t);
        return;
    }
    const struct pending_cleanup *p = &t->cleanups.items[t->cleanups.count - 1];
    struct exchange_record *x = arena_new(a, struct exchange_record);
    *x = p->proof ? *p->proof : *p->request;
    task_send(t, a, x, p->proof ? on_proof : p->where ? on_looked_up : on_cleaned_up);
}

void cleanup_start(struct task *t)
{
    struct arena *a = t->runner->arena;
    if (t->namespace.name)
        task_send(t, a, admin_delete_namespace(a, t->runner->target, t->namespace.name), on_namespace_deleted);
    else
        cleanup_next(t);
}

void cleanup_abandon(struct task *t)
{
    struct exchange_record *x = t->current.step ? t->current.exchange : NULL;
    if (x && !x->status) {
        x->sent = true; /* or it was about to be */
        cleanup_lost(t);
    }
    while (t->cleanups.count) {
        const struct pending_cleanup *p = &t->cleanups.items[--t->cleanups.count];
        report_leftover(t, p->name, p->where ? NULL : p->request, ABANDONED);
    }
    task_end(t);
}
