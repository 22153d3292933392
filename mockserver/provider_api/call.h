/* call.h - all data of one request, and what handlers do with it: read it, refuse it, write its response.
 *
 * Shapes:  struct call lives in the arena of its exchange. A handler reads and changes the state of the namespace and
 *          writes JSON. A gate or a handler that refuses a call sets a fault and returns; only the provider's
 *          render_error turns a fault into a response. pipeline/pipeline.h describes the phases of a call.
 * Units:   now_ms is the namespace's time when the call arrived, or when it woke from a suspension.
 * Errors:  a refused call is a normal result (enum fault), not an error of the mock.
 */
#pragma once
#include "base/enum.h"
#include "base/fields.h"
#include "base/http/server.h"
#include "base/json.h"
#include "base/url.h"
#include "mockserver/provider_api/provider.h"
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
    bool before_gates;  /* it acted before the gates, and may have changed the request */
};

/* A violated condition of the state, with which the call could not be served (runtime/violation.h). */
struct violation {
    uint64_t number;                  /* counted in the mock, from 1; 0: none */
    const char *condition, *function; /* static texts */
};

/* How the response was chosen; the journal keeps it for GET /__admin/explain. const char * texts are static. */
struct call_trace {
    const char *namespace_by; /* "path", "header", "credential", "default" */
    const char *provider_by;  /* "mount", "host", "route", "prefix"; NULL: no provider found */
    size_t gates_passed;
    enum fault gate_fault; /* of the gate that refused the call; FAULT_NONE: all passed */
    struct {
        struct rule_decision *items;
        size_t count, room;
    } decisions;          /* of the rules, in their order (rules_plan) */
    struct texts hostile; /* the variations of the response (hostile.h) */
    struct texts nearest; /* if no route matches: the nearest routes, "GET /v1/projects/{}" */
    struct violation violation;
};

/* What the request log shows of a call, without secrets (pipeline/logged.h). */
struct call_log {
    const char *path;     /* without the prefix of the namespace; NULL: not noted */
    const char *in;       /* the namespace */
    struct texts queries; /* the names of the query parameters */
    struct texts rules;   /* the names of the rules that acted */
};

/* The base of the URLs that a call mints, in parts; call_base_url joins them. */
struct base_url {
    const char *url; /* used if `scheme` is NULL or the authority is not valid in a URL */
    const char *scheme;
    struct str authority; /* where the client reached the mock: host[:port] */
    bool names_namespace; /* the prefix /ns/<ns_name> follows */
    const char *mount;    /* follows; may be "" */
};

struct mock;
struct namespace;
struct reply;
struct rule_plan;

struct issue { /* one invalid field of a body or query */
    const char *path, *message;
};

/* A place where a suspended call waits for an event (runtime/suspend.h). */
struct call_slot {
    struct call *call;            /* NULL: none waits */
    void (*wake)(struct call *c); /* ends the wait, and empties the slot */
};

/* Where any number of suspended calls wait, in their order (runtime/suspend.h). */
struct call_line {
    struct call *first, *last;
};

struct call {
    struct arena *arena;
    struct mock *mock;
    const struct request *req;
    struct response *res;
    struct exchange *exchange;
    bool admin_port; /* the request came in on --admin-port */
    bool arranged;   /* this admin call created `ns`; it is deleted again if the call is refused */

    struct str path;      /* after the namespace and mount prefixes; not decoded */
    struct str ns_name;   /* the requested namespace */
    struct namespace *ns; /* NULL: it does not exist and was not created (FAULT_NAMESPACE) */
    struct world *world;  /* never NULL; if ns is NULL: the default namespace's */
    uint64_t generation;  /* ns->generation when the call entered; a reset changes that */
    int64_t now_ms;
    struct base_url base_url;

    const struct provider *provider;     /* NULL: unknown */
    const struct route *route;           /* NULL: no route matches */
    struct str params[ROUTE_PARAMS_MAX]; /* values of the pattern's {}, decoded */
    const char *request_id;
    uint32_t key;    /* row of the caller's API key, or ROW_NONE */
    uint64_t number; /* of the call, counted in a hostile namespace; else 0 */
    struct rate_limit_state rate_limit;

    enum fault body_fault; /* why the body cannot be read; FAULT_NONE: it can */
    enum fault fault;
    const char *body_why;   /* detail of body_fault */
    int fault_status;       /* 0: the status of the provider's fault table */
    const char *fault_code; /* NULL: the code of the provider's fault table */
    const char *detail;     /* NULL: the message of the provider's fault table */
    struct {
        struct issue *items;
        size_t count, room;
    } issues;
    const struct node *fault_data; /* extra object for the provider's error response, or NULL */
    struct call_trace trace;
    struct call_log logged;

    bool responded;     /* a gate has written the response: the handler is not called */
    bool scripted;      /* a rule has written the response */
    bool query_read;    /* `query` is parsed */
    struct reply *keep; /* where to store the response for its Idempotency-Key; NULL: do not */

    struct json out;         /* writes into res->body */
    struct rule_plan *plan;  /* NULL: no rule acts */
    uint32_t changes_before; /* last change before this call: later ones are its effects */
    uint32_t events_before;  /* last scheduled event before this call, likewise */

    struct url_pair *query; /* parsed by the first call_query */
    size_t query_count;
    size_t phase;                   /* of the pipeline: the next one */
    void (*resume)(struct call *c); /* continues the call after a suspension (pipeline.c) */
    void (*then)(struct call *c);   /* runs first when the suspended call wakes; NULL: the next phase */
    uint64_t timer;                 /* wakes the suspended call; 0: no timer */
    struct call_slot *suspended;    /* the slot of call_suspend; NULL: in no slot */
    struct call_line *line;         /* the line of call_suspend_in; NULL: in no line */
    struct call *line_next, *line_previous;
    uint64_t waits_in; /* while suspended: ns->born; else 0 */
    void *own;         /* data of a handler that suspends the call */
    /* Set by a handler: is called after the webhook deliveries that the call caused have been attempted, and writes the
     * response. NULL: the handler has written it. */
    void (*after_delivery)(struct call *c);
};

/* Refuses the call. `detail` (printf style; may be NULL) is a sentence for the reader of the error response. Always
 * returns false. */
bool call_refuse(struct call *c, enum fault fault, const char *detail, ...) __attribute__((format(printf, 3, 4)));
void call_clear_fault(struct call *c); /* the call is not refused any more */
/* Reports one invalid field and sets FAULT_INVALID. Always returns false. */
bool call_issue(struct call *c, const char *path, const char *message, ...) __attribute__((format(printf, 3, 4)));
/* Writes {"error": {"code", "message"}}: the error response when no provider is known. */
void call_render_error_neutral(struct call *c);

/* Starts a response: sets the status and Content-Type application/json, empties the body. Returns the writer of the
 * body. */
struct json *call_json(struct call *c, int status);
void call_header(struct call *c, const char *name, const char *value); /* replaces the header */
void call_header_int(struct call *c, const char *name, int64_t value);
/* True for a call of the admin API or the consent page. */
bool call_is_internal(const struct call *c);
/* Returns true if the space (a Layers project or a PostNitro workspace) belongs to the organization of the caller's
 * key. Handlers treat resources of other organizations as not found. */
bool call_owns(const struct call *c, uint32_t space);
/* Returns scheme, authority and prefixes of the URLs in responses. Only calls mint URLs: no webhook has one. */
const char *call_base_url(const struct call *c);
/* Returns the URL of the mock's consent page for an attempt's token, in the same namespace. */
const char *call_consent_page(struct call *c, const char *token);
/* Returns the value of a query parameter, decoded; .s is NULL if it is absent. In a documented API it refuses a
 * parameter that is repeated or written with brackets: otherwise a filter would be ignored silently. */
struct str call_query(struct call *c, const char *name);
struct str call_query_unchecked(struct call *c,
                                const char *name); /* the first value: a rule must not refuse the call */
/* Prepares a walk over c->query for a parameter that may be repeated; refuses only the brackets. */
void call_query_list(struct call *c, const char *name);
/* Returns the body as a JSON object. Returns NULL, with a fault, if it is missing, malformed or not an object. */
const struct node *call_body(struct call *c);
