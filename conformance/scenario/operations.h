/* operations.h - what a provider documents of each operation: its call, parameters, members, keys and owner.
 *
 * Shapes:  operations.yaml of a provider's folder, a map: `operations` is a list of {operation, call, also, source,
 *          owner, keys, scopes, query, request, response}; the other keys list what all operations share. A member is a
 *          pointer without a leading slash: `items/` `*` `/id`. `*` is each item of a list, `**` at the end is content
 *          that the documents leave open. Every member above a listed member is listed too. A call is a method and a
 *          path below the base URL of a target, as in scenarios: `GET /v1/projects/{project}/social-accounts`.
 * Errors:  unknown keys and owners, invalid calls, pointers and names, a member without the members above it, duplicate
 *          operations, calls and entries, a secret or `next_page` that no response has; with file:line:col.
 */
#pragma once
#include "base/enum.h"
#include "base/error.h"
#include "base/str.h"

/* Who owns what an operation touches. Only calls for the same owner may see or change it. */
#define OWNERS(X)                                                                                                      \
    X(OWNER_NONE, "none")       /* it touches nothing that has an owner */                                             \
    X(OWNER_KEY, "key")         /* it belongs to the key that made it */                                               \
    X(OWNER_ACCOUNT, "account") /* it belongs to one social account */                                                 \
    X(OWNER_PROJECT, "project")                                                                                        \
    X(OWNER_WORKSPACE, "workspace")                                                                                    \
    X(OWNER_ORGANIZATION, "organization")
enum owner { OWNERS(ENUM_NAME) OWNER_COUNT };
extern const char *const owner_texts[];

struct text_list {
    const char *const *items;
    size_t count;
};

struct operation {
    const char *name;          /* for example list_social_accounts */
    const char *method, *path; /* path: /v1/projects/{project}/social-accounts */
    struct text_list also;     /* further documented forms of the call, for example without an id */
    const char *source;        /* document and heading */
    enum owner owner;
    struct text_list keys;     /* kinds of keys that it accepts; none: it needs no key */
    struct text_list scopes;   /* that the key needs, as far as the documents say */
    struct text_list query;    /* parameters */
    struct text_list request;  /* members of the request body */
    struct text_list response; /* members of the body of a successful response */
    struct where at;
};

struct operations {
    const char *file;
    const struct operation *items;
    size_t count;
    struct text_list secrets; /* names of response members whose value is a secret */
    struct text_list headers; /* of responses */
    struct text_list request_headers;
    struct text_list event_headers; /* of webhook deliveries */
    struct text_list events;        /* none: the provider has no webhooks */
    struct text_list event_members; /* members of the body of a delivery */
    struct text_list errors;        /* members of the body of an error response */
    const char *next_page;          /* response member that is a text if a list continues on another page; or NULL */
};

/* Loads `path`, an operations.yaml. Returns NULL, and errors, if it is invalid. */
const struct operations *operations_load(struct arena *a, const char *path, struct error *err);

/* Returns the operation of a call of a scenario, or NULL. A segment with a reference ($target.project_a, ${id}) matches
 * every segment. A parameter ({project}) matches every segment, also an empty one. A query after the path is ignored.
 * If several operations match, the result is the most exact one. */
const struct operation *operations_find(const struct operations *o, const char *method, const char *path);
/* Returns NULL if there is no operation with that name. */
const struct operation *operations_named(const struct operations *o, const char *name);
/* Returns " (did you mean 'GET /v1/...'?)", or "" if no call is similar. */
const char *operations_suggest(struct arena *a, const struct operations *o, const char *method, const char *path);

/* Returns true if the list has the member, or a member below it. The pointer may start with a slash, and may have a
 * number or `*` for an item of a list. "" is the whole body. */
bool members_have(const struct text_list *members, const char *pointer);
/* Returns " (did you mean 'items/0/id'?)", or "" if no member is similar. */
const char *members_suggest(struct arena *a, const struct text_list *members, const char *pointer);

bool operation_has_query(const struct operation *op, const char *name);
bool operation_has_request_member(const struct operation *op, const char *pointer);
bool operation_has_response_member(const struct operation *op, const char *pointer);
bool operations_have_header(const struct operations *o, const char *name); /* in any letter case */
bool operations_have_event(const struct operations *o, const char *name);
bool operations_have_event_member(const struct operations *o, const char *pointer);
bool operations_have_error_member(const struct operations *o, const char *pointer);
bool operations_have_secret(const struct operations *o, const char *name);
