/* route.h - a provider's surface as a table, and finding the row for a request.
 *
 * Shapes:  a pattern is a path with {} for one segment: "/v1/projects/{}/social-accounts". A row
 *          without a handler is known, not built: 501. A path may be known under other methods
 *          only: then the response is "method", with the methods allowed.
 * Errors:  none.
 */
#pragma once
#include "base/str.h"

#define ROUTE_PARAMS_MAX 4

struct call;
struct provider;

enum rate_class { /* which rate limit a call counts against */
                  RATE_CLASS_NONE,
                  RATE_CLASS_READ,
                  RATE_CLASS_WRITE,
                  RATE_CLASS_LONG,
};
extern const char *const rate_class_texts[];

enum {
    ROUTE_OPEN = 1,       /* no key needed */
    ROUTE_IDEMPOTENT = 2, /* honours Idempotency-Key */
    ROUTE_HIDDEN = 4,     /* not in route listings (pages, the same operation once more) */
};

struct route {
    const char *method, *pattern;
    const char *operation; /* without the provider: "list_social_accounts" */
    const char *scope;     /* NULL: none needed */
    enum rate_class rate_class;
    unsigned flags;
    void (*serve)(struct call *c); /* NULL: 501 */
    const char *source;            /* where the documents say so */
};

enum route_result {
    ROUTE_FOUND,
    ROUTE_WRONG_METHOD,
    ROUTE_NONE,
};

/* `path` raw; params come back raw as well, as views into it. `allowed` (may be NULL) gets the
 * other methods, "GET, POST". */
enum route_result route_find(const struct route *routes, size_t count, struct str method,
                             struct str path, const struct route **found,
                             struct str params[ROUTE_PARAMS_MAX], struct arena *a,
                             const char **allowed);

/* The patterns nearest to a path that fits none, best first; answers how many (at most `max`). */
size_t route_nearest(const struct route *routes, size_t count, struct str method, struct str path,
                     const struct route **nearest, size_t max);
