#include "mockserver/provider_api/call.h"

#include <assert.h>

#include "base/array.h"
#include "base/http/body.h"
#include "base/time.h"
#include "mockserver/client_checks/client_checks.h"
#include "mockserver/gates/gate.h"
#include "mockserver/pipeline/cors.h"
#include "mockserver/pipeline/hostile.h"
#include "mockserver/pipeline/resolve.h"
#include "mockserver/rules/rules.h"
#include "mockserver/runtime/journal.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/runtime/scheduler.h"
#include "mockserver/state/world.h"
#include "mockserver/state/tenant.h"

#define BODY_USUAL 1000 /* bytes reserved for a response body */

static void respond_outside(struct call *c, void (*step)(struct call *c));
static void enter_world(struct call *c);
static void pass_gates(struct call *c);
static void make_plan(struct call *c);
static void serve(struct call *c);
static void run_and_reply(struct call *c, void (*step)(struct call *c));

void call_respond(struct call *c)
{
    if (cors_is_preflight(c)) {
        respond_outside(c, cors_respond);
        return;
    }
    if (resolve_namespace(c)) {
        enter_world(c);
        if (resolve_route(c)) {
            hostile_enter(c);
            pass_gates(c);
        }
        c->world->caller = c->key;
        make_plan(c);
    }
    if (!call_suspend_for(c, c->plan ? c->plan->delay_before_us : 0, serve))
        run_and_reply(c, serve);
}

/* For responses that concern no namespace and no provider; they are not journaled. */
static void respond_outside(struct call *c, void (*step)(struct call *c))
{
    resolve_refusal(c);
    c->provider = NULL;
    run_and_reply(c, step);
}

/* Runs due events before the request reads the state. */
static void enter_world(struct call *c)
{
    scheduler_tick(c->ns->scheduler);
    c->now_ms = world_now(c->world);
    c->world->cause = "call";
    c->world->caller = c->key;
}

static void pass_gates(struct call *c)
{
    if (c->req->body_too_large) {
        call_refuse(c, FAULT_TOO_LARGE, NULL);
        return;
    }
    for (size_t i = 0; i < c->provider->gate_count; i++) {
        const struct gate *gate = &c->provider->gates[i];
        if (hostile_refuses(c, gate) || !gate->passes(c)) {
            c->trace.gate_fault = fault_texts[c->fault];
            return;
        }
        c->trace.gates_passed++;
    }
}

/* Remembers the log positions: later entries are this call's effects. */
static void mark_log_positions(struct call *c)
{
    c->changes_before = changes_last(c->world);
    c->events_before = events_last(c->world);
}

static void make_plan(struct call *c)
{
    mark_log_positions(c);
    if (c->ns->rules && !resolve_is_internal(c))
        rules_plan(c->ns->rules, c);
}

static void clear_error(struct call *c)
{
    c->fault = FAULT_NONE;
    c->fault_status = 0;
    c->fault_code = c->detail = NULL;
    c->issues.count = 0;
}

static void serve(struct call *c)
{
    if (c->plan && c->plan->respond) {
        clear_error(c); /* a rule's response replaces a gate's refusal ... */
        c->keep = NULL; /* ... and is not stored for an Idempotency-Key */
        rules_respond(c);
    } else if (!c->fault && !c->responded) {
        if (c->route->serve)
            c->route->serve(c);
        else
            call_refuse(c, FAULT_UNIMPLEMENTED, NULL);
    }
}

static void render_error(struct call *c)
{
    c->res->body.n = 0; /* discards a partly written response */
    if (c->provider)
        c->provider->render_error(c);
    else
        call_render_error_neutral(c);
}

/* A call of the admin API may have reset or deleted its own namespace. */
static void refresh_namespace(struct call *c)
{
    c->ns = namespaces_find(c->mock->namespaces, c->ns_name);
    c->world = c->ns ? c->ns->world : namespaces_at(c->mock->namespaces, 0)->world;
}

/* The value of X-Mock-Error; NULL: the refusal is the provider's own behaviour. */
static const char *mock_error(enum fault fault)
{
    static const struct {
        enum fault fault;
        const char *text;
    } rows[] = {
        {FAULT_NO_ROUTE,      "unmatched"    },
        {FAULT_METHOD,        "unmatched"    },
        {FAULT_UNIMPLEMENTED, "unimplemented"},
        {FAULT_NAMESPACE,     "namespace"    },
        {FAULT_UNAVAILABLE,   "reset"        },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].fault == fault)
            return rows[i].text;
    return NULL;
}

/* now_ms is outdated if an admin call moved the clock, and unset if the call has no namespace. */
static int64_t response_time(const struct call *c)
{
    return c->ns && !resolve_is_internal(c) ? c->now_ms : world_now(c->world);
}

static void add_common_headers(struct call *c)
{
    const char *error = mock_error(c->fault);
    if (error && !headers_find(&c->res->headers, "X-Mock-Error"))
        call_header(c, "X-Mock-Error", error);
    if (c->provider && c->provider->add_common_headers)
        c->provider->add_common_headers(c);
    if (!headers_find(&c->res->headers, "Date"))
        call_header(c, "Date", time_http(response_time(c), arena_alloc(c->arena, TIME_TEXT_MAX)));
}

void call_render_error(struct call *c)
{
    render_error(c);
    add_common_headers(c);
    cors_add_headers(c);
}

/* True if the call changed the state, or may have moved the clock. */
static bool needs_tick(const struct call *c)
{
    return c->ns && (resolve_is_internal(c) || changes_last(c->world) != c->changes_before);
}

bool call_is_suspended(const struct call *c)
{
    return c->timer || c->suspended;
}

/* Runs the step, then everything from there to the reply, unless the step suspends the call. */
static void run_and_reply(struct call *c, void (*step)(struct call *c))
{
    step(c);
    if (call_is_suspended(c))
        return;
    if (resolve_is_internal(c))
        refresh_namespace(c);
    if (c->fault)
        render_error(c);
    hostile_body(c);
    if (c->plan)
        rules_apply(c);
    gate_idempotency_keep(c);
    add_common_headers(c);
    rules_headers(c);
    cors_add_headers(c); /* lists the headers that are set by now */
    hostile_headers(c);
    if (c->ns && !resolve_is_internal(c)) {
        journal_add(c->ns->journal, c);
        client_checks_observe(c->ns->client_checks, c);
    }
    struct scheduler *scheduler = c->ns ? c->ns->scheduler : NULL;
    bool ticks = needs_tick(c);
    if (c->exchange->reply)
        c->exchange->reply(c->exchange); /* may free the call */
    if (ticks)
        scheduler_tick(scheduler);
    else if (scheduler)
        scheduler_notify(scheduler); /* the journal has a new entry */
}

static void no_op(struct call *c)
{
    (void)c;
}

static void leave_slot(struct call *c)
{
    if (c->suspended)
        *c->suspended = NULL;
    c->suspended = NULL;
}

/* Counts the call in its namespace, which is not idle while a call is suspended in it. */
static void begin_wait(struct call *c)
{
    if (c->ns && !c->waits_in) {
        c->waits_in = c->ns->born;
        c->ns->waiting++;
    }
}

/* The namespace may have been deleted since, and created again under the same name. */
static void end_wait(struct call *c)
{
    struct namespace *ns = c->waits_in ? namespaces_find(c->mock->namespaces, c->ns_name) : NULL;
    if (ns && ns->born == c->waits_in) {
        ns->waiting--;
        ns->last_us = time_monotonic_us();
    }
    c->waits_in = 0;
}

static void wake(void *call)
{
    struct call *c = call;
    c->timer = 0;
    leave_slot(c);
    end_wait(c);
    refresh_namespace(c);
    if (c->ns && c->ns->generation == c->generation) {
        enter_world(c);
        if (!resolve_is_internal(c)) /* an admin call keeps the positions of its start */
            mark_log_positions(c);
        run_and_reply(c, c->then);
        return;
    }
    c->plan = NULL; /* the rules and the key belonged to the old state */
    c->key = ROW_NONE;
    c->now_ms = world_now(c->world);
    mark_log_positions(c);
    call_refuse(c, FAULT_UNAVAILABLE, "The namespace was reset or deleted while this call waited.");
    run_and_reply(c, no_op);
}

bool call_suspend_for(struct call *c, int64_t delay_us, void (*then)(struct call *c))
{
    if (delay_us <= 0 || !c->mock->loop || !c->exchange->reply)
        return false;
    c->then = then;
    begin_wait(c);
    c->timer = mock_timer(c->mock, time_monotonic_us() + delay_us, wake, c);
    return true;
}

bool call_suspend(struct call *c, struct call **slot, void (*then)(struct call *c))
{
    if (!c->mock->loop || !c->exchange->reply)
        return false;
    assert(!*slot);
    c->then = then;
    begin_wait(c);
    c->suspended = slot;
    *slot = c;
    return true;
}

void call_wake_now(struct call *c)
{
    leave_slot(c);
    call_wake(c);
}

void call_wake(struct call *c)
{
    mock_timer_cancel(c->mock, c->timer);
    c->timer = mock_timer(c->mock, time_monotonic_us(), wake, c);
}

void call_forget(struct call *c)
{
    leave_slot(c);
    if (c->timer)
        mock_timer_cancel(c->mock, c->timer);
    c->timer = 0;
    end_wait(c);
}

struct json *call_json(struct call *c, int status)
{
    c->res->status = status;
    c->res->body.n = 0;
    buf_reserve(&c->res->body, BODY_USUAL);
    headers_set(c->arena, &c->res->headers, "Content-Type", STR("application/json"));
    c->out = json_begin(&c->res->body, 0);
    return &c->out;
}

void call_header(struct call *c, const char *name, const char *value)
{
    headers_set(c->arena, &c->res->headers, name, str_from(value));
}

void call_header_int(struct call *c, const char *name, int64_t value)
{
    char digits[STR_INT_MAX];
    const char *text = str_dup(c->arena, str_of_int(value, digits));
    headers_set(c->arena, &c->res->headers, name, str_from(text));
}

bool call_owns(const struct call *c, uint32_t space)
{
    return space_read(c->world, space)->organization == key_read(c->world, c->key)->organization;
}

struct str call_query(struct call *c, const char *name)
{
    if (!c->query_read) {
        c->query_read = true;
        if (!url_query(c->arena, c->req->query, &c->query, &c->query_count))
            call_issue(c, "query", "has an invalid percent-escape");
    }
    for (size_t i = 0; i < c->query_count; i++)
        if (str_is(c->query[i].name, name))
            return c->query[i].value;
    return (struct str){0};
}

static const struct node *refuse_body(struct call *c, const struct error *err)
{
    const struct problem *p = err->first;
    call_refuse(c, FAULT_BAD_JSON, "The body is not valid JSON: line %d, column %d: %s", p->at.line, p->at.column,
                p->text);
    return NULL;
}

const struct node *call_body(struct call *c)
{
    struct error err = {0};
    const struct node *body = NULL;
    if (body_is_empty(c->req))
        call_issue(c, "", "a JSON object is required");
    else if (!(body = body_json(c->arena, c->req, &err)))
        refuse_body(c, &err);
    else if (body->kind != NODE_MAP)
        call_issue(c, "", "must be an object, not %s", node_kind_name(body->kind));
    error_end(&err);
    return body && body->kind == NODE_MAP ? body : NULL;
}
