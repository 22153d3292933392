#include "conformance/result/result.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/digest.h"

const char *const verdict_texts[] = {VERDICTS(ENUM_TEXT)};

const char *const level_texts[] = {LEVELS(ENUM_TEXT)};

/* clang-format off */
const struct verdict_row verdict_rows[VERDICT_COUNT] = {
    /*                         tally             mark  phrase                    bad effect          decided settled */
    [VERDICT_PASS]           = {"passed",         "✓",  NULL,                     0,  CLAIM_SUPPORTED, true,   true },
    [VERDICT_FAIL]           = {"failed",         "✗",  NULL,                     9,  CLAIM_REFUTED,   true,   false},
    [VERDICT_WARN]           = {"warned",         "!",  NULL,                     5,  CLAIM_REFUTED,   true,   false},
    [VERDICT_VACUOUS]        = {"vacuous",        "·",  "had nothing to compare", 4,  CLAIM_IGNORED,   false,  false},
    [VERDICT_BLOCKED]        = {"blocked",        "·",  "blocked",                6,  CLAIM_PREVENTED, false,  false},
    [VERDICT_NOT_APPLICABLE] = {"not applicable", "·",  NULL,                     1,  CLAIM_IGNORED,   false,  true },
    [VERDICT_DISPUTED]       = {"disputed",       "·",  NULL,                     2,  CLAIM_IGNORED,   true,   true },
    [VERDICT_ERROR]          = {"error",          "·",  "could not be decided",   7,  CLAIM_PREVENTED, false,  false},
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
    uint32_t cited = 0, of[CLAIM_IGNORED + 1] = {0};
    for (size_t v = 0; v < VERDICT_COUNT; v++) {
        cited += c->counts[v];
        of[verdict_rows[v].effect] += c->counts[v];
    }
    if (!cited)
        return CLAIM_UNCITED;
    if (of[CLAIM_REFUTED])
        return CLAIM_FAILS;
    return of[CLAIM_SUPPORTED] && !of[CLAIM_PREVENTED] ? CLAIM_HOLDS : CLAIM_UNDECIDED;
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

/* Adds a reason that is less serious than the ones before. */
static void add_reason(struct run *r, int exit_code, const char *why)
{
    r->exit_code = r->exit_code ? r->exit_code : exit_code;
    r->verdict_why = r->verdict_why ? arena_printf(r->arena, "%s; %s", r->verdict_why, why) : why;
}

static const char *plural_suffix(uint32_t n)
{
    return n == 1 ? "" : "s";
}

/* Checks of a claim at or above the gate that could not run, because a check below the gate failed before. */
static uint32_t hidden_checks(const struct run *r)
{
    uint32_t hidden = 0;
    for (size_t i = 0; i < r->scenarios.count; i++)
        for (size_t k = 0; k < r->scenarios.items[i]->checks.count; k++) {
            const struct check *c = &r->scenarios.items[i]->checks.items[k];
            bool gated = false;
            for (size_t n = 0; c->verdict == VERDICT_BLOCKED && n < c->claim_count; n++)
                gated |= c->claims[n]->level <= r->gate;
            hidden += gated;
        }
    return hidden;
}

static bool nothing_judged(const struct run *r)
{
    return !count_decided(r) && !r->counts[VERDICT_ERROR];
}

static void add_serious_reasons(struct run *r)
{
    struct arena *a = r->arena;
    uint32_t red = red_checks(r), errors = r->counts[VERDICT_ERROR];
    if (r->interrupted)
        add_reason(r, 130, "the run was interrupted");
    if (nothing_judged(r))
        add_reason(r, 4,
                   r->scenarios.count ? "nothing was checked: no check could be decided"
                                      : "nothing was checked: no scenario was selected");
    if (red)
        add_reason(r, 1, arena_printf(a, "%u check%s failed", red, plural_suffix(red)));
    if (errors)
        add_reason(r, 3,
                   arena_printf(
                       a,
                       "%u check%s could not be decided because of an error of the target, the network or the consent",
                       errors, plural_suffix(errors)));
    if (r->leftovers.count)
        add_reason(r, 5,
                   arena_printf(a, "%zu resource%s created on the target could not be cleaned up", r->leftovers.count,
                                plural_suffix((uint32_t)r->leftovers.count)));
}

static void add_doubts(struct run *r)
{
    struct arena *a = r->arena;
    uint32_t vacuous = r->counts[VERDICT_VACUOUS], hidden = hidden_checks(r);
    if (vacuous)
        add_reason(r, 4, arena_printf(a, "%u check%s had nothing to compare", vacuous, plural_suffix(vacuous)));
    if (hidden && !nothing_judged(r))
        add_reason(r, 4,
                   arena_printf(a, "%u check%s could not be decided because %s", hidden, plural_suffix(hidden),
                                r->interrupted ? "the run was interrupted or an earlier step failed"
                                               : "an earlier step failed or a wait ended too early"));
    if (!r->counts[VERDICT_PASS] && count_decided(r))
        add_reason(r, 4, "nothing passed: checks were decided, but none of them confirms a claim");
}

void run_decide(struct run *r)
{
    r->exit_code = 0;
    r->verdict_why = NULL;
    if (r->nothing_to_do && !r->scenarios.count && !r->interrupted) {
        r->verdict_why = r->nothing_to_do;
        return;
    }
    add_serious_reasons(r);
    add_doubts(r);
    if (!r->exit_code)
        r->verdict_why = "no check failed";
}

void run_fail(struct run *r, const struct error *err)
{
    run_count(r);
    r->exit_code = error_exit_code(err);
    r->verdict_why = arena_printf(r->arena, "the run did not take place: %s", error_text(r->arena, err));
}

/* The smaller, the more serious. */
static int exit_rank(const struct run *r, int exit_code)
{
    static const int order[] = {2, 130, 4, 1, 3, 5};
    if (exit_code == 4 && !nothing_judged(r))
        return COUNT(order);
    for (size_t i = 0; i < COUNT(order); i++)
        if (order[i] == exit_code)
            return (int)i;
    return COUNT(order) + 1;
}

int run_exit_status(const struct run *r, const struct error *err)
{
    int other = error_any(err) ? error_exit_code(err) : 0;
    return exit_rank(r, other) < exit_rank(r, r->exit_code) ? other : r->exit_code;
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
    if (s->not_started)
        return VERDICT_BLOCKED;
    enum verdict worst = s->checks.count ? s->checks.items[0].verdict : s->verdict;
    for (size_t i = 1; i < s->checks.count; i++)
        worst = verdict_worse(worst, s->checks.items[i].verdict);
    return worst;
}

/* Some checks of a scenario that ran may be not applicable, too. */
static bool is_not_applicable(const struct scenario_result *s)
{
    for (size_t i = 0; i < s->checks.count; i++)
        if (s->checks.items[i].verdict != VERDICT_NOT_APPLICABLE)
            return false;
    return scenario_verdict(s) == VERDICT_NOT_APPLICABLE;
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
    for (size_t i = 0; i < r->scenarios.count; i++) {
        const struct scenario_result *s = r->scenarios.items[i];
        f.not_applicable += is_not_applicable(s);
        f.not_started += s->not_started;
    }
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
