/* requests.h - writes parts of journal entries as JSON, and why a route or rule did not match.
 *
 * Shapes:  each function adds members to an open map.
 * Errors:  none.
 */
#pragma once
#include "mockserver/admin/common.h"
#include "mockserver/runtime/journal.h"

/* seq and, if `e` is not NULL, the id, provider, operation, method, target and status. */
void request_put_name(struct json *w, uint64_t seq, const struct journal_entry *e);

/* rules: the names of the rules that acted. */
void request_put_rules(struct json *w, const struct journal_entry *e);
/* hostile: the changes that made the response hostile; absent if there are none. */
void request_put_hostile(struct json *w, const struct journal_entry *e);

/* changes; events: the scheduled events, with `done` for those that have run; deliveries: the
 * ids of the webhook deliveries for these changes. */
void request_put_effects(struct json *w, const struct world *world, const struct journal_entry *e);

/* delivery_faults: the faults that rules gave to those deliveries, and the names of the rules. */
void request_put_faults(struct json *w, const struct world *world, const struct journal_entry *e);

/* nearest_routes: for a call without a route, the nearest ones and their differences. */
void reasons_put_routes(struct call *c, struct json *w, const struct journal_entry *e);
/* rules: for each rule, whether it acted, or else the first condition that failed. */
void reasons_put_rules(struct call *c, struct json *w, const struct journal_entry *e);
