#include "conformance/result/result.h"

#include "base/enum.h"
#include <string.h>

const char *const verdict_texts[] = {VERDICTS(ENUM_TEXT)};

const char *const level_texts[] = {LEVELS(ENUM_TEXT)};

/* The larger, the worse. */
static const int badness[VERDICT_COUNT] = {
    [VERDICT_PASS] = 0,    [VERDICT_NOT_APPLICABLE] = 1, [VERDICT_DISPUTED] = 2, [VERDICT_KNOWN] = 3,
    [VERDICT_VACUOUS] = 4, [VERDICT_WARN] = 5,           [VERDICT_BLOCKED] = 6,  [VERDICT_ERROR] = 7,
    [VERDICT_FIXED] = 8,   [VERDICT_FAIL] = 9,
};

enum verdict verdict_worse(enum verdict x, enum verdict y)
{
    return badness[x] >= badness[y] ? x : y;
}

/* --- counting ------------------------------------------------------------------------------- */

static struct claim_result *claim_result_of(struct run *r, const struct claim *claim)
{
    for (size_t i = 0; i < r->claim_count; i++)
        if (r->claims[i].claim == claim)
            return &r->claims[i];
    return NULL;
}

static void count_check(struct run *r, struct scenario_result *s, const struct check *c)
{
    r->checks++;
    r->counts[c->verdict]++;
    s->verdict = verdict_worse(s->verdict, c->verdict);
    for (size_t i = 0; i < c->claim_count; i++) {
        struct claim_result *of = claim_result_of(r, c->claims[i]);
        if (of)
            of->counts[c->verdict]++;
    }
}

static enum claim_outcome outcome_of(const struct claim_result *c)
{
    uint32_t cited = 0;
    for (size_t v = 0; v < VERDICT_COUNT; v++)
        cited += c->counts[v];
    if (!cited)
        return CLAIM_UNCITED;
    if (c->counts[VERDICT_FAIL] || c->counts[VERDICT_WARN] || c->counts[VERDICT_KNOWN])
        return CLAIM_FAILS;
    return c->counts[VERDICT_PASS] || c->counts[VERDICT_FIXED] ? CLAIM_HOLDS : CLAIM_UNDECIDED;
}

static bool any_check(const struct scenario_result *s)
{
    return s->checks.count > 0;
}

void run_count(struct run *r)
{
    r->checks = 0;
    memset(r->counts, 0, sizeof r->counts);
    for (size_t i = 0; i < r->claim_count; i++)
        memset(r->claims[i].counts, 0, sizeof r->claims[i].counts);
    for (size_t i = 0; i < r->scenarios.count; i++) {
        struct scenario_result *s = r->scenarios.items[i];
        if (any_check(s))
            s->verdict = VERDICT_PASS;
        for (size_t k = 0; k < s->checks.count; k++)
            count_check(r, s, &s->checks.items[k]);
    }
    for (size_t i = 0; i < r->claim_count; i++)
        r->claims[i].outcome = outcome_of(&r->claims[i]);
}

/* --- deciding ------------------------------------------------------------------------------- */

/* A check that cites no claim protects the scenario itself, so it fails the run at every gate. */
bool check_fails_run(const struct run *r, const struct check *c)
{
    if (c->verdict == VERDICT_FAIL)
        return true;
    for (size_t i = 0; c->verdict == VERDICT_WARN && i < c->claim_count; i++)
        if (c->claims[i]->level <= r->gate)
            return true;
    return false;
}

static uint32_t red_checks(const struct run *r)
{
    uint32_t red = 0;
    for (size_t i = 0; i < r->scenarios.count; i++)
        for (size_t k = 0; k < r->scenarios.items[i]->checks.count; k++)
            red += check_fails_run(r, &r->scenarios.items[i]->checks.items[k]);
    return red;
}

static uint32_t count_decided(const struct run *r)
{
    return r->counts[VERDICT_PASS] + r->counts[VERDICT_FAIL] + r->counts[VERDICT_WARN] + r->counts[VERDICT_KNOWN] +
           r->counts[VERDICT_FIXED] + r->counts[VERDICT_DISPUTED];
}

static void set_exit(struct run *r, int exit_code, const char *why)
{
    r->exit_code = exit_code;
    r->verdict_why = why;
}

static const char *plural_suffix(uint32_t n)
{
    return n == 1 ? "" : "s";
}

void run_decide(struct run *r)
{
    struct arena *a = r->arena;
    uint32_t red = red_checks(r), errors = r->counts[VERDICT_ERROR];
    uint32_t vacuous = r->counts[VERDICT_VACUOUS], fixed = r->counts[VERDICT_FIXED];
    if (r->interrupted)
        set_exit(r, 130, "the run was interrupted");
    else if (r->leftovers.count)
        set_exit(r, 5,
                 arena_printf(a, "%zu resource%s created on the target could not be cleaned up", r->leftovers.count,
                              plural_suffix((uint32_t)r->leftovers.count)));
    else if (red)
        set_exit(r, 1, arena_printf(a, "%u check%s failed", red, plural_suffix(red)));
    else if (fixed)
        set_exit(r, 4,
                 arena_printf(a, "%u check%s in the baseline now pass%s; remove %s from the baseline", fixed,
                              plural_suffix(fixed), fixed == 1 ? "es" : "", fixed == 1 ? "it" : "them"));
    else if (!count_decided(r) && !errors)
        set_exit(r, 4,
                 r->scenarios.count ? "nothing was checked: no check could be decided"
                                    : "nothing was checked: no scenario was selected");
    else if (vacuous)
        set_exit(r, 4, arena_printf(a, "%u check%s had nothing to compare", vacuous, plural_suffix(vacuous)));
    else if (errors)
        set_exit(r, 3,
                 arena_printf(a, "%u check%s could not be decided because of a target or network error", errors,
                              plural_suffix(errors)));
    else
        set_exit(r, 0, "no check failed");
}
