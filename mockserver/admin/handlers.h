/* handlers.h - the handlers of the admin API, and what they share: reading bodies and query
 * parameters, reporting errors, writing times and changes.
 *
 * Shapes:  a handler is a row of the table in api.c. Bodies are read with a table of fields; each
 *          error becomes an issue with the JSON pointer of its value.
 * Units:   times are written as ISO 8601 with milliseconds.
 * Errors:  refusals, as in any handler. A function that returns false or NULL has refused the call.
 */
#pragma once
#include "mockserver/admin/api.h"

/* Reads the JSON body into `into`. */
bool admin_body(struct call *c, const struct fields *table, void *into);
/* Adds each error in the body as an issue, and ends err. Always returns false. */
bool admin_issues(struct call *c, const struct node *body, struct error *err);
/* Starts a problem (RFC 9457): writes the standard members and leaves the map open for others. */
struct json *problem_json(struct call *c, int status, const char *code, const char *detail);
/* Reads a whole number from the query. Leaves `value` unchanged if the parameter is absent.
 * `expected` describes the accepted values, for the error message. */
bool admin_query_int(struct call *c, const char *name, int64_t least, int64_t most, const char *expected,
                     int64_t *value);
bool admin_query_flag(struct call *c, const char *name); /* true for ?name, ?name=1 and ?name=true */

/* A duration as text, for example "-1h", allocated for the call. */
const char *admin_duration_text(struct call *c, int64_t ms);
/* Converts a time of a body to milliseconds since the epoch. A relative one counts from now. */
int64_t admin_instant(const struct world *world, const struct field_time *t);

void admin_put_time(struct json *w, const char *key, int64_t ms);
void admin_put_clock(struct json *w, const struct world *world);                /* the members `now` and `mode` */
void admin_put_change(struct json *w, const struct world *world, uint32_t seq); /* one map */
/* The member `changes`: the changes `first` to `last`, or since the call began. */
void admin_put_changes(struct json *w, const struct world *world, uint32_t first, uint32_t last);
void admin_put_new_changes(struct call *c);

/* The fields of the bodies. */
extern const struct fields admin_create_fields, admin_clock_fields, admin_advance_fields, admin_reload_fields,
    admin_save_fields, admin_verify_fields, admin_wait_fields;

void admin_simulate(struct call *c);

void admin_state(struct call *c);
void admin_state_kind(struct call *c);
void admin_state_record(struct call *c);
void admin_state_patch(struct call *c);

void admin_clock(struct call *c);
void admin_clock_set(struct call *c);
void admin_clock_advance(struct call *c);

void admin_namespaces(struct call *c);
void admin_namespace(struct call *c);
void admin_namespace_create(struct call *c);
void admin_namespace_delete(struct call *c);
void admin_namespace_reset(struct call *c);
void admin_reset(struct call *c);

void admin_snapshots(struct call *c);
void admin_snapshot_save(struct call *c);
void admin_snapshot_drop(struct call *c);
void admin_snapshot_restore(struct call *c);

void admin_requests(struct call *c);
void admin_requests_clear(struct call *c);
void admin_unmatched(struct call *c);
void admin_near_misses(struct call *c);
void admin_verify(struct call *c);
void admin_wait(struct call *c);
void admin_explain(struct call *c);

void admin_events(struct call *c);
void admin_client_checks(struct call *c);

void admin_reload(struct call *c);

void admin_rules(struct call *c);
void admin_rule(struct call *c);
void admin_rule_add(struct call *c);
void admin_rules_clear(struct call *c);
void admin_rule_remove(struct call *c);
