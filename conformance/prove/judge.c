#include "conformance/prove/judge.h"

#include <string.h>

#include "base/json.h"

#define FAILURES_MAX 3

const char *const kill_texts[] = {KILLS(ENUM_TEXT)};

/* --- what a run says ---------------------------------------------------------------------- */

static const struct claim_result *result_of(const struct run *r, const struct claim *c)
{
    for (size_t i = 0; i < r->claim_count; i++)
        if (r->claims[i].claim == c)
            return &r->claims[i];
    return NULL;
}

static enum claim_outcome outcome_in(const struct run *r, const struct claim *c)
{
    const struct claim_result *found = result_of(r, c);
    return found ? found->outcome : CLAIM_UNCITED;
}

static bool refutes(const struct check *c)
{
    return verdict_rows[c->verdict].effect == CLAIM_REFUTED;
}

static bool breaks(const struct entry *e, const struct claim *c)
{
    for (size_t i = 0; i < e->claim_count; i++)
        if (e->claims[i] == c)
            return true;
    return false;
}

static void add_text(struct arena *a, struct texts *to, const char *text)
{
    for (size_t i = 0; i < to->count; i++)
        if (strcmp(to->items[i], text) == 0)
            return;
    *arena_push(a, to, const char *) = text;
}

static void add_failure(struct arena *a, const struct check *c, struct judgement *out)
{
    const char *seen = c->actual ? c->actual : c->why ? c->why : "";
    if (out->failures.count < FAILURES_MAX)
        add_text(
            a, &out->failures,
            arena_printf(a, "%s: expected %s, got %s", c->id, c->expected ? c->expected : "another response", seen));
}

/* The failed claims and checks; those of the claims that a mutant breaks are not listed. */
static void list_failures(struct arena *a, const struct entry *e, const struct run *r, struct judgement *out)
{
    for (size_t i = 0; i < r->scenarios.count; i++)
        for (size_t k = 0; k < r->scenarios.items[i]->checks.count; k++) {
            const struct check *c = &r->scenarios.items[i]->checks.items[k];
            if (!refutes(c))
                continue;
            add_failure(a, c, out);
            if (!c->claim_count)
                add_text(a, &out->unclaimed, c->id);
        }
    for (size_t i = 0; i < r->claim_count; i++)
        if (r->claims[i].outcome == CLAIM_FAILS && !(e->kind == ENTRY_MUTANT && breaks(e, r->claims[i].claim)))
            add_text(a, &out->failed, r->claims[i].claim->id);
}

static void set_totals(const struct run *r, struct judgement *out)
{
    out->played = true;
    out->exit_code = r->exit_code;
    out->calls += r->calls;
    out->duration_us += r->duration_us;
}

/* --- mutants ------------------------------------------------------------------------------ */

bool judge_refutes(const struct scenario_result *s, const struct claim *c)
{
    for (size_t i = 0; i < s->checks.count; i++)
        for (size_t k = 0; refutes(&s->checks.items[i]) && k < s->checks.items[i].claim_count; k++)
            if (s->checks.items[i].claims[k] == c)
                return true;
    return false;
}

bool judge_killed(struct arena *a, const struct entry *e, const struct run *cited, struct judgement *out)
{
    out->kills = out->kills ? out->kills : arena_array(a, enum kill, e->claim_count);
    out->whys = out->whys ? out->whys : arena_array(a, const char *, e->claim_count);
    out->good = true;
    for (size_t i = 0; i < e->claim_count; i++) {
        bool fails = outcome_in(cited, e->claims[i]) == CLAIM_FAILS;
        out->kills[i] = fails ? KILL_KILLED : out->kills[i];
        out->good &= out->kills[i] == KILL_KILLED;
    }
    set_totals(cited, out);
    return out->good;
}

/* Why a claim is undecided: the first check that cites it and could not be decided. */
static const char *undecided_why(struct arena *a, const struct run *r, const struct claim *claim)
{
    for (size_t i = 0; i < r->scenarios.count; i++)
        for (size_t k = 0; k < r->scenarios.items[i]->checks.count; k++) {
            const struct check *c = &r->scenarios.items[i]->checks.items[k];
            bool cited = false;
            for (size_t n = 0; n < c->claim_count; n++)
                cited |= c->claims[n] == claim;
            if (cited && !verdict_rows[c->verdict].decided && c->verdict != VERDICT_NOT_APPLICABLE)
                return arena_printf(a, "%s is %s: %s", c->id, verdict_texts[c->verdict], c->why ? c->why : "no reason");
        }
    return "no check of the claim was decided";
}

void judge_mutant(struct arena *a, const struct entry *e, const struct run *whole, struct judgement *out)
{
    if (judge_killed(a, e, whole, out))
        return;
    list_failures(a, e, whole, out);
    bool any = out->failed.count || out->unclaimed.count;
    for (size_t i = 0; i < e->claim_count; i++)
        any |= out->kills[i] == KILL_KILLED;
    for (size_t i = 0; i < e->claim_count; i++) {
        enum claim_outcome outcome = outcome_in(whole, e->claims[i]);
        if (out->kills[i] == KILL_KILLED)
            continue;
        out->kills[i] = any ? KILL_WRONG_REASON : outcome == CLAIM_UNDECIDED ? KILL_UNDECIDED : KILL_SURVIVED;
        if (outcome == CLAIM_UNDECIDED)
            out->whys[i] = undecided_why(a, whole, e->claims[i]);
        else if (outcome == CLAIM_UNCITED)
            out->whys[i] = "no scenario that it can change cites the claim";
    }
}

/* --- controls and legal servers ------------------------------------------------------------ */

void judge_control(struct arena *a, const struct run *whole, struct judgement *out)
{
    for (size_t i = 0; i < whole->claim_count; i++)
        if (whole->claims[i].outcome == CLAIM_HOLDS)
            add_text(a, &out->holding, whole->claims[i].claim->id);
    set_totals(whole, out);
    out->good = !out->holding.count && whole->exit_code != 0;
}

void judge_legal(struct arena *a, const struct entry *e, const struct run *whole, const struct run *unchanged,
                 struct judgement *out)
{
    list_failures(a, e, whole, out);
    for (size_t i = 0; i < whole->claim_count; i++) {
        const struct claim *c = whole->claims[i].claim;
        bool is_undecided = whole->claims[i].outcome == CLAIM_UNDECIDED, is_listed = breaks(e, c);
        if (is_undecided && !is_listed && (!unchanged || outcome_in(unchanged, c) != CLAIM_UNDECIDED))
            add_text(a, &out->undecided, c->id);
        if (is_listed && !is_undecided)
            add_text(a, &out->decided, c->id);
    }
    set_totals(whole, out);
    out->good = !out->failed.count && !out->unclaimed.count && !out->undecided.count && !out->decided.count;
}

/* --- as one line of JSON ------------------------------------------------------------------- */

static const struct {
    const char *key;
    size_t offset; /* of the struct texts */
} lists[] = {
    {"failed",    offsetof(struct judgement, failed)   },
    {"unclaimed", offsetof(struct judgement, unclaimed)},
    {"holding",   offsetof(struct judgement, holding)  },
    {"undecided", offsetof(struct judgement, undecided)},
    {"decided",   offsetof(struct judgement, decided)  },
    {"failures",  offsetof(struct judgement, failures) },
};
#define LIST_COUNT (sizeof lists / sizeof lists[0])

static struct texts *list_at(struct judgement *j, size_t i)
{
    return (struct texts *)((char *)j + lists[i].offset);
}

void judgement_write(struct json *w, const struct entry *e, const struct judgement *from)
{
    struct judgement j = *from;
    json_put_bool(w, "good", j.good);
    json_key_list(w, "claims");
    for (size_t i = 0; e && i < e->claim_count; i++) {
        json_open_map(w);
        json_put_text(w, "id", e->claims[i]->id);
        json_put_text(w, "outcome", j.kills ? kill_texts[j.kills[i]] : NULL);
        json_put_text(w, "why", j.whys ? j.whys[i] : NULL);
        json_close_map(w);
    }
    json_close_list(w);
    for (size_t i = 0; i < LIST_COUNT; i++) {
        json_key_list(w, lists[i].key);
        for (size_t k = 0; k < list_at(&j, i)->count; k++)
            json_text(w, list_at(&j, i)->items[k]);
        json_close_list(w);
    }
    json_put_int(w, "exit_code", j.exit_code);
    json_put_int(w, "calls", j.calls);
    json_put_int(w, "duration_us", j.duration_us);
}

static int64_t integer_of(const struct node *map, const char *key)
{
    const struct node *n = node_get(map, key);
    return n && n->kind == NODE_INT ? n->integer : 0;
}

static enum kill kill_named(const char *text)
{
    enum kill k = KILL_NOT_PLAYED;
    for (int i = 0; text && i < KILL_COUNT; i++)
        k = strcmp(kill_texts[i], text) == 0 ? (enum kill)i : k;
    return k;
}

bool judgement_read(struct arena *a, const struct entry *e, const struct node *map, struct judgement *out)
{
    const struct node *good = node_get(map, "good"), *claims = node_get(map, "claims");
    size_t count = e ? e->claim_count : 0;
    if (!good || good->kind != NODE_BOOL || node_count(claims) != count)
        return false;
    *out = (struct judgement){.played = true, .good = good->truth};
    out->kills = arena_array(a, enum kill, count);
    out->whys = arena_array(a, const char *, count);
    for (size_t i = 0; i < count; i++) {
        out->kills[i] = kill_named(node_get_text(node_at(claims, i), "outcome"));
        out->whys[i] = node_get_text(node_at(claims, i), "why");
    }
    for (size_t i = 0; i < LIST_COUNT; i++) {
        const struct node *texts = node_get(map, lists[i].key);
        for (size_t k = 0; k < node_count(texts); k++)
            *arena_push(a, list_at(out, i), const char *) = node_text(node_at(texts, k));
    }
    out->exit_code = (int)integer_of(map, "exit_code");
    out->calls = (uint32_t)integer_of(map, "calls");
    out->duration_us = integer_of(map, "duration_us");
    return true;
}
