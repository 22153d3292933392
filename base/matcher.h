/* matcher.h - internals of match: one table row per matcher, and the functions the rows share.
 *
 * Shapes:  match.c walks expectations; matcher*.c contain the rows. A struct run
 *          is one walk. Without `results` a run only counts; nested expectations are evaluated that way.
 * Errors:  as in match.h.
 */
#pragma once
#include "base/match.h"

struct tally {
    size_t holds, fails, vacuous;
};

struct run {
    const struct match_context *context;
    const struct node *document;   /* $same pointers resolve in it */
    struct match_results *results; /* NULL: count only */
    struct tally tally;
    bool exact; /* maps are closed */
};

/* One matcher to evaluate. */
struct decision {
    const char *matcher;
    const struct node *operand, *actual;
    const char *pointer;
    struct where at;
};

struct matcher {
    const char *name;
    bool (*check)(const struct node *operand, struct error *err);
    void (*decide)(struct run *r, const struct decision *d);
    bool judges_absence; /* false: an absent value fails before `decide` is called */
    const char *operand; /* schema shape of the operand: base/schema.h */
    const char *help;
};

struct matcher_group {
    const struct matcher *rows;
    size_t count;
};

extern const struct matcher_group matcher_values; /* matcher.c */
extern const struct matcher_group matcher_lists;  /* matcher_list.c */
extern const struct matcher_group matcher_orders; /* matcher_order.c */

/* The matchers in the order of their groups; NULL after the last. */
const struct matcher *matcher_at(size_t i);
const struct matcher *matcher_find(const char *name);
const char *matcher_nearest(const char *name); /* for "did you mean"; NULL if none is close */

/* For `check` functions; all return false if they added a problem. */
bool match_check_expectation(const struct node *expectation, struct error *err);
bool match_has_reference(const struct node *n); /* text with a $name or ${name} */
bool match_refuse(const struct node *operand, struct error *err, const char *what);

void match_expect(struct run *r, const struct node *expectation, const struct node *actual, const char *pointer);
/* Evaluates a nested expectation without adding results. */
struct tally match_try(const struct run *r, const struct node *expectation, const struct node *actual);
enum match_verdict match_verdict_of(struct tally tally);

/* Counts the verdict and, if the run has results, appends one. A NULL `expected` or `actual` becomes the operand or the
 * actual value as short JSON. */
void match_decide(struct run *r, const struct decision *d, enum match_verdict verdict, const char *expected,
                  const char *actual);
void match_decide_plain(struct run *r, const struct decision *d, bool holds);
/* Formats a text for match_decide; NULL if the run has no results. */
const char *match_words(const struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *match_excerpt(struct arena *a, const struct node *value); /* short JSON, or "absent" */
