#include "conformance/report/formats.h"
#include "conformance/report/json_parts.h"

struct ndjson {
    struct writer *out;
    bool started;
};

/* --- one line -------------------------------------------------------------------------------- */

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
    json_parts_flush(&e->text, w);
    arena_end(&e->arena);
}

/* --- events ---------------------------------------------------------------------------------- */

static void run_started(struct ndjson *n, const struct run *r)
{
    struct event e;
    if (n->started)
        return;
    n->started = true;
    event_open(&e, "run_started");
    json_parts_target(&e.json, r);
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
    json_parts_exchange(&e.json, writer_secrets(n->out), s->exchanges.items[i]);
    event_close(&e, n->out);
}

static void put_check_event(struct ndjson *n, const struct scenario_result *s, const struct check *c)
{
    struct event e;
    event_open(&e, "check");
    json_put_text(&e.json, "scenario", s->name);
    json_parts_check(&e.json, s, c);
    event_close(&e, n->out);
}

static void scenario_ended(void *ctx, const struct run *r, const struct scenario_result *s)
{
    struct ndjson *n = ctx;
    struct event e;
    run_started(n, r);
    for (size_t i = 0; i < s->exchanges.count; i++)
        put_exchange_event(n, s, i);
    for (size_t i = 0; i < s->checks.count; i++)
        put_check_event(n, s, &s->checks.items[i]);
    event_open(&e, "scenario_ended");
    json_parts_scenario(&e.json, s);
    event_close(&e, n->out);
    writer_flush(n->out);
}

/* --- streams --------------------------------------------------------------------------------- */

struct run_events ndjson_stream(struct arena *a, struct writer *w)
{
    struct ndjson *n = arena_new(a, struct ndjson);
    n->out = w;
    return (struct run_events){.scenario_started = scenario_started, .scenario_ended = scenario_ended, .ctx = n};
}

void ndjson_stream_end(void *ndjson, const struct run *r)
{
    struct ndjson *n = ndjson;
    struct event e;
    run_started(n, r);
    event_open(&e, "run_ended");
    json_parts_outcome(&e.json, r);
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
