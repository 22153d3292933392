/* Which rules act on an event that is told, and what befalls it. */
#include "mockserver/rules/rule.h"

#include <string.h>

#include "base/json.h"
#include "base/match.h"

/* An event on its way, as conditions look at it. */
struct told {
    struct arena *arena;
    const struct world *world;
    const struct delivery *delivery;
    const struct node *data;
};

static bool is_meant(const struct rule *r, const struct told *t)
{
    const struct rule_form *f = &r->form;
    const struct match_context m = {.arena = t->arena, .now_ms = world_now(t->world)};
    if (!f->event || (strcmp(f->event, "*") != 0 && strcmp(f->event, t->delivery->type) != 0))
        return false;
    if (r->provider && r->provider->id != t->delivery->provider)
        return false;
    return !f->when.body || match_holds(&m, f->when.body, t->data);
}

static void act(const struct rule *r, struct arena *a, struct delivery_faults *faults)
{
    effects_add_faults(r, faults);
    faults->rules = faults->rules ? arena_printf(a, "%s,%s", faults->rules, r->form.name)
                                  : arena_text(a, r->form.name);
}

static bool has_any(const struct rules *r)
{
    for (size_t i = 0; i < r->list.count; i++)
        if (r->list.items[i]->form.event)
            return true;
    return false;
}

void rules_delivery_faults(struct rules *r, struct arena *a, const struct world *w,
                           uint32_t delivery, struct delivery_faults *faults)
{
    if (!r || !has_any(r))
        return;
    const struct delivery *d = delivery_read(w, delivery);
    const struct told t = {a, w, d, json_parse(a, str_from(d->payload), "event", NULL)};
    for (size_t i = 0; i < r->list.count; i++) {
        struct rule *rule = r->list.items[i];
        if (is_meant(rule, &t) && !rule_count(rule, a, w->seed))
            act(rule, a, faults);
    }
}
