/* common.h - what the handlers of the admin API share, and the handlers themselves.
 *
 * Shapes:  a handler is a row of the table in api.c. Bodies are read with a table of fields; each error becomes an
 *          issue with the JSON pointer of its value. A selector names a record: an account by id, or by its handle
 *          (with or without @) if that is unique; a space by id or name; a destination by its id, or by the id of its
 *          post if that has only one; an OAuth attempt by its state token; a key by id, name or value; a webhook by
 *          id; a lease request by id, with its space if two organizations use the same id.
 * Units:   times are written as ISO 8601 with milliseconds.
 * Errors:  refusals, as in any handler. A function that returns false, NULL or ROW_NONE has refused the call. A
 *          selector that matches no record, or several, becomes an issue at `pointer` with the candidates.
 */
#pragma once
#include "mockserver/provider_api/call.h"

/* Reads the JSON body into `into`. */
bool admin_body(struct call *c, const struct fields *table, void *into);
/* Adds each error in the body as an issue, and ends err. Always returns false. */
bool admin_issues(struct call *c, const struct node *body, struct error *err);
/* Reads a whole number from the query. Leaves `value` unchanged if the parameter is absent. `expected` describes the
 * accepted values, for the error message. */
bool admin_query_int(struct call *c, const char *name, int64_t least, int64_t most, const char *expected,
                     int64_t *value);
bool admin_query_flag(struct call *c, const char *name); /* true for ?name, ?name=1 and ?name=true */
/* Converts a time of a body to milliseconds since the epoch. A relative one counts from now. */
int64_t admin_instant(const struct world *world, const struct field_time *t);

uint32_t select_account(struct call *c, const char *pointer, const char *who);
uint32_t select_space(struct call *c, const char *pointer, const char *which);
uint32_t select_destination(struct call *c, const char *pointer, const char *which);
uint32_t select_attempt(struct call *c, const char *pointer, const char *token);
uint32_t select_webhook(struct call *c, const char *pointer, const char *id);
uint32_t select_key(struct call *c, const char *pointer, const char *who);
/* `space` ROW_NONE: in any space. */
uint32_t select_lease_request(struct call *c, const char *pointer, const char *id, uint32_t space);

/* Refuses the call: the `what` that the path names does not exist. Always returns false. */
bool admin_unknown(struct call *c, const char *what);
/* The end of a message about an unknown word: " (did you mean 'x'?)", or "" if no word is near. */
const char *admin_hint(struct call *c, struct str word, const char *const *words, size_t count);
/* A duration as text, for example "-1h", allocated for the call. */
const char *admin_duration_text(struct call *c, int64_t ms);

/* Starts a response that is a JSON object, and leaves it open. */
struct json *admin_object(struct call *c, int status);
/* Starts a problem (RFC 9457): writes the standard members, and leaves the object open for others. */
struct json *problem_json(struct call *c, int status, const char *code, const char *detail);
void admin_removed(struct call *c, struct str name); /* the whole response: {"removed": name} */
void admin_removed_count(struct call *c, uint64_t count);

void admin_put_time(struct json *w, const char *key, int64_t ms);
void admin_put_clock(struct json *w, const struct world *world); /* the members `now` and `mode` */
/* Writes the member `reason` if the record is a destination that failed, and has not been retried since. */
void admin_put_reason(struct json *w, const struct world *world, enum record_kind kind, uint32_t row);
void admin_put_change(struct json *w, const struct world *world, uint32_t seq); /* one map */
/* The member `changes`: the changes `first` to `last`, or since the call began. */
void admin_put_changes(struct json *w, const struct world *world, uint32_t first, uint32_t last);
void admin_put_new_changes(struct call *c);

/* The fields of the bodies. */
extern const struct fields admin_create_fields, admin_clock_fields, admin_advance_fields, admin_reload_fields,
    admin_save_fields, admin_verify_fields, admin_wait_fields;

void admin_state(struct call *c); /* state.c */
void admin_state_kind(struct call *c);
void admin_state_record(struct call *c);
void admin_state_patch(struct call *c);

void admin_clock(struct call *c); /* clock.c */
void admin_clock_set(struct call *c);
void admin_clock_advance(struct call *c);

void admin_namespaces(struct call *c); /* namespaces.c */
void admin_namespace(struct call *c);
void admin_namespace_create(struct call *c);
void admin_namespace_delete(struct call *c);
void admin_namespace_reset(struct call *c);
void admin_reset(struct call *c);
void admin_snapshots(struct call *c);
void admin_snapshot_save(struct call *c);
void admin_snapshot_drop(struct call *c);
void admin_snapshot_restore(struct call *c);
void admin_reload(struct call *c);

void admin_rules(struct call *c); /* rules.c */
void admin_rule(struct call *c);
void admin_rule_add(struct call *c);
void admin_rules_clear(struct call *c);
void admin_rule_remove(struct call *c);
void admin_client_checks(struct call *c);

void admin_requests(struct call *c); /* requests.c */
void admin_requests_clear(struct call *c);
void admin_unmatched(struct call *c);
void admin_near_misses(struct call *c);
void admin_verify(struct call *c); /* verify.c */
void admin_wait(struct call *c);
void admin_explain(struct call *c); /* explain.c */
void admin_events(struct call *c);  /* event_stream.c */

void admin_simulate(struct call *c); /* simulate.c */
