/* request_match.h - selects journal entries: the `match` of a verification.
 *
 * Shapes:  {operation, provider, method, path, status, key, query, headers, body, fault, rule}, all
 *          optional; each is an expectation (base/match.h) of that part of the call. An empty match
 *          selects every call. query and headers are maps of expectations by name; body is the
 *          request's body. A rule's name selects calls on which the rule acted; matchers there get
 *          the list of all rules that acted.
 * Errors:  an issue at its pointer for an invalid expectation, or for an unknown operation,
 *          provider, method, key, fault or rule.
 */
#pragma once
#include "base/enum.h"
#include "base/match.h"
#include "mockserver/admin/common.h"
#include "mockserver/runtime/journal.h"

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

/* Checks the selectors and resolves their texts, for example a key's value to its name. `body`
 * is the whole request body, with the match at /match. Returns false if the call was refused. */
bool request_match_check(struct call *c, const struct node *body, struct request_match *m);

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
