/* Deliveries as a network has them: one out of nothing, twice, late, or never. */
#include "mockserver/control/force.h"

#include "mockserver/control/select.h"
#include "mockserver/dialects/dialects.h"
#include "mockserver/webhooks.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *const action_texts[] = {
#define X(name, text) text,
    WEBHOOK_TWISTS(X)
#undef X
};

struct webhook_body {
    const char *event, *webhook;
    const struct node *data;
    int64_t by_ms;
    int action; /* enum webhook_twist; NONE: fire */
};

static const struct field webhook_rows[] = {
    FIELD("event", FIELD_TEXT, struct webhook_body, event, .required = true, .min = 1,
          .help = "The event's name."),
    FIELD("action", FIELD_ENUM, struct webhook_body, action, .texts = action_texts,
          .text_count = COUNT(action_texts),
          .help = "fire: deliver one now. Or what becomes of the next such event: repeat (it is "
                  "delivered twice), hold (it is late), drop (it is never delivered)."),
    FIELD("webhook", FIELD_TEXT, struct webhook_body, webhook,
          .help = "Whom to fire at, by id, whatever events it asked for."),
    FIELD("data", FIELD_NODE, struct webhook_body, data, .help = "What is fired. Default: {}."),
    FIELD("by", FIELD_DURATION, struct webhook_body, by_ms, .help = "How long it is held."),
};
const struct fields force_webhook_fields =
    FIELD_TABLE("webhook", webhook_rows, struct webhook_body, FIELDS_NO_PLACE);

static void answer(struct call *c, const struct webhook_body *f, uint32_t delivery)
{
    struct json *w = force_begin(c);
    json_put_text(w, "event", f->event);
    json_put_text(w, "action", action_texts[f->action]);
    if (delivery)
        force_put_id(c, "delivery", RECORD_DELIVERY, delivery);
    force_end(c);
}

static void fire(struct call *c, const struct webhook_body *f)
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
        call_refuse(c, FAULT_CONFLICT, "The webhook is %s", webhook_state_texts[h->state]);
        return;
    }
    const struct webhooks *of = dialect_of_provider(h->provider)->webhooks;
    answer(c, f, webhooks_deliver(c->world, of, row, &event, NULL, ROW_NONE));
}

void force_webhook(struct call *c, const void *fields)
{
    const struct webhook_body *f = fields;
    bool fires = f->action == WEBHOOK_TWIST_NONE, holds = f->action == WEBHOOK_TWIST_HOLD;
    if (str_has(str_from(f->event), STR(" ")))
        call_issue(c, "/event", "is no event's name");
    if (fires != (f->webhook != NULL))
        call_issue(c, "/webhook", fires ? "is required to fire" : "goes with the action 'fire'");
    if (f->data && !fires)
        call_issue(c, "/data", "goes with the action 'fire'");
    if (holds != (f->by_ms > 0))
        call_issue(c, "/by", holds ? "is required to hold" : "goes with the action 'hold'");
    if (c->fault)
        return;
    if (fires) {
        fire(c, f);
        return;
    }
    c->world->webhooks.next = (struct webhook_next){
        .event = world_text(c->world, f->event),
        .twist = (enum webhook_twist)f->action,
        .hold_ms = f->by_ms,
    };
    answer(c, f, ROW_NONE);
}
