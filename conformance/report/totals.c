#include "conformance/report/totals.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"

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
    static const char *const words[VERDICT_COUNT] = {
        [VERDICT_PASS] = "passed",       [VERDICT_FAIL] = "failed",
        [VERDICT_WARN] = "warned",       [VERDICT_KNOWN] = "known",
        [VERDICT_FIXED] = "fixed",       [VERDICT_VACUOUS] = "vacuous",
        [VERDICT_BLOCKED] = "blocked",   [VERDICT_NOT_APPLICABLE] = "not applicable",
        [VERDICT_DISPUTED] = "disputed", [VERDICT_ERROR] = "error",
    };
    struct buf out = {.arena = a};
    buf_printf(&out, "%u checks", r->checks);
    for (size_t v = 0; v < VERDICT_COUNT; v++)
        if (r->counts[v] || v == VERDICT_PASS || v == VERDICT_FAIL)
            buf_printf(&out, ", %u %s%s", r->counts[v], words[v], v == VERDICT_ERROR && r->counts[v] != 1 ? "s" : "");
    return buf_c(&out);
}

/* --- digest of executed checks --------------------------------------------------------------- */

static bool was_executed(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_PASS:
    case VERDICT_FAIL:
    case VERDICT_WARN:
    case VERDICT_KNOWN:
    case VERDICT_FIXED:
    case VERDICT_VACUOUS:
    case VERDICT_DISPUTED:
        return true;
    case VERDICT_BLOCKED:
    case VERDICT_NOT_APPLICABLE:
    case VERDICT_ERROR:
    case VERDICT_COUNT:
        return false;
    }
    return false;
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
