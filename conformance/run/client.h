/* client.h - the runner's HTTP client, and the requests to the admin API of a mock.
 *
 * Shapes:  each request completes once, with a call to its `done` function, which never comes before client_send has
 *          returned. The response is written into the request's exchange_record, on the arena given to client_send. On
 *          a mock each scenario has a namespace with its own clock; the admin_ functions only build requests.
 *          The body of a response is decoded (gzip, deflate, br); its headers are as received.
 * Units:   timeouts in milliseconds; a response body may have CLIENT_BODY_MAX bytes, after decoding. The results keep
 *          the responses, so those with more than CLIENT_SMALL bytes, headers and body, may have `large_max` bytes
 *          together; a further one is an error.
 * Errors:  none. If there is no response, or its body cannot be decoded, exchange_record.error has the reason. A
 *          refused admin call is a response (see admin_error).
 */
#pragma once
#include "base/loop.h"
#include "conformance/run/target.h"

#define CLIENT_BODY_MAX  (16u << 20)
#define CLIENT_SMALL     (16u << 10)
#define CLIENT_LARGE_MAX (128u << 20)

struct client;

struct client_options {
    int64_t timeout_ms, connect_timeout_ms;
    const char *ca_file; /* NULL: the system's CA certificates */
    bool insecure;
    int connections_max;
    size_t large_max; /* 0: CLIENT_LARGE_MAX */
    double rps;       /* requests per second at most; 0: no limit */
    /* The users of the target's URLs, sent with requests that have no header Authorization. */
    const char *server_url, *admin_root; /* may be NULL */
    struct login server_login, admin_login;
    struct arena *arena; /* of the headers that are added */
};

typedef void client_done_fn(void *ctx, struct exchange_record *x);

struct client *client_new(struct loop *l, const struct client_options *options);
void client_free(struct client *c); /* drops requests in flight without calling `done` */
/* The caller sets method, url, request_headers and request_body of `request`. */
void client_send(struct client *c, struct arena *a, struct exchange_record *request, client_done_fn *done, void *ctx);

/* --- exchanges ---------------------------------------------------------------------------- */

bool exchange_succeeded(const struct exchange_record *x); /* the status is 2xx */
/* Copies the response to `a`; the request is shared. */
struct exchange_record *exchange_copy(struct arena *a, const struct exchange_record *x);
/* Adds the response `x` to the attempts of the request, on the arena `a`, and lets `x` refer to all of them. */
void exchange_add_attempt(struct arena *a, struct exchange_record *request, struct exchange_record *x,
                          int64_t waited_ms);
bool exchange_date_ms(const struct exchange_record *x, int64_t *ms); /* its Date header; false: none */
/* Its Date header, else the wall clock: to wait and to clean up. A check must not use it. */
int64_t exchange_now_ms(const struct exchange_record *x);
int64_t exchange_retry_after_ms(const struct exchange_record *x); /* -1: no Retry-After */
/* The beginning of the body. It ends with … if it was cut, so that the reports recognise a secret that was cut. */
const char *exchange_short_body(struct arena *a, const struct exchange_record *x);

/* --- the admin API ------------------------------------------------------------------------ */

#define ADMIN_SIMULATE    "/simulate/"  /* path prefix; the simulation's name follows */
#define ADMIN_SIMULATIONS "simulations" /* member of GET /capabilities: the known simulations */

struct namespace
{
    const char *name; /* NULL: the calls go to the target itself */
    const char *base_url, *admin_url;
    bool has_clock; /* the clock is frozen: the runner advances it instead of waiting */
};

/* Returns admin_url without /__admin. */
const char *admin_root(struct arena *a, const struct target *t);
/* Returns the URLs of namespace `name`, or those of the target itself if `name` is NULL. */
struct namespace namespace_of(struct arena *a, const struct target *t, const char *name);

struct exchange_record *admin_request(struct arena *a, const char *admin_url, const char *method, const char *path,
                                      const struct node *body);
/* `from` is the namespace to copy; NULL: the namespace starts from the mock's first fixture. */
struct exchange_record *admin_create_namespace(struct arena *a, const struct target *t, const char *name,
                                               const char *from);
struct exchange_record *admin_delete_namespace(struct arena *a, const struct target *t, const char *name);
struct exchange_record *admin_advance_clock(struct arena *a, const struct namespace *ns, int64_t ms);

/* What to try if there is no response, as the rest of a sentence: " (is it http?)"; "": nothing is known. */
const char *no_response_hint(const struct exchange_record *x);
/* Describes a failed admin call: status and response body, or why there is no response. */
const char *admin_error(struct arena *a, const struct exchange_record *x);
