/* match.h - does this value look as expected? The matchers of scenarios, rules and verifications.
 *
 * Shapes:  an expectation is a node. A plain scalar or list must be equal (a list: item by item,
 * each item an expectation); a plain map is open: each named member must match, others are ignored.
 * A map whose keys begin with $ is matchers, all of which must hold. Matchers: $not X, $in [..],
 * $matches "regex" (PCRE2, unanchored), $type T | [T..], $gt $gte $lt $lte (numbers; or times as
 * text), $some X, $none X, $each X, $count N | {matchers}, $absent true, $present true, $exact X
 * (closes maps below it), $time any|past|future|{after, before, within} (ISO 8601 UTC; compared
 * with `now_ms`), $same "/pointer" (equals the value there in the same document), $opaque "prefix"
 * (a non-empty string id with that prefix, "" = any; nothing else is judged). Units:   now_ms = the
 * answer's Date, milliseconds. Errors:  match_check refuses an expectation that cannot be used:
 * unknown matcher ("did you mean"), bad pattern with its offset, wrong operand. match_run never
 * fails: what does not hold is data.
 *
 * Vacuous: $each and $none over an empty list decide nothing.
 */
#pragma once
#include "base/node.h"

enum match_verdict {
    MATCH_HOLDS,
    MATCH_FAILS,
    MATCH_VACUOUS,
};

struct match_result {
    enum match_verdict verdict;
    const char *pointer;  /* into the actual value */
    const char *matcher;  /* "equals", "$matches", ... */
    const char *expected; /* short JSON or words */
    const char *actual;   /* short JSON; "absent" */
    struct where at;      /* of the expectation */
};

struct match_results {
    struct match_result *items;
    size_t count, room;
};

struct match_context {
    struct arena *arena;
    int64_t now_ms;
};

bool match_check(const struct node *expectation, struct error *err);

/* `actual` may be NULL: absent. Appends one result per matcher that was decided, leaves of plain
 * maps included. */
void match_run(const struct match_context *c, const struct node *expectation,
               const struct node *actual, const char *pointer, struct match_results *results);

bool match_holds(const struct match_context *c, const struct node *expectation,
                 const struct node *actual);

bool match_pattern_check(const char *pattern, const char **why, size_t *offset);
bool match_pattern(const char *pattern,
                   struct str text); /* false as well when a match limit was hit */
