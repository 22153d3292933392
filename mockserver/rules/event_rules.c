/* Finds the rules that act on an event, and adds up its delivery faults. */
#include "mockserver/rules/rule.h"

#include <string.h>

#include "base/json.h"
#include "base/match.h"

/* An event, as the conditions of rules see it. */
struct event {
    struct arena *arena;
    const struct world *world;
    const struct delivery *delivery;
    const struct node *data;
};

static bool rule_matches(const struct rule *r, const struct event *e)
{
    const struct rule_form *f = &r->form;
    const struct match_context m = {.arena = e->arena, .now_ms = world_now(e->world)};
    if (!f->event || (strcmp(f->event, "*") != 0 && strcmp(f->event, e->delivery->type) != 0))
        return false;
    if (r->provider && r->provider->id != e->delivery->provider)
        return false;
    return !f->when.body || match_holds(&m, f->when.body, e->data);
}

static void act(const struct rule *r, struct arena *a, struct delivery_faults *faults)
{
    effects_add_faults(r, faults);
    faults->rules = faults->rules ? arena_printf(a, "%s,%s", faults->rules, r->form.name) : arena_text(a, r->form.name);
}

static bool has_event_rules(const struct rules *r)
{
    for (size_t i = 0; i < r->list.count; i++)
        if (r->list.items[i]->form.event)
            return true;
    return false;
}

void rules_delivery_faults(struct rules *r, struct arena *a, const struct world *w, uint32_t delivery,
                           struct delivery_faults *faults)
{
    if (!r || !has_event_rules(r))
        return;
    const struct delivery *d = delivery_read(w, delivery);
    const struct event e = {a, w, d, json_parse(a, str_from(d->payload), "event", NULL)};
    for (size_t i = 0; i < r->list.count; i++) {
        struct rule *rule = r->list.items[i];
        if (rule_matches(rule, &e) && !rule_count(rule, a, w->seed))
            act(rule, a, faults);
    }
}
