#include "mockserver/runtime/outbox.h"

#include <string.h>

#include "base/arena.h"
#include "mockserver/state/record.h"

uint32_t webhooks_deliver(struct world *w, const struct webhooks *of, uint32_t webhook,
                          const struct webhook_event *event, const char *event_id, uint32_t replay_of)
{
    const struct delivery_spec spec = {
        .public_id = ids_mint(w, "", ID_UUID),
        .event_id = event_id ? event_id : ids_mint(w, of->event_prefix, ID_ULID),
        .type = event->type,
        .payload = event->payload,
        .replay_of = replay_of,
        .change = event->change,
    };
    return delivery_create(w, webhook, &spec, of->policies[w->webhooks.policy].waits_ms[0]);
}

static void create_deliveries(struct world *w, const struct webhooks *of, const struct webhook_event *event)
{
    struct index_walk walk;
    const char *event_id = NULL; /* minted with the first delivery */
    index_from(&w->indexes[INDEX_WEBHOOK_ORGANIZATION], &walk, (struct index_entry){event->organization, INT64_MIN, 0});
    while (index_next_of(&walk, event->organization))
        if (webhook_subscribes(webhook_read(w, walk.entry.row), event->space, event->type)) {
            uint32_t row = webhooks_deliver(w, of, walk.entry.row, event, event_id, ROW_NONE);
            event_id = delivery_read(w, row)->event_id;
        }
}

static void report_change(struct world *w, const struct change *change, const struct webhooks *(*of)(int provider))
{
    const struct webhooks *webhooks = of(record_provider(w, change->kind, change->row));
    struct arena a = {0};
    struct webhook_event event = {0};
    if (webhooks && webhooks->map_event(&a, w, change, &event)) {
        event.change = w->webhook_cursor;
        create_deliveries(w, webhooks, &event);
    }
    arena_end(&a);
}

static bool starts_attempt(const struct change *change)
{
    const char *delivering = delivery_state_texts[DELIVERY_DELIVERING];
    return strcmp(change->to, delivering) == 0 && (!change->from || strcmp(change->from, delivering) != 0);
}

/* The deliveries of one event are consecutive and share its faults. */
struct last_event {
    const char *id; /* NULL: no event yet */
    struct delivery_faults faults;
};

static void apply_faults(struct world *w, uint32_t row, const struct outbox *o, struct last_event *last)
{
    const struct delivery *d = delivery_read(w, row);
    if (d->copy_of || d->state != DELIVERY_PENDING || d->attempts)
        return;
    if (!last->id || strcmp(last->id, d->event_id) != 0) {
        *last = (struct last_event){.id = d->event_id};
        o->add_faults(o->ctx, row, &last->faults);
    }
    if (!last->faults.rules)
        return;
    delivery_apply_faults(w, row, &last->faults);
    for (int64_t i = 0; !last->faults.drop && i < last->faults.duplicates; i++)
        delivery_copy(w, row, ids_mint(w, "", ID_UUID));
}

void outbox_read(struct world *w, const struct outbox *o)
{
    struct last_event last = {0};
    if (!world_count(w, RECORD_WEBHOOK))
        w->webhook_cursor = changes_last(w);
    while (w->webhook_cursor < changes_last(w)) { /* a delivery adds changes */
        const struct change change = *changes_read(w, ++w->webhook_cursor);
        if (change.kind == RECORD_DELIVERY) {
            if (!change.from)
                apply_faults(w, change.row, o, &last);
            else if (starts_attempt(&change))
                o->start(o->ctx, change.row);
        } else if (change.kind != RECORD_WEBHOOK) {
            report_change(w, &change, o->of);
        }
    }
}

void outbox_resume(const struct world *w, const struct outbox *o)
{
    for (uint32_t webhook = 1; webhook <= world_count(w, RECORD_WEBHOOK); webhook++) {
        const struct index *x = &w->indexes[INDEX_DELIVERY_WEBHOOK_STATE];
        struct index_entry from = {index_pair_key(webhook, DELIVERY_DELIVERING), INT64_MIN, 0};
        for (;;) { /* `start` may change the index: look up again after each row */
            struct index_walk walk;
            index_from(x, &walk, from);
            if (!index_next_of(&walk, from.key))
                break;
            from.order = walk.entry.order + 1;
            o->start(o->ctx, walk.entry.row);
        }
    }
}
