/* Handlers that list and replay webhook deliveries and send test events. */
#include "mockserver/providers/layers/layers.h"
#include "mockserver/providers/layers/webhooks.h"

#define LIMIT_DEFAULT 25
#define LIMIT_MAX     100

static void print_delivery(struct call *c, uint32_t row)
{
    const struct delivery *d = delivery_read(c->world, row);
    bool gave_up = d->state == DELIVERY_FAILED || d->state == DELIVERY_ABANDONED;
    struct json *out = &c->out;
    json_open_map(out);
    json_put_text(out, "id", d->public_id);
    json_put_text(out, "endpointId", webhook_read(c->world, d->webhook)->public_id);
    json_put_text(out, "eventId", d->event_id);
    json_put_text(out, "eventType", d->type);
    json_put_text(out, "status", enum_word_of(&layers_delivery_statuses, d->state));
    json_put_int(out, "attempts", d->attempts);
    json_key(out, "lastStatusCode");
    if (d->last_status)
        json_int(out, d->last_status);
    else
        json_null(out);
    json_put_text(out, "lastError", d->last_error);
    layers_put_millis(c, "nextAttemptAt", d->next_attempt_at_ms);
    layers_put_millis(c, "deliveredAt", d->state == DELIVERY_DELIVERED ? d->ended_at_ms : 0);
    layers_put_millis(c, "abandonedAt", gave_up ? d->ended_at_ms : 0);
    json_put_text(out, "replayOf", d->replay_of ? delivery_read(c->world, d->replay_of)->public_id : NULL);
    layers_put_millis(c, "createdAt", d->created_at_ms);
    json_close_map(out);
}

static bool matches_filter(const struct call *c, uint32_t row, const void *filter)
{
    (void)c;
    (void)row;
    (void)filter;
    return true;
}

void layers_list_webhook_deliveries(struct call *c)
{
    struct page page;
    uint32_t row = layers_webhook(c);
    if (!row || !page_read(c, LIMIT_DEFAULT, LIMIT_MAX, &page))
        return;
    const struct page_list list = {
        .index = &c->world->indexes[INDEX_DELIVERY_WEBHOOK],
        .key = row,
        .last_order = INT64_MAX,
        .matches = matches_filter,
        .print = print_delivery,
    };
    page_print(c, &page, &list);
}

/* Delivers a test event even if the endpoint does not subscribe to it. */
void layers_test_webhook_endpoint(struct call *c)
{
    uint32_t webhook = layers_webhook(c);
    if (!webhook || !layers_webhook_active(c, webhook))
        return;
    struct buf payload = {.arena = c->arena};
    struct json data = json_begin(&payload, 0);
    json_open_map(&data);
    json_put_text(&data, "endpointId", webhook_read(c->world, webhook)->public_id);
    json_close_map(&data);
    struct webhook_event event = {.type = LAYERS_TEST_EVENT, .payload = buf_c(&payload)};
    uint32_t row = webhooks_deliver(c->world, &layers_webhooks, webhook, &event, NULL, ROW_NONE);
    const struct delivery *d = delivery_read(c->world, row);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "eventId", d->event_id);
    json_put_text(out, "deliveryId", d->public_id);
    layers_put_millis(c, "scheduledAt", d->next_attempt_at_ms);
    json_close_map(out);
}

/* Finds the delivery whose id is the first path parameter. Refuses the call and returns ROW_NONE if
 * it does not exist, its endpoint was deleted, or it belongs to another organization. */
static uint32_t own_delivery(struct call *c)
{
    uint32_t row = delivery_find(c->world, LAYERS, c->params[0]);
    const struct webhook *h = row ? webhook_read(c->world, delivery_read(c->world, row)->webhook) : NULL;
    if (h && h->state != WEBHOOK_DELETED && h->organization == key_read(c->world, c->key)->organization)
        return row;
    call_refuse(c, FAULT_NOT_FOUND, "There is no such delivery.");
    return ROW_NONE;
}

void layers_replay_webhook_delivery(struct call *c)
{
    uint32_t original = own_delivery(c);
    if (!original)
        return;
    const struct delivery *d = delivery_read(c->world, original);
    uint32_t webhook = d->webhook;
    if (!layers_webhook_active(c, webhook))
        return;
    struct webhook_event event = {.type = d->type, .payload = d->payload};
    uint32_t row = webhooks_deliver(c->world, &layers_webhooks, webhook, &event, NULL, original);
    struct json *out = call_json(c, 200);
    json_open_map(out);
    json_put_text(out, "originalDeliveryId", delivery_read(c->world, original)->public_id);
    json_put_text(out, "replayDeliveryId", delivery_read(c->world, row)->public_id);
    layers_put_millis(c, "scheduledAt", delivery_read(c->world, row)->next_attempt_at_ms);
    json_close_map(out);
}
