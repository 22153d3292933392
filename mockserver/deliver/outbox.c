#include "mockserver/deliver/outbox.h"

#include <string.h>

#include "base/arena.h"
#include "mockserver/state/ids.h"
#include "mockserver/state/records.h"

uint32_t webhooks_deliver(struct world *w, const struct webhooks *of, uint32_t webhook,
                          const struct webhook_event *event, const char *event_id,
                          uint32_t replay_of)
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

/* The tester's wish for the next event of that name, once. */
static struct webhook_next take_wish(struct world *w, const char *event)
{
    const struct webhook_next wish = w->webhooks.next, none = {0};
    if (!wish.event || strcmp(wish.event, event) != 0)
        return none;
    w->webhooks.next = none;
    return wish;
}

static const char *tell(struct world *w, const struct webhooks *of, uint32_t webhook,
                        const struct webhook_event *event, const char *event_id,
                        const struct webhook_next *wish)
{
    uint32_t row = webhooks_deliver(w, of, webhook, event, event_id, ROW_NONE);
    event_id = delivery_read(w, row)->event_id;
    switch (wish->twist) {
    case WEBHOOK_TWIST_NONE:
        break;
    case WEBHOOK_TWIST_REPEAT:
        webhooks_deliver(w, of, webhook, event, event_id, ROW_NONE);
        break;
    case WEBHOOK_TWIST_HOLD:
        delivery_postpone(w, row, wish->hold_ms);
        break;
    case WEBHOOK_TWIST_DROP:
        delivery_abandon(w, row);
        break;
    }
    return event_id;
}

static void tell_all(struct world *w, const struct webhooks *of, const struct webhook_event *event)
{
    const struct webhook_next wish = take_wish(w, event->type);
    struct index_walk walk;
    const char *event_id = NULL; /* minted for the first that wants it */
    index_from(&w->indexes[INDEX_WEBHOOK_ORGANIZATION], &walk,
               (struct index_entry){event->organization, INT64_MIN, 0});
    while (index_next_of(&walk, event->organization))
        if (webhook_wants(webhook_read(w, walk.entry.row), event->space, event->type))
            event_id = tell(w, of, walk.entry.row, event, event_id, &wish);
}

static void announce(struct world *w, const struct change *change, webhooks_of_fn *of)
{
    const struct webhooks *webhooks = of(record_provider(w, change->kind, change->row));
    struct arena a = {0};
    struct webhook_event event = {0};
    if (webhooks && webhooks->tells(&a, w, change, &event)) {
        event.change = w->announced;
        tell_all(w, webhooks, &event);
    }
    arena_end(&a);
}

static bool begins_attempt(const struct change *change)
{
    const char *delivering = delivery_state_texts[DELIVERY_DELIVERING];
    return change->to == delivering && change->from != delivering;
}

void outbox_read(struct world *w, webhooks_of_fn *of, outbox_due_fn *due, void *ctx)
{
    if (!world_count(w, RECORD_WEBHOOK))
        w->announced = changes_last(w);
    while (w->announced < changes_last(w)) { /* telling makes changes of its own */
        const struct change change = *changes_read(w, ++w->announced);
        if (change.kind == RECORD_DELIVERY) {
            if (begins_attempt(&change))
                due(ctx, change.row);
        } else if (change.kind != RECORD_WEBHOOK) {
            announce(w, &change, of);
        }
    }
}

void outbox_resume(const struct world *w, outbox_due_fn *due, void *ctx)
{
    for (uint32_t webhook = 1; webhook <= world_count(w, RECORD_WEBHOOK); webhook++) {
        const struct index *x = &w->indexes[INDEX_DELIVERY_WEBHOOK_STATE];
        struct index_entry from = {index_pair_key(webhook, DELIVERY_DELIVERING), INT64_MIN, 0};
        for (;;) { /* who is told may change the index */
            struct index_walk walk;
            index_from(x, &walk, from);
            if (!index_next_of(&walk, from.key))
                break;
            from.order = walk.entry.order + 1;
            due(ctx, walk.entry.row);
        }
    }
}
