/* Confirms that an unexpected response is the provider's answer, not the sign of a dead key or of a dead server. After
 * such a response the check call of the step's actor (target-schema.yaml) is sent once; if it fails in the same way,
 * the step is undecided. */
#include <string.h>

#include "conformance/run/preflight.h"
#include "conformance/run/step.h"

#define OUTAGE_GATEWAY_FAILURES_MIN 5

/* Returns the actor whose key the request has, or NULL. */
static const struct actor *actor_of(const struct task *t)
{
    const struct current *c = &t->current;
    const struct target *target = t->runner->target;
    const char *missing = NULL, *name = c->step->as ? vars_text(&c->vars, c->step->as, &missing) : NULL;
    const struct actor *actor = missing ? NULL : target_actor(target, name);
    struct str sent = headers_get(&c->request->request_headers, target->header);
    bool own = actor && actor->credential && str_ends(sent, str_from(actor->credential)) &&
               sent.n == strlen(target->header_prefix) + strlen(actor->credential);
    return own ? actor : NULL;
}

static struct key_state *key_of(const struct runner *r, const struct actor *actor)
{
    return &r->keys[actor - r->target->actors];
}

void key_accepted(const struct runner *r, const struct actor *actor)
{
    key_of(r, actor)->accepted = true;
}

const char *key_refused(const struct task *t)
{
    const struct actor *actor = actor_of(t);
    return actor ? key_of(t->runner, actor)->refused : NULL;
}

static bool is_unexpected(const struct current *c)
{
    return !judge_expects_status(c->step, c->exchange->status);
}

static bool is_gateway_failure(int status)
{
    return status == 502 || status == 503 || status == 504;
}

static bool is_doubtful(const struct task *t, const struct actor *actor)
{
    const struct current *c = &t->current;
    int status = c->exchange->status;
    bool by_key = status == 401 && actor && !actor->expect_refused && key_of(t->runner, actor)->accepted;
    return (by_key || is_gateway_failure(status)) && is_unexpected(c);
}

/* Without a key or a schema any response from base_url will do, but only for a failure of the server. */
static struct exchange_record *check_request(const struct task *t, const struct actor *actor)
{
    struct runner *r = t->runner;
    struct request_problem problem = {0};
    const struct target_name *n = actor ? preflight_actor(r, actor->name) : NULL;
    if (n && n->path)
        return preflight_request(r, &r->vars, &t->namespace, n, actor, &problem);
    bool by_key = t->current.exchange->status == 401;
    return by_key ? NULL : admin_request(r->arena, t->namespace.base_url, "HEAD", "/", NULL);
}

static void on_confirmation(struct task *t, struct exchange_record *x)
{
    task_record(t, x);
    task_continue(t);
}

enum next confirm_ask(struct task *t)
{
    struct current *c = &t->current;
    if (c->step->kind != STEP_CALL)
        return NEXT_PHASE;
    const struct actor *actor = actor_of(t);
    if (actor && exchange_succeeded(c->exchange))
        key_accepted(t->runner, actor);
    if (!is_gateway_failure(c->exchange->status))
        t->runner->outage.gateway_failures = 0;
    if (!is_doubtful(t, actor))
        return NEXT_PHASE;
    c->confirmation = check_request(t, actor);
    if (!c->confirmation)
        return NEXT_PHASE;
    task_send(t, t->runner->arena, c->confirmation, on_confirmation);
    return NEXT_WAIT;
}

/* In a namespace the key is that of the namespace, so other scenarios go on. */
static enum next judge_refused_key(struct task *t)
{
    struct current *c = &t->current;
    struct arena *a = t->runner->arena;
    const struct actor *actor = actor_of(t);
    const char *key = arena_printf(a, "key of actor '%s' (%s)", actor->name, actor->origin ? actor->origin : "-");
    if (!t->namespace.name)
        key_of(t->runner, actor)->refused = arena_printf(a, "not sent: the %s is refused since step '%s' of '%s': %d",
                                                         key, c->name, t->scenario->name, c->confirmation->status);
    return judge_undecided(t, arena_printf(a, "%s is refused since this call: %d, and %s %s returned %d", key,
                                           c->exchange->status, c->confirmation->method, c->confirmation->url,
                                           c->confirmation->status));
}

static enum next judge_dead_server(struct task *t)
{
    const struct current *c = &t->current;
    struct arena *a = t->runner->arena;
    struct outage *o = &t->runner->outage;
    const struct exchange_record *x = c->confirmation;
    const char *also = x->status ? arena_printf(a, "returned %d", x->status) : x->error;
    if (++o->gateway_failures >= OUTAGE_GATEWAY_FAILURES_MIN && !o->gone)
        o->gone = arena_printf(a, "not sent: the target failed: %d for %d calls in a row, and for their check calls",
                               c->exchange->status, o->gateway_failures);
    cleanup_lost(t);
    return judge_undecided(t, arena_printf(a, "the target failed: %d, and the check call %s %s %s", c->exchange->status,
                                           x->method, x->url, also));
}

enum next confirm_judge(struct task *t)
{
    struct current *c = &t->current;
    const struct exchange_record *x = c->confirmation;
    if (!x)
        return NEXT_PHASE;
    bool by_key = c->exchange->status == 401;
    if (by_key && (x->status == 401 || x->status == 403))
        return judge_refused_key(t);
    if (!by_key && (!x->status || is_gateway_failure(x->status)))
        return judge_dead_server(t);
    if (by_key && (!x->status || x->status == 429 || x->status >= 500))
        return judge_undecided(t, arena_printf(t->runner->arena,
                                               "the status is 401, and the check call of the key, %s %s, "
                                               "decides nothing: %s",
                                               x->method, x->url,
                                               x->status ? arena_printf(t->runner->arena, "%d", x->status) : x->error));
    t->runner->outage.gateway_failures = 0;
    return NEXT_PHASE;
}
