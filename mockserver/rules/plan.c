/* Finds the rules that act on a call, and applies their plan. */
#include "mockserver/rules/rule.h"

#include <string.h>

#include "base/edit.h"
#include "base/http/message.h"
#include "base/match.h"
#include "base/patch.h"

/* An operation may have several routes. */
static bool is_operation(const struct call *c, const struct operation *on)
{
    return c->route == on->route ||
           (c->route && c->provider == on->provider && strcmp(c->route->operation, on->route->operation) == 0);
}

/* The functions *_failed return the JSON pointer of what failed, or NULL. */
static const char *target_failed(const struct rule *r, const struct call *c)
{
    const struct rule_form *f = &r->form;
    if (r->on.route && !is_operation(c, &r->on))
        return "/on";
    if (r->provider && c->provider != r->provider)
        return "/provider";
    if (f->method && !str_is(c->req->method, f->method))
        return "/method";
    if (f->path && !(c->route && str_is(str_from(c->route->pattern), f->path)))
        return "/path";
    return NULL;
}

static const struct node *text_or_absent(struct call *c, struct str text)
{
    return text.s ? node_new_text(c->arena, text) : NULL;
}

static const struct node *query_value(struct call *c, const char *name)
{
    return text_or_absent(c, call_query_unchecked(c, name));
}

static const struct node *header_value(struct call *c, const char *name)
{
    const struct header *h = headers_find(&c->req->headers, name);
    return h ? text_or_absent(c, h->value) : NULL;
}

static const char *named_failed(struct call *c, const struct match_context *m, const char *pointer,
                                const struct node *expected,
                                const struct node *(*value)(struct call *c, const char *name))
{
    for (size_t i = 0; expected && i < expected->map.count; i++) {
        const struct member *e = &expected->map.members[i];
        if (!match_holds(m, e->value, value(c, e->key)))
            return node_pointer_add(c->arena, pointer, str_from(e->key));
    }
    return NULL;
}

static bool key_is(const struct call *c, const struct node *who)
{
    if (who->kind == NODE_NULL)
        return c->key == ROW_NONE;
    return c->key != ROW_NONE && rule_key_is(key_read(c->world, c->key), who->text.s);
}

static const char *condition_failed(const struct rule_when *w, struct call *c)
{
    struct match_context m = {.arena = c->arena, .now_ms = c->now_ms};
    if (w->key && !key_is(c, w->key))
        return "/when/key";
    const char *failed = named_failed(c, &m, "/when/query", w->query, query_value);
    if (!failed)
        failed = named_failed(c, &m, "/when/header", w->header, header_value);
    if (failed)
        return failed;
    if (w->path && !match_holds(&m, w->path, node_new_text(c->arena, c->path)))
        return "/when/path";
    if (w->body && !match_holds(&m, w->body, body_json(c->arena, c->req, NULL)))
        return "/when/body";
    return w->state ? state_failed(c, w->state) : NULL;
}

/* Does not use the namespace's random sequence: a rule must not change which ids are minted. */
double rule_draw(const struct rule *r, struct arena *a, uint64_t seed, const char *what)
{
    const char *words =
        arena_printf(a, "%s %llu %s %llu", what, (unsigned long long)seed, r->form.name, (unsigned long long)r->seen);
    return (double)(str_hash(str_from(words)) >> 11) * 0x1p-53;
}

static bool is_drawn(const struct rule *r, struct arena *a, uint64_t seed)
{
    const struct node *probability = r->form.when.probability;
    return !probability || rule_draw(r, a, seed, "rate") < node_number(probability);
}

static const char *count_failed(const struct rule *r, struct arena *a, uint64_t seed)
{
    const struct rule_when *w = &r->form.when;
    uint64_t after = (uint64_t)w->after;
    if (w->nth && r->seen != (uint64_t)w->nth)
        return "/when/nth";
    if (r->seen <= after)
        return "/when/after";
    if (w->every && (r->seen - after) % (uint64_t)w->every)
        return "/when/every";
    if (w->times && r->hits >= (uint64_t)w->times)
        return "/when/times";
    return is_drawn(r, a, seed) ? NULL : "/when/probability";
}

const char *rule_count(struct rule *r, struct arena *a, uint64_t seed)
{
    r->seen++;
    const char *failed = count_failed(r, a, seed);
    r->hits += !failed;
    return failed;
}

static void act(struct rule *r, struct call *c)
{
    if (!c->plan)
        c->plan = arena_new(c->arena, struct rule_plan);
    struct rule_plan *p = c->plan;
    bool failed = p->failed;
    effects_plan(r, c, p);
    if (p->failed && !failed)
        p->failed_by = arena_text(c->arena, r->form.name);
}

static int64_t instant(const struct field_time *t, int64_t start_ms)
{
    int64_t sum;
    if (!t->relative)
        return t->ms;
    return __builtin_add_overflow(start_ms, t->ms, &sum) ? INT64_MAX : sum;
}

bool rule_clock_holds(const struct rule *r, int64_t start_ms, int64_t now_ms)
{
    const struct rule_clock *clock = &r->form.when.clock;
    return (!clock->after.given || now_ms >= instant(&clock->after, start_ms)) &&
           (!clock->before.given || now_ms < instant(&clock->before, start_ms));
}

static const char *evaluate_rule(struct rule *r, struct call *c, int64_t start_ms)
{
    const char *failed = target_failed(r, c);
    if (!failed && !rule_clock_holds(r, start_ms, c->now_ms))
        failed = "/when/clock";
    if (!failed)
        failed = condition_failed(&r->form.when, c);
    if (!failed)
        failed = rule_count(r, c->arena, c->world->seed);
    if (!failed)
        act(r, c);
    return failed;
}

bool rules_has(const struct rules *r, enum rule_phase phase)
{
    for (size_t i = 0; r && i < r->list.count; i++)
        if (r->list.items[i]->phase == phase && !r->list.items[i]->form.event)
            return true;
    return false;
}

void rules_plan(struct rules *r, struct call *c, enum rule_phase phase)
{
    size_t not_acted = 0;
    for (size_t i = 0; r && i < r->list.count; i++) {
        struct rule *rule = r->list.items[i];
        if (rule->form.event || rule->phase != phase)
            continue;
        const char *failed = evaluate_rule(rule, c, r->start_ms);
        if (!failed || not_acted++ < RULE_DECISIONS_MAX)
            *arena_push(c->arena, &c->trace.decisions, struct rule_decision) = (struct rule_decision){
                arena_text(c->arena, rule->form.name), failed, rule->seen, !failed && phase == RULES_BEFORE_GATES};
    }
}

/* --- applying the plan --- */

static void mark_missed(struct call *c, const char *effect)
{
    call_header(c, "X-Mock-Rule-Missed", effect);
}

static void set_body(struct call *c, const struct node *body)
{
    struct buf out = {.arena = c->arena};
    struct json w = json_begin(&out, 0);
    json_node(&w, body);
    c->res->body = out;
}

static void patch_body(struct call *c, const struct node *patch)
{
    const struct node *body = json_parse(c->arena, buf_str(&c->res->body), "response", NULL);
    const struct node *patched = body ? patch_apply(c->arena, body, patch, NULL) : NULL;
    if (patched)
        set_body(c, patched);
    else
        mark_missed(c, "patch");
}

/* A body that is not JSON has none of the places. */
static void edit_body(struct call *c, const struct node *edits)
{
    const struct match_context m = {.arena = c->arena, .now_ms = c->now_ms};
    const struct node *body = json_parse(c->arena, buf_str(&c->res->body), "response", NULL);
    bool misfit = false;
    const struct node *edited = body ? edits_apply(&m, body, edits, &misfit) : NULL;
    if (edited && edited != body)
        set_body(c, edited);
    if (misfit)
        mark_missed(c, "edit");
}

/* Each change reads and writes the whole body, so many rules must not do it with a large one. */
static void change_body(struct call *c, struct rule_plan *p, const struct rule_change *change)
{
    p->changed_bytes += c->res->body.n;
    if (p->changed_bytes > (size_t)EDITS_MAX_BYTES)
        mark_missed(c, change->is_patch ? "patch" : "edit");
    else
        (change->is_patch ? patch_body : edit_body)(c, change->value);
}

static void edit_one_header(struct call *c, const struct node *edit)
{
    const struct match_context m = {.arena = c->arena, .now_ms = c->now_ms};
    const char *name = node_get_text(edit, "header");
    const struct header *h = name ? headers_find(&c->res->headers, name) : NULL;
    bool misfit = false;
    if (!name)
        return;
    const struct node *changed = edit_header(&m, edit, h ? node_new_text(c->arena, h->value) : NULL, &misfit);
    const char *text = changed ? node_text(changed) : NULL;
    if (changed)
        call_header(c, name, text ? text : json_print(c->arena, changed));
    else if (h)
        headers_remove(&c->res->headers, name);
    if (misfit)
        mark_missed(c, "edit");
}

static void set_headers(struct call *c, const struct node *headers)
{
    for (size_t i = 0; i < headers->map.count; i++) {
        const struct member *m = &headers->map.members[i];
        if (m->value->kind == NODE_NULL)
            headers_remove(&c->res->headers, m->key);
        else
            call_header(c, m->key, m->value->text.s);
    }
}

struct str rules_stated_header(const struct call *c, const char *name)
{
    struct str value = {0};
    for (size_t i = 0; c->plan && i < c->plan->headers.count; i++) {
        const struct node *headers = c->plan->headers.items[i];
        for (size_t k = 0; k < headers->map.count; k++)
            if (str_eq_nocase(str_from(headers->map.members[k].key), str_from(name)))
                value = headers->map.members[k].value->kind == NODE_NULL ? (struct str){0}
                                                                         : headers->map.members[k].value->text;
    }
    return value;
}

void rules_apply(struct call *c)
{
    struct rule_plan *p = c->plan;
    if (!p)
        return;
    if (p->missed)
        mark_missed(c, p->missed);
    for (size_t i = 0; i < p->changes.count; i++)
        change_body(c, p, &p->changes.items[i]);
    for (size_t i = 0; i < p->state_changes.count; i++)
        if (!set_state_run(c, p->state_changes.items[i]))
            mark_missed(c, "set_state");
    if (p->failed)
        call_header(c, "X-Mock-Error", arena_printf(c->arena, "rule:%s", p->failed_by));
    c->res->delay_us += p->delay_after_us;
    c->res->cut = p->cut;
    c->res->bytes_per_second = p->bytes_per_second;
}

void rules_headers(struct call *c)
{
    const struct rule_plan *p = c->plan;
    for (size_t i = 0; p && i < p->headers.count; i++)
        set_headers(c, p->headers.items[i]);
    for (size_t i = 0; p && i < p->changes.count; i++)
        for (size_t k = 0; !p->changes.items[i].is_patch && k < p->changes.items[i].value->list.count; k++)
            edit_one_header(c, p->changes.items[i].value->list.items[k]);
}
