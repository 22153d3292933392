#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "conformance/report/report.h"

#define REPORT_VERSION  1
#define REPORT_BODY_MAX 65536

/* --- parts of both ------------------------------------------------------------------------ */

/* The parts of a run, for the JSON report and the event stream. Every function adds members to a map that the caller
 * has opened. Keys are snake_case and always present, in the same order; a missing value is null. Durations are in
 * microseconds (_us), times are RFC 3339 text (_at). A body is scrubbed of secrets, then cut at REPORT_BODY_MAX
 * bytes. */

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

static void put_target(struct json *j, const struct run *r)
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

/* --- checks ------------------------------------------------------------------------------- */

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

static void put_check(struct json *j, const struct scenario_result *s, const struct check *c)
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

/* --- exchanges ---------------------------------------------------------------------------- */

/* A short key is a secret only after the name of its header. */
static const char *scrub_header(struct arena *a, const struct secrets *secrets, const struct header *h)
{
    const char *before = arena_printf(a, "%s: ", h->name);
    struct str line = str_from(arena_printf(a, "%s" STR_FMT, before, STR_ARG(h->value)));
    const char *clean = scrub(a, secrets, line);
    return str_starts(str_from(clean), str_from(before)) ? clean + strlen(before) : clean;
}

static void put_headers(struct json *j, const struct secrets *secrets, const char *key, const struct headers *h)
{
    struct arena a = {0};
    json_key(j, key);
    json_open_list(j);
    for (size_t i = 0; i < h->count; i++) {
        json_open_map(j);
        json_put_text(j, "name", h->items[i].name);
        json_key(j, "value");
        json_text(j, scrub_header(&a, secrets, &h->items[i]));
        json_close_map(j);
    }
    json_close_list(j);
    arena_end(&a);
}

static size_t character_start(struct str text, size_t at)
{
    while (at > 0 && at < text.n && ((unsigned char)text.s[at] & 0xC0) == 0x80)
        at--;
    return at;
}

/* A NUL becomes U+FFFD, as a byte that is not UTF-8 does: readers of JSON with C strings, as ours, reject it. */
static struct str without_nul(struct arena *a, struct str text)
{
    struct buf out = {.arena = a};
    if (!memchr(text.s, '\0', text.n))
        return text;
    while (text.n) {
        size_t n = str_find(text, '\0');
        buf_add(&out, str_head(text, n));
        if (n < text.n)
            buf_text(&out, "\xEF\xBF\xBD");
        text = str_skip(text, n + 1);
    }
    return buf_str(&out);
}

static void put_body(struct json *j, const struct secrets *secrets, const char *key, struct str body)
{
    struct arena a = {0};
    struct str text = body;
    if (body.n > REPORT_BODY_MAX)
        text = str_from(scrub_start(&a, secrets, body, REPORT_BODY_MAX + 1));
    if (text.n > REPORT_BODY_MAX)
        text.n = character_start(text, REPORT_BODY_MAX);
    json_key(j, key);
    json_open_map(j);
    json_put_int(j, "bytes", (int64_t)body.n);
    json_put_bool(j, "cut", body.n > REPORT_BODY_MAX);
    json_key(j, "text");
    json_str(j, text.n ? without_nul(&a, text) : text);
    json_close_map(j);
    arena_end(&a);
}

static void put_attempt(struct json *j, const struct attempt *attempt)
{
    json_open_map(j);
    json_put_int(j, "status", attempt->status);
    put_instant(j, "started_at", attempt->started_ms);
    json_put_int(j, "waited_ms", attempt->waited_ms);
    json_close_map(j);
}

static void put_attempts(struct json *j, const struct exchange_record *x)
{
    const struct attempt only = {.status = x->status, .started_ms = x->started_ms};
    json_key(j, "attempts");
    json_open_list(j);
    for (size_t i = 0; i < x->attempts.count; i++)
        put_attempt(j, &x->attempts.items[i]);
    if (!x->attempts.count)
        put_attempt(j, &only);
    json_close_list(j);
}

static void put_exchange(struct json *j, const struct secrets *secrets, const struct exchange_record *x)
{
    json_put_text(j, "method", x->method);
    json_put_text(j, "url", x->url);
    json_put_int(j, "status", x->status);
    json_put_text(j, "error", x->error);
    put_attempts(j, x);
    put_instant(j, "started_at", x->started_ms);
    json_put_int(j, "duration_us", x->duration_us);
    put_headers(j, secrets, "request_headers", &x->request_headers);
    put_body(j, secrets, "request_body", x->request_body);
    put_headers(j, secrets, "response_headers", &x->response_headers);
    put_body(j, secrets, "response_body", x->response_body);
}

/* --- scenarios and the run ---------------------------------------------------------------- */

static void put_scenario(struct json *j, const struct scenario_result *s)
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

static void put_claim(struct json *j, const struct claim_result *c)
{
    json_put_text(j, "id", c->claim->id);
    json_put_text(j, "level", level_texts[c->claim->level]);
    json_put_text(j, "outcome", outcome_texts[c->outcome]);
    json_put_text(j, "says", c->claim->says);
    json_put_text(j, "source", c->claim->source);
    json_put_text(j, "document", c->claim->origin.document);
    json_put_text(j, "heading", c->claim->origin.heading);
    json_put_text(j, "url", c->claim->origin.url);
    json_put_text(j, "path", c->claim->origin.path);
    json_put_text(j, "observe", c->claim->observe);
    json_key(j, "counts");
    json_open_map(j);
    for (size_t v = 0; v < VERDICT_COUNT; v++)
        if (c->counts[v])
            json_put_int(j, verdict_texts[v], c->counts[v]);
    json_close_map(j);
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

/* `ok` is null if a thing could not be checked. */
static void put_preflight(struct json *j, const struct run *r)
{
    json_key_list(j, "preflight");
    for (size_t i = 0; i < r->preflight.count; i++) {
        const struct preflight_result *p = &r->preflight.items[i];
        json_open_map(j);
        json_put_text(j, "check", p->check);
        if (p->outcome == PREFLIGHT_UNCHECKED)
            json_put_null(j, "ok");
        else
            json_put_bool(j, "ok", p->outcome == PREFLIGHT_OK);
        json_put_text(j, "detail", p->detail);
        json_close_map(j);
    }
    json_close_list(j);
}

static void put_outcome(struct json *j, const struct run *r)
{
    json_key(j, "exit");
    json_open_map(j);
    json_put_int(j, "code", r->exit_code);
    json_put_text(j, "why", r->verdict_why);
    json_put_bool(j, "interrupted", r->interrupted);
    json_close_map(j);
    put_preflight(j, r);
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

/* Writes the collected text and empties the buffer. DEL and C1 controls are legal in JSON but are escaped, because the
 * text may be shown on a terminal. */
static void flush_json(struct buf *text, struct writer *w)
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

/* --- the JSON report ---------------------------------------------------------------------- */

static void put_checks(struct json *j, const struct scenario_result *s)
{
    json_key(j, "checks");
    json_open_list(j);
    for (size_t i = 0; i < s->checks.count; i++) {
        json_open_map(j);
        put_check(j, s, &s->checks.items[i]);
        json_close_map(j);
    }
    json_close_list(j);
}

static void put_exchanges(struct json *j, const struct scenario_result *s, struct writer *w)
{
    json_key(j, "exchanges");
    json_open_list(j);
    for (size_t i = 0; i < s->exchanges.count; i++) {
        json_open_map(j);
        put_exchange(j, writer_secrets(w), s->exchanges.items[i]);
        json_close_map(j);
        flush_json(j->out, w);
    }
    json_close_list(j);
}

static void put_scenarios(struct json *j, const struct run *r, struct writer *w)
{
    json_key(j, "scenarios");
    json_open_list(j);
    for (size_t i = 0; i < r->scenarios.count; i++) {
        const struct scenario_result *s = r->scenarios.items[i];
        json_open_map(j);
        put_scenario(j, s);
        put_checks(j, s);
        put_exchanges(j, s, w);
        json_close_map(j);
    }
    json_close_list(j);
}

static void put_claims(struct json *j, const struct run *r)
{
    json_key(j, "claims");
    json_open_list(j);
    for (size_t i = 0; i < r->claim_count; i++) {
        json_open_map(j);
        put_claim(j, &r->claims[i]);
        json_close_map(j);
    }
    json_close_list(j);
}

static void put_disputes(struct json *j, const struct run *r)
{
    json_key(j, "disputes");
    json_open_list(j);
    for (size_t i = 0; i < r->dispute_count; i++) {
        json_open_map(j);
        json_put_text(j, "id", r->disputes[i].id);
        json_put_text(j, "about", r->disputes[i].about);
        json_put_text(j, "observed", r->disputes[i].observed);
        json_close_map(j);
    }
    json_close_list(j);
}

static void put_leftovers(struct json *j, const struct run *r)
{
    json_key(j, "leftovers");
    json_open_list(j);
    for (size_t i = 0; i < r->leftovers.count; i++) {
        json_open_map(j);
        json_put_text(j, "what", r->leftovers.items[i].what);
        json_put_text(j, "cleanup", r->leftovers.items[i].cleanup);
        json_put_text(j, "why", r->leftovers.items[i].why);
        json_close_map(j);
    }
    json_close_list(j);
}

void json_write(const struct run *r, struct writer *w)
{
    struct arena a = {0};
    struct buf text = {.arena = &a};
    struct json j = json_begin(&text, 2);
    json_open_map(&j);
    put_target(&j, r);
    put_outcome(&j, r);
    put_claims(&j, r);
    put_disputes(&j, r);
    put_leftovers(&j, r);
    put_scenarios(&j, r, w);
    json_close_map(&j);
    buf_byte(&text, '\n');
    flush_json(&text, w);
    arena_end(&a);
}

/* --- the event stream --------------------------------------------------------------------- */

struct ndjson {
    struct writer *out;
    bool started;
    bool live; /* what is written cannot be changed when a later response makes it a secret */
};

struct event {
    struct arena arena;
    struct buf text;
    struct json json;
};

static void event_open(struct event *e, const char *name)
{
    *e = (struct event){0};
    e->text.arena = &e->arena;
    e->json = json_begin(&e->text, 0);
    json_open_map(&e->json);
    json_put_text(&e->json, "event", name);
}

static void event_close(struct event *e, struct writer *w)
{
    json_close_map(&e->json);
    buf_byte(&e->text, '\n');
    flush_json(&e->text, w);
    arena_end(&e->arena);
}

/* --- events ------------------------------------------------------------------------------- */

static void run_started(struct ndjson *n, const struct run *r)
{
    struct event e;
    if (n->started)
        return;
    n->started = true;
    event_open(&e, "run_started");
    put_target(&e.json, r);
    event_close(&e, n->out);
}

static void scenario_started(void *ctx, const struct run *r, const struct scenario_result *s)
{
    struct ndjson *n = ctx;
    struct event e;
    run_started(n, r);
    event_open(&e, "scenario_started");
    json_put_text(&e.json, "scenario", s->name);
    json_put_text(&e.json, "file", s->file);
    event_close(&e, n->out);
    writer_flush(n->out);
}

static void put_exchange_event(struct ndjson *n, const struct scenario_result *s, size_t i)
{
    struct event e;
    event_open(&e, "exchange");
    json_put_text(&e.json, "scenario", s->name);
    json_put_int(&e.json, "exchange", (int64_t)i);
    put_exchange(&e.json, writer_secrets(n->out), s->exchanges.items[i]);
    event_close(&e, n->out);
}

static void put_check_event(struct ndjson *n, const struct scenario_result *s, const struct check *c)
{
    struct event e;
    event_open(&e, "check");
    json_put_text(&e.json, "scenario", s->name);
    put_check(&e.json, s, c);
    event_close(&e, n->out);
}

/* A text of short words has no secret: a response makes only a value of GENERATED_MIN_BYTES without blanks one. */
static bool may_be_secret(const char *text)
{
    size_t word = 0, longest = 0;
    for (; text && *text; text++) {
        word = *text == ' ' ? 0 : word + 1;
        longest = word > longest ? word : longest;
    }
    return longest >= GENERATED_MIN_BYTES;
}

static bool is_kept_back(const struct ndjson *n, const struct check *c)
{
    return n->live && (may_be_secret(c->expected) || may_be_secret(c->actual) || may_be_secret(c->why));
}

static void put_claim_event(struct ndjson *n, const struct claim_result *c)
{
    struct event e;
    event_open(&e, "claim");
    put_claim(&e.json, c);
    event_close(&e, n->out);
}

static void put_exchange_events(struct ndjson *n, const struct scenario_result *s)
{
    for (size_t i = 0; i < s->exchanges.count; i++)
        put_exchange_event(n, s, i);
}

static void scenario_ended(void *ctx, const struct run *r, const struct scenario_result *s)
{
    struct ndjson *n = ctx;
    struct event e;
    run_started(n, r);
    if (!n->live)
        put_exchange_events(n, s);
    for (size_t i = 0; i < s->checks.count; i++)
        if (!is_kept_back(n, &s->checks.items[i]))
            put_check_event(n, s, &s->checks.items[i]);
    event_open(&e, "scenario_ended");
    put_scenario(&e.json, s);
    event_close(&e, n->out);
    writer_flush(n->out);
}

/* --- streams ------------------------------------------------------------------------------ */

struct run_events ndjson_stream(struct arena *a, struct writer *w)
{
    struct ndjson *n = arena_new(a, struct ndjson);
    n->out = w;
    n->live = true;
    return (struct run_events){.scenario_started = scenario_started, .scenario_ended = scenario_ended, .ctx = n};
}

/* All secrets are known now. */
static void put_kept_back(struct ndjson *n, const struct scenario_result *s)
{
    put_exchange_events(n, s);
    for (size_t i = 0; i < s->checks.count; i++)
        if (is_kept_back(n, &s->checks.items[i]))
            put_check_event(n, s, &s->checks.items[i]);
}

void ndjson_stream_end(void *ndjson, const struct run *r)
{
    struct ndjson *n = ndjson;
    struct event e;
    run_started(n, r);
    for (size_t i = 0; n->live && i < r->scenarios.count; i++)
        put_kept_back(n, r->scenarios.items[i]);
    for (size_t i = 0; i < r->claim_count; i++)
        put_claim_event(n, &r->claims[i]);
    event_open(&e, "run_ended");
    put_outcome(&e.json, r);
    event_close(&e, n->out);
}

void ndjson_write(const struct run *r, struct writer *w)
{
    struct ndjson n = {.out = w};
    run_started(&n, r);
    for (size_t i = 0; i < r->scenarios.count; i++) {
        scenario_started(&n, r, r->scenarios.items[i]);
        scenario_ended(&n, r, r->scenarios.items[i]);
    }
    ndjson_stream_end(&n, r);
}
