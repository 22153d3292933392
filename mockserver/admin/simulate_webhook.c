/* Delivers a webhook event now, or adds a rule with a fault for the next delivery of an event. */
#include "base/array.h"
#include "mockserver/admin/simulate.h"

#include "mockserver/provider_api/provider.h"
#include "mockserver/provider_api/webhooks.h"
#include "mockserver/rules/rules.h"
#include "mockserver/runtime/namespaces.h"

enum action { DELIVER, DUPLICATE, DELAY, DROP };
static const char *const action_texts[] = {"deliver", "duplicate", "delay", "drop"};

struct webhook_body {
    const char *event, *webhook;
    const struct node *data;
    int64_t by_ms;
    int action; /* enum action */
};

static const struct field webhook_rows[] = {
    FIELD("event", FIELD_TEXT, struct webhook_body, event, .required = true, .min = 1, .help = "Name of the event."),
    FIELD("action", FIELD_ENUM, struct webhook_body, action, .texts = action_texts, .text_count = COUNT(action_texts),
          .help = "`deliver` (default) delivers the event now; it requires `webhook` and accepts `data`. "
                  "The others add a rule for the next event of this name: `duplicate` delivers it "
                  "twice, `delay` delays it and requires `by`, `drop` never delivers it."),
    FIELD("webhook", FIELD_TEXT, struct webhook_body, webhook,
          .help = "With `deliver`, required: id of the webhook. Its list of events does not matter."),
    FIELD("data", FIELD_NODE, struct webhook_body, data, .help = "With `deliver`: data of the event. Default: {}."),
    FIELD("by", FIELD_DURATION, struct webhook_body, by_ms,
          .help = "With `delay`, required: delay of the delivery on the namespace's clock."),
};
const struct fields simulate_webhook_fields =
    FIELD_TABLE("webhook", webhook_rows, struct webhook_body, FIELDS_NO_PLACE);

static void respond(struct call *c, const struct webhook_body *f, uint32_t delivery, const char *rule)
{
    struct json *w = admin_object(c, 200);
    json_put_text(w, "event", f->event);
    json_put_text(w, "action", action_texts[f->action]);
    if (delivery)
        simulation_put_id(c, "delivery", RECORD_DELIVERY, delivery);
    if (rule)
        json_put_text(w, "rule", rule);
    simulation_end(c);
}

static void deliver(struct call *c, const struct webhook_body *f)
{
    uint32_t row = select_webhook(c, "/webhook", f->webhook);
    if (!row)
        return;
    const struct webhook *h = webhook_read(c->world, row);
    struct webhook_event event = {
        .type = f->event,
        .payload = f->data ? json_print(c->arena, f->data) : "{}",
    };
    if (h->state != WEBHOOK_ACTIVE) {
        call_refuse(c, FAULT_CONFLICT, "the webhook is %s", webhook_state_texts[h->state]);
        return;
    }
    const struct webhooks *of = provider_with_id(h->provider)->webhooks;
    respond(c, f, webhooks_deliver(c->world, of, row, &event, NULL, ROW_NONE), NULL);
}

static const struct node *map_of_one(struct arena *a, const char *key, const struct node *value)
{
    return node_with(a, node_new_map(a, NULL, 0), key, value);
}

/* Builds the fault from the request's own nodes, so that an error has the place of its value. */
static const struct node *fault_of(struct arena *a, const struct node *body, enum action action)
{
    switch (action) {
    case DELIVER:
        break;
    case DUPLICATE:
        return map_of_one(a, "duplicate", node_new_int(a, 1));
    case DELAY:
        return map_of_one(a, "delay", node_get(body, "by"));
    case DROP:
        return map_of_one(a, "drop", node_new_bool(a, true));
    }
    return NULL;
}

static void add_rule_for(struct call *c, const struct webhook_body *f)
{
    struct arena *a = c->arena;
    struct error err = {0};
    const char *name;
    const struct node *body = call_body(c);
    const struct node *effect = map_of_one(a, "webhook", fault_of(a, body, (enum action)f->action));
    const struct node *rule = map_of_one(a, "event", node_get(body, "event"));
    rule = node_with(a, rule, "when", map_of_one(a, "times", node_new_int(a, 1)));
    rule = node_with(a, rule, "then", node_new_list(a, &effect, 1));
    if (rules_add(c->ns->rules, rule, &name, &err))
        respond(c, f, ROW_NONE, name);
    else
        admin_issues(c, body, &err);
}

void simulate_webhook(struct call *c, const void *fields)
{
    const struct webhook_body *f = fields;
    bool delivers = f->action == DELIVER, delays = f->action == DELAY;
    if (str_has(str_from(f->event), STR(" ")))
        call_issue(c, "/event", "'%s' contains a blank; expected the name of an event", f->event);
    if (delivers != (f->webhook != NULL))
        call_issue(c, "/webhook",
                   delivers ? "'webhook' is missing; the action 'deliver' requires it"
                            : "'webhook' is accepted only with the action 'deliver'");
    if (f->data && !delivers)
        call_issue(c, "/data", "'data' is accepted only with the action 'deliver'");
    if (delays != (f->by_ms > 0))
        call_issue(c, "/by",
                   delays ? "'by' is missing or not positive; the action 'delay' requires a positive "
                            "duration"
                          : "'by' is accepted only with the action 'delay'");
    if (c->fault)
        return;
    if (delivers)
        deliver(c, f);
    else
        add_rule_for(c, f);
}
