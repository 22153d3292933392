#include "conformance/result/result.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"

const char *const verdict_texts[] = {VERDICTS(ENUM_TEXT)};

const char *const level_texts[] = {LEVELS(ENUM_TEXT)};

/* clang-format off */
const struct verdict_row verdict_rows[VERDICT_COUNT] = {
    /*                          tally             mark  phrase                    badness  decided  settled */
    [VERDICT_PASS]           = {"passed",         "✓",  NULL,                     0,       true,    true },
    [VERDICT_FAIL]           = {"failed",         "✗",  NULL,                     9,       true,    false},
    [VERDICT_WARN]           = {"warned",         "!",  NULL,                     5,       true,    false},
    [VERDICT_KNOWN]          = {"known",          "!",  NULL,                     3,       true,    true },
    [VERDICT_FIXED]          = {"fixed",          "✓",  NULL,                     8,       true,    false},
    [VERDICT_VACUOUS]        = {"vacuous",        "·",  "had nothing to compare", 4,       false,   false},
    [VERDICT_BLOCKED]        = {"blocked",        "·",  "blocked",                6,       false,   false},
    [VERDICT_NOT_APPLICABLE] = {"not applicable", "·",  NULL,                     1,       false,   true },
    [VERDICT_DISPUTED]       = {"disputed",       "·",  NULL,                     2,       true,    true },
    [VERDICT_ERROR]          = {"error",          "·",  "could not be decided",   7,       false,   false},
};
/* clang-format on */

static enum verdict verdict_worse(enum verdict x, enum verdict y)
{
    return verdict_rows[x].badness >= verdict_rows[y].badness ? x : y;
}

/* --- counting ----------------------------------------------------------------------------- */

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

void run_count(struct run *r)
{
    r->checks = 0;
    memset(r->counts, 0, sizeof r->counts);
    for (size_t i = 0; i < r->claim_count; i++)
        memset(r->claims[i].counts, 0, sizeof r->claims[i].counts);
    for (size_t i = 0; i < r->scenarios.count; i++) {
        struct scenario_result *s = r->scenarios.items[i];
        if (s->checks.count)
            s->verdict = VERDICT_PASS;
        for (size_t k = 0; k < s->checks.count; k++)
            count_check(r, s, &s->checks.items[k]);
    }
    for (size_t i = 0; i < r->claim_count; i++)
        r->claims[i].outcome = outcome_of(&r->claims[i]);
}

/* --- deciding ----------------------------------------------------------------------------- */

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
    uint32_t decided = 0;
    for (size_t v = 0; v < VERDICT_COUNT; v++)
        decided += verdict_rows[v].decided ? r->counts[v] : 0;
    return decided;
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
    else if (!r->counts[VERDICT_PASS])
        set_exit(r, 4, "nothing passed: checks were decided, but none of them confirms a claim");
    else
        set_exit(r, 0, "no check failed");
}

/* --- totals ------------------------------------------------------------------------------- */

const char *const outcome_texts[] = {
    [CLAIM_HOLDS] = "holds",
    [CLAIM_FAILS] = "fails",
    [CLAIM_UNDECIDED] = "undecided",
    [CLAIM_UNCITED] = "uncited",
};

enum verdict scenario_verdict(const struct scenario_result *s)
{
    enum verdict worst = s->checks.count ? s->checks.items[0].verdict : s->verdict;
    for (size_t i = 1; i < s->checks.count; i++)
        worst = verdict_worse(worst, s->checks.items[i].verdict);
    return worst;
}

struct totals totals_of(const struct run *r)
{
    struct totals f = {.claims = (uint32_t)r->claim_count, .scenarios = (uint32_t)r->scenarios.count};
    for (size_t i = 0; i < r->claim_count; i++) {
        const struct claim_result *c = &r->claims[i];
        const char *observe = c->claim->observe;
        f.observable += !observe || strcmp(observe, "none") != 0;
        f.cited += c->outcome != CLAIM_UNCITED;
        f.exercised += c->outcome == CLAIM_HOLDS || c->outcome == CLAIM_FAILS;
        f.holding += c->outcome == CLAIM_HOLDS;
    }
    for (size_t i = 0; i < r->scenarios.count; i++)
        f.not_applicable += scenario_verdict(r->scenarios.items[i]) == VERDICT_NOT_APPLICABLE;
    return f;
}

const char *totals_tally(struct arena *a, const struct run *r)
{
    struct buf out = {.arena = a};
    buf_printf(&out, "%u checks", r->checks);
    for (size_t v = 0; v < VERDICT_COUNT; v++)
        if (r->counts[v] || v == VERDICT_PASS || v == VERDICT_FAIL)
            buf_printf(&out, ", %u %s%s", r->counts[v], verdict_rows[v].tally,
                       v == VERDICT_ERROR && r->counts[v] != 1 ? "s" : "");
    return buf_c(&out);
}

/* --- digest of executed checks ------------------------------------------------------------ */

static bool was_executed(enum verdict verdict)
{
    return verdict_rows[verdict].decided || verdict == VERDICT_VACUOUS;
}

static int compare_ids(const void *x, const void *y)
{
    const char *const *p = x, *const *q = y;
    return strcmp(*p, *q);
}

static size_t collect_executed_ids(const struct run *r, const char **ids)
{
    size_t n = 0;
    for (size_t i = 0; i < r->scenarios.count; i++) {
        const struct scenario_result *s = r->scenarios.items[i];
        for (size_t k = 0; k < s->checks.count; k++)
            if (was_executed(s->checks.items[k].verdict))
                ids[n++] = s->checks.items[k].id;
    }
    return n;
}

const char *totals_executed(struct arena *a, const struct run *r, size_t *count)
{
    size_t all = 0, once = 0;
    for (size_t i = 0; i < r->scenarios.count; i++)
        all += r->scenarios.items[i]->checks.count;
    const char **ids = arena_array(a, const char *, all);
    all = collect_executed_ids(r, ids);
    qsort(ids, all, sizeof *ids, compare_ids);

    struct buf text = {.arena = a};
    for (size_t i = 0; i < all; i++) {
        if (i && strcmp(ids[i], ids[i - 1]) == 0)
            continue;
        buf_printf(&text, "%s\n", ids[i]);
        once++;
    }
    unsigned char digest[DIGEST_SIZE];
    digest_sha256(buf_str(&text), digest);
    if (count)
        *count = once;
    return digest_hex(a, digest, sizeof digest);
}
