/* call.h - START HERE: one request's way through the mock.
 *
 *   call_answer:  world -> due events -> route -> gates -> rules make a plan
 *                 -> serve (or the plan's answer) -> patch, set_state -> add_common_headers -> journal -> conduct
 *                 -> reply
 *                 (a hostile world changes the response before the patches and after add_common_headers)
 *
 * Shapes:  struct call: everything about one request, on the call's arena. A gate or a handler that
 *          refuses sets a fault and returns; the provider alone turns a fault into bytes (render_error). A
 *          handler is: state in, JSON out. A plan is made for refused calls too: a rule may answer
 *          instead of a gate.
 * Units:   now_ms is the world's time for the whole call.
 * Errors:  a refusal is a response (enum fault), never a failure of ours.
 */
#pragma once
#include "base/fields.h"
#include "base/http/server.h"
#include "base/json.h"
#include "base/url.h"
#include "mockserver/route.h"
#include "mockserver/state/account.h"
#include "mockserver/state/ad_account.h"
#include "mockserver/state/world.h"

/* What is left of the rate limit that a call counts against; several: of the tightest. */
struct rate_limit_state {
    int64_t limit; /* 0: none was met */
    int64_t left;
    int64_t resets_at_ms;
};

/* How a response came about, for who asks afterwards. Texts are static. */
struct call_trace {
    const char *namespace_by; /* "path", "header", "credential", "default" */
    const char *provider_by;  /* "mount", "host", "route", "prefix"; NULL: none was found */
    size_t gates_passed;
    const char *gate_fault; /* of the gate that refused; NULL: none did */
    struct str considered;  /* the rules, as rules_plan tells of them */
    struct str hostile;     /* what was done to the response, a line each (hostile.h) */
};

struct variations;
struct mock;
struct namespace;
struct rate_limits;
struct reply;
struct rule_plan;
struct webhooks;

/* Why a call is refused, in nobody's words. The second column is the neutral name, used where no
 * provider is known. */
#define FAULTS(X)                                                                                  \
    X(NONE, "none")                                                                                \
    X(NO_ROUTE, "no_route")                                                                        \
    X(METHOD, "method_not_allowed")                                                                \
    X(UNIMPLEMENTED, "unimplemented")                                                              \
    X(BAD_HTTP, "bad_http")                                                                        \
    X(TOO_LARGE, "too_large")                                                                      \
    X(BAD_JSON, "bad_json")                                                                        \
    X(INVALID, "invalid") /* a body or query that breaks the documented shape */                   \
    X(BAD_ID, "bad_id")                                                                            \
    X(UNAUTHENTICATED, "unauthenticated")                                                          \
    X(UNKNOWN_KEY, "unknown_key")                                                                  \
    X(UNPAID, "unpaid")                                                                            \
    X(FORBIDDEN_SCOPE, "forbidden_scope")                                                          \
    X(NOT_FOUND, "not_found")                                                                      \
    X(CONFLICT, "conflict")                                                                        \
    X(RETURN_URL, "return_url_not_allowed")                                                        \
    X(APPROVAL_REQUIRED, "approval_required")                                                      \
    X(CONTENT_REJECTED, "content_rejected")                                                        \
    X(IDEMPOTENCY, "idempotency_conflict") /* one Idempotency-Key for two different calls */       \
    X(RATE_LIMITED, "rate_limited")                                                                \
    X(KILLED, "killed")                                                                            \
    X(INTERNAL, "internal")                                                                        \
    X(UNAVAILABLE, "unavailable")                                                                  \
    X(NAMESPACE, "namespace") /* the named world cannot be had */
enum fault {
#define X(name, text) FAULT_##name,
    FAULTS(X)
#undef X
        FAULT_COUNT
};
extern const char *const fault_texts[];

struct fault_row {
    enum fault fault;
    int status;
    const char *code;    /* the provider's own word: RATE_LIMITED */
    const char *message; /* when the call has no detail of its own */
};

struct issue { /* one thing wrong with a body or query */
    const char *path, *message;
};

struct call {
    struct arena *arena;
    struct mock *mock;
    const struct request *req;
    struct response *res;
    struct exchange *exchange; /* whose answer this is */
    bool admin_port;           /* it came in by the admin API's own port */

    struct str path;      /* behind the namespace and mount prefix, raw */
    struct str ns_name;   /* of the world that was asked for */
    struct namespace *ns; /* NULL: that world cannot be had (FAULT_NAMESPACE) */
    struct world *world;  /* never NULL: the default one's where ns is NULL */
    uint64_t generation;  /* of ns, when the call entered it */
    int64_t now_ms;
    const char *base_url; /* scheme, authority and prefixes: where minted URLs of this call begin */

    const struct provider *provider;     /* NULL: none of them */
    const struct route *route;           /* NULL: none fits */
    struct str params[ROUTE_PARAMS_MAX]; /* what stood in the pattern's {}, decoded */
    const char *request_id;
    uint32_t key;    /* who calls: a key's row, or ROW_NONE */
    uint64_t number; /* of the call, in a hostile world; else 0 */
    struct rate_limit_state rate_limit;

    enum fault fault;
    int fault_status;       /* 0: as the provider's table says */
    const char *fault_code; /* NULL: as the provider's table says */
    const char *detail;     /* NULL: the table's message */
    struct {
        struct issue *items;
        size_t count, room;
    } issues;
    const struct node *fault_data; /* an object of the provider's own details, or NULL */
    const char *nearest; /* for the journal, where no route fits: the nearest, one a line */
    struct call_trace trace;

    bool responded;     /* a gate has written the response: nothing is served */
    struct reply *keep; /* how the response is kept, to be given again; NULL: it is not */

    struct json out;         /* the response being written, into res->body */
    struct rule_plan *plan;  /* NULL: no rule applied */
    uint32_t changes_before; /* newest change before this call: what it caused is what came after */
    uint32_t events_before;  /* the same of events */

    struct url_pair *query; /* call_query's, read once */
    size_t query_count;
    bool query_read;
    void (*then)(struct call *c); /* what a call that was suspended goes on with */
    uint64_t timer;               /* that wakes it; 0: none */
    struct call **suspended;      /* where its waker finds it; NULL: nobody wakes it */
    uint64_t waits_in;            /* ns->born, while it is suspended there; 0: it is not */
    void *own;                    /* the handler's, while it is suspended */
};

/* Lets the call through, or sets a fault: false. */
struct gate {
    const char *name;
    bool (*passes)(struct call *c);
};

struct provider {
    const char *name;   /* "layers": operation ids, fixture section, X-Mock... */
    int id;             /* the number that records carry */
    const char *mount;  /* "/layers" */
    const char *host;   /* "api.layers.com"; NULL: none */
    const char *prefix; /* "/v1": a path that begins so is refused in this provider's shape */
    const char *base;   /* what a client's base URL has behind the mount: "" or "/api/v1" */
    const struct route *routes;
    size_t route_count;
    const struct fault_row *faults;
    size_t fault_count;
    const struct gate *gates; /* in order */
    size_t gate_count;
    const char *key_header;           /* of gate_header_key: "x-api-key" */
    const struct rate_limits *limits; /* of gate_rate_limit */
    int64_t repeats_ms; /* how long an Idempotency-Key gets its first response again */
    void (*render_error)(struct call *c);       /* c->fault into status, headers and body */
    void (*add_common_headers)(struct call *c); /* what every response of this provider carries */
    /* The Location the browser gets when consent attempt `attempt` has ended. */
    const char *(*consent_redirect)(struct call *c, uint32_t attempt);
    const char *(*account_prefix)(void); /* of account ids minted for it: "sa_" */
    unsigned platforms;                  /* that it can connect, a bit each (PROVIDER_PLATFORM) */
    bool leaves_posts;                   /* a disconnected account is taken off all posts */
    /* What comes of a user who consents: the new account's id, and how long its token lives. */
    void (*consented)(struct world *w, enum platform platform, struct account_spec *spec);
    /* The same of a user who grants an ad account; NULL: the provider has none. */
    void (*ad_consented)(struct world *w, enum ad_platform platform, const char *name,
                         struct ad_account_spec *spec);
    const struct webhooks *webhooks;     /* NULL: it has none */
    const struct variations *variations; /* what its documents leave open; NULL: nothing */
    const struct fixture_reader *fixture;
};

#define PROVIDER_PLATFORM(name) (1u << PLATFORM_##name)

void call_respond(struct call *c);

/* Puts the call aside: who asked for it returns at once, and `then` goes on in its place after that
 * much real time. Its world is looked up anew; if that was reset or deleted meanwhile the call is
 * refused (FAULT_UNAVAILABLE) and `then` is not called. False, and nothing happens, in-process or
 * where there is nothing to wait for: who asked goes on itself. */
bool call_suspend_for(struct call *c, int64_t delay_us, void (*then)(struct call *c));
/* Puts the call aside until call_wake_now, in the same way; *slot, empty so far, is where it is found,
 * and is emptied when it need not be woken any more. With call_suspend_for besides, whichever comes first
 * wakes it. */
bool call_suspend(struct call *c, struct call **slot, void (*then)(struct call *c));
void call_wake_now(struct call *c); /* soon, from the loop */
void call_wake(struct call *c);     /* the same, and its slot stays taken until it is awake */
void call_forget(struct call *c);   /* the client is gone: it will not be woken */
bool call_is_suspended(const struct call *c);

/* Refuses the call. `detail` (may be NULL) is a sentence for people, printf style. Always false. */
bool call_refuse(struct call *c, enum fault fault, const char *detail, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds one thing that is wrong and sets FAULT_INVALID. Always false. */
bool call_issue(struct call *c, const char *path, const char *message, ...)
    __attribute__((format(printf, 3, 4)));
const struct fault_row *call_fault_row(const struct provider *d, enum fault fault); /* never NULL */
const struct fault_row *call_fault_named(const struct provider *d, struct str code); /* or NULL */
void call_render_error(struct call *c); /* a refused call's response, without world or rules */
/* {"error": {"code", "message"}}: how a refusal looks where no provider is known. */
void call_render_error_neutral(struct call *c);

/* Begins the response: status, Content-Type application/json, a writer into the body. */
struct json *call_json(struct call *c, int status);
void call_header(struct call *c, const char *name, const char *value);
void call_header_int(struct call *c, const char *name, int64_t value);
/* What belongs to another organization than the key's is not there. */
bool call_owns(const struct call *c, uint32_t space);
/* The mock's own page for an attempt's consent, beside the providers in the same namespace. */
const char *call_consent_page(struct call *c, const char *token);
struct str call_query(struct call *c,
                      const char *name); /* first value, decoded; .s NULL if absent */
/* The body as JSON; NULL (and a fault) if it is missing, malformed or no object. */
const struct node *call_body(struct call *c);
