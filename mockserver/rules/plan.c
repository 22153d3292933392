#include "mockserver/rules/rule.h"

#include <string.h>

#include "base/http/body.h"
#include "base/match.h"

/* An operation may stand in several routes. */
static bool is_of(const struct call *c, const struct operation *on)
{
    return c->route == on->route || (c->route && c->dialect == on->dialect &&
                                     strcmp(c->route->operation, on->route->operation) == 0);
}

static bool is_about(const struct rule *r, const struct call *c)
{
    const struct rule_form *f = &r->form;
    if (r->on.route && !is_of(c, &r->on))
        return false;
    if (r->dialect && c->dialect != r->dialect)
        return false;
    if (f->method && !str_is(c->req->method, f->method))
        return false;
    return !f->path || (c->route && str_is(str_from(c->route->pattern), f->path));
}

static const struct node *text_or_absent(struct call *c, struct str text)
{
    return text.s ? node_new_text(c->arena, text) : NULL;
}

static const struct node *query_value(struct call *c, const char *name)
{
    return text_or_absent(c, call_query(c, name));
}

static const struct node *header_value(struct call *c, const char *name)
{
    const struct header *h = headers_find(&c->req->headers, name);
    return h ? text_or_absent(c, h->value) : NULL;
}

static bool all_hold(struct call *c, const struct match_context *m, const struct node *expected,
                     const struct node *(*value)(struct call *c, const char *name))
{
    for (size_t i = 0; expected && i < expected->map.count; i++) {
        const struct member *e = &expected->map.members[i];
        if (!match_holds(m, e->value, value(c, e->key)))
            return false;
    }
    return true;
}

static bool key_is(const struct call *c, const char *who)
{
    return c->key != ROW_NONE && rule_key_is(key_read(c->world, c->key), who);
}

static bool meets(const struct rule_when *w, struct call *c)
{
    struct match_context m = {.arena = c->arena, .now_ms = c->now_ms};
    if (w->key && !key_is(c, w->key))
        return false;
    if (!all_hold(c, &m, w->query, query_value) || !all_hold(c, &m, w->header, header_value))
        return false;
    if (w->path && !match_holds(&m, w->path, node_new_text(c->arena, c->path)))
        return false;
    return !w->body || match_holds(&m, w->body, body_json(c->arena, c->req, NULL));
}

/* The world's own sequence is not touched: a rule must not change which ids are minted. */
double rule_draw(const struct rule *r, const struct call *c, const char *what)
{
    const char *words =
        arena_printf(c->arena, "%s %llu %s %llu", what, (unsigned long long)c->world->seed,
                     r->form.name, (unsigned long long)r->seen);
    return (double)(str_hash(str_from(words)) >> 11) * 0x1p-53;
}

static bool drawn(const struct rule *r, const struct call *c)
{
    const struct node *rate = r->form.when.rate;
    return !rate || rule_draw(r, c, "rate") < node_number(rate);
}

static bool counts_hold(const struct rule *r)
{
    const struct rule_when *w = &r->form.when;
    uint64_t after = (uint64_t)w->after;
    if (w->nth && r->seen != (uint64_t)w->nth)
        return false;
    if (r->seen <= after || (w->every && (r->seen - after) % (uint64_t)w->every))
        return false;
    return !w->times || r->hits < (uint64_t)w->times;
}

static void act(struct rule *r, struct call *c)
{
    if (!c->plan)
        c->plan = arena_new(c->arena, struct rule_plan);
    struct rule_plan *p = c->plan;
    bool failed = p->failed;
    p->names = p->names ? arena_printf(c->arena, "%s,%s", p->names, r->form.name)
                        : arena_text(c->arena, r->form.name);
    effects_plan(r, c, p);
    if (p->failed && !failed)
        p->failed_by = arena_text(c->arena, r->form.name);
}

void rules_plan(struct rules *r, struct call *c)
{
    for (size_t i = 0; r && i < r->list.count; i++) {
        struct rule *rule = r->list.items[i];
        if (!is_about(rule, c) || !meets(&rule->form.when, c))
            continue;
        rule->seen++;
        if (counts_hold(rule) && drawn(rule, c)) {
            rule->hits++;
            act(rule, c);
        }
    }
}
