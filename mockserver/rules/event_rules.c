/* The rules that act on an event, and their effect: faults of its webhook deliveries. */
#include "mockserver/rules/rule.h"

#include <string.h>

#include "base/json.h"
#include "base/match.h"
#include "base/units.h"

#define MANY        1000 /* limit of duplicate, reorder, corrupt */
#define SPAN_MAX_MS (366 * DAY_MS)
#define EVERY       INT64_C(1000000) /* more attempts than a delivery has */

struct fault_spec {
    bool drop;
    int64_t duplicate, delay_ms, reorder, clock_skew_ms;
    const struct node *corrupt;
};

static const struct field delivery_fault_rows[] = {
    FIELD("drop", FIELD_BOOL, struct fault_spec, drop, .help = "true: the event is never delivered."),
    FIELD("duplicate", FIELD_INT, struct fault_spec, duplicate, .min = 1, .max = MANY,
          .help = "Number of additional deliveries of the event, with the same event id."),
    FIELD("delay", FIELD_DURATION, struct fault_spec, delay_ms,
          .help = "Delays the delivery by this time of the namespace's clock, for example 5m."),
    FIELD("reorder", FIELD_INT, struct fault_spec, reorder, .min = 1, .max = MANY,
          .help = "Holds the delivery until this many later events of the webhook were sent."),
    FIELD("corrupt", FIELD_NODE, struct fault_spec, corrupt,
          .shape = "{anyOf: [{type: boolean}, {type: integer, minimum: 1, maximum: 1000}]}",
          .help = "true: flips one bit of the signed body in every attempt; a number: in that many "
                  "attempts, from the first. The seed and the delivery's id select the "
                  "bit."),
    FIELD("clock_skew", FIELD_DURATION, struct fault_spec, clock_skew_ms,
          .help = "Shifts the time in the signature, for example by -10m or +1h."),
};
const struct fields rule_webhook_fields =
    FIELD_TABLE("webhook", delivery_fault_rows, struct fault_spec, FIELDS_NO_PLACE);

static int64_t corrupt_attempts(const struct node *corrupt)
{
    if (!corrupt)
        return 0;
    return corrupt->kind == NODE_INT ? corrupt->integer : corrupt->truth ? EVERY : 0;
}

static bool check_span(const struct node *map, const char *key, int64_t least_ms, int64_t ms, struct error *err)
{
    return (ms >= least_ms && ms <= SPAN_MAX_MS) ||
           error_add(err, ERROR_INPUT, node_get(map, key)->at, "'%s' is out of range; expected %s to 366d", key,
                     least_ms < 0 ? "-366d" : "0s");
}

bool webhook_check(const struct node *value, const struct provider *d, struct error *err)
{
    (void)d;
    struct arena a = {0};
    struct fault_spec f = {0};
    bool ok = fields_read(&rule_webhook_fields, value, &a, &f, err);
    arena_end(&a);
    if (!ok)
        return false;
    if (!value->map.count)
        return error_add(err, ERROR_INPUT, value->at,
                         "'webhook' is empty; expected a delivery fault such as {delay: 5m}");
    ok = check_span(value, "delay", 0, f.delay_ms, err);
    ok = check_span(value, "clock_skew", -SPAN_MAX_MS, f.clock_skew_ms, err) && ok;
    if (f.corrupt && f.corrupt->kind != NODE_BOOL &&
        !(f.corrupt->kind == NODE_INT && f.corrupt->integer >= 1 && f.corrupt->integer <= MANY))
        ok = error_add(err, ERROR_INPUT, f.corrupt->at, "'corrupt' must be true or a number of attempts from 1 to %d",
                       MANY);
    return ok;
}

void webhook_add_faults(const struct node *value, struct delivery_faults *faults)
{
    struct arena a = {0};
    struct fault_spec f = {0};
    fields_read(&rule_webhook_fields, value, &a, &f, NULL);
    faults->drop = faults->drop || f.drop;
    faults->duplicates += f.duplicate;
    faults->delay_ms += f.delay_ms;
    faults->reorder += f.reorder;
    faults->corrupt_attempts += corrupt_attempts(f.corrupt);
    faults->clock_skew_ms += f.clock_skew_ms;
    arena_end(&a);
}

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
