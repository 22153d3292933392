#include "conformance/report/json_parts.h"

#include <string.h>

#include "base/time.h"

static void put_instant(struct json *j, const char *key, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    json_put_text(j, key, time_millis(ms, text));
}

static void put_texts(struct json *j, const char *key, const char *const *texts, size_t count)
{
    json_key(j, key);
    json_open_list(j);
    for (size_t i = 0; i < count; i++)
        json_text(j, texts[i]);
    json_close_list(j);
}

void json_parts_target(struct json *j, const struct run *r)
{
    json_put_int(j, "version", REPORT_VERSION);
    json_put_text(j, "suite_version", r->suite_version);
    json_key(j, "target");
    json_open_map(j);
    json_put_text(j, "name", r->target);
    json_put_text(j, "base_url", r->base_url);
    json_close_map(j);
    put_instant(j, "started_at", r->started_ms);
    json_put_text(j, "gate", level_texts[r->gate]);
}

/* --- checks ---------------------------------------------------------------------------------- */

static void put_place(struct json *j, struct where at)
{
    json_key(j, "at");
    json_open_map(j);
    json_put_text(j, "file", at.file);
    json_put_int(j, "line", at.line);
    json_put_int(j, "column", at.column);
    json_close_map(j);
}

static void put_exchange_index(struct json *j, const struct scenario_result *s, const struct check *c)
{
    size_t i = 0;
    while (i < s->exchanges.count && s->exchanges.items[i] != c->exchange)
        i++;
    if (c->exchange && i < s->exchanges.count)
        json_put_int(j, "exchange", (int64_t)i);
    else
        json_put_null(j, "exchange");
}

void json_parts_check(struct json *j, const struct scenario_result *s, const struct check *c)
{
    json_put_text(j, "id", c->id);
    json_put_text(j, "verdict", verdict_texts[c->verdict]);
    json_key(j, "claims");
    json_open_list(j);
    for (size_t i = 0; i < c->claim_count; i++)
        json_text(j, c->claims[i]->id);
    json_close_list(j);
    json_put_text(j, "step", c->step);
    json_put_text(j, "pointer", c->pointer);
    json_put_text(j, "matcher", c->matcher);
    json_put_text(j, "expected", c->expected);
    json_put_text(j, "actual", c->actual);
    json_put_text(j, "why", c->why);
    put_place(j, c->at);
    put_exchange_index(j, s, c);
}

/* --- exchanges ------------------------------------------------------------------------------- */

static void put_headers(struct json *j, const char *key, const struct headers *h)
{
    json_key(j, key);
    json_open_list(j);
    for (size_t i = 0; i < h->count; i++) {
        json_open_map(j);
        json_put_text(j, "name", h->items[i].name);
        json_key(j, "value");
        json_str(j, h->items[i].value);
        json_close_map(j);
    }
    json_close_list(j);
}

static size_t character_start(struct str text, size_t at)
{
    while (at > 0 && at < text.n && ((unsigned char)text.s[at] & 0xC0) == 0x80)
        at--;
    return at;
}

static void put_body(struct json *j, const struct secrets *secrets, const char *key, struct str body)
{
    struct arena a = {0};
    struct str text = body;
    if (body.n > REPORT_BODY_MAX)
        text = str_from(scrub(&a, secrets, body));
    if (text.n > REPORT_BODY_MAX)
        text.n = character_start(text, REPORT_BODY_MAX);
    json_key(j, key);
    json_open_map(j);
    json_put_int(j, "bytes", (int64_t)body.n);
    json_put_bool(j, "cut", body.n > REPORT_BODY_MAX);
    json_key(j, "text");
    json_str(j, text);
    json_close_map(j);
    arena_end(&a);
}

void json_parts_exchange(struct json *j, const struct secrets *secrets, const struct exchange_record *x)
{
    json_put_text(j, "method", x->method);
    json_put_text(j, "url", x->url);
    json_put_int(j, "status", x->status);
    json_put_text(j, "error", x->error);
    json_put_int(j, "attempts", x->attempts);
    put_instant(j, "started_at", x->started_ms);
    json_put_int(j, "duration_us", x->duration_us);
    put_headers(j, "request_headers", &x->request_headers);
    put_body(j, secrets, "request_body", x->request_body);
    put_headers(j, "response_headers", &x->response_headers);
    put_body(j, secrets, "response_body", x->response_body);
}

/* --- scenarios and the run ------------------------------------------------------------------- */

void json_parts_scenario(struct json *j, const struct scenario_result *s)
{
    json_put_text(j, "scenario", s->name);
    json_put_text(j, "title", s->title);
    json_put_text(j, "file", s->file);
    json_put_text(j, "note", s->note);
    put_texts(j, "tags", s->tags, s->tag_count);
    json_put_text(j, "verdict", verdict_texts[scenario_verdict(s)]);
    json_put_text(j, "why", s->why);
    put_instant(j, "started_at", s->started_ms);
    json_put_int(j, "duration_us", s->duration_us);
}

static void put_totals(struct json *j, const struct run *r)
{
    struct totals f = totals_of(r);
    json_key(j, "claim_totals");
    json_open_map(j);
    json_put_int(j, "claims", f.claims);
    json_put_int(j, "observable", f.observable);
    json_put_int(j, "cited", f.cited);
    json_put_int(j, "exercised", f.exercised);
    json_put_int(j, "holding", f.holding);
    json_close_map(j);
}

static void put_executed(struct json *j, const struct run *r)
{
    struct arena a = {0};
    size_t count;
    const char *digest = totals_executed(&a, r, &count);
    json_put_text(j, "executed", digest);
    json_put_int(j, "executed_checks", (int64_t)count);
    arena_end(&a);
}

void json_parts_outcome(struct json *j, const struct run *r)
{
    json_key(j, "exit");
    json_open_map(j);
    json_put_int(j, "code", r->exit_code);
    json_put_text(j, "why", r->verdict_why);
    json_put_bool(j, "interrupted", r->interrupted);
    json_close_map(j);
    json_put_int(j, "duration_us", r->duration_us);
    json_put_int(j, "calls", r->calls);
    json_put_int(j, "checks", r->checks);
    json_key(j, "counts");
    json_open_map(j);
    for (size_t v = 0; v < VERDICT_COUNT; v++)
        json_put_int(j, verdict_texts[v], r->counts[v]);
    json_close_map(j);
    put_totals(j, r);
    put_executed(j, r);
}

void json_parts_flush(struct buf *text, struct writer *w)
{
    struct str rest = buf_str(text);
    size_t plain = 0;
    for (size_t i = 0; i < rest.n; i++) {
        unsigned char c = (unsigned char)rest.s[i];
        bool two = c == 0xC2 && i + 1 < rest.n && (unsigned char)rest.s[i + 1] < 0xA0;
        if (c != 0x7F && !two)
            continue;
        char escape[8];
        (void)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)rest.s[i + two]);
        write_str(w, str_of(rest.s + plain, i - plain));
        write_text(w, escape);
        i += two;
        plain = i + 1;
    }
    write_str(w, str_skip(rest, plain));
    text->n = 0;
}
