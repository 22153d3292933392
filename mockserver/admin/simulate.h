/* simulate.h - the simulations: body fields and a function for each, and shared helpers.
 *
 * Shapes:  simulate_<name>_fields reads the body into a struct that simulate_<name> gets. A
 *          response has the members of the simulation and then `changes`. simulate.c lists them
 *          all.
 * Errors:  refusals, as in any handler.
 */
#pragma once
#include "mockserver/admin/common.h"
#include "mockserver/state/connection.h"
#include "mockserver/state/world.h"

void simulation_end(struct call *c); /* adds `changes` to the open response, and ends it */
/* The id of a record; null for ROW_NONE. */
void simulation_put_id(struct call *c, const char *key, enum record_kind kind, uint32_t row);

/* Selects an account that is not disconnected. Returns ROW_NONE if the call was refused. */
uint32_t simulation_listed_account(struct call *c, const char *who);
void simulation_respond_account(struct call *c, uint32_t row); /* writes the whole response */

#define CONSENT_HANDLE_MAX 100 /* bytes */
/* A platform user's handle, without its @, allocated for the call; NULL if it is not a valid one. */
const char *consent_read_handle(struct call *c, const char *text);
/* Fills `user`. The provider sets its own members, such as the id and the expiry of the token. */
void consent_user(struct call *c, int provider, enum platform platform, const char *handle, struct connection *user);

/* Sets whether a consent with these scopes lacks the permission to publish. No scopes: all that are asked for. Returns
 * false if one is not asked for (`asked`: platform_scopes.h); the issue is at /scopes. */
bool consent_limited(struct call *c, enum platform platform, const char *asked, const struct field_list *given,
                     bool *limited);

#define SIMULATE(name)                                                                                                 \
    extern const struct fields simulate_##name##_fields;                                                               \
    void simulate_##name(struct call *c, const void *fields);
SIMULATE(consent)
SIMULATE(token_lost)
SIMULATE(account_connected)
SIMULATE(account_removed)
SIMULATE(publish_outcome)
SIMULATE(side_effect)
SIMULATE(health)
SIMULATE(fail)
SIMULATE(rate_limit)
SIMULATE(plan)
SIMULATE(lease_decide)
SIMULATE(ad_account)
SIMULATE(webhook)
#undef SIMULATE
