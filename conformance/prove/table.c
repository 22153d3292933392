#include "conformance/prove/prove.h"

#include <string.h>

#include "base/array.h"
#include "conformance/report/text_layout.h"

enum { NUMBER_COLUMNS = 8, NUMBERS = 7, NAME_MIN = 20, NAME_MAX = 43, LISTED_MAX = 12, INDENT = 4 };

/* --- counting ----------------------------------------------------------------------------- */

void tally_add(struct tally *t, const struct entry *e, const struct judgement *j, size_t claim)
{
    enum kill kill = j->kills ? j->kills[claim] : KILL_NOT_PLAYED;
    if (e->kind != ENTRY_MUTANT || kill == KILL_NOT_PLAYED)
        return;
    t->mutants++;
    t->killed += kill == KILL_KILLED;
    t->wrong += kill == KILL_WRONG_REASON;
    t->survived += kill == KILL_SURVIVED;
    t->undecided += kill == KILL_UNDECIDED;
    t->equivalent += kill == KILL_EQUIVALENT;
}

size_t tally_played(const struct tally *t)
{
    return t->mutants - t->equivalent;
}

static void add_proof(struct tally *t, const struct proof *p, const char *source, int level, const char *written)
{
    for (size_t i = 0; i < p->entries.count; i++) {
        const struct entry *e = &p->entries.items[i];
        for (size_t k = 0; e->kind == ENTRY_MUTANT && k < e->claim_count; k++)
            if ((!source || strcmp(e->claims[k]->source, source) == 0) &&
                (level < 0 || (int)e->claims[k]->level == level) &&
                (!written || (e->written && strcmp(e->written, written) == 0)))
                tally_add(t, e, &p->judgements[i], k);
    }
}

struct servers { /* controls or legal servers */
    size_t played, bad;
};

static struct servers servers_of(const struct proof *proofs, size_t count, enum entry_kind kind)
{
    struct servers s = {0};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < proofs[i].entries.count; k++)
            if (proofs[i].entries.items[k].kind == kind && proofs[i].judgements[k].played) {
                s.played++;
                s.bad += !proofs[i].judgements[k].good;
            }
    return s;
}

static struct tally tally_of(const struct proof *proofs, size_t count, int level, const char *written)
{
    struct tally t = {0};
    for (size_t i = 0; i < count; i++)
        add_proof(&t, &proofs[i], NULL, level, written);
    return t;
}

int proofs_exit_status(const struct proof *proofs, size_t count)
{
    struct tally must = tally_of(proofs, count, LEVEL_MUST, NULL), all = tally_of(proofs, count, -1, NULL);
    struct servers controls = servers_of(proofs, count, ENTRY_CONTROL), legal = servers_of(proofs, count, ENTRY_LEGAL);
    if (!tally_played(&all) && !controls.played && !legal.played)
        return 4;
    return must.killed < tally_played(&must) || controls.bad || legal.bad;
}

/* --- the table ---------------------------------------------------------------------------- */

static const char *percent(struct arena *a, const struct tally *t)
{
    size_t played = tally_played(t);
    if (!played)
        return "-";
    size_t tenths = t->killed * 1000 / played; /* rounded down: 100 % means all */
    return tenths == 1000 ? "100 %" : arena_printf(a, "%zu.%zu %%", tenths / 10, tenths % 10);
}

static enum style style_of(const struct tally *t)
{
    return !tally_played(t) ? STYLE_DIM : t->killed == tally_played(t) ? STYLE_GOOD : STYLE_BAD;
}

/* The numbers stay whole; the names are cut in a narrow terminal. */
static int name_columns(const struct text_layout *t)
{
    int left = t->width - NUMBERS * NUMBER_COLUMNS;
    return left < NAME_MIN ? NAME_MIN : left > NAME_MAX ? NAME_MAX : left;
}

static void put_number(struct text_layout *t, enum style style, size_t n)
{
    layout_put(t, n ? style : STYLE_DIM, "%*zu", NUMBER_COLUMNS, n);
}

static void put_row(struct text_layout *t, enum style style, int indent, const char *name, size_t claims,
                    const struct tally *tally)
{
    int columns = name_columns(t), room = columns - indent - 2;
    struct str rest = str_from(layout_safe_text(t, name));
    bool cut = text_width(rest) > (size_t)room;
    struct str line = cut ? text_line(&rest, (size_t)room - 1) : rest;
    layout_indent(t, indent);
    layout_put(t, style, STR_FMT "%s", STR_ARG(line), cut ? "…" : "");
    layout_indent(t, columns - indent - (int)text_width(line) - cut);
    put_number(t, STYLE_PLAIN, claims);
    put_number(t, STYLE_PLAIN, tally->mutants);
    put_number(t, STYLE_PLAIN, tally->killed);
    put_number(t, STYLE_BAD, tally->wrong);
    put_number(t, STYLE_BAD, tally->survived + tally->undecided);
    put_number(t, STYLE_PLAIN, tally->equivalent);
    layout_put(t, style_of(tally), "%*s\n", NUMBER_COLUMNS, percent(t->arena, tally));
}

static bool is_observable(const struct claim *c)
{
    return strcmp(c->observe, "none") != 0;
}

static size_t must_claims(const struct catalogue *c, const char *source)
{
    size_t count = 0;
    for (size_t i = 0; i < c->claim_count; i++)
        count += c->claims[i].level == LEVEL_MUST && is_observable(&c->claims[i]) &&
                 (!source || strcmp(c->claims[i].source, source) == 0);
    return count;
}

static bool is_first_of_source(const struct catalogue *c, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(c->claims[i].source, c->claims[index].source) == 0)
            return false;
    return true;
}

/* Of a claim whose document is not described, the parts of `source`: DOCUMENT#NAME. */
static const char *document_of(struct arena *a, const struct claim *c)
{
    struct str rest = str_from(c->source);
    return c->origin.document ? c->origin.document : str_dup(a, str_cut(&rest, '#'));
}

static const char *heading_of(const struct claim *c)
{
    const char *name = strchr(c->source, '#');
    return c->origin.heading ? c->origin.heading : name ? name + 1 : c->source;
}

/* A row for each section of which a mutant breaks a claim, below the title of its document. */
static void put_sections(struct text_layout *t, const struct proof *p)
{
    static const char *const heads[NUMBERS] = {"must", "mutants", "killed", "wrong", "missed", "equiv.", "rate"};
    const struct catalogue *c = p->catalogue;
    const char *document = "";
    struct tally all = {0};
    layout_put(t, STYLE_BOLD, "%-*s", name_columns(t), layout_safe_text(t, c->folder));
    for (size_t i = 0; i < COUNT(heads); i++)
        layout_put(t, STYLE_DIM, "%*s", NUMBER_COLUMNS, heads[i]);
    layout_put(t, STYLE_PLAIN, "\n");
    for (size_t i = 0; i < c->claim_count; i++) {
        struct tally section = {0};
        if (!is_first_of_source(c, i))
            continue;
        add_proof(&section, p, c->claims[i].source, -1, NULL);
        if (!section.mutants)
            continue;
        const char *of = document_of(t->arena, &c->claims[i]);
        if (strcmp(of, document) != 0)
            layout_put(t, STYLE_DIM, "  %s\n", layout_safe_text(t, of));
        document = of;
        put_row(t, STYLE_PLAIN, INDENT, heading_of(&c->claims[i]), must_claims(c, c->claims[i].source), &section);
    }
    add_proof(&all, p, NULL, -1, NULL);
    put_row(t, STYLE_BOLD, 2, "all", must_claims(c, NULL), &all);
    layout_put(t, STYLE_PLAIN, "\n");
}

/* --- what the suite did not notice --------------------------------------------------------- */

static const char *join(struct arena *a, const struct texts *texts, size_t most)
{
    struct buf out = {.arena = a};
    for (size_t i = 0; i < texts->count && i < most; i++)
        buf_printf(&out, "%s%s", i ? ", " : "", texts->items[i]);
    if (texts->count > most)
        buf_printf(&out, " and %zu more", texts->count - most);
    return buf_c(&out);
}

static void put_entry(struct text_layout *t, const struct entry *e, const struct judgement *j)
{
    layout_put(t, j->good ? STYLE_GOOD : STYLE_BAD, j->good ? "  ✓ " : "  ✗ ");
    layout_put(t, STYLE_BOLD, "%s", layout_safe_text(t, e->name));
    layout_put(t, STYLE_DIM, "  %s:%d\n", layout_safe_text(t, e->at.file), e->at.line);
    layout_indent(t, INDENT);
    layout_wrap(t, INDENT, STYLE_PLAIN, 0, layout_safe_text(t, e->says));
}

static void put_line(struct text_layout *t, const char *label, const char *text)
{
    layout_field(t, INDENT, label, STYLE_PLAIN, layout_safe_text(t, text));
}

static const char *kill_text(struct arena *a, enum kill kill, const char *why)
{
    const char *text = kill == KILL_WRONG_REASON ? "does not fail, but others do"
                       : kill == KILL_UNDECIDED  ? "undecided, and nothing fails"
                       : kill == KILL_KILLED     ? "killed"
                                                 : "survived: nothing fails";
    return why ? arena_printf(a, "%s; %s", text, why) : text;
}

/* `whole`: also the claims that killed it. */
static void put_mutant(struct text_layout *t, const struct entry *e, const struct judgement *j, bool whole)
{
    struct arena *a = t->arena;
    put_entry(t, e, j);
    for (size_t i = 0; i < e->claim_count; i++)
        if (whole || j->kills[i] != KILL_KILLED)
            put_line(t, e->claims[i]->id, kill_text(a, j->kills[i], j->whys[i]));
    struct texts others = {0};
    for (size_t i = 0; i < e->claim_count; i++)
        if (!whole && j->kills[i] == KILL_KILLED)
            *arena_push(a, &others, const char *) = e->claims[i]->id;
    for (size_t i = 0; i < j->failed.count; i++)
        *arena_push(a, &others, const char *) = j->failed.items[i];
    for (size_t i = 0; i < j->unclaimed.count; i++)
        *arena_push(a, &others, const char *) = j->unclaimed.items[i];
    put_line(t, whole ? "also fail" : "fail", others.count ? join(a, &others, LISTED_MAX) : NULL);
}

static void put_control(struct text_layout *t, const struct entry *e, const struct judgement *j)
{
    put_entry(t, e, j);
    put_line(t, "hold", j->holding.count ? join(t->arena, &j->holding, LISTED_MAX) : NULL);
    put_line(t, "exit", j->exit_code ? NULL : "0: the run is green");
}

static void put_legal(struct text_layout *t, const struct entry *e, const struct judgement *j)
{
    struct arena *a = t->arena;
    put_entry(t, e, j);
    put_line(t, "fail", j->failed.count ? join(a, &j->failed, LISTED_MAX) : NULL);
    put_line(t, "fail", j->unclaimed.count ? join(a, &j->unclaimed, LISTED_MAX) : NULL);
    for (size_t i = 0; i < j->failures.count; i++)
        layout_field(t, INDENT, i ? " " : "first", STYLE_DIM, layout_safe_text(t, j->failures.items[i]));
    put_line(t, "undecided",
             j->undecided.count ? arena_printf(a, "%s (not listed in 'undecided')", join(a, &j->undecided, LISTED_MAX))
                                : NULL);
    put_line(t, "decided",
             j->decided.count ? arena_printf(a, "%s (listed in 'undecided')", join(a, &j->decided, LISTED_MAX)) : NULL);
}

void judgement_put(struct text_layout *t, const struct entry *e, const struct judgement *j)
{
    if (e->kind == ENTRY_MUTANT)
        put_mutant(t, e, j, true);
    else if (e->kind == ENTRY_CONTROL)
        put_control(t, e, j);
    else
        put_legal(t, e, j);
}

static void put_bad(struct text_layout *t, const struct proof *proofs, size_t count, enum entry_kind kind)
{
    static const char *const heads[] = {"Mutants that no check of their claim noticed",
                                        "Controls on which a claim holds", "Legal servers that the suite calls wrong"};
    bool any = false;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < proofs[i].entries.count; k++) {
            const struct entry *e = &proofs[i].entries.items[k];
            const struct judgement *j = &proofs[i].judgements[k];
            if (e->kind != kind || !j->played || j->good)
                continue;
            if (!any)
                layout_put(t, STYLE_BOLD, "%s\n", heads[kind]);
            any = true;
            if (kind == ENTRY_MUTANT)
                put_mutant(t, e, j, false);
            else if (kind == ENTRY_CONTROL)
                put_control(t, e, j);
            else
                put_legal(t, e, j);
        }
    layout_put(t, STYLE_PLAIN, "%s", any ? "\n" : "");
}

/* --- the totals --------------------------------------------------------------------------- */

enum { LABEL = 18 };

static void put_total(struct text_layout *t, const char *label, const struct tally *tally)
{
    if (!tally->mutants)
        return;
    layout_put(t, STYLE_DIM, "  %-*s", LABEL, label);
    layout_put(t, style_of(tally), "%zu of %zu killed, %s", tally->killed, tally_played(tally),
               percent(t->arena, tally));
    if (tally->equivalent)
        layout_put(t, STYLE_PLAIN, ", %zu equivalent", tally->equivalent);
    layout_put(t, STYLE_PLAIN, "\n");
}

static void put_rounds(struct text_layout *t, const struct proof *proofs, size_t count)
{
    struct texts rounds = {0};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < proofs[i].entries.count; k++) {
            const char *written = proofs[i].entries.items[k].written;
            bool seen = !written;
            for (size_t n = 0; !seen && n < rounds.count; n++)
                seen = strcmp(rounds.items[n], written) == 0;
            if (!seen)
                *arena_push(t->arena, &rounds, const char *) = written;
        }
    for (size_t i = 0; i < rounds.count; i++) {
        struct tally tally = tally_of(proofs, count, -1, rounds.items[i]);
        put_total(t, layout_safe_text(t, rounds.items[i]), &tally);
    }
}

static void put_servers(struct text_layout *t, const char *label, struct servers s, const char *right)
{
    if (!s.played)
        return;
    layout_put(t, STYLE_DIM, "  %-*s", LABEL, label);
    layout_put(t, s.bad ? STYLE_BAD : STYLE_GOOD, "%zu of %zu %s\n", s.played - s.bad, s.played, right);
}

static size_t count_mutants(const struct proof *proofs, size_t count)
{
    size_t mutants = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < proofs[i].entries.count; k++)
            mutants += proofs[i].entries.items[k].kind == ENTRY_MUTANT && proofs[i].judgements[k].played;
    return mutants;
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

void proofs_put(struct text_layout *t, const struct proof *proofs, size_t count, int64_t duration_us)
{
    struct tally must = tally_of(proofs, count, LEVEL_MUST, NULL), all = tally_of(proofs, count, -1, NULL);
    struct tally other = {.mutants = all.mutants - must.mutants,
                          .killed = all.killed - must.killed,
                          .equivalent = all.equivalent - must.equivalent};
    struct servers controls = servers_of(proofs, count, ENTRY_CONTROL), legal = servers_of(proofs, count, ENTRY_LEGAL);
    for (size_t i = 0; all.mutants && i < count; i++)
        put_sections(t, &proofs[i]);
    for (int kind = 0; kind < ENTRY_KIND_COUNT; kind++)
        put_bad(t, proofs, count, (enum entry_kind)kind);
    put_total(t, "must claims", &must);
    put_total(t, "should and may", &other);
    put_rounds(t, proofs, count);
    put_servers(t, "controls", controls, "without a claim that holds");
    put_servers(t, "legal servers", legal, "without a false alarm");
    layout_put(t, STYLE_DIM, "  %-*s", LABEL, "time");
    layout_put(t, STYLE_PLAIN, "%.1f s\n\n", (double)duration_us / 1e6);
    bool good = proofs_exit_status(proofs, count) == 0;
    size_t mutants = count_mutants(proofs, count);
    layout_put(t, good ? STYLE_GOOD : STYLE_BAD,
               "%zu mutant%s, %zu of %zu kills, %zu control%s, %zu legal server%s: %s\n", mutants, plural(mutants),
               all.killed, tally_played(&all), controls.played, plural(controls.played), legal.played,
               plural(legal.played), good ? "proved" : "not proved");
}
