/* matcher.h - the inside of match: one row per matcher, and what a row's functions stand on.
 *
 * Shapes:  match_check.c and match.c walk expectations, matcher*.c hold the rows. A struct run is
 *          one walk; with no `results` it only counts and makes no text, which is how nested
 *          expectations are tried.
 * Errors:  as in match.h.
 */
#pragma once
#include "base/match.h"

struct tally {
    size_t holds, fails, vacuous;
};

struct run {
    const struct match_context *context;
    const struct node *document;   /* what $same points into */
    struct match_results *results; /* NULL: only the tally is wanted */
    struct tally tally;
    bool exact; /* maps are closed */
};

/* One matcher to decide. */
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
    bool judges_absence; /* else what is absent fails before it is asked */
    const char *operand; /* its shape: base/schema.h */
    const char *help;
};

struct matcher_group {
    const struct matcher *rows;
    size_t count;
};

extern const struct matcher_group matcher_values; /* matcher.c */
extern const struct matcher_group matcher_lists;  /* matcher_list.c */
extern const struct matcher_group matcher_orders; /* matcher_order.c */

/* All of them, in the order of their groups; NULL behind the last. */
const struct matcher *matcher_at(size_t i);
const struct matcher *matcher_find(const char *name);
const char *matcher_nearest(const char *name); /* NULL: none is near */
bool match_has_matchers(const struct node *map);

/* For `check` functions. */
bool match_check_expectation(const struct node *expectation, struct error *err);
bool match_has_reference(const struct node *n); /* a text to be filled in later */
bool match_refuse(const struct node *operand, struct error *err, const char *what); /* false */

void match_expect(struct run *r, const struct node *expectation, const struct node *actual,
                  const char *pointer);
/* A nested expectation, only counted. */
struct tally match_try(const struct run *r, const struct node *expectation,
                       const struct node *actual);
enum match_verdict match_verdict_of(struct tally tally);

/* Counts the decision and, if results are wanted, adds it. Texts left NULL become the operand and
 * the actual value as short JSON. */
void match_decide(struct run *r, const struct decision *d, enum match_verdict verdict,
                  const char *expected, const char *actual);
void match_decide_plain(struct run *r, const struct decision *d, bool holds);
/* Text for match_decide; NULL where none is wanted. */
const char *match_words(const struct run *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *match_excerpt(struct arena *a, const struct node *value); /* short JSON, or "absent" */
