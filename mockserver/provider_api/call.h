/* call.h - START HERE: the path of one request through the mock.
 *
 * call_respond runs these steps, in this order (call.c):
 *
 *   resolve_namespace           path, X-Mock-Namespace or credential -> namespace
 *   scheduler_tick              runs the events that are due before the call reads the state
 *   resolve_route               provider, operation, path parameters
 *   gates                       authentication, scope, rate limit ... as the provider lists them
 *   rules_plan                  finds the rules that act on the call; delay_before suspends it
 *   serve or rules_respond      the handler of the operation, or the response of a rule
 *   render_error                if the call has a fault: the error response of the provider
 *   hostile_body                in a hostile namespace: varies the response body
 *   rules_apply                 patch, set_state, delay_after, throttle, close_connection
 *   gate_idempotency_keep       stores the response for its Idempotency-Key
 *   add_common_headers          then the headers of rules, CORS and hostile_headers
 *   journal_add                 then client_checks_observe
 *   exchange->reply             sends the response
 *   scheduler_tick              starts the webhook deliveries that the call caused
 *
 * Shapes:  struct call holds all data of one request and lives in the arena of its exchange. A
 *          handler reads and changes the state of the namespace and writes JSON. A gate or a
 *          handler that refuses a call sets a fault and returns; only the provider's render_error
 *          turns a fault into a response. Rules are evaluated for refused calls too, because a rule
 *          may replace the refusal with its own response.
 * Units:   now_ms is the namespace's time when the call arrived, or when it woke from a suspension.
 * Errors:  a refused call is a normal result (enum fault), not an error of the mock.
 */
#pragma once
#include "base/enum.h"
#include "base/fields.h"
#include "base/http/server.h"
#include "base/json.h"
#include "base/url.h"
#include "mockserver/provider_api/route.h"
#include "mockserver/state/account.h"
#include "mockserver/state/ad_account.h"
#include "mockserver/state/world.h"

/* The rate limit window that applies to the call. If several do: the one with fewest calls left. */
struct rate_limit_state {
    int64_t limit; /* 0: no window applies */
    int64_t left;  /* after this call */
    int64_t resets_at_ms;
};

/* Whether a rule acted on the call. */
struct rule_decision {
    const char *rule;   /* its name */
    const char *failed; /* JSON pointer of the condition that failed; NULL: the rule acted */
    uint64_t seen;      /* calls that met all its conditions but the counts, with this one */
};

/* How the response was chosen; the journal keeps it for GET /__admin/explain. const char * texts
 * are static. */
struct call_trace {
    const char *namespace_by; /* "path", "header", "credential", "default" */
    const char *provider_by;  /* "mount", "host", "route", "prefix"; NULL: no provider found */
    size_t gates_passed;
    const char *gate_fault; /* fault of the gate that refused the call; NULL: all passed */
    struct {
        struct rule_decision *items;
        size_t count, room;
    } decisions;          /* of the rules, in their order (rules_plan) */
    struct texts hostile; /* the variations of the response (hostile.h) */
    struct texts nearest; /* if no route matches: the nearest routes, "GET /v1/projects/{}" */
};

struct variations;
struct mock;
struct namespace;
struct rate_limits;
struct reply;
struct rule_plan;
struct webhooks;

/* Provider-neutral refusal reasons. The second column is the error code that is used when no
 * provider is known, and the name in the journal. */
#define FAULTS(X)                                                                                                      \
    X(FAULT_NONE, "none")                                                                                              \
    X(FAULT_NO_ROUTE, "no_route")                                                                                      \
    X(FAULT_METHOD, "method_not_allowed")                                                                              \
    X(FAULT_UNIMPLEMENTED, "unimplemented")                                                                            \
    X(FAULT_BAD_HTTP, "bad_http")                                                                                      \
    X(FAULT_TOO_LARGE, "too_large")                                                                                    \
    X(FAULT_BAD_JSON, "bad_json")                                                                                      \
    X(FAULT_INVALID, "invalid") /* the body or query does not match the documented schema */                           \
    X(FAULT_BAD_ID, "bad_id")                                                                                          \
    X(FAULT_UNAUTHENTICATED, "unauthenticated")                                                                        \
    X(FAULT_UNKNOWN_KEY, "unknown_key")                                                                                \
    X(FAULT_UNPAID, "unpaid")                                                                                          \
    X(FAULT_FORBIDDEN_SCOPE, "forbidden_scope")                                                                        \
    X(FAULT_NOT_FOUND, "not_found")                                                                                    \
    X(FAULT_CONFLICT, "conflict")                                                                                      \
    X(FAULT_RETURN_URL, "return_url_not_allowed")                                                                      \
    X(FAULT_APPROVAL_REQUIRED, "approval_required")                                                                    \
    X(FAULT_CONTENT_REJECTED, "content_rejected")                                                                      \
    X(FAULT_IDEMPOTENCY, "idempotency_conflict") /* one Idempotency-Key for two different calls */                     \
    X(FAULT_RATE_LIMITED, "rate_limited")                                                                              \
    X(FAULT_KILLED, "killed") /* the key was switched off */                                                           \
    X(FAULT_INTERNAL, "internal")                                                                                      \
    X(FAULT_UNAVAILABLE, "unavailable") /* the namespace was reset while the call was suspended */                     \
    X(FAULT_NAMESPACE, "namespace")     /* the namespace does not exist and was not created */
enum fault { FAULTS(ENUM_NAME) FAULT_COUNT };
extern const char *const fault_texts[];

struct fault_row {
    enum fault fault;
    int status;
    const char *code;    /* error code of the provider: RATE_LIMITED */
    const char *message; /* is used if the call has no `detail` */
};

struct issue { /* one invalid field of a body or query */
    const char *path, *message;
};

struct call {
    struct arena *arena;
    struct mock *mock;
    const struct request *req;
    struct response *res;
    struct exchange *exchange;
    bool admin_port; /* the request came in on --admin-port */

    struct str path;      /* after the namespace and mount prefixes; not decoded */
    struct str ns_name;   /* the requested namespace */
    struct namespace *ns; /* NULL: it does not exist and was not created (FAULT_NAMESPACE) */
    struct world *world;  /* never NULL; if ns is NULL: the default namespace's */
    uint64_t generation;  /* ns->generation when the call entered; a reset changes that */
    int64_t now_ms;
    const char *base_url; /* scheme, authority and prefixes of the URLs that this call mints */

    const struct provider *provider;     /* NULL: unknown */
    const struct route *route;           /* NULL: no route matches */
    struct str params[ROUTE_PARAMS_MAX]; /* values of the pattern's {}, decoded */
    const char *request_id;
    uint32_t key;    /* row of the caller's API key, or ROW_NONE */
    uint64_t number; /* of the call, counted in a hostile namespace; else 0 */
    struct rate_limit_state rate_limit;

    enum fault fault;
    int fault_status;       /* 0: the status of the provider's fault table */
    const char *fault_code; /* NULL: the code of the provider's fault table */
    const char *detail;     /* NULL: the message of the provider's fault table */
    struct {
        struct issue *items;
        size_t count, room;
    } issues;
    const struct node *fault_data; /* extra object for the provider's error response, or NULL */
    struct call_trace trace;

    bool responded;     /* a gate has written the response: the handler is not called */
    struct reply *keep; /* where to store the response for its Idempotency-Key; NULL: do not */

    struct json out;         /* writes into res->body */
    struct rule_plan *plan;  /* NULL: no rule acts */
    uint32_t changes_before; /* last change before this call: later ones are its effects */
    uint32_t events_before;  /* last scheduled event before this call, likewise */

    struct url_pair *query; /* parsed by the first call_query */
    size_t query_count;
    bool query_read;
    void (*then)(struct call *c); /* the step that runs when a suspended call wakes */
    uint64_t timer;               /* wakes the suspended call; 0: no timer */
    struct call **suspended;      /* the slot of call_suspend; NULL: in no slot */
    uint64_t waits_in;            /* while suspended: ns->born; else 0 */
    void *own;                    /* data of a handler that suspends the call */
};

/* `passes` returns true to let the call through; false after it set a fault. */
struct gate {
    const char *name;
    bool (*passes)(struct call *c);
};

struct provider {
    const char *name;   /* "layers": in operation ids, in fixtures and in the admin API */
    int id;             /* the number that records store */
    const char *mount;  /* "/layers" */
    const char *host;   /* "api.layers.com": Host header that selects it; NULL: none does */
    const char *prefix; /* "/v1": unknown paths below it get this provider's 404 */
    const char *base;   /* path of a client's base URL after the mount: "" or "/api/v1" */
    const struct route *routes;
    size_t route_count;
    const struct fault_row *faults;
    size_t fault_count;
    const struct gate *gates; /* in the order they run */
    size_t gate_count;
    const char *key_header;                     /* header that gate_header_key reads: "x-api-key" */
    const struct rate_limits *limits;           /* for gate_rate_limit */
    int64_t repeats_ms;                         /* how long an Idempotency-Key returns its first response */
    void (*render_error)(struct call *c);       /* writes c->fault: status, headers, body */
    void (*add_common_headers)(struct call *c); /* headers of every response; may be NULL */
    /* Returns the Location of the redirect that ends consent attempt `attempt`. */
    const char *(*consent_redirect)(struct call *c, uint32_t attempt);
    const char *(*account_prefix)(void); /* of the account ids it mints: "sa_" */
    unsigned platforms;                  /* that it can connect: bits of PROVIDER_PLATFORM */
    bool leaves_posts;                   /* disconnecting an account removes it from all posts */
    /* Sets the id and token lifetime of the account that a user's consent creates. */
    void (*consented)(struct world *w, enum platform platform, struct account_spec *spec);
    /* The same for an ad account; NULL: the provider has no ad accounts. */
    void (*ad_consented)(struct world *w, enum ad_platform platform, const char *name, struct ad_account_spec *spec);
    const struct webhooks *webhooks;     /* NULL: the provider has no webhooks */
    const struct variations *variations; /* for hostile namespaces; NULL: responses never vary */
    const struct fixture_reader *fixture;
};

#define PROVIDER_PLATFORM(name) (1u << PLATFORM_##name)

void call_respond(struct call *c);

/* Suspends the call for delay_us of real time, then runs `then`. The caller must return at once if
 * this returns true. Returns false, and does nothing, if delay_us is 0 or the call runs in-process
 * (no event loop): the caller continues. If the namespace is reset or deleted while the call is
 * suspended, the call is refused (FAULT_UNAVAILABLE) and `then` is not called. */
bool call_suspend_for(struct call *c, int64_t delay_us, void (*then)(struct call *c));
/* Suspends the call until call_wake or call_wake_now. Returns like call_suspend_for. Stores the
 * call in *slot, which must be NULL; sets *slot to NULL when the call wakes or its client
 * disconnects. May be combined with call_suspend_for: whichever comes first wakes the call. */
bool call_suspend(struct call *c, struct call **slot, void (*then)(struct call *c));
void call_wake_now(struct call *c); /* clears the slot; the call runs in the next loop iteration */
void call_wake(struct call *c);     /* the same, but the slot stays taken until the call runs */
void call_forget(struct call *c);   /* the client disconnected: cancels the suspension */
bool call_is_suspended(const struct call *c);

/* Refuses the call. `detail` (printf style; may be NULL) is a sentence for the reader of the error
 * response. Always returns false. */
bool call_refuse(struct call *c, enum fault fault, const char *detail, ...) __attribute__((format(printf, 3, 4)));
/* Reports one invalid field and sets FAULT_INVALID. Always returns false. */
bool call_issue(struct call *c, const char *path, const char *message, ...) __attribute__((format(printf, 3, 4)));
/* Both look up the provider's fault table (`d` NULL: the neutral table). The first falls back to
 * the neutral table and never returns NULL; the second returns NULL if `code` is unknown. */
const struct fault_row *call_fault_row(const struct provider *d, enum fault fault);
const struct fault_row *call_fault_named(const struct provider *d, struct str code);
/* Writes the complete response of a refused request that does not run through call_respond. */
void call_render_error(struct call *c);
/* Writes {"error": {"code", "message"}}: the error response when no provider is known. */
void call_render_error_neutral(struct call *c);

/* Starts a response: sets the status and Content-Type application/json, empties the body. Returns
 * the writer of the body. */
struct json *call_json(struct call *c, int status);
void call_header(struct call *c, const char *name, const char *value); /* replaces the header */
void call_header_int(struct call *c, const char *name, int64_t value);
/* Returns true if the space (a Layers project or a PostNitro workspace) belongs to the organization
 * of the caller's key. Handlers treat resources of other organizations as not found. */
bool call_owns(const struct call *c, uint32_t space);
/* Returns the URL of the mock's consent page for an attempt's token, in the same namespace. */
const char *call_consent_page(struct call *c, const char *token);
/* Returns the first value of a query parameter, decoded; .s is NULL if it is absent. */
struct str call_query(struct call *c, const char *name);
/* Returns the body as a JSON object. Returns NULL, with a fault, if it is missing, malformed or not
 * an object. */
const struct node *call_body(struct call *c);
