/* match.h - does this value look as expected? The matchers of scenarios, rules and verifications.
 *
 * Shapes:  an expectation is a node. A plain scalar must be equal; a list as well, item by item,
 *          each item an expectation; a plain map is open: each named member must match, others are
 *          ignored ({} = is an object). A map whose keys begin with $ is matchers, all of which
 *          must hold; the two do not mix.
 * Matchers: $not X, $in [X..], $matches "regex" (PCRE2, unanchored), $type T | [T..], $gt $gte
 *          $lt $lte (numbers; or times as text), $some X, $none X, $each X (of a list), $count N |
 *          {matchers}, $absent true, $present true, $exact X (closes all maps below it), $time
 *          any|past|future|{after, before, within} (ISO 8601 UTC; compared with `now_ms`; after and
 *          before take an instant or a signed duration from now), $same "/pointer" (equals the
 *          value there in the same document), $id_with_prefix "prefix" (a string id longer than
 *          that prefix, "" = any; nothing else is judged).
 * Units:   now_ms = the response's Date, milliseconds; true to a second, and judged so.
 * Errors:  match_check refuses an expectation that cannot be used: unknown matcher ("did you
 *          mean"), bad pattern with its offset, wrong operand. An operand that is a text with a
 *          reference ($name, ${name}) is let through: check again once it is resolved. match_run
 *          never fails: what does not hold is data.
 * Absent:  only $absent, $present, and $in and $exact of them, can hold of a value that is not
 *          there; $not cannot.
 * Vacuous: $each and $none over an empty list decide nothing. Neither does an item or alternative
 *          that has such a part in it and does not fail; $each holds if at least one item truly
 *          does.
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
/* Of a `what` ("query") value, always text: refuses as well what no text is like. */
bool match_check_text(const struct node *expectation, const char *what, struct error *err);

/* `actual` may be NULL: absent. Appends one result per matcher that was decided, leaves of plain
 * maps included; a leaf below something absent fails as absent, so that the same expectation always
 * gives the same checks. A failing $each adds the mismatches of its first failing items. */
void match_run(const struct match_context *c, const struct node *expectation,
               const struct node *actual, const char *pointer, struct match_results *results);

/* Nothing fails (a vacuous part does not); an expectation of NULL asks nothing. */
bool match_holds(const struct match_context *c, const struct node *expectation,
                 const struct node *actual);

/* `why` is in the arena; `offset` is in bytes. */
bool match_pattern_check(struct arena *a, const char *pattern, const char **why, size_t *offset);
/* false as well when a match limit was hit, or the text is not UTF-8 */
bool match_pattern(const char *pattern, struct str text);
