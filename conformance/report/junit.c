#include "base/time.h"
#include "base/xml.h"
#include "conformance/report/failure_card.h"

enum { DETAILS_WIDTH = 100 };

/* The outcome of a test case in JUnit. */
enum outcome { PASSED, FAILED, SKIPPED, ERRORED, OUTCOME_COUNT };

struct suite_counts {
    uint32_t cases, of[OUTCOME_COUNT];
};

static enum outcome outcome_of(const struct run *r, const struct check *c)
{
    switch (c->verdict) {
    case VERDICT_PASS:
        return PASSED;
    case VERDICT_FAIL:
        return FAILED;
    case VERDICT_WARN:
        return check_fails_run(r, c) ? FAILED : SKIPPED;
    case VERDICT_ERROR:
        return ERRORED;
    case VERDICT_VACUOUS:
    case VERDICT_BLOCKED:
    case VERDICT_NOT_APPLICABLE:
    case VERDICT_DISPUTED:
    case VERDICT_COUNT:
        return SKIPPED;
    }
    return SKIPPED;
}

static struct suite_counts suite_counts_of(const struct run *r, const struct scenario_result *s)
{
    struct suite_counts t = {0};
    for (size_t i = 0; i < s->checks.count; i++) {
        t.cases++;
        t.of[outcome_of(r, &s->checks.items[i])]++;
    }
    if (!t.cases) /* a scenario that did not run is one skipped test case */
        t = (struct suite_counts){.cases = 1, .of[SKIPPED] = 1};
    return t;
}

/* --- XML ---------------------------------------------------------------------------------- */

static void count_attributes(struct buf *out, const struct suite_counts *t)
{
    buf_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"", t->cases, t->of[FAILED],
               t->of[ERRORED], t->of[SKIPPED]);
}

static void time_attribute(struct buf *out, int64_t us)
{
    buf_printf(out, " time=\"%.6f\"", (double)us / 1e6);
}

static void put_property(struct buf *out, int indent, const char *name, const char *value)
{
    if (!value)
        return;
    buf_printf(out, "%*s<property", indent, "");
    xml_attribute(out, "name", name);
    xml_attribute(out, "value", value);
    buf_text(out, "/>\n");
}

/* --- cases -------------------------------------------------------------------------------- */

static void put_properties(struct buf *out, const struct check *c)
{
    buf_text(out, "      <properties>\n");
    put_property(out, 8, "verdict", verdict_texts[c->verdict]);
    for (size_t i = 0; i < c->claim_count; i++) {
        put_property(out, 8, "claim", c->claims[i]->id);
        put_property(out, 8, "level", level_texts[c->claims[i]->level]);
        put_property(out, 8, "source", c->claims[i]->source);
        put_property(out, 8, "document", c->claims[i]->origin.document);
        put_property(out, 8, "heading", c->claims[i]->origin.heading);
        put_property(out, 8, "url", c->claims[i]->origin.url);
        put_property(out, 8, "path", c->claims[i]->origin.path);
    }
    put_property(out, 8, "attempts", c->exchange ? attempts_text(out->arena, c->exchange) : NULL);
    buf_text(out, "      </properties>\n");
}

/* Writes <failure message="SHORT LINE" type="fail">FAILURE CARD</failure>. */
static void put_details(struct buf *out, const char *element, const struct run *r, const struct check *c,
                        const struct secrets *secrets)
{
    struct arena a = {0};
    struct text_layout layout = layout_begin(&a, secrets, false, DETAILS_WIDTH);
    buf_printf(out, "      <%s", element);
    xml_attribute(out, "message", failure_card_line(&layout, c));
    xml_attribute(out, "type", verdict_texts[c->verdict]);
    buf_text(out, ">");
    failure_card_title(&layout, r, c);
    failure_card_fields(&layout, r, c);
    failure_card_exchange(&layout, c->exchange);
    xml_text(out, buf_str(&layout.out));
    buf_printf(out, "</%s>\n", element);
    arena_end(&a);
}

static void put_skipped(struct buf *out, const char *verdict, const char *why)
{
    struct buf message = {.arena = out->arena};
    buf_printf(&message, why ? "%s: %s" : "%s", verdict, why);
    buf_text(out, "      <skipped");
    xml_attribute(out, "message", buf_c(&message));
    buf_text(out, "/>\n");
}

/* Checks of one response share its duration. The first check gets it and the others get 0, so that the times of a suite
 * add up. */
static int64_t case_time_us(const struct scenario_result *s, size_t i)
{
    const struct exchange_record *x = s->checks.items[i].exchange;
    if (!x || (i && s->checks.items[i - 1].exchange == x))
        return 0;
    return x->duration_us;
}

static void open_case(struct buf *out, const struct scenario_result *s, const char *name, struct where at, int64_t us)
{
    buf_text(out, "    <testcase");
    xml_attribute(out, "name", name);
    xml_attribute(out, "classname", s->name);
    time_attribute(out, us);
    xml_attribute(out, "file", at.file ? at.file : s->file);
    if (at.line)
        buf_printf(out, " line=\"%d\"", at.line);
    buf_text(out, ">\n");
}

static void put_case(struct buf *out, const struct run *r, const struct scenario_result *s, size_t i,
                     const struct secrets *secrets)
{
    const struct check *c = &s->checks.items[i];
    open_case(out, s, c->id, c->at, case_time_us(s, i));
    put_properties(out, c);
    switch (outcome_of(r, c)) {
    case FAILED:
        put_details(out, "failure", r, c, secrets);
        break;
    case ERRORED:
        put_details(out, "error", r, c, secrets);
        break;
    case SKIPPED:
        put_skipped(out, verdict_texts[c->verdict], c->why);
        break;
    case PASSED:
    case OUTCOME_COUNT:
        break;
    }
    buf_text(out, "    </testcase>\n");
}

static void put_scenario(struct buf *out, const struct run *r, const struct scenario_result *s,
                         const struct secrets *secrets)
{
    struct suite_counts t = suite_counts_of(r, s);
    char started[TIME_TEXT_MAX];
    buf_text(out, "  <testsuite");
    xml_attribute(out, "name", s->name);
    count_attributes(out, &t);
    time_attribute(out, s->duration_us);
    xml_attribute(out, "timestamp", time_seconds(s->started_ms, started));
    xml_attribute(out, "file", s->file);
    buf_text(out, ">\n    <properties>\n");
    put_property(out, 6, "title", s->title);
    put_property(out, 6, "target", r->target);
    for (size_t i = 0; i < s->tag_count; i++)
        put_property(out, 6, "tag", s->tags[i]);
    buf_text(out, "    </properties>\n");
    for (size_t i = 0; i < s->checks.count; i++)
        put_case(out, r, s, i, secrets);
    if (!s->checks.count) {
        open_case(out, s, s->name, (struct where){0}, 0);
        put_skipped(out, verdict_texts[s->verdict], s->why);
        buf_text(out, "    </testcase>\n");
    }
    buf_text(out, "  </testsuite>\n");
}

/* Returns true if no test case of a scenario shows why the run is not green, or not all of it. */
static bool needs_run_case(const struct run *r)
{
    bool shown = r->scenarios.count && (r->exit_code == 1 || r->exit_code == 3);
    return r->exit_code && (!shown || r->leftovers.count || r->interrupted);
}

static void put_run_case(struct buf *out, const struct run *r, const struct secrets *secrets)
{
    static const struct suite_counts one = {.cases = 1, .of[ERRORED] = 1};
    const char *why = scrub(out->arena, secrets, str_from(r->verdict_why));
    buf_text(out, "  <testsuite name=\"the run\"");
    count_attributes(out, &one);
    time_attribute(out, r->duration_us);
    buf_text(out, ">\n    <testcase name=\"the run\" classname=\"conformance\" time=\"0.000000\">\n      <error");
    xml_attribute(out, "message", arena_printf(out->arena, "exit status %d: %s", r->exit_code, why));
    buf_text(out, " type=\"exit\">");
    for (size_t i = 0; i < r->leftovers.count; i++) {
        const struct leftover *l = &r->leftovers.items[i];
        const char *line = arena_printf(out->arena, "left behind: %s, cleanup %s: %s\n", l->what, l->cleanup, l->why);
        xml_text(out, str_from(scrub(out->arena, secrets, str_from(line))));
    }
    buf_text(out, "</error>\n    </testcase>\n  </testsuite>\n");
}

void junit_write(const struct run *r, struct writer *w)
{
    struct suite_counts all = {0};
    for (size_t i = 0; i < r->scenarios.count; i++) {
        struct suite_counts t = suite_counts_of(r, r->scenarios.items[i]);
        all.cases += t.cases;
        for (size_t o = 0; o < OUTCOME_COUNT; o++)
            all.of[o] += t.of[o];
    }
    bool run_case = needs_run_case(r);
    all.cases += run_case;
    all.of[ERRORED] += run_case;
    struct arena a = {0};
    struct buf out = {.arena = &a};
    buf_text(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    xml_attribute(&out, "name", arena_printf(&a, "conformance of %s", r->target));
    count_attributes(&out, &all);
    time_attribute(&out, r->duration_us);
    buf_text(&out, ">\n");
    for (size_t i = 0; i < r->scenarios.count; i++) {
        put_scenario(&out, r, r->scenarios.items[i], writer_secrets(w));
        write_str(w, buf_str(&out));
        out.n = 0;
    }
    if (run_case)
        put_run_case(&out, r, writer_secrets(w));
    buf_text(&out, "</testsuites>\n");
    write_str(w, buf_str(&out));
    arena_end(&a);
}
