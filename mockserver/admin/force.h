/* force.h - what the forces share, and their parts: a body's table and a function each. The list of
 * them, with their names, is in forces.c.
 *
 * Shapes:  force_<name>_fields reads the body into a struct of the file that has force_<name>.
 *          Every answer is what the force is about, then what it changed.
 * Errors:  refusals, as any handler's.
 */
#pragma once
#include "mockserver/admin/handlers.h"
#include "mockserver/state/world.h"

struct json *force_begin(struct call *c);
void force_end(struct call *c);
void force_put_id(struct call *c, const char *key, enum record_kind kind, uint32_t row);

/* An account that still is in the list; else refused and ROW_NONE. */
uint32_t force_listed_account(struct call *c, const char *who);
void force_answer_account(struct call *c, uint32_t row); /* the whole answer */

#define FORCE(name)                                                                                \
    extern const struct fields force_##name##_fields;                                              \
    void force_##name(struct call *c, const void *fields);
FORCE(consent)
FORCE(token_lost)
FORCE(account_connected)
FORCE(account_removed)
FORCE(publish_outcome)
FORCE(side_effect)
FORCE(health)
FORCE(fail)
FORCE(budget)
FORCE(plan)
FORCE(lease_decide)
FORCE(ad_account)
FORCE(webhook)
#undef FORCE
