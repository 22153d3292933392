/* requests.h - the entries of the journal: their parts as JSON, and which of them match.
 *
 * Shapes:  a `put` function adds members to an open map. A match is {operation, provider, method, path, status, key,
 *          query, headers, body, fault, rule}, all optional; each is an expectation (base/match.h) of that part of the
 *          call. An empty match selects every call. query and headers are maps of expectations by name; body is the
 *          request's body. A rule's name selects calls on which the rule acted; matchers there get the list of all
 *          rules that acted.
 * Errors:  an issue at its pointer for an invalid expectation, or for an unknown operation, provider, method, key,
 *          fault or rule.
 */
#pragma once
#include "base/enum.h"
#include "base/match.h"
#include "mockserver/admin/common.h"
#include "mockserver/runtime/journal.h"

/* The cursor after an entry: the epoch of the journal and the seq, so that it is refused once the journal was cleared.
 * seq 0: before the first entry. */
const char *request_cursor(struct arena *a, const struct journal *j, uint64_t seq);
/* Reads a cursor of the namespace's journal, or 0 for its beginning. `pointer` is that of an error: where the body
 * has it, "query", or NULL for a path. Returns false if the call was refused. */
bool request_read_cursor(struct call *c, const char *pointer, struct str text, uint64_t *seq);
/* Refuses a cursor of another journal, or of this one before it was cleared. Always returns false. */
bool request_refuse_cursor(struct call *c, struct str text);

/* A header's value. Joins the values of a repeated header with commas, as HTTP allows. */
struct str request_header(struct arena *a, const struct headers *h, const char *name);
/* Masks the secrets in the response's body from this offset on (mask.h), for example when the body is complete. */
void request_mask(const struct call *c, size_t from);
/* seq and, if `e` is not NULL, the id, provider, operation, method, target and status. */
void request_put_name(struct json *w, uint64_t seq, const struct journal_entry *e);

/* rules: the names of the rules that acted. */
void request_put_rules(struct json *w, const struct journal_entry *e);
/* served: the response that a rule with `after` replaced; absent if there is none. */
void request_put_served(struct json *w, const struct journal_entry *e);
/* hostile: the changes that made the response hostile; absent if there are none. */
void request_put_hostile(struct json *w, const struct journal_entry *e);

/* changes; events: the scheduled events, with `done` for those that have run; deliveries: the
 * ids of the webhook deliveries for these changes. */
void request_put_effects(struct json *w, const struct world *world, const struct journal_entry *e);

/* delivery_faults: the faults that rules gave to those deliveries, and the names of the rules. */
void request_put_faults(struct json *w, const struct world *world, const struct journal_entry *e);

/* nearest_routes: for a call without a route, the nearest ones and their differences. */
void explain_put_routes(struct call *c, struct json *w, const struct journal_entry *e);
/* rules: for each rule, whether it acted, or else the first condition that failed. */
void explain_put_rules(struct call *c, struct json *w, const struct journal_entry *e);

#define SELECTORS(X)                                                                                                   \
    X(SELECTOR_OPERATION, "operation")                                                                                 \
    X(SELECTOR_PROVIDER, "provider")                                                                                   \
    X(SELECTOR_METHOD, "method")                                                                                       \
    X(SELECTOR_PATH, "path")                                                                                           \
    X(SELECTOR_STATUS, "status")                                                                                       \
    X(SELECTOR_KEY, "key")                                                                                             \
    X(SELECTOR_QUERY, "query")                                                                                         \
    X(SELECTOR_HEADERS, "headers")                                                                                     \
    X(SELECTOR_BODY, "body")                                                                                           \
    X(SELECTOR_FAULT, "fault")                                                                                         \
    X(SELECTOR_RULE, "rule")
enum selector { SELECTORS(ENUM_NAME) SELECTOR_COUNT };

struct request_match {
    const struct node *of[SELECTOR_COUNT]; /* NULL: not given */
};

extern const struct fields request_match_fields;

/* Checks the selectors of the call's body and resolves their texts, for example a key's value to its name. Returns
 * false if the call was refused. */
bool request_match_check(struct call *c, struct request_match *m);

struct request_judgement {
    unsigned misses; /* 0: the entry matches; else the weight of the failed expectations */
    bool undecided;  /* all else matches, but the journal has truncated the body to compare */
};

/* `results` (may be NULL) gets the outcome of every expectation, allocated from the arena. */
struct request_judgement request_match_judge(struct arena *a, const struct request_match *m,
                                             const struct journal_entry *e, struct match_results *results);

/* The value that a selector is compared with; NULL: absent. Of query and headers, those named in
 * `wanted`. */
const struct node *request_value(struct arena *a, const struct journal_entry *e, enum selector selector,
                                 const struct node *wanted);

/* The member `misses`: [{pointer, matcher, expected, actual}], the failed results. */
void request_put_misses(struct json *w, const struct match_results *results);
