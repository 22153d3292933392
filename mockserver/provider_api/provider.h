/* provider.h - what a provider is: its routes, faults, gates and functions as one table; and the lookups in all of
 * them.
 *
 * Shapes:  a provider is one const struct provider in its own room; providers/providers.c lists them. An operation is
 *          named "layers.list_social_accounts", or "list_social_accounts" if its provider is given separately or no
 *          other provider has that name.
 * Units:   milliseconds.
 * Errors:  an unknown provider or operation ("did you mean"); a bare name that two providers have.
 */
#pragma once
#include "base/enum.h"
#include "base/error.h"
#include "mockserver/provider_api/route.h"
#include "mockserver/state/ad_account.h"
#include "mockserver/state/connection.h"

struct fixture_reader;
struct rate_limits;
struct webhooks;

/* Provider-neutral refusal reasons. The second column is the error code that is used when no provider is known, and the
 * name in the journal. */
#define FAULTS(X)                                                                                                      \
    X(FAULT_NONE, "none")                                                                                              \
    X(FAULT_NO_ROUTE, "no_route")                                                                                      \
    X(FAULT_METHOD, "method_not_allowed")                                                                              \
    X(FAULT_UNIMPLEMENTED, "unimplemented")                                                                            \
    X(FAULT_BAD_HTTP, "bad_http")                                                                                      \
    X(FAULT_TOO_LARGE, "too_large")                                                                                    \
    X(FAULT_CODING, "unsupported_coding") /* the Content-Encoding of the body */                                       \
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

/* How a provider's response may vary in a hostile namespace without breaking a documented claim (hostile.c). Every
 * provider's objects may have their members in any order. Pointers are JSON pointers into the response body; * matches
 * any item or member. An order or a format that is a claim must not be listed here. */
enum variation_time {                              /* allowed formats of a time, as bits */
                      VARIATION_SECONDS = 1,       /* 2026-05-02T09:00:00Z */
                      VARIATION_MILLIS = 2,        /* 2026-05-02T09:00:00.000Z */
                      VARIATION_MICROS_OFFSET = 4, /* 2026-05-02T09:00:00.000000+00:00 */
};

/* A list whose order is not documented. `beside` (may be NULL) is a parallel list: it is reordered in the same way. */
struct variation_rows {
    const char *operation, *rows, *beside;
};

struct optional_header {
    const char *name;
    bool also_on_429;
};

struct variations {
    const char *more_below;      /* objects below it may have extra members; "": all; NULL: none */
    const char *const *complete; /* objects that may not have extra members */
    size_t complete_count;
    const char *const *foreign; /* members with values of the client, which stay unchanged */
    size_t foreign_count;
    const struct variation_rows *rows;
    size_t rows_count;
    unsigned times;                                 /* enum variation_time */
    const struct optional_header *optional_headers; /* that responses may lack */
    size_t optional_headers_count;
};

/* `passes` returns true to let the call through; false after it set a fault. */
struct gate {
    const char *name;
    bool (*passes)(struct call *c);
    bool limits_rate; /* a hostile namespace may refuse a call here (hostile.h) */
};

/* An operation that clients repeat until a resource has reached a final state. If neither the documentation nor the
 * provider's clients state an interval, the minimum is one second: the shortest one that is documented anywhere. */
struct poll {
    const char *operation;
    int64_t least_ms; /* minimum time between two polls of the same resource */
    unsigned flags;
    const char *status;  /* JSON pointer of the state in the response */
    const char *ends[3]; /* the final states; the rest is NULL */
};
enum {
    POLL_IN_BODY = 1,    /* the resource is named in the body, not in the path */
    POLL_OTHER_USES = 2, /* the operation has other uses: it may be called after a final state */
};

/* The mock serves its own endpoints as providers too; `providers` does not list them. */
enum provider_role {
    PROVIDER_DOCUMENTED, /* a provider of social accounts */
    PROVIDER_ADMIN,      /* the admin API */
    PROVIDER_CONSENT,    /* the local consent page */
};

struct provider {
    enum provider_role role;
    const char *name;   /* "layers": in operation ids, in fixtures and in the admin API */
    const char *title;  /* "Layers": as a person writes it */
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
    int64_t idempotency_ms;                     /* how long an Idempotency-Key returns its first response */
    void (*render_error)(struct call *c);       /* writes c->fault: status, headers, body */
    void (*add_common_headers)(struct call *c); /* headers of every response; may be NULL */
    /* Returns the Location of the redirect that ends consent attempt `attempt`. */
    const char *(*consent_redirect)(struct call *c, uint32_t attempt);
    const char *account_prefix;         /* of the account ids it mints: "sa_" */
    unsigned platforms;                 /* that it can connect: bits of PROVIDER_PLATFORM */
    bool has_health;                    /* its accounts are healthy, expired or unhealthy, as a simulation sets */
    bool disconnect_removes_from_posts; /* disconnecting an account removes it from all posts */
    /* Sets the id and token lifetime of the account that a user's consent creates. */
    void (*consented)(struct world *w, enum platform platform, struct connection *user);
    /* The same for an ad account; NULL: the provider has no ad accounts. */
    void (*ad_consented)(struct world *w, enum ad_platform platform, const char *name, struct ad_account *spec);
    const struct webhooks *webhooks;     /* NULL: the provider has no webhooks */
    const struct variations *variations; /* for hostile namespaces; NULL: responses never vary */
    const struct fixture_reader *fixture;
    const struct poll *polls;
    size_t poll_count;
    /* Returns false if it refused the call. It is asked before a response shows which routes exist; NULL: all may. */
    bool (*admits)(struct call *c);
};

#define PROVIDER_PLATFORM(name) (1u << PLATFORM_##name)

extern const struct provider *const providers[];
extern const size_t provider_count;
/* The admin API and the consent page. */
extern const struct provider *const own_providers[];
extern const size_t own_provider_count;

const struct provider *provider_named(struct str name); /* of `providers`, or NULL */
const struct provider *provider_with_id(int provider);  /* of `providers`, or NULL */

/* Both look up the provider's fault table (`d` NULL: the neutral table). The first falls back to the neutral table and
 * never returns NULL. The second returns NULL if `code` is unknown; of several rows with that code it returns the one
 * that a documented call meets: NOT_FOUND is a missing resource, not a missing route. */
const struct fault_row *provider_fault(const struct provider *d, enum fault fault);
const struct fault_row *provider_fault_named(const struct provider *d, struct str code);
/* Returns the error of the provider (`d` NULL: the neutral one) with this status, 400 to 599, on a call of `route` (may
 * be NULL). If the provider has none: its most general error, with this status and the text of HTTP for it. */
struct fault_row provider_fault_of(const struct provider *d, const struct route *route, int status);

struct operation {
    const struct provider *provider;
    const struct route *route;
};
/* Finds the operation `id`, of `provider` if that is not empty. Returns false, with an error at `at`, if there is not
 * exactly one. */
bool provider_operation(struct str id, struct str provider, struct where at, struct operation *out, struct error *err);
