/* admin.h - the admin API of a mock, as the runner uses it: a namespace per scenario, its clock.
 *
 * Shapes:  struct namespace: where one scenario's calls and admin calls go. A request is an
 *          exchange_record, to be sent as any other.
 * Errors:  none; what the admin API refuses is its response.
 */
#pragma once
#include "conformance/run/target.h"

#define ADMIN_SIMULATE    "/simulate/"  /* and the name of the simulation */
#define ADMIN_SIMULATIONS "simulations" /* of the manifest: the simulations that there are */

struct namespace
{
    const char *name; /* of its namespace; NULL: the target itself */
    const char *base_url, *admin_url;
    bool has_clock; /* it stands still and waiting is advancing it */
};

/* `name` NULL: the target itself, without a namespace of its own. */
struct namespace namespace_of(struct arena *a, const struct target *t, const char *name);

struct exchange_record *admin_request(struct arena *a, const char *admin_url, const char *method,
                                      const char *path, const struct node *body);
struct exchange_record *admin_create_namespace(struct arena *a, const struct target *t,
                                               const char *name);
struct exchange_record *admin_delete_namespace(struct arena *a, const struct target *t,
                                               const char *name);
struct exchange_record *admin_advance_clock(struct arena *a, const struct namespace *ns,
                                            int64_t ms);

bool exchange_succeeded(const struct exchange_record *x);
/* What it said when it did not: status and detail in words. */
const char *admin_error(struct arena *a, const struct exchange_record *x);
