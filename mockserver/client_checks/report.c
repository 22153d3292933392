/* The results of the client checks: as JSON for the admin API, as JUnit XML, and as lines for the log.
 *
 * JUnit has one suite per namespace and one case per check. A check that was not tested is skipped, so that it does not
 * appear as passed. Advice never fails. */
#include <inttypes.h>

#include "base/log.h"
#include "base/time.h"
#include "base/xml.h"
#include "mockserver/client_checks/client_checks.h"
#include "mockserver/client_checks/observer.h"

/* --- JSON ------------------------------------------------------------------------------------- */

static void put_ids(struct json *w, const struct occurrence *o)
{
    json_key(w, "request_ids");
    json_open_list(w);
    if (o->earlier_id)
        json_text(w, o->earlier_id);
    if (o->request_id)
        json_text(w, o->request_id);
    json_close_list(w);
}

static void put_occurrence(struct json *w, const struct occurrence *o)
{
    char at[TIME_TEXT_MAX];
    json_open_map(w);
    json_put_int(w, "seq", (int64_t)o->seq);
    if (o->earlier)
        json_put_int(w, "after", (int64_t)o->earlier);
    put_ids(w, o);
    json_put_text(w, "at", time_millis(o->at_ms, at));
    json_put_text(w, "provider", o->provider);
    json_put_text(w, "operation", o->operation);
    json_put_text(w, "why", o->why);
    json_close_map(w);
}

static void put_result(struct json *w, const struct client_checks *k, size_t i)
{
    const struct client_check *q = &client_checks_table[i];
    const struct client_check_result *a = &k->results[i];
    json_open_map(w);
    json_put_text(w, "id", q->id);
    json_put_text(w, "title", q->text->title);
    json_put_text(w, "verdict", client_check_verdict_texts[client_check_verdict(k, i)]);
    json_put_bool(w, "advice", q->advice);
    json_put_int(w, "tested", (int64_t)a->tested);
    json_put_int(w, "failures", (int64_t)a->failures);
    json_put_int(w, "forgotten", (int64_t)a->forgotten);
    json_key(w, "occurrences");
    json_open_list(w);
    for (size_t o = 0; o < a->count; o++)
        put_occurrence(w, &a->occurrences[o]);
    json_close_list(w);
    json_put_int(w, "left_out", (int64_t)(a->failures - a->count));
    json_close_map(w);
}

void client_checks_print(const struct client_checks *k, struct json *out)
{
    json_open_map(out);
    json_put_text(out, "namespace", k->name);
    json_put_int(out, "calls", (int64_t)k->calls);
    json_put_bool(out, "failed", client_checks_failed(k));
    json_key(out, "checks");
    json_open_list(out);
    for (size_t i = 0; i < client_check_count; i++)
        put_result(out, k, i);
    json_close_list(out);
    json_close_map(out);
}

/* --- JUnit ------------------------------------------------------------------------------------ */

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
    xml_attribute(out, "name", arena_printf(out->arena, "%s: %s", q->id, q->text->title));
    xml_attribute(out, "classname", "client-checks");
    buf_text(out, " time=\"0\">\n      <properties>\n");
    put_property(out, "tested", k->results[i].tested);
    put_property(out, "failures", k->results[i].failures);
    put_property(out, "forgotten", k->results[i].forgotten);
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

/* --- log -------------------------------------------------------------------------------------- */

static void log_namespace(void *ctx, const char *name, const struct client_checks *k)
{
    (void)ctx;
    for (size_t i = 0; i < client_check_count; i++) {
        const struct client_check *q = &client_checks_table[i];
        const struct client_check_result *a = &k->results[i];
        if (!a->failures)
            continue;
        log_line(q->advice ? LOG_INFO : LOG_WARN, "%s: %s failed %" PRIu64 " times%s%s", name, q->id, a->failures,
                 a->count ? ", first: " : "", a->count ? a->occurrences[0].why : "");
    }
}

void client_registry_log(const struct client_registry *all)
{
    client_registry_each(all, log_namespace, NULL);
}
