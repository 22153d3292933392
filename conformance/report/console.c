#include <string.h>

#include "conformance/report/failure_card.h"

enum {
    CARDS_MAX = 40,
    HINT_CLAIMS_MIN = 10,
    DISPUTES_MAX = 4,
    ATTEMPTS_MAX = 10,
    INDENT = 4,
    LABEL = 13,
    NAME_COLUMNS = 48
};

/* --- failures, by scenario ---------------------------------------------------------------- */

struct failure_cards {
    size_t shown, left_out;
};

static bool same_cause(const struct check *x, const struct check *y)
{
    return x->verdict == y->verdict && strcmp(undecided_cause(x), undecided_cause(y)) == 0;
}

/* The claims of all checks with the same cause, each once: "LA-001, LA-002". */
static const char *undecided_claims(struct arena *a, const struct scenario_result *s, const struct check *c)
{
    struct buf out = {.arena = a};
    const struct claim **seen = NULL;
    size_t count = 0, room = 0;
    for (size_t i = 0; i < s->checks.count; i++)
        room += s->checks.items[i].claim_count;
    seen = arena_array(a, const struct claim *, room);
    for (size_t i = 0; i < s->checks.count; i++) {
        const struct check *other = &s->checks.items[i];
        for (size_t k = 0; same_cause(other, c) && k < other->claim_count; k++) {
            bool again = false;
            for (size_t n = 0; n < count; n++)
                again |= seen[n] == other->claims[k];
            if (again)
                continue;
            buf_printf(&out, "%s%s", count ? ", " : "", other->claims[k]->id);
            seen[count++] = other->claims[k];
        }
    }
    return buf_c(&out);
}

/* After an error of the target or the network: which call it was, and which claims it leaves open. */
static void put_error_details(struct text_layout *t, const struct scenario_result *s, const struct check *c)
{
    const struct exchange_record *x = c->exchange;
    if (x)
        layout_field(t, INDENT, "call", STYLE_PLAIN,
                     layout_safe_text(t, arena_printf(t->arena, "%s %s", x->method, x->url)));
    layout_field(t, INDENT, "claims", STYLE_PLAIN, layout_safe_text(t, undecided_claims(t->arena, s, c)));
}

static void put_undecided(struct text_layout *t, const struct scenario_result *s, size_t first)
{
    const struct check *c = &s->checks.items[first];
    const char *phrase = verdict_rows[c->verdict].phrase;
    size_t count = 0;
    for (size_t i = 0; phrase && i < s->checks.count; i++) {
        if (!same_cause(&s->checks.items[i], c))
            continue;
        if (i < first)
            return; /* counted with an earlier check */
        count++;
    }
    if (!phrase)
        return;
    const char *text = arena_printf(t->arena, "%zu check%s %s: %s", count, count == 1 ? "" : "s", phrase,
                                    layout_safe_text(t, undecided_cause(c)));
    layout_put(t, STYLE_WARNING, "  · ");
    layout_wrap(t, INDENT, STYLE_PLAIN, 4, text);
    if (c->verdict == VERDICT_ERROR)
        put_error_details(t, s, c);
}

static bool is_notable(const struct run *r, const struct scenario_result *s)
{
    for (size_t i = 0; !s->not_started && i < s->checks.count; i++)
        if (check_fails_run(r, &s->checks.items[i]) || verdict_rows[s->checks.items[i].verdict].phrase)
            return true;
    return false;
}

static bool same_claims(const struct check *x, const struct check *y)
{
    bool same = x->claim_count == y->claim_count && x->claim_count;
    for (size_t i = 0; same && i < x->claim_count; i++)
        same = x->claims[i] == y->claims[i];
    return same;
}

/* Failures of one response share it: the response is shown once, after the last of them. Failures of the same claims
 * also share a title. */
static void put_failure_card(struct text_layout *t, const struct run *r, const struct check *before,
                             const struct check *c)
{
    bool same_response = before && before->exchange == c->exchange;
    if (before && !same_response)
        failure_card_exchange(t, before->exchange);
    if (!same_response || !same_claims(before, c)) {
        layout_put(t, STYLE_PLAIN, "\n");
        failure_card_title(t, r, c);
    }
    failure_card_fields(t, r, c);
}

static void put_failure_cards(struct text_layout *t, const struct run *r, const struct scenario_result *s,
                              struct failure_cards *cards)
{
    const struct check *before = NULL;
    for (size_t i = 0; i < s->checks.count; i++) {
        const struct check *c = &s->checks.items[i];
        if (!check_fails_run(r, c))
            continue;
        if (cards->shown == CARDS_MAX) {
            cards->left_out++;
            continue;
        }
        cards->shown++;
        put_failure_card(t, r, before, c);
        before = c;
    }
    if (before)
        failure_card_exchange(t, before->exchange);
}

static void put_scenario(struct text_layout *t, const struct run *r, const struct scenario_result *s,
                         struct failure_cards *cards)
{
    layout_put(t, STYLE_BOLD, "%s", layout_safe_text(t, s->name));
    layout_put(t, STYLE_PLAIN, "\n");
    if (s->title)
        layout_wrap(t, 0, STYLE_DIM, 0, layout_safe_text(t, s->title));
    put_failure_cards(t, r, s, cards);
    layout_put(t, STYLE_PLAIN, "\n");
    size_t before = t->out.n;
    for (size_t i = 0; i < s->checks.count; i++)
        put_undecided(t, s, i);
    layout_put(t, STYLE_PLAIN, "%s", t->out.n > before ? "\n" : "");
}

static void put_scenarios(struct text_layout *t, const struct run *r)
{
    struct failure_cards cards = {0};
    size_t before = t->out.n;
    for (size_t i = 0; i < r->scenarios.count; i++) {
        if (!is_notable(r, r->scenarios.items[i]))
            continue;
        layout_rule(t);
        put_scenario(t, r, r->scenarios.items[i], &cards);
    }
    if (cards.left_out)
        layout_put(t, STYLE_DIM, "%zu more failures are not shown; see the JSON report\n\n", cards.left_out);
    if (t->out.n > before)
        layout_rule(t);
}

/* --- the totals --------------------------------------------------------------------------- */

static void put_row(struct text_layout *t, const char *label, enum style style, const char *text)
{
    layout_put(t, STYLE_DIM, "  %-*s", LABEL - 2, label);
    layout_wrap(t, LABEL, style, 0, text);
}

static const char *duration_text(struct arena *a, int64_t us)
{
    if (us < 60000000)
        return arena_printf(a, "%.*f s", us < 10000000 ? 2 : 1, (double)us / 1e6);
    return arena_printf(a, "%d min %d s", (int)(us / 60000000), (int)(us / 1000000 % 60));
}

static bool same_why(const struct scenario_result *x, const struct scenario_result *y)
{
    return strcmp(x->why ? x->why : "", y->why ? y->why : "") == 0;
}

/* The names of the scenarios that lack an environment variable: their user probably wanted them to run. */
static const char *names_of_unset(struct text_layout *t, const struct run *r, const struct scenario_result *s)
{
    struct buf names = {.arena = t->arena};
    for (size_t i = 0; s->unset_variable && i < r->scenarios.count; i++) {
        const struct scenario_result *other = r->scenarios.items[i];
        if (other->unset_variable && same_why(s, other))
            buf_printf(&names, "%s%s", names.n ? ", " : " - ", other->name);
    }
    return layout_safe_text(t, buf_c(&names));
}

/* For example: 2 not applicable: the target has no clock */
static void put_not_applicable(struct text_layout *t, const struct run *r, size_t first)
{
    const struct scenario_result *s = r->scenarios.items[first];
    size_t count = 0;
    for (size_t i = 0; i < r->scenarios.count; i++) {
        const struct scenario_result *other = r->scenarios.items[i];
        if (scenario_verdict(other) != VERDICT_NOT_APPLICABLE || !same_why(s, other))
            continue;
        if (i < first)
            return;
        count++;
    }
    put_row(t, "", STYLE_DIM,
            arena_printf(t->arena, "%zu not applicable: %s%s", count,
                         s->why ? layout_safe_text(t, s->why) : "some of their checks", names_of_unset(t, r, s)));
}

static void put_ran(struct text_layout *t, const struct run *r, const struct totals *f)
{
    uint32_t ran = f->scenarios - f->not_applicable - f->not_started;
    put_row(t, "scenarios", STYLE_PLAIN,
            arena_printf(t->arena, ran == f->scenarios ? "%u" : "%u, of which %u ran", f->scenarios, ran));
    for (size_t i = 0; i < r->scenarios.count; i++)
        if (scenario_verdict(r->scenarios.items[i]) == VERDICT_NOT_APPLICABLE)
            put_not_applicable(t, r, i);
    if (f->not_started)
        put_row(t, "", STYLE_WARNING,
                arena_printf(t->arena, "%u did not start; --failed with the JSON report runs them", f->not_started));
}

static void put_claims(struct text_layout *t, const struct totals *f)
{
    put_row(t, "claims", STYLE_PLAIN,
            arena_printf(t->arena, "%u of %u cited, %u exercised, %u of %u observable hold", f->cited, f->claims,
                         f->exercised, f->holding, f->observable));
}

/* Of a server that is no provider, the single failures say too little. */
static void put_hint(struct text_layout *t, const struct run *r, const struct totals *f)
{
    bool any_ran = f->scenarios > f->not_applicable;
    if (!r->exit_code || r->interrupted || !any_ran || f->holding || f->cited < HINT_CLAIMS_MIN)
        return;
    put_row(t, "", STYLE_WARNING,
            arena_printf(t->arena,
                         "none of %u claims holds: the target does not behave like the provider; check its base URL, "
                         "keys and resources",
                         f->cited));
}

/* Up to DISPUTES_MAX disputes are shown with their question, more as one list of ids and readings. The JSON report has
 * all of them. */
static void put_disputes(struct text_layout *t, const struct run *r)
{
    struct buf sides = {.arena = t->arena};
    size_t seen = 0;
    for (size_t i = 0; i < r->dispute_count; i++) {
        const struct dispute_result *d = &r->disputes[i];
        if (d->observed)
            buf_printf(&sides, "%s%s = %s", seen++ ? ", " : "", d->id, d->observed);
    }
    if (seen > DISPUTES_MAX)
        put_row(t, "disputes", STYLE_PLAIN,
                arena_printf(t->arena, "%zu observed: %s", seen, layout_safe(t, buf_str(&sides))));
    for (size_t i = 0, shown = 0; seen <= DISPUTES_MAX && i < r->dispute_count; i++) {
        const struct dispute_result *d = &r->disputes[i];
        if (!d->observed)
            continue;
        put_row(t, shown++ ? "" : "disputes", STYLE_PLAIN,
                layout_safe_text(t, arena_printf(t->arena, "observed: %s = %s", d->id, d->observed)));
        put_row(t, "", STYLE_DIM, layout_safe_text(t, d->about));
    }
}

/* Returns true if an earlier attempt had another status, for example 429 before 200. */
static bool has_other_statuses(const struct exchange_record *x)
{
    for (size_t i = 0; i < x->attempts.count; i++)
        if (x->attempts.items[i].status != x->status)
            return true;
    return false;
}

/* Failure cards have the attempts of their steps; this is for the steps that passed, too. */
static void put_attempts(struct text_layout *t, const struct run *r)
{
    size_t shown = 0, left_out = 0;
    for (size_t i = 0; i < r->scenarios.count; i++) {
        const struct scenario_result *s = r->scenarios.items[i];
        for (size_t k = 0; k < s->exchanges.count; k++) {
            const struct exchange_record *x = s->exchanges.items[k];
            if (!has_other_statuses(x))
                continue;
            if (shown == ATTEMPTS_MAX) {
                left_out++;
                continue;
            }
            const char *line =
                arena_printf(t->arena, "%s: %s %s: %s", s->name, x->method, x->url, attempts_text(t->arena, x));
            put_row(t, shown++ ? "" : "attempts", STYLE_PLAIN, layout_safe_text(t, line));
        }
    }
    if (left_out)
        put_row(t, "", STYLE_DIM, arena_printf(t->arena, "%zu more; see the JSON report", left_out));
}

static void put_failed_claims(struct text_layout *t, const struct run *r)
{
    bool any = false;
    for (size_t i = 0; i < r->claim_count; i++) {
        const struct claim_result *c = &r->claims[i];
        if (c->outcome != CLAIM_FAILS)
            continue;
        if (!any)
            layout_put(t, STYLE_BOLD, "  Claims that do not hold\n");
        any = true;
        bool red = c->counts[VERDICT_FAIL] || (c->counts[VERDICT_WARN] && c->claim->level <= r->gate);
        layout_put(t, red ? STYLE_BAD : STYLE_WARNING, "  %-*s", LABEL - 2, layout_safe_text(t, c->claim->id));
        layout_put(t, STYLE_DIM, "%-7s", level_texts[c->claim->level]);
        layout_wrap(t, LABEL + 7, STYLE_PLAIN, 0, layout_safe_text(t, c->claim->says));
    }
    layout_put(t, STYLE_PLAIN, "%s", any ? "\n" : "");
}

static void put_leftovers(struct text_layout *t, const struct run *r)
{
    if (!r->leftovers.count)
        return;
    layout_put(t, STYLE_BAD, "  Left behind on the target\n");
    for (size_t i = 0; i < r->leftovers.count; i++) {
        const struct leftover *l = &r->leftovers.items[i];
        layout_indent(t, INDENT);
        layout_wrap(t, INDENT, STYLE_PLAIN, 0, layout_safe_text(t, l->what));
        layout_field(t, INDENT + 2, "cleanup", STYLE_PLAIN, layout_safe_text(t, l->cleanup));
        layout_field(t, INDENT + 2, "why", STYLE_PLAIN, layout_safe_text(t, l->why));
    }
    layout_put(t, STYLE_PLAIN, "\n");
}

/* Failure cards are grouped by scenario. Blocked and undecided checks are counted by cause. A run without failures has
 * only the totals. The last line is the tally, for example: 312 checks, 312 passed, 0 failed */
static void summary_put(struct text_layout *t, const struct run *r)
{
    struct totals f = totals_of(r);
    bool green = r->exit_code == 0;
    put_scenarios(t, r);
    layout_put(t, STYLE_PLAIN, "\n");
    put_failed_claims(t, r);
    put_leftovers(t, r);

    put_row(t, "target", STYLE_PLAIN,
            arena_printf(t->arena, "%s  %s", layout_safe_text(t, r->target), layout_safe_text(t, r->base_url)));
    put_ran(t, r, &f);
    put_claims(t, &f);
    put_hint(t, r, &f);
    put_disputes(t, r);
    put_attempts(t, r);
    put_row(t, "time", STYLE_PLAIN,
            arena_printf(t->arena, "%s, %u calls", duration_text(t->arena, r->duration_us), r->calls));
    if (!green || (r->nothing_to_do && !r->scenarios.count))
        put_row(t, "exit", green ? STYLE_PLAIN : STYLE_BAD,
                arena_printf(t->arena, "%d: %s", r->exit_code, layout_safe_text(t, r->verdict_why)));
    layout_put(t, STYLE_PLAIN, "\n");
    layout_put(t, green ? STYLE_GOOD : STYLE_BAD, "%s", totals_tally(t->arena, r));
    layout_put(t, STYLE_PLAIN, "\n");
}

/* --- the console -------------------------------------------------------------------------- */

struct console {
    struct arena *arena;
    struct writer *out;
    bool colour;
    enum progress progress;
    int width;
    uint32_t started, ended, failed;
};

struct console *console_new(struct arena *a, struct writer *out, bool colour, enum progress progress, int width)
{
    struct console *c = arena_new(a, struct console);
    *c = (struct console){
        .arena = a, .out = out, .colour = colour, .progress = progress, .width = width ? width : LAYOUT_WIDTH_MAX};
    return c;
}

/* --- progress, on stderr ------------------------------------------------------------------ */

static void show_progress(const struct console *c, const char *name)
{
    if (c->progress != PROGRESS_SCREEN)
        return;
    struct arena a = {0};
    struct secrets none = {.arena = &a};
    struct text_layout t = layout_begin(&a, writer_secrets(c->out), c->colour, c->width);
    struct str rest = str_from(layout_safe_text(&t, name));
    struct str line = text_line(&rest, NAME_COLUMNS);
    layout_put(&t, STYLE_PLAIN, "\r\x1b[K");
    layout_put(&t, STYLE_DIM, "%u scenarios done, %u running", c->ended,
               c->started > c->ended ? c->started - c->ended : 0);
    if (c->failed)
        layout_put(&t, STYLE_BAD, "  %u failed", c->failed);
    layout_put(&t, STYLE_PLAIN, "  " STR_FMT, STR_ARG(line));

    struct writer *progress = writer_to(&none, stderr);
    write_str(progress, buf_str(&t.out));
    (void)writer_close(progress, NULL); /* a failed write of progress is ignored */
    arena_end(&a);
}

static void on_started(void *ctx, const struct run *r, const struct scenario_result *s)
{
    (void)r;
    struct console *c = ctx;
    c->started++;
    show_progress(c, s->name);
}

static void on_ended(void *ctx, const struct run *r, const struct scenario_result *s)
{
    (void)r;
    struct console *c = ctx;
    c->ended++;
    c->failed += scenario_verdict(s) == VERDICT_FAIL;
    show_progress(c, s->name);
}

static void on_waiting(void *ctx, const struct run *r, const char *text)
{
    (void)r;
    const struct console *c = ctx;
    if (c->progress == PROGRESS_NONE)
        return;
    struct arena a = {0};
    struct secrets none = {.arena = &a};
    struct text_layout t = layout_begin(&a, writer_secrets(c->out), c->colour, c->width);
    struct writer *progress = writer_to(&none, stderr);
    write_text(progress, c->progress == PROGRESS_SCREEN ? "\r\x1b[K" : "");
    write_text(progress, layout_safe_text(&t, text));
    write_text(progress, "\n");
    (void)writer_close(progress, NULL);
    arena_end(&a);
}

struct run_events console_events(struct console *c)
{
    return (struct run_events){
        .scenario_started = on_started, .scenario_ended = on_ended, .waiting = on_waiting, .ctx = c};
}

/* --- summary ------------------------------------------------------------------------------ */

void console_summary(struct console *c, const struct run *r)
{
    struct arena a = {0};
    if (c->progress == PROGRESS_SCREEN)
        (void)fputs("\r\x1b[K", stderr);
    struct text_layout t = layout_begin(&a, writer_secrets(c->out), c->colour, c->width);
    summary_put(&t, r);
    write_str(c->out, buf_str(&t.out));
    arena_end(&a);
}

void console_write(const struct run *r, struct writer *w)
{
    struct arena a = {0};
    console_summary(console_new(&a, w, false, PROGRESS_NONE, LAYOUT_WIDTH_MAX), r);
    arena_end(&a);
}
