/* match.h - compares a value with an expectation; used by scenarios, rules and verifications.
 *
 * Shapes:  an expectation is a node. A scalar must be equal. A list must have the same length, and each item is an
 *          expectation for the item at its index. A map is open: each named member must match and others are ignored
 *          ({} = is an object). A map whose keys start with $ contains matchers, all of which must hold; a map cannot
 *          have both matchers and members. A member whose name starts with $ is written with $$: "$$ref" is "$ref".
 * Matchers: $not X, $in [X..], $matches "regex" (PCRE2, unanchored), $type T | [T..], $gt $gte
 *          $lt $lte (numbers, or times as text), $some X, $none X, $each X (of a list), $count N | {matchers}, $absent
 *          true, $present true, $exact X (closes all maps below it), $time any|past|future|{after, before, within} (ISO
 *          8601 UTC; compared with `now_ms`; after and before take an instant or a signed duration from now),
 *          $unix_time (the same of a Unix time in seconds, as a number or as text), $same "/pointer" (equals the value
 *          at that pointer of the same document), $id_with_prefix "prefix" (a string that starts with the prefix and is
 *          longer than it; "" = any prefix).
 * Units:   now_ms = the response's Date in milliseconds. Date has a resolution of one second, so comparisons allow for
 *          up to 999 ms more.
 * Errors:  match_check rejects an invalid expectation: unknown matcher ("did you mean"), bad pattern with its offset,
 *          wrong operand. An operand that is text with a reference ($name, ${name}) is accepted; check it again after
 *          the reference is resolved. match_run never fails: a mismatch is a result.
 * Absent:  only $absent and $present, also inside $in and $exact, can hold for an absent value; $not cannot.
 * Vacuous: $each and $none decide nothing for an empty list. An item or an alternative that contains such a part and
 *          does not fail decides nothing either. $each holds if at least one item holds and none fails.
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
    const char *expected; /* short JSON or a phrase */
    const char *actual;   /* short JSON; "absent" */
    struct where at;      /* location of the expectation */
};

struct match_results {
    struct match_result *items;
    size_t count, room;
};

struct match_context {
    struct arena *arena;
    int64_t now_ms;
    bool *no_now; /* NULL: now_ms is known. Else a comparison with the current time holds, and sets this to true */
};

bool match_key_is_matcher(const char *key);
/* Returns the name of the member that a key of an expectation stands for, for example "$ref" for "$$ref". */
const char *match_member_name(const char *key);

bool match_check(const struct node *expectation, struct error *err);
/* Like match_check, for an expectation of a value that is always text, such as a query parameter: rejects also an
 * expectation that no text can match. `what` ("query") names the value in messages. */
bool match_check_text(const struct node *expectation, const char *what, struct error *err);

/* Compares `actual` (NULL: absent) and appends one result per matcher, scalar and list of the expectation. A scalar
 * below an absent value fails as absent, so that the same expectation always gives the same checks. A failing $each
 * also appends the mismatches of its first failing items. */
void match_run(const struct match_context *c, const struct node *expectation, const struct node *actual,
               const char *pointer, struct match_results *results);

/* Returns true if nothing fails; a vacuous part does not fail. A NULL expectation always holds. */
bool match_holds(const struct match_context *c, const struct node *expectation, const struct node *actual);

/* Returns false for an invalid pattern; *why is allocated in the arena, *offset is in bytes. */
bool match_pattern_check(struct arena *a, const char *pattern, const char **why, size_t *offset);
/* Returns false also if a match limit is reached or the text is not UTF-8. */
bool match_pattern(const char *pattern, struct str text);
