/* A world's conduct in words: as JSON for the admin API, as lines for the log. */
#include "mockserver/conduct/watch.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/time.h"

static const char *verdict_text(const struct conduct *k, size_t question)
{
    return conduct_verdict_texts[conduct_verdict(k, question)];
}

static void put_ids(struct json *w, const struct occurrence *o)
{
    json_key(w, "requestIds");
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

static void put_answer(struct json *w, const struct conduct *k, size_t i)
{
    const struct conduct_question *q = &conduct_questions[i];
    const struct conduct_answer *a = &k->answers[i];
    json_open_map(w);
    json_put_text(w, "id", q->id);
    json_put_text(w, "title", q->title);
    json_put_text(w, "verdict", verdict_text(k, i));
    json_put_bool(w, "advice", q->advice);
    json_put_int(w, "exercised", (int64_t)a->exercised);
    json_put_int(w, "broken", (int64_t)a->broken);
    json_put_int(w, "forgotten", (int64_t)conduct_forgotten(k, i));
    json_key(w, "occurrences");
    json_open_list(w);
    for (size_t o = 0; o < a->count; o++)
        put_occurrence(w, &a->occurrences[o]);
    json_close_list(w);
    json_put_int(w, "leftOut", (int64_t)(a->broken - a->count));
    json_close_map(w);
}

void conduct_print(const struct conduct *k, struct json *out)
{
    json_open_map(out);
    json_put_text(out, "world", k->world);
    json_put_int(out, "calls", (int64_t)k->calls);
    json_put_bool(out, "misbehaved", conduct_misbehaved(k));
    json_key(out, "answers");
    json_open_list(out);
    for (size_t i = 0; i < conduct_question_count; i++)
        put_answer(out, k, i);
    json_close_list(out);
    json_close_map(out);
}

static void log_world(void *ctx, const char *name, const struct conduct *k)
{
    (void)ctx;
    for (size_t i = 0; i < conduct_question_count; i++) {
        const struct conduct_question *q = &conduct_questions[i];
        const struct conduct_answer *a = &k->answers[i];
        if (!a->broken)
            continue;
        log_line(q->advice ? LOG_INFO : LOG_WARN, "%s: %s, broken %" PRIu64 " times%s%s", name,
                 q->id, a->broken, a->count ? ", first: " : "",
                 a->count ? a->occurrences[0].why : "");
    }
}

void conducts_log(const struct conducts *all)
{
    conducts_each(all, log_world, NULL);
}
