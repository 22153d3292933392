/* simulate.h - what the simulations share, and their parts: a body's table and a function each. The list of
 * them, with their names, is in simulations.c.
 *
 * Shapes:  simulate_<name>_fields reads the body into a struct of the file that has simulate_<name>.
 *          Every response is what the simulation is about, then what it changed.
 * Errors:  refusals, as any handler's.
 */
#pragma once
#include "mockserver/admin/handlers.h"
#include "mockserver/state/world.h"

struct json *simulation_begin(struct call *c);
void simulation_end(struct call *c);
void simulation_put_id(struct call *c, const char *key, enum record_kind kind, uint32_t row);

/* An account that still is in the list; else refused and ROW_NONE. */
uint32_t simulation_listed_account(struct call *c, const char *who);
void simulation_respond_account(struct call *c, uint32_t row); /* the whole response */

#define SIMULATE(name)                                                                             \
    extern const struct fields simulate_##name##_fields;                                           \
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
