/* Client checks as JSON for the admin API, and as lines for the log. */
#include "mockserver/client_checks/observer.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/time.h"

static const char *verdict_text(const struct client_checks *k, size_t check)
{
    return client_check_verdict_texts[client_check_verdict(k, check)];
}

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
    json_put_text(w, "title", q->title);
    json_put_text(w, "verdict", verdict_text(k, i));
    json_put_bool(w, "advice", q->advice);
    json_put_int(w, "tested", (int64_t)a->tested);
    json_put_int(w, "failures", (int64_t)a->failures);
    json_put_int(w, "forgotten", (int64_t)client_checks_forgotten(k, i));
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
