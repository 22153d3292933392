/* admin.h - requests to the admin API of a mock: a namespace for each scenario, and its clock.
 *
 * Shapes:  struct namespace: the URLs for the calls of one scenario. The functions build requests
 *          (exchange_record); client_send sends them.
 * Errors:  none. A refused admin call is a response (see admin_error).
 */
#pragma once
#include "conformance/run/target.h"

#define ADMIN_SIMULATE    "/simulate/"  /* path prefix; the simulation's name follows */
#define ADMIN_SIMULATIONS "simulations" /* member of GET /capabilities: the known simulations */

struct namespace
{
    const char *name; /* NULL: the calls go to the target itself */
    const char *base_url, *admin_url;
    bool has_clock; /* the clock is frozen: the runner advances it instead of waiting */
};

/* Returns the URLs of namespace `name`, or those of the target itself if `name` is NULL. */
struct namespace namespace_of(struct arena *a, const struct target *t, const char *name);

struct exchange_record *admin_request(struct arena *a, const char *admin_url, const char *method, const char *path,
                                      const struct node *body);
struct exchange_record *admin_create_namespace(struct arena *a, const struct target *t, const char *name);
struct exchange_record *admin_delete_namespace(struct arena *a, const struct target *t, const char *name);
struct exchange_record *admin_advance_clock(struct arena *a, const struct namespace *ns, int64_t ms);

bool exchange_succeeded(const struct exchange_record *x); /* the status is 2xx */
/* Describes a failed admin call: status and response body, or why there is no response. */
const char *admin_error(struct arena *a, const struct exchange_record *x);
