/* plan.h - selects the scenarios to run, finds the capabilities that the target lacks, lists what no scenario cites.
 *
 * Shapes:  a selection (tags, claims, names, shard) is applied to a suite. The plan has the selected scenarios in the
 *          order of the suite, each with its first missing capability. Coverage comes from the scenario files only; a
 *          run decides what holds.
 * Errors:  an invalid tag expression, claim pattern or shard; a tag, a claim or a failed scenario that the suite does
 *          not have; a report of another suite. A selection without any scenario is not an error:
 *          `excluded_by` then names the options that excluded all scenarios, or `nothing_to_do` says why there is
 *          nothing to do: the part of --shard is empty, or the run of --failed was green.
 */
#pragma once
#include "conformance/scenario/scenario.h"

struct selection {
    const char *tags;          /* "oauth and not slow"; NULL: all */
    const char *const *claims; /* globs, for example LA-18*; none: all */
    size_t claim_count;
    const char *const *names; /* scenario names from --failed; none: all */
    size_t name_count;
    const char *failed;          /* path of that report, for messages */
    const char *const *reported; /* all scenario names of that report */
    size_t reported_count;
    bool failed_green; /* that run was green: nothing of it has to run again */
    int shard, shards; /* part `shard` (from 1) of `shards`; 0: all */
};

struct planned {
    const struct scenario *scenario;
    const char *missing; /* the first missing capability; NULL: none is missing */
};

struct plan {
    const struct suite *suite;
    struct planned *items;
    size_t count;
    const char *excluded_by;   /* options that match no scenario: "--tag 'x'"; NULL: count is not 0 */
    const char *nothing_to_do; /* a sentence, if the other options match a scenario; else NULL */
};

/* Returns true if the target has the capability. */
typedef bool capability_fn(const void *ctx, const char *capability);

bool plan_make(struct arena *a, const struct suite *suite, const struct selection *selection, capability_fn *can,
               const void *ctx, struct plan *out, struct error *err);
/* Returns false if the scenarios belong to two providers: one run tests one target. */
bool plan_check_provider(const struct plan *p, struct error *err);
/* Returns the capabilities that the scenario requires: those in `requires`, and those that its steps and flows
 * imply. */
const char *const *scenario_needs(struct arena *a, const struct scenario *s, size_t *count);

/* --- failed.c: --failed ------------------------------------------------------------------- */

/* Selects the failed and undecided scenarios of an earlier run, from its JSON report: every scenario whose verdict is
 * not pass, not-applicable or disputed. If every scenario is settled, out->names is one empty name, which
 * matches nothing; failed_green is then true if the exit status of that run was 0.
 * Fails if the file cannot be read or is not such a report. */
bool failed_select(struct arena *a, const char *report, struct selection *out, struct error *err);

/* Returns false if the suite lacks a failed or undecided scenario of the report, or has none of all its scenarios. */
bool failed_known(const struct suite *suite, const struct selection *selection, struct error *err);

/* --- tags.c: expressions such as "oauth and not (slow or lease)" -------------------------- */

/* any  = all {"or" all}    all = one {"and" one}    one = ["not"] (TAG | "(" any ")")
 * A syntax error has its column in the expression (--tag:1:COLUMN). */
struct tags;

const struct tags *tags_parse(struct arena *a, const char *text, struct error *err);
/* Adds an error for each tag that no scenario of the suite has. */
bool tags_known(const struct tags *expression, const struct suite *suite, struct error *err);
bool tags_hold(const struct tags *expression, const char *const *tags, size_t count);

/* --- coverage ----------------------------------------------------------------------------- */

struct coverage {               /* in the order of the catalogue; a dispute is settled by a step with a one_of */
    size_t cited, unobservable; /* numbers of claims */
    const struct claim *const *uncited; /* observable claims that no scenario cites */
    size_t uncited_count;
    const struct dispute *const *unsettled;
    size_t unsettled_count;
};

struct coverage coverage_of(struct arena *a, const struct suite *suite, const struct catalogue *c);
