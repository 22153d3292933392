/* handlers.h - what the views of the admin API share: its handlers, reading a body and telling what
 * is wrong with it, writing times and changes.
 *
 * Shapes:  a handler is a row of the table in control.c. Bodies are read by a table of fields; a
 *          mistake becomes an issue with the JSON pointer of where it stands.
 * Units:   times are ISO 8601 with milliseconds.
 * Errors:  refusals, as any handler's. What answers false or NULL has refused the call.
 */
#pragma once
#include "mockserver/admin/api.h"

bool admin_body(struct call *c, const struct fields *table, void *into);
/* Makes issues of what is wrong with the body, and ends err. Always false. */
bool admin_issues(struct call *c, const struct node *body, struct error *err);
/* Begins a problem (RFC 9457): its members but for those of its own, and the map left open. */
struct json *problem_json(struct call *c, int status, const char *code, const char *detail);
/* A whole number in the query; `value` stays if it is not there. */
bool admin_query_int(struct call *c, const char *name, int64_t least, int64_t most, int64_t *value);
bool admin_query_flag(struct call *c, const char *name); /* name, name=1 or name=true */

/* The instant that a body's time means: as it stands, or so far from the world's own time. */
int64_t admin_instant(const struct world *world, const struct field_time *t);

void admin_put_time(struct json *w, const char *key, int64_t ms);
void admin_put_clock(struct json *w, const struct world *world); /* now, mode: two members */
void admin_put_change(struct json *w, const struct world *world, uint32_t seq); /* a map */
void admin_put_changes(struct json *w, const struct world *world, uint32_t first, uint32_t last);
void admin_put_new_changes(struct call *c); /* those since the call began */

/* What their bodies take. */
extern const struct fields admin_create_fields, admin_clock_fields, admin_advance_fields,
    admin_reload_fields, admin_save_fields, admin_verify_fields, admin_wait_fields;

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
