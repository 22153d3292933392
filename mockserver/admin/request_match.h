/* request_match.h - which entries of the journal a tester means: the `match` of a verification.
 *
 * Shapes:  {operation, provider, method, path, status, key, query, headers, body, fault, rule},
 *          each an expectation (base/match.h) of that part of the call, none of them: every call.
 *          query and headers are maps of them by name; body is the request's. A rule's name means
 *          that this rule acted; matchers there see the list of those that did.
 * Errors:  a selector that can match nothing (no such operation, provider, key, fault, rule), or
 *          is none: an issue at its pointer.
 */
#pragma once
#include "base/match.h"
#include "mockserver/admin/handlers.h"
#include "mockserver/journal.h"

#define SELECTORS(X)                                                                               \
    X(OPERATION, "operation")                                                                      \
    X(PROVIDER, "provider")                                                                        \
    X(METHOD, "method")                                                                            \
    X(PATH, "path")                                                                                \
    X(STATUS, "status")                                                                            \
    X(KEY, "key")                                                                                  \
    X(QUERY, "query")                                                                              \
    X(HEADERS, "headers")                                                                          \
    X(BODY, "body")                                                                                \
    X(FAULT, "fault")                                                                              \
    X(RULE, "rule")
enum selector {
#define X(name, text) SELECTOR_##name,
    SELECTORS(X)
#undef X
        SELECTOR_COUNT
};

struct request_match {
    const struct node *of[SELECTOR_COUNT]; /* NULL: anything */
};

extern const struct fields request_match_fields;

/* Checks it and puts words for what they stand for (a key's value: its name). `body` is the whole
 * request body, where it stands at /match. False: refused. */
bool request_match_check(struct call *c, const struct node *body, struct request_match *m);

struct request_judgement {
    unsigned misses; /* 0: it is one of them; else the more, the farther */
    bool undecided;  /* all else fits, but the journal cut the body that was asked about */
};

/* `results` (may be NULL) gets every expectation's outcome; it lives in the arena. */
struct request_judgement request_match_judge(struct arena *a, const struct request_match *m,
                                             const struct journal_entry *e,
                                             struct match_results *results);

/* What the selector sees of a call; NULL: nothing. Of query and headers those that are named in
 * `wanted`. */
const struct node *request_value(struct arena *a, const struct journal_entry *e,
                                 enum selector selector, const struct node *wanted);

/* misses: [{pointer, matcher, expected, actual}]: those of the results that fail. */
void request_put_misses(struct json *w, const struct match_results *results);
