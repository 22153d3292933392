/* requests.h - what the views of the journal share: how an entry is told, and why a route or a rule
 * was not the one.
 *
 * Errors:  none.
 */
#pragma once
#include "mockserver/admin/handlers.h"
#include "mockserver/journal.h"

/* seq and, where the entry is still there, whose call it was: members of an open map. */
void request_put_name(struct json *w, uint64_t seq, const struct journal_entry *e);

/* rules: the names of those that acted. */
void request_put_rules(struct json *w, const struct journal_entry *e);
/* hostile: what a hostile world did to the response, if it did; a member of an open map. */
void request_put_hostile(struct json *w, const struct journal_entry *e);

/* changes; events: what it scheduled, and whether that has happened by now; deliveries: the ids of
 * those that tell of the changes. */
void request_put_effects(struct json *w, const struct world *world, const struct journal_entry *e);

/* delivery faults: what rules have had befall those deliveries, and which rules; a member of an open map. */
void request_put_faults(struct json *w, const struct world *world, const struct journal_entry *e);

/* nearest_routes: for a path that fits none; what each has in its place. */
void reasons_put_routes(struct call *c, struct json *w, const struct journal_entry *e);
/* rules: whether each acted, and else the condition that failed. */
void reasons_put_rules(struct call *c, struct json *w, const struct journal_entry *e);
