/* handler.h - what the handlers of several providers do alike: read a call, print a response.
 *
 * Shapes:  read_* read the body and the query of a call. put_* write a member of an open JSON object.
 * Units:   times are ISO 8601 in UTC, with Z; milliseconds inside.
 * Errors:  a read_* function that returns false has added an issue to the call or refused it.
 */
#pragma once
#include "mockserver/provider_api/call.h"

/* How a provider writes the place of a value: events.0 or events[0]. */
enum path_notation { PATH_DOTS, PATH_BRACKETS };
/* The path of an item of a list. */
const char *issue_path_item(struct arena *a, enum path_notation notation, const char *list, size_t item);

/* Reads a JSON body into the struct that `table` describes. Each problem becomes an issue. */
bool read_fields(struct call *c, const struct fields *table, const struct node *body, enum path_notation notation,
                 void *into);
/* Both read a query parameter; *value stays as it is if the parameter is absent. */
bool read_query_int(struct call *c, const char *name, int64_t least, int64_t most, int64_t *value);
bool read_query_time(struct call *c, const char *name, int64_t *ms);
/* Whether a due time is in the past. Allows 30 seconds, because clocks differ. */
bool is_overdue(const struct call *c, int64_t due_ms);

/* Returns the index of `text` in a list, or `count` if it is not in the list. */
size_t text_index(const char *const *texts, size_t count, struct str text);

uint32_t caller_organization(const struct call *c); /* the organization of the call's key */
/* Returns the caller's connected account with this id, or ROW_NONE. Does not refuse the call. */
uint32_t caller_account(const struct call *c, struct str id);

void put_seconds(struct json *out, const char *key, int64_t ms); /* 2026-05-02T09:00:00Z; 0 prints null */
void put_millis(struct json *out, const char *key, int64_t ms);  /* 2026-05-02T09:00:00.000Z; 0 prints null */
void put_texts(struct json *out, const char *key, const char *const *texts, size_t count);
void put_names(struct json *out, const char *key, const char *names); /* a list of the names, split at spaces */
/* The members of an error response's details: the call's fault_data, then its issues as a list of {path_key, message}.
 * has_details returns false if there are none. */
bool has_details(const struct call *c);
void put_details(const struct call *c, struct json *out, const char *list_key, const char *path_key);
