/* Client checks as JUnit XML: one suite per namespace, one case per check. A check that was not
 * tested is skipped, so that it does not appear as passed. Advice never fails. */
#include "mockserver/client_checks/observer.h"

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

static bool fails(const struct client_checks *k, size_t i)
{
    return client_check_verdict(k, i) == CLIENT_CHECK_FAILED && !client_checks_table[i].advice;
}

static struct totals totals_of(const struct client_checks *k)
{
    struct totals t = {.cases = (uint32_t)client_check_count};
    for (size_t i = 0; i < client_check_count; i++) {
        t.failures += fails(k, i);
        t.skipped += client_check_verdict(k, i) == CLIENT_CHECK_NOT_TESTED;
    }
    return t;
}

static void put_totals(struct buf *out, const struct totals *t)
{
    buf_printf(out, " tests=\"%" PRIu32 "\" failures=\"%" PRIu32 "\" errors=\"0\" skipped=\"%" PRIu32 "\"", t->cases,
               t->failures, t->skipped);
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

/* One line per violation: "seq 7 (after 5) 2026-05-02T09:00:00.000Z layers.whoami: why
 * req_... req_..." */
static void put_occurrences(struct buf *out, const struct client_check_result *a)
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
    if (a->failures > a->count)
        buf_printf(&text, "and %" PRIu64 " more\n", a->failures - a->count);
    xml_text(out, buf_str(&text));
}

static const char *first_why(struct arena *a, const struct client_check_result *result)
{
    const char *why = result->count ? result->occurrences[0].why : "no details: counted together with other namespaces";
    return result->failures == 1 ? why : arena_printf(a, "%s (and %" PRIu64 " more)", why, result->failures - 1);
}

static void put_outcome(struct buf *out, const struct client_checks *k, size_t i)
{
    const struct client_check_result *a = &k->results[i];
    switch (client_check_verdict(k, i)) {
    case CLIENT_CHECK_PASSED:
        return;
    case CLIENT_CHECK_NOT_TESTED:
        buf_text(out, "      <skipped message=\"not tested\"/>\n");
        return;
    case CLIENT_CHECK_FAILED:
        break;
    }
    const char *element = fails(k, i) ? "failure" : "system-out";
    buf_printf(out, "      <%s", element);
    if (fails(k, i)) {
        xml_attribute(out, "message", first_why(out->arena, a));
        xml_attribute(out, "type", "failed");
    }
    buf_byte(out, '>');
    if (!fails(k, i))
        buf_text(out, "Advice:\n");
    put_occurrences(out, a);
    buf_printf(out, "</%s>\n", element);
}

static void put_case(struct buf *out, const struct client_checks *k, size_t i)
{
    const struct client_check *q = &client_checks_table[i];
    buf_text(out, "    <testcase");
    xml_attribute(out, "name", arena_printf(out->arena, "%s: %s", q->id, q->title));
    xml_attribute(out, "classname", "client-checks");
    buf_text(out, " time=\"0\">\n      <properties>\n");
    put_property(out, "tested", k->results[i].tested);
    put_property(out, "failures", k->results[i].failures);
    put_property(out, "forgotten", client_checks_forgotten(k, i));
    buf_text(out, "      </properties>\n");
    put_outcome(out, k, i);
    buf_text(out, "    </testcase>\n");
}

static void put_suite(void *ctx, const char *name, const struct client_checks *k)
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
    for (size_t i = 0; i < client_check_count; i++)
        put_case(out, k, i);
    buf_text(out, "  </testsuite>\n");
}

static void put_document(struct buf *out, const struct report *r)
{
    buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"client-checks\"");
    put_totals(out, &r->totals);
    buf_text(out, " time=\"0\">\n");
    buf_add(out, buf_str(r->suites));
    buf_text(out, "</testsuites>\n");
}

void client_checks_junit(const struct client_checks *k, struct buf *out)
{
    struct report r = {.suites = &(struct buf){.arena = out->arena}};
    put_suite(&r, k->name, k);
    put_document(out, &r);
}

void client_registry_junit(const struct client_registry *all, struct buf *out)
{
    struct report r = {.suites = &(struct buf){.arena = out->arena}};
    client_registry_each(all, put_suite, &r);
    put_document(out, &r);
}
