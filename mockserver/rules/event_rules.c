/* The rules that act on an event, and their effect on its webhook deliveries. */
#include "mockserver/rules/rule.h"

#include <string.h>

#include "base/edit.h"
#include "base/http/message.h"
#include "base/json.h"
#include "base/match.h"
#include "base/units.h"

#define MANY        1000 /* limit of duplicate, reorder, corrupt */
#define SPAN_MAX_MS (366 * DAY_MS)
#define EVERY       INT64_C(1000000) /* more attempts than a delivery has */

struct fault_spec {
    bool drop, rewrite;
    int64_t duplicate, delay_ms, reorder, clock_skew_ms;
    const struct node *corrupt, *edit, *headers;
    const char *also_to;
};

static const struct field delivery_fault_rows[] = {
    FIELD("drop", FIELD_BOOL, struct fault_spec, drop, .help = "true: the event is never delivered."),
    FIELD(
        "duplicate", FIELD_INT, struct fault_spec, duplicate, .min = 1, .max = MANY,
        .help =
            "Number of additional deliveries of the event, with the same event id; all rules together: at most 1000."),
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
    FIELD("rewrite", FIELD_BOOL, struct fault_spec, rewrite,
          .help = "true: the body has other bytes with the same content: white space, escaped characters, members in "
                  "another order, unknown members. It is signed as it is sent. A receiver that verifies the "
                  "signature over JSON that it has parsed and written again rejects it."),
    FIELD("edit", FIELD_NODE, struct fault_spec, edit, .shape = "edits",
          .help = "Changes the JSON body before it is signed, like the effect edit of a call."),
    FIELD("headers", FIELD_NODE, struct fault_spec, headers,
          .shape = "{type: object, additionalProperties: {type: [string, 'null']}}",
          .help = "Headers of the request to set after it is signed, by name; null removes one."),
    FIELD("also_to", FIELD_TEXT, struct fault_spec, also_to, .min = 1, .max = INT32_MAX,
          .help = "Delivers the event also to the webhook with this id, whoever owns it; *: to every other webhook of "
                  "the provider."),
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

bool webhook_check(const struct node *value, const struct rule *r, struct error *err)
{
    (void)r;
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
    ok = (!f.edit || edits_check(f.edit, false, err)) && ok;
    return (!f.headers || headers_or_null_check(f.headers, err)) && ok;
}

/* Appends the items of a list to a JSON list as text, or one item. */
static const char *append_items(struct arena *a, const char *list, const struct node *more)
{
    const char *items = json_print(a, more->kind == NODE_LIST ? more : node_new_list(a, &more, 1));
    return list ? arena_printf(a, "%.*s,%s", (int)strlen(list) - 1, list, items + 1) : items;
}

void webhook_event(const struct node *value, struct rule_event *e)
{
    struct delivery_faults *faults = e->faults;
    struct arena a = {0};
    struct fault_spec f = {0};
    fields_read(&rule_webhook_fields, value, &a, &f, NULL);
    if (f.edit)
        faults->edit = append_items(e->arena, faults->edit, f.edit);
    if (f.headers)
        faults->headers = append_items(e->arena, faults->headers, f.headers);
    if (f.also_to)
        faults->also_to = arena_text(e->arena, f.also_to);
    faults->drop = faults->drop || f.drop;
    faults->duplicates = faults->duplicates + f.duplicate < MANY ? faults->duplicates + f.duplicate : MANY;
    faults->delay_ms += f.delay_ms;
    faults->reorder += f.reorder;
    faults->corrupt_attempts += corrupt_attempts(f.corrupt);
    faults->clock_skew_ms += f.clock_skew_ms;
    faults->rewrite = faults->rewrite || f.rewrite;
    arena_end(&a);
}

static bool rule_matches(const struct rule *r, const struct rule_event *e)
{
    const struct rule_form *f = &r->form;
    const struct delivery *d = delivery_read(e->world, e->delivery);
    const struct match_context m = {.arena = e->arena, .now_ms = world_now(e->world)};
    if (!f->event || (strcmp(f->event, "*") != 0 && strcmp(f->event, d->type) != 0))
        return false;
    if (r->provider && r->provider->id != d->provider)
        return false;
    return !f->when.body || match_holds(&m, f->when.body, e->data);
}

static void act(const struct rule *r, struct rule_event *e)
{
    struct delivery_faults *faults = e->faults;
    faults->rules = faults->rules ? arena_printf(e->arena, "%s,%s", faults->rules, r->form.name)
                                  : arena_text(e->arena, r->form.name);
    effects_run_event(r, e);
}

static bool has_event_rules(const struct rules *r)
{
    for (size_t i = 0; i < r->list.count; i++)
        if (r->list.items[i]->form.event)
            return true;
    return false;
}

void rules_event(struct rules *r, struct arena *a, struct world *w, uint32_t delivery, struct delivery_faults *faults)
{
    if (!r || !has_event_rules(r))
        return;
    const char *payload = delivery_read(w, delivery)->payload;
    struct rule_event e = {a, w, delivery, json_parse(a, str_from(payload), "event", NULL), faults};
    for (size_t i = 0; i < r->list.count; i++) {
        struct rule *rule = r->list.items[i];
        if (rule_matches(rule, &e) && rule_clock_holds(rule, r->start_ms, world_now(w)) &&
            !rule_count(rule, a, w->seed))
            act(rule, &e);
    }
}

void rules_change_delivery(struct arena *a, const struct world *w, const struct delivery_faults *faults,
                           struct buf *body)
{
    const struct match_context m = {.arena = a, .now_ms = world_now(w)};
    bool misfit = false;
    const struct node *edits = faults->edit ? json_parse(a, str_from(faults->edit), "edit", NULL) : NULL;
    bool valid = edits && edits_check(edits, false, NULL); /* an imported record may have any text */
    const struct node *whole = valid ? json_parse(a, buf_str(body), "body", NULL) : NULL;
    if (!whole)
        return;
    body->n = 0;
    struct json out = json_begin(body, 0);
    json_node(&out, edits_apply(&m, whole, edits, &misfit));
}

void rules_change_delivery_headers(struct arena *a, const struct delivery_faults *faults, struct headers *headers)
{
    const struct node *maps = faults->headers ? json_parse(a, str_from(faults->headers), "headers", NULL) : NULL;
    for (size_t i = 0; i < node_count(maps); i++)
        for (size_t k = 0; k < node_count(node_at(maps, i)); k++) {
            if (!headers_or_null_check(node_at(maps, i), NULL))
                continue; /* an imported record may have any text */
            const struct member *m = node_member(node_at(maps, i), k);
            if (m->value->kind == NODE_NULL)
                headers_remove(headers, m->key);
            else
                headers_set(a, headers, m->key, m->value->text);
        }
}
