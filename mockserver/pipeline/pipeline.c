/* START HERE: the phases of a request. */
#include "mockserver/pipeline/pipeline.h"

#include "base/array.h"
#include "base/http/coding.h"
#include "base/time.h"
#include "mockserver/client_checks/client_checks.h"
#include "mockserver/gates/gate.h"
#include "mockserver/pipeline/cors.h"
#include "mockserver/pipeline/hostile.h"
#include "mockserver/pipeline/logged.h"
#include "mockserver/pipeline/origin.h"
#include "mockserver/pipeline/resolve.h"
#include "mockserver/rules/rules.h"
#include "mockserver/runtime/journal.h"
#include "mockserver/runtime/mock.h"
#include "mockserver/runtime/one_at_a_time.h"
#include "mockserver/runtime/scheduler.h"
#include "mockserver/runtime/suspend.h"
#include "mockserver/runtime/violation.h"
#include "mockserver/state/compaction.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"

#define WAIT_MS     INT64_C(1000) /* until the rate limit resets, on a rule's 429 that does not state it */
#define WAIT_MAX_S  (INT64_C(366) * 24 * 3600)
#define RESET_MAX_S INT64_C(253402300799) /* the end of the year 9999 */

typedef bool applies_fn(const struct call *c);
static applies_fn has_body, is_unanswered, has_namespace, has_route, has_plan, awaits_delivery, is_refused, is_replaced,
    is_scripted, is_internal, has_violation, is_recorded, is_logged;

typedef void phase_fn(struct call *c);
static phase_fn decode_body, respond_to_preflight, find_namespace, run_due_events, find_route, change_request,
    refuse_foreign, pass_gates, mark_log_positions, plan_rules, delay, serve, await_delivery, refresh_namespace,
    render_error, replace_response, refuse_violation, exhaust_rate_limit, add_common_headers, add_to_journal;

static const struct phase {
    phase_fn *run;
    applies_fn *applies; /* NULL: to every call */
} phases[] = {
    {decode_body,           has_body         }, /* undoes its Content-Encoding: everything else sees what is inside */
    {respond_to_preflight,  cors_is_preflight}, /* the call then has no namespace: only headers are added to it */
    {find_namespace,        is_unanswered    }, /* by path, X-Mock-Namespace or credential */
    {find_route,            has_namespace    }, /* provider, operation, path parameters */
    {run_due_events,        has_namespace    }, /* before the call reads the state: it waits for them */
    {change_request,        has_namespace    }, /* applies the rules that act before the gates */
    {hostile_enter,         has_namespace    }, /* numbers the call in a hostile namespace */
    {refuse_foreign,        has_route        }, /* a write of a web page of another site */
    {pass_gates,            has_route        }, /* authentication, scope, rate limit ... as the provider lists them */
    {mark_log_positions,    has_namespace    }, /* later changes and events are effects of this call */
    {plan_rules,            has_namespace    }, /* finds the rules that act on the call */
    {delay,                 has_plan         }, /* delay_before of a rule, if not 0, suspends the call */
    {call_queue_wait,       has_route        }, /* a call with a large response suspends until it is its turn */
    {serve,                 has_namespace    }, /* a rule's response; else the handler, unless the call is refused */
    {await_delivery,        awaits_delivery  }, /* the handler responds after the webhooks of its call were sent */
    {refresh_namespace,     is_internal      }, /* an admin operation may have reset or deleted it */
    {render_error,          is_refused       }, /* the fault becomes the provider's error response */
    {replace_response,      is_replaced      }, /* a rule's response after the call took effect */
    {hostile_body,          NULL             }, /* varies the body in a hostile namespace */
    {rules_apply,           has_plan         }, /* patch, set_state, delay_after, throttle, close_connection */
    {refuse_violation,      has_violation    }, /* a condition of the state was violated: 500 */
    {gate_idempotency_keep, NULL             }, /* stores the response for its Idempotency-Key */
    {exhaust_rate_limit,    is_scripted      }, /* a rule's 429 has the headers of an exhausted rate limit */
    {add_common_headers,    NULL             },
    {rules_headers,         has_plan         },
    {rules_restore_request, has_plan         }, /* what follows sees the request as the client sent it */
    {cors_add_headers,      NULL             }, /* lists the headers that are set by now */
    {hostile_headers,       NULL             }, /* varies them all */
    {call_queue_note,       has_route        },
    {add_to_journal,        is_recorded      }, /* and run the client checks */
    {logged_note,           is_logged        }, /* while the namespace exists: the line is written after the response */
};

static bool has_body(const struct call *c)
{
    return c->req->body.n;
}

static bool is_unanswered(const struct call *c)
{
    return !c->responded;
}

static bool has_namespace(const struct call *c)
{
    return c->ns;
}

static bool has_route(const struct call *c)
{
    return c->route && !c->fault;
}

static bool has_plan(const struct call *c)
{
    return c->plan;
}

static bool awaits_delivery(const struct call *c)
{
    return c->after_delivery && !c->fault;
}

static bool is_refused(const struct call *c)
{
    return c->fault;
}

static bool is_replaced(const struct call *c)
{
    return c->plan && c->plan->respond && c->plan->respond_after;
}

static bool is_scripted(const struct call *c)
{
    return c->scripted;
}

static bool is_internal(const struct call *c)
{
    return call_is_internal(c);
}

static bool has_violation(const struct call *c)
{
    return c->trace.violation.number && !c->res->stream.next; /* a stream has begun */
}

static bool is_logged(const struct call *c)
{
    return c->mock->log;
}

static bool is_recorded(const struct call *c)
{
    return c->ns && !call_is_internal(c);
}

static void decode_body(struct call *c)
{
    struct str coding;
    switch (coding_decode(c->arena, &c->req->headers, HTTP_BODY_MAX, &c->exchange->request.body, &coding)) {
    case CODING_OK:
        return;
    case CODING_UNKNOWN:
        c->body_fault = FAULT_CODING;
        c->body_why = arena_printf(c->arena, "unsupported Content-Encoding '" STR_FMT "'; expected gzip or identity",
                                   STR_ARG(coding));
        call_header(c, "Accept-Encoding", CODINGS_READ);
        return;
    case CODING_DAMAGED:
        c->body_fault = FAULT_BAD_HTTP;
        c->body_why = arena_printf(c->arena, "the body is not " STR_FMT ", or it is incomplete", STR_ARG(coding));
        return;
    case CODING_TOO_LARGE:
        c->body_fault = FAULT_TOO_LARGE;
        c->body_why = arena_printf(c->arena, "the decoded body is above %u MiB, or above %d times the one sent",
                                   HTTP_BODY_MAX >> 20, CODING_RATIO_MAX);
        return;
    }
}

static void respond_to_preflight(struct call *c)
{
    resolve_refusal(c);
    c->provider = NULL; /* the response belongs to no provider */
    c->responded = true;
    cors_respond(c);
}

static void find_namespace(struct call *c)
{
    resolve_namespace(c);
}

/* How far a rule shifts the clock for this call. */
static int64_t clock_shift(const struct call *c)
{
    return c->plan ? c->plan->clock_ms : 0;
}

static void run_shifted(struct call *c, void (*run)(struct call *c))
{
    int64_t shift_ms = clock_shift(c);
    struct world *w = c->world;
    if (shift_ms) {
        w->clock.base_ms += shift_ms;
        w->checks = false; /* what happens out of its time may break an invariant */
        w->unchecked = true;
    }
    run(c);
    if (shift_ms) /* of a provider's call: its state is still there */
        w->clock.base_ms -= shift_ms;
}

/* An operation that does not depend on the state, or replaces it, does not wait for the events of the namespace. */
static bool can_wait(const struct call *c)
{
    return c->route && !(c->route->flags & ROUTE_ANY_TIME);
}

/* Returns false if the call was suspended: then `then` runs after the due events. */
static bool catch_up(struct call *c, void (*then)(struct call *c))
{
    struct scheduler *scheduler = c->ns->scheduler;
    world_compact(c->ns->world);
    scheduler_tick(scheduler);
    return !can_wait(c) || !scheduler_is_behind(scheduler) || !scheduler_wait_for_events(scheduler, c, then);
}

static void begin_now(struct call *c)
{
    c->now_ms = world_now(c->world) + clock_shift(c);
    c->world->cause = CAUSE_CALL;
    c->world->caller = c->key;
}

static void run_due_events(struct call *c)
{
    if (catch_up(c, NULL))
        begin_now(c);
}

static void find_route(struct call *c)
{
    resolve_route(c);
}

/* The key that the client sent: the first gate of a provider reads it. */
static uint32_t sent_key(const struct call *c)
{
    struct call probe = *c;
    if (!c->route || c->fault)
        return ROW_NONE;
    c->provider->gates[0].passes(&probe);
    return probe.key;
}

static void change_request(struct call *c)
{
    if (call_is_internal(c) || !c->provider || !rules_has(c->ns->rules, RULES_BEFORE_GATES))
        return;
    struct str path = c->path;
    c->key = sent_key(c);
    rules_plan(c->ns->rules, c, RULES_BEFORE_GATES);
    if (c->plan)
        rules_change_request(c);
    c->key = ROW_NONE;
    if (!str_eq(c->path, path))
        resolve_path(c);
    c->now_ms += clock_shift(c);
}

static uint32_t first_key(const struct call *c)
{
    for (uint32_t row = 0; world_next(c->world, RECORD_KEY, &row);) {
        const struct key *k = key_read(c->world, row);
        if (k->value && organization_read(c->world, k->organization)->provider == c->provider->id)
            return row;
    }
    return ROW_NONE;
}

/* The gate still reads the key and counts the call, but it does not refuse. */
static bool skip_gate(struct call *c, const struct gate *gate)
{
    if (gate->passes == gate_idempotency || gate->passes(c))
        return true;
    call_clear_fault(c);
    if (!c->key)
        c->key = first_key(c);
    return c->key || gate->passes(c);
}

static bool pass_gate(struct call *c, const struct gate *gate)
{
    if (rules_skip_gate(c, gate->name))
        return skip_gate(c, gate);
    return !hostile_refuses(c, gate) && gate->passes(c);
}

static void pass_all_gates(struct call *c)
{
    if (c->req->body_too_large) {
        call_refuse(c, FAULT_TOO_LARGE, NULL);
        return;
    }
    if (c->body_fault) {
        call_refuse(c, c->body_fault, "%s", c->body_why);
        return;
    }
    for (size_t i = 0; i < c->provider->gate_count; i++) {
        const struct gate *gate = &c->provider->gates[i];
        if (!pass_gate(c, gate)) {
            c->trace.gate_fault = c->fault;
            return;
        }
        c->trace.gates_passed++;
    }
    if (c->req->body_dropped)
        call_refuse(c, FAULT_TOO_LARGE, "The body was not read, because the request seemed to be refused without it.");
}

/* Gates that read only the head and count nothing. */
static bool reads_head(const struct call *c, const struct gate *g)
{
    return g->passes == gate_bearer || g->passes == gate_header_key || g->passes == c->provider->admits;
}

bool pipeline_admits(struct call *c)
{
    resolve_peek(c);
    if (c->req->body_too_large)
        return false;
    if (!c->ns || rules_count(c->ns->rules))
        return true;
    if (!c->route)
        return false;
    for (size_t i = 0; i < c->provider->gate_count; i++)
        if (reads_head(c, &c->provider->gates[i]) && !c->provider->gates[i].passes(c))
            return false;
    return true;
}

static void pass_gates(struct call *c)
{
    run_shifted(c, pass_all_gates);
}

static void refuse_foreign(struct call *c)
{
    origin_refuse_foreign(c);
}

static void mark_log_positions(struct call *c)
{
    if (c->ns) /* it may have been deleted while the call waited */
        namespace_forget(c->ns);
    c->changes_before = changes_last(c->world);
    c->events_before = events_last(c->world);
}

static void plan_rules(struct call *c)
{
    c->world->caller = c->key;
    if (c->ns->rules && !call_is_internal(c))
        rules_plan(c->ns->rules, c, RULES_BEFORE_SERVING);
}

/* A call with the same Idempotency-Key may have been served during the delay. */
static void find_stored_reply(struct call *c)
{
    if (c->keep && !c->fault) {
        c->keep = NULL;
        gate_idempotency(c);
    }
}

static void delay(struct call *c)
{
    call_suspend_for(c, c->plan->delay_before_us, find_stored_reply);
}

static void serve_now(struct call *c)
{
    if (c->plan && c->plan->respond && !c->plan->respond_after) {
        call_clear_fault(c); /* a rule's response replaces a gate's refusal or a stored response ... */
        c->keep = NULL;      /* ... and is not stored for an Idempotency-Key */
        if (c->responded) {
            headers_remove(&c->res->headers, "X-Mock-Replayed");
            headers_remove(&c->res->headers, "Content-Type");
        }
        c->responded = false;
        c->res->body.n = 0;
        rules_respond(c);
    } else if (!c->fault && !c->responded) {
        if (c->route->serve)
            c->route->serve(c);
        else
            call_refuse(c, FAULT_UNIMPLEMENTED, NULL);
    }
}

static void serve_shifted(struct call *c)
{
    run_shifted(c, serve_now);
}

static void serve(struct call *c)
{
    violation_watch(c, serve_shifted);
}

#define DELIVERY_US INT64_C(15000000) /* an attempt ends earlier, but it may have to wait for others */

static void respond_after_delivery(struct call *c)
{
    c->after_delivery(c);
}

static void await_delivery(struct call *c)
{
    struct scheduler *scheduler = c->ns->scheduler;
    scheduler_tick(scheduler); /* starts them; without an event loop they end at once */
    if (!scheduler_in_flight(scheduler, NULL, 0) ||
        !scheduler_wait_for_deliveries(scheduler, c, respond_after_delivery) ||
        !call_suspend_for(c, DELIVERY_US, respond_after_delivery))
        respond_after_delivery(c);
}

/* Without a namespace the call has the state of the default one, for the time of its response. */
static void refresh_namespace(struct call *c)
{
    if (c->arranged && (c->fault || c->res->status >= 400)) {
        namespaces_delete(c->mock->namespaces, c->ns_name);
        c->arranged = false;
    }
    c->ns = namespaces_find(c->mock->namespaces, c->ns_name);
    c->world = c->ns ? c->ns->world : namespaces_at(c->mock->namespaces, 0)->world;
}

static void render_error(struct call *c)
{
    c->res->body.n = 0; /* discards a partly written response */
    if (c->provider)
        c->provider->render_error(c);
    else
        call_render_error_neutral(c);
}

/* The Idempotency-Key keeps the response that was served, so that a retry gets it. */
static void replace_response(struct call *c)
{
    gate_idempotency_keep(c);
    c->keep = NULL;
    rules_keep_served(c);
    call_clear_fault(c);
    c->fault_data = NULL;
    c->res->headers.count = 0;
    c->res->body = (struct buf){.arena = c->arena};
    rules_respond(c);
    if (c->fault)
        render_error(c);
}

static void refuse_violation(struct call *c)
{
    violation_refuse(c);
    render_error(c);
}

/* The time at which a rule's 429 says that the rate limit resets. What the rule states about it decides, so that
 * Retry-After and X-RateLimit-Reset agree. */
static int64_t stated_reset(const struct call *c)
{
    int64_t n, now = c->now_ms - c->now_ms % 1000; /* as the Date header says */
    struct str wait = rules_stated_header(c, "Retry-After"), reset = rules_stated_header(c, "X-RateLimit-Reset");
    if (str_to_int(wait, &n) && n >= 0 && n <= WAIT_MAX_S)
        return now + n * 1000;
    if (time_parse_http(wait, &n))
        return n;
    if (str_to_int(reset, &n) && n >= 0 && n <= RESET_MAX_S)
        return n * 1000;
    return c->trace.gate_fault == FAULT_RATE_LIMITED ? c->rate_limit.resets_at_ms : now + WAIT_MS;
}

static void exhaust_rate_limit(struct call *c)
{
    if (c->provider && c->res->status == 429)
        gate_rate_limit_exhaust(c, stated_reset(c));
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
    return is_recorded(c) ? c->now_ms - clock_shift(c) : world_now(c->world);
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

static void add_to_journal(struct call *c)
{
    journal_add(c->ns->journal, c);
    client_checks_observe(c->ns->client_checks, c);
}

/* True if the call changed the state, or may have moved the clock. */
static bool needs_tick(const struct call *c)
{
    return c->ns && (call_is_internal(c) || changes_last(c->world) != c->changes_before);
}

/* Sends the response, then starts the webhook deliveries that the call caused. */
static void send_reply(struct call *c)
{
    struct scheduler *scheduler = c->ns ? c->ns->scheduler : NULL;
    bool ticks = needs_tick(c);
    if (c->exchange->reply)
        c->exchange->reply(c->exchange); /* may free the call */
    if (ticks)
        scheduler_tick(scheduler);
    else if (scheduler)
        scheduler_notify(scheduler); /* the journal has a new entry */
}

/* An operation of the admin API may have freed the state that the call has, until refresh_namespace. */
static bool has_state(const struct call *c, const struct phase *after)
{
    return c->world && !(call_is_internal(c) && (after->run == serve || after->run == await_delivery));
}

static void walk(struct call *c)
{
    while (c->phase < COUNT(phases) && !call_is_suspended(c)) {
        const struct phase *p = &phases[c->phase++];
        if (p->applies && !p->applies(c))
            continue;
        p->run(c);
        if (has_state(c, p))
            violation_report_call(c);
    }
    if (!call_is_suspended(c))
        send_reply(c);
}

static void refuse_outdated(struct call *c)
{
    if (c->plan)
        rules_restore_request(c);
    c->plan = NULL; /* the rules and the key belonged to the old state */
    c->key = ROW_NONE;
    c->now_ms = world_now(c->world);
    mark_log_positions(c);
    call_refuse(c, FAULT_UNAVAILABLE, "The namespace was reset or deleted while this call waited.");
}

/* Continues a call that woke: with `then`, and with the phase after the one that suspended it. */
static void resume(struct call *c)
{
    void (*then)(struct call * c) = c->then;
    c->then = NULL;
    c->arranged = false; /* what it began has taken effect, and others may use the namespace by now */
    refresh_namespace(c);
    if (c->ns && c->ns->generation == c->generation) {
        if (!catch_up(c, then))
            return;
        begin_now(c);
        if (!call_is_internal(c) && !c->after_delivery) /* these keep the positions of their start */
            mark_log_positions(c);
        if (then)
            violation_watch(c, then);
    } else {
        refuse_outdated(c);
    }
    walk(c);
}

void pipeline_run(struct call *c)
{
    c->resume = resume;
    walk(c);
}

void pipeline_render_error(struct call *c)
{
    render_error(c);
    add_common_headers(c);
    cors_add_headers(c);
    if (is_logged(c))
        logged_note(c);
}
