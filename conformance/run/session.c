#include "conformance/run/run.h"

#include <signal.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/time.h"
#include "base/units.h"
#include "conformance/run/mock.h"
#include "conformance/run/notice.h"
#include "conformance/run/preflight.h"
#include "conformance/run/step.h"

#define JOBS_DEFAULT       64 /* on a target with an admin API; each may hold a connection */
#define CONNECT_TIMEOUT_MS 5000

struct session {
    struct runner runner; /* must be first: task_ended casts the runner to its session */
    const struct node *simulations;
    bool *started;
    size_t next, jobs; /* every scenario before `next` has started */
    bool starting;
    struct error *err;
};

/* --- exclusive scenarios ------------------------------------------------------------------ */

static bool exclude_each_other(const struct scenario *x, const struct scenario *y)
{
    for (size_t i = 0; i < x->exclusive_count; i++)
        if (has_text(y->exclusive, y->exclusive_count, x->exclusive[i]))
            return true;
    return false;
}

/* Scenarios in namespaces share nothing, so `exclusive` matters only without an admin API. */
static bool is_excluded(const struct session *s, const struct scenario *scenario)
{
    const struct task *t = s->runner.target->admin_url ? NULL : s->runner.active;
    for (; t; t = t->next_active)
        if (exclude_each_other(t->scenario, scenario))
            return true;
    return false;
}

/* --- starting scenarios ------------------------------------------------------------------- */

static void start_scenario(struct session *s, size_t i)
{
    const struct planned *p = &s->runner.plan->items[i];
    const char *variable;
    const char *why = skip_reason_for(&s->runner, p, s->simulations, &variable);
    s->started[i] = true;
    if (why)
        scenario_not_applicable(&s->runner, p->scenario, why, variable);
    else
        scenario_start(&s->runner, p->scenario, i + 1);
}

/* Starts the next scenario that is not excluded. Returns false if there is none. */
static bool start_one(struct session *s)
{
    const struct plan *plan = s->runner.plan;
    while (s->next < plan->count && s->started[s->next])
        s->next++;
    for (size_t i = s->next; i < plan->count; i++)
        if (!s->started[i] && !is_excluded(s, plan->items[i].scenario)) {
            start_scenario(s, i);
            return true;
        }
    return false;
}

/* A scenario that did not start is in the reports too: --failed of them runs it. */
static void report_not_started(struct session *s)
{
    const struct runner *r = &s->runner;
    for (size_t i = 0; i < r->plan->count; i++) {
        const struct planned *p = &r->plan->items[i];
        const char *variable, *why = s->started[i] ? NULL : skip_reason_for(r, p, s->simulations, &variable);
        if (why)
            scenario_not_applicable(&s->runner, p->scenario, why, variable);
        else if (!s->started[i])
            scenario_not_started(&s->runner, p->scenario,
                                 r->interrupted ? "the run was interrupted before the scenario started"
                                                : "the run ended before the scenario started");
        s->started[i] = true;
    }
}

/* A scenario may end within start_one, which calls this again. `starting` prevents recursion. */
static void start_ready(struct session *s)
{
    if (s->starting)
        return;
    s->starting = true;
    while (!s->runner.interrupted && s->runner.active_count < s->jobs && start_one(s))
        ;
    s->starting = false;
    if (!s->runner.active_count)
        loop_stop(s->runner.loop);
}

static void interrupt_tasks(struct session *s)
{
    s->runner.interrupted = true;
    s->runner.run->interrupted = true;
    for (struct task *t = s->runner.active, *next; t; t = next) {
        next = t->next_active;
        task_interrupt(t);
    }
}

static void task_ended(struct runner *r)
{
    struct session *s = (struct session *)r;
    if (r->options->enough && *r->options->enough && !r->interrupted)
        interrupt_tasks(s);
    start_ready(s);
}

static void on_signal(void *ctx, int signal)
{
    (void)signal;
    struct session *s = ctx;
    if (s->runner.interrupted) { /* a second signal skips the cleanup */
        loop_stop(s->runner.loop);
        return;
    }
    if (!s->runner.active) /* during the preflight */
        loop_stop(s->runner.loop);
    interrupt_tasks(s);
}

/* --- the run ------------------------------------------------------------------------------ */

static void list_claims(struct arena *a, const struct suite *suite, struct run *out)
{
    for (size_t i = 0; i < suite->catalogue_count; i++) {
        out->claim_count += suite->catalogues[i]->claim_count;
        out->dispute_count += suite->catalogues[i]->dispute_count;
    }
    out->claims = arena_array(a, struct claim_result, out->claim_count);
    out->disputes = arena_array(a, struct dispute_result, out->dispute_count);
    struct claim_result *claim = out->claims;
    struct dispute_result *dispute = out->disputes;
    for (size_t i = 0; i < suite->catalogue_count; i++) {
        const struct catalogue *c = suite->catalogues[i];
        for (size_t k = 0; k < c->claim_count; k++)
            (claim++)->claim = &c->claims[k];
        for (size_t k = 0; k < c->dispute_count; k++)
            *dispute++ = (struct dispute_result){c->disputes[k].id, c->disputes[k].about, NULL};
    }
}

static void report_secret(void *ctx, const char *name, const char *value)
{
    const struct runner *r = ctx;
    const struct run_options *o = r->options;
    if (o->secret)
        o->secret(o->secret_ctx, name, NULL, value);
}

static const struct node *instant_node(struct arena *a, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    return node_new_text(a, str_from(arena_text(a, time_seconds(ms, text))));
}

/* The target's clock may differ from that of this machine. */
static int64_t target_now_ms(const struct runner *r)
{
    if (r->has_skew)
        return time_wall_ms() + r->skew_ms;
    return r->target->now_ms ? r->target->now_ms : time_wall_ms();
}

static const struct node *run_names(const struct runner *r)
{
    struct arena *a = r->arena;
    int64_t now_ms = target_now_ms(r);
    const struct node *names = node_with(a, NULL, "id", node_new_text(a, str_from(r->id)));
    names = node_with(a, names, "tomorrow", instant_node(a, now_ms + DAY_MS));
    return node_with(a, names, "next_week", instant_node(a, now_ms + 7 * DAY_MS));
}

static void set_names(struct runner *r)
{
    struct arena *a = r->arena;
    unsigned char random[4];
    digest_random(random, sizeof random);
    r->id = arena_printf(a, "run-%s", digest_hex(a, random, sizeof random));
    const struct node *target = r->target->resources;
    target = node_with(a, target, "name", node_new_text(a, str_from(r->target->name)));
    target = node_with(a, target, "base_url", node_new_text(a, str_from(r->target->base_url)));
    r->vars = (struct vars){.arena = a, .env = report_secret, .env_ctx = r};
    vars_set(&r->vars, "target", target);
    vars_set(&r->vars, "run", run_names(r));
}

static void report_after(const struct runner *r, const char *name, const char *before, const char *value)
{
    const struct run_options *o = r->options;
    if (o->secret)
        o->secret(o->secret_ctx, name, before, value);
}

static void report_login(struct runner *r, const char *name, const struct login *login)
{
    struct arena *a = r->arena;
    if (!login->header)
        return;
    report_secret(r, name, arena_printf(a, "%s:%s", login->user, login->password));
    report_secret(r, name, login->password);
    report_after(r, name, arena_printf(a, "%s:", login->user), login->password);
    report_after(r, name, LOGIN_SCHEME, login->header + strlen(LOGIN_SCHEME));
}

static void report_credentials(struct runner *r)
{
    const struct target *t = r->target;
    for (size_t i = 0; i < t->actor_count; i++) {
        const struct actor *actor = &t->actors[i];
        if (!actor->credential)
            continue;
        report_secret(r, actor->name, actor->credential);
        report_after(r, actor->name, arena_printf(r->arena, "%s: %s", t->header, t->header_prefix), actor->credential);
        if (*t->header_prefix)
            report_after(r, actor->name, t->header_prefix, actor->credential);
    }
    report_login(r, "base_url_login", &t->base_login);
    report_login(r, "admin_url_login", &t->admin_login);
    report_login(r, "webhook_url_login", &t->webhook_login);
}

/* Before the first request: a value of the environment may be in a report that is written before the scenario runs. */
static void report_environment(const struct runner *r)
{
    const char *variable;
    for (size_t i = 0; i < r->plan->count; i++) /* reads the variables */
        (void)find_missing_name(&r->vars, r->target, r->plan->items[i].scenario, &variable);
}

static bool check_live_key(const struct target *t, struct error *err)
{
    const struct actor *live = t->is_mock || !t->admin_url ? NULL : target_live_actor(t);
    if (live)
        return error_add(err, ERROR_INPUT, live->at,
                         "the key of actor '%s' looks like a live key; a target with an admin API "
                         "must set 'mock: true'",
                         live->name);
    return true;
}

static void run_session(struct session *s)
{
    struct runner *r = &s->runner;
    r->loop = loop_new();
    struct client_options options = {
        .timeout_ms = r->options->timeout_ms,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .ca_file = r->options->ca_file,
        .insecure = r->options->insecure,
        .connections_max = (int)s->jobs,
        .rps = r->target->rps,
        .server_url = r->target->server_url,
        .server_login = r->target->base_login,
        .admin_root = r->target->admin_url ? admin_root(r->arena, r->target) : NULL,
        .admin_login = r->target->admin_login,
        .arena = r->arena,
    };
    r->client = client_new(r->loop, &options);
    loop_signal(r->loop, SIGINT, on_signal, s);
    loop_signal(r->loop, SIGTERM, on_signal, s);
    bool listens = target_has_capability(r->target, "webhook");
    if (listens)
        r->listener = listener_new(r->loop, r->arena, r->target->webhook_url, r->target->webhook_port, s->err);
    bool ready = listens == (r->listener != NULL) && preflight_run(r, &options, &s->simulations, s->err);
    vars_set(&r->vars, "run", run_names(r));
    struct notices *notices = notices_begin(r);
    if (ready) {
        start_ready(s);
        if (r->active_count)
            loop_run(r->loop);
        while (r->active) /* after a second signal */
            cleanup_abandon(r->active);
    }
    if (ready || r->interrupted)
        report_not_started(s);
    notices_end(notices);
    client_free(r->client);
    listener_free(r->listener);
    loop_free(r->loop);
}

static size_t jobs_of(const struct target *t, const struct run_options *o, size_t count)
{
    size_t jobs = t->admin_url ? JOBS_DEFAULT : 1;
    if (o->jobs > 0 && t->consent != CONSENT_HUMAN) /* ask a person one thing at a time */
        jobs = (size_t)o->jobs;
    jobs = jobs < count ? jobs : count;
    return jobs ? jobs : 1;
}

static bool run_target(struct arena *a, const struct plan *plan, const struct target *target,
                       const struct run_options *options, struct run *out, struct error *err)
{
    int64_t began_us = time_monotonic_us();
    struct session s = {
        .runner = {.arena = a,
                   .run = out,
                   .plan = plan,
                   .target = target,
                   .options = options,
                   .keys = arena_array(a, struct key_state, target->actor_count),
                   .ended = task_ended},
        .started = arena_array(a, bool, plan->count),
        .jobs = jobs_of(target, options, plan->count),
        .err = err,
    };
    *out = (struct run){
        .arena = a,
        .target = target->name,
        .base_url = target->base_url,
        .suite_version = options->suite_version,
        .started_ms = time_wall_ms(),
        .gate = options->gate,
        .nothing_to_do = plan->nothing_to_do,
    };
    size_t before = err->count;
    if (plan->suite)
        list_claims(a, plan->suite, out);
    set_names(&s.runner);
    report_credentials(&s.runner);
    report_environment(&s.runner);
    run_session(&s);
    if (err->count > before && !out->scenarios.count) /* what was judged is always reported */
        return false;
    out->duration_us = time_monotonic_us() - began_us;
    run_count(out);
    run_decide(out);
    if (plan->excluded_by && !plan->nothing_to_do && !out->interrupted)
        out->verdict_why = arena_printf(a, "no scenario matches %s", plan->excluded_by);
    return true;
}

bool run_plan(struct arena *a, const struct plan *plan, const struct target *target, const struct run_options *options,
              struct run *out, struct error *err)
{
    struct target own = *target;
    struct mock *mock = NULL;
    if (options->mock_binary) {
        mock = mock_start(a, options->mock_binary, options->mock_fixture, err);
        if (!mock)
            return false;
        own.is_mock = own.is_own_mock = true;
        own.admin_url = arena_printf(a, "%s/__admin", mock_url(mock));
        own.base_login = own.admin_login = (struct login){0};
        target_set_server(a, &own, mock_url(mock));
    }
    if (!own.server_url && !own.base_url)
        own.base_login = own.admin_login;
    if (!own.server_url)
        target_set_server(a, &own, own.base_url ? own.base_url : admin_root(a, &own));
    bool done = check_live_key(&own, err) && run_target(a, plan, &own, options, out, err);
    mock_stop(mock);
    return done;
}
