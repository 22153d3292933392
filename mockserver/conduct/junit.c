/* Conduct as JUnit has it: a suite a world, a case a question. What was not exercised is skipped, so
 * that nothing is green which nobody tried; advice never fails. */
#include "mockserver/conduct/watch.h"

#include <inttypes.h>

#include "base/time.h"
#include "base/xml.h"

struct totals {
    uint32_t cases, failures, skipped;
};

struct report {
    struct buf *suites;
    struct totals totals;
};

static bool fails(const struct conduct *k, size_t i)
{
    return conduct_verdict(k, i) == CONDUCT_BROKEN && !conduct_questions[i].advice;
}

static struct totals totals_of(const struct conduct *k)
{
    struct totals t = {.cases = (uint32_t)conduct_question_count};
    for (size_t i = 0; i < conduct_question_count; i++) {
        t.failures += fails(k, i);
        t.skipped += conduct_verdict(k, i) == CONDUCT_NOT_EXERCISED;
    }
    return t;
}

static void put_totals(struct buf *out, const struct totals *t)
{
    buf_printf(
        out, " tests=\"%" PRIu32 "\" failures=\"%" PRIu32 "\" errors=\"0\" skipped=\"%" PRIu32 "\"",
        t->cases, t->failures, t->skipped);
}

static void put_property(struct buf *out, const char *name, uint64_t value)
{
    buf_printf(out, "        <property name=\"%s\" value=\"%" PRIu64 "\"/>\n", name, value);
}

static void add_ids(struct buf *text, const struct occurrence *o)
{
    if (o->earlier_id)
        buf_printf(text, " %s", o->earlier_id);
    if (o->request_id)
        buf_printf(text, " %s", o->request_id);
}

/* An occurrence a line: "seq 7 (after 5) 2026-05-02T09:00:00.000Z layers.whoami: why req_... req_..." */
static void put_occurrences(struct buf *out, const struct conduct_answer *a)
{
    struct buf text = {.arena = out->arena};
    for (size_t i = 0; i < a->count; i++) {
        const struct occurrence *o = &a->occurrences[i];
        char at[TIME_TEXT_MAX];
        buf_printf(&text, "seq %" PRIu64, o->seq);
        if (o->earlier)
            buf_printf(&text, " (after %" PRIu64 ")", o->earlier);
        buf_printf(&text, " %s ", time_millis(o->at_ms, at));
        if (o->operation)
            buf_printf(&text, "%s.%s", o->provider, o->operation);
        buf_printf(&text, ": %s", o->why);
        add_ids(&text, o);
        buf_byte(&text, '\n');
    }
    if (a->broken > a->count)
        buf_printf(&text, "and %" PRIu64 " more\n", a->broken - a->count);
    xml_text(out, buf_str(&text));
}

static const char *first_why(struct arena *a, const struct conduct_answer *answer)
{
    const char *why = answer->count ? answer->occurrences[0].why : "in a world that is summed up";
    return answer->broken == 1
               ? why
               : arena_printf(a, "%s (and %" PRIu64 " more)", why, answer->broken - 1);
}

static void put_outcome(struct buf *out, const struct conduct *k, size_t i)
{
    const struct conduct_answer *a = &k->answers[i];
    switch (conduct_verdict(k, i)) {
    case CONDUCT_KEPT:
        return;
    case CONDUCT_NOT_EXERCISED:
        buf_text(out, "      <skipped message=\"not exercised\"/>\n");
        return;
    case CONDUCT_BROKEN:
        break;
    }
    const char *element = fails(k, i) ? "failure" : "system-out";
    buf_printf(out, "      <%s", element);
    if (fails(k, i)) {
        xml_attribute(out, "message", first_why(out->arena, a));
        xml_attribute(out, "type", "broken");
    }
    buf_byte(out, '>');
    if (!fails(k, i))
        buf_text(out, "Advice:\n");
    put_occurrences(out, a);
    buf_printf(out, "</%s>\n", element);
}

static void put_case(struct buf *out, const struct conduct *k, size_t i)
{
    const struct conduct_question *q = &conduct_questions[i];
    buf_text(out, "    <testcase");
    xml_attribute(out, "name", arena_printf(out->arena, "%s: %s", q->id, q->title));
    xml_attribute(out, "classname", "conduct");
    buf_text(out, " time=\"0\">\n      <properties>\n");
    put_property(out, "exercised", k->answers[i].exercised);
    put_property(out, "broken", k->answers[i].broken);
    put_property(out, "forgotten", conduct_forgotten(k, i));
    buf_text(out, "      </properties>\n");
    put_outcome(out, k, i);
    buf_text(out, "    </testcase>\n");
}

static void put_suite(void *ctx, const char *name, const struct conduct *k)
{
    struct report *r = ctx;
    struct buf *out = r->suites;
    struct totals t = totals_of(k);
    r->totals.cases += t.cases;
    r->totals.failures += t.failures;
    r->totals.skipped += t.skipped;
    buf_text(out, "  <testsuite");
    xml_attribute(out, "name", name);
    put_totals(out, &t);
    buf_text(out, " time=\"0\">\n    <properties>\n");
    buf_printf(out, "      <property name=\"calls\" value=\"%" PRIu64 "\"/>\n", k->calls);
    buf_text(out, "    </properties>\n");
    for (size_t i = 0; i < conduct_question_count; i++)
        put_case(out, k, i);
    buf_text(out, "  </testsuite>\n");
}

static void put_document(struct buf *out, const struct report *r)
{
    buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"conduct\"");
    put_totals(out, &r->totals);
    buf_text(out, " time=\"0\">\n");
    buf_add(out, buf_str(r->suites));
    buf_text(out, "</testsuites>\n");
}

void conduct_junit(const struct conduct *k, struct buf *out)
{
    struct report r = {.suites = &(struct buf){.arena = out->arena}};
    put_suite(&r, k->world, k);
    put_document(out, &r);
}

void conducts_junit(const struct conducts *all, struct buf *out)
{
    struct report r = {.suites = &(struct buf){.arena = out->arena}};
    conducts_each(all, put_suite, &r);
    put_document(out, &r);
}
