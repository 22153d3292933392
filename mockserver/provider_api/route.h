/* route.h - a provider's operations as a table, and the lookup of a request in it.
 *
 * Shapes:  a pattern is a path with {} for one segment: "/v1/projects/{}/social-accounts". A row without a handler is
 *          documented but not implemented: 501.
 * Units:   -
 * Errors:  none.
 */
#pragma once
#include "base/str.h"

#define ROUTE_PARAMS_MAX 4

struct call;
struct provider;

enum rate_class { /* which rate limits count the call (gates/gate.h) */
                  RATE_CLASS_NONE,
                  RATE_CLASS_READ,
                  RATE_CLASS_WRITE,
                  RATE_CLASS_LONG,
};
extern const char *const rate_class_texts[];

enum {
    ROUTE_OPEN = 1,       /* needs no key */
    ROUTE_IDEMPOTENT = 2, /* honours Idempotency-Key */
    ROUTE_HIDDEN = 4,     /* not in listings: pages, or a second route of an operation */
    ROUTE_REPAIRS = 8,    /* reconnects an account, so it is right to call it for one that cannot publish */
    ROUTE_ARRANGES = 16,  /* an admin operation that creates its namespace */
    ROUTE_ANY_TIME = 32,  /* an admin operation that is served although events of its namespace are due */
};

struct route {
    const char *method, *pattern;
    const char *operation; /* without the provider: "list_social_accounts" */
    const char *scope;     /* that the key needs; NULL: none */
    enum rate_class rate_class;
    unsigned flags;
    void (*serve)(struct call *c); /* NULL: 501 */
    const char *source;            /* where the provider documents it */
};

enum route_result {
    ROUTE_FOUND,
    ROUTE_WRONG_METHOD, /* the path has routes for other methods only */
    ROUTE_NONE,
};

/* Finds the most exact route for a path that is not decoded. Params are views into the path. On ROUTE_WRONG_METHOD,
 * `allowed` (may be NULL) gets the other methods: "GET, POST". */
enum route_result route_find(const struct route *routes, size_t count, struct str method, struct str path,
                             const struct route **found, struct str params[ROUTE_PARAMS_MAX], struct arena *a,
                             const char **allowed);

/* Finds the routes most similar to a path that matches none, best first. Returns how many, at most `max`. */
size_t route_nearest(const struct route *routes, size_t count, struct str method, struct str path,
                     const struct route **nearest, size_t max);
