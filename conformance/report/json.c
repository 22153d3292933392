#include "conformance/report/formats.h"
#include "conformance/report/json_parts.h"

static void put_checks(struct json *j, const struct scenario_result *s)
{
    json_key(j, "checks");
    json_open_list(j);
    for (size_t i = 0; i < s->checks.count; i++) {
        json_open_map(j);
        json_parts_check(j, s, &s->checks.items[i]);
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
        json_parts_exchange(j, writer_secrets(w), s->exchanges.items[i]);
        json_close_map(j);
        json_parts_flush(j->out, w);
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
        json_parts_scenario(j, s);
        put_checks(j, s);
        put_exchanges(j, s, w);
        json_close_map(j);
    }
    json_close_list(j);
}

static void put_claim(struct json *j, const struct claim_result *c)
{
    json_open_map(j);
    json_put_text(j, "id", c->claim->id);
    json_put_text(j, "level", level_texts[c->claim->level]);
    json_put_text(j, "outcome", outcome_texts[c->outcome]);
    json_put_text(j, "says", c->claim->says);
    json_put_text(j, "source", c->claim->source);
    json_put_text(j, "observe", c->claim->observe);
    json_key(j, "counts");
    json_open_map(j);
    for (size_t v = 0; v < VERDICT_COUNT; v++)
        if (c->counts[v])
            json_put_int(j, verdict_texts[v], c->counts[v]);
    json_close_map(j);
    json_close_map(j);
}

static void put_claims(struct json *j, const struct run *r)
{
    json_key(j, "claims");
    json_open_list(j);
    for (size_t i = 0; i < r->claim_count; i++)
        put_claim(j, &r->claims[i]);
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
    json_parts_target(&j, r);
    json_parts_outcome(&j, r);
    put_claims(&j, r);
    put_disputes(&j, r);
    put_leftovers(&j, r);
    put_scenarios(&j, r, w);
    json_close_map(&j);
    buf_byte(&text, '\n');
    json_parts_flush(&text, w);
    arena_end(&a);
}
