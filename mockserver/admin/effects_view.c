/* The effects of a call: changes, scheduled events, webhook deliveries and their faults. */
#include "mockserver/admin/requests.h"

#include <string.h>

#include "mockserver/provider_api/record_json.h"
#include "mockserver/state/record.h"
#include "mockserver/state/webhook.h"
#include "mockserver/state/world.h"

static void put_event(struct json *w, const struct world *world, const struct world_event *event)
{
    enum record_kind kind = event_record(event->kind);
    json_open_map(w);
    admin_put_time(w, "at", event->at_ms);
    json_put_text(w, "what", event_kind_texts[event->kind]);
    json_put_text(w, "kind", record_kind_texts[kind]);
    json_put_text(w, "id", record_id(world, kind, event->row));
    json_put_bool(w, "done", event->done);
    json_close_map(w);
}

static void put_events(struct json *w, const struct world *world, const struct journal_entry *e)
{
    json_key_list(w, "events");
    for (uint32_t row = e->event_first; row <= e->event_last && row <= events_last(world); row++)
        put_event(w, world, event_read(world, row));
    json_close_list(w);
}

static void deliveries_from(const struct world *world, struct index_walk *walk, const struct journal_entry *e)
{
    index_from(&world->indexes[INDEX_DELIVERY_CHANGE], walk, (struct index_entry){.key = e->change_first});
}

static const struct delivery *deliveries_next(const struct world *world, struct index_walk *walk,
                                              const struct journal_entry *e)
{
    return index_next(walk) && walk->entry.key <= e->change_last ? delivery_read(world, walk->entry.row) : NULL;
}

static void put_deliveries(struct json *w, const struct world *world, const struct journal_entry *e)
{
    struct index_walk walk;
    const struct delivery *d;
    json_key_list(w, "deliveries");
    deliveries_from(world, &walk, e);
    while ((d = deliveries_next(world, &walk, e)))
        json_text(w, d->public_id);
    json_close_list(w);
}

/* Writes the fault_ fields of the delivery record, without that prefix. */
static void put_faults(struct json *w, const struct world *world, uint32_t row)
{
    const struct record_type *s = record_type(RECORD_DELIVERY);
    const struct delivery *d = delivery_read(world, row);
    json_open_map(w);
    json_put_text(w, "delivery", d->public_id);
    json_put_text(w, "event", d->type);
    json_put_text(w, "state", delivery_state_texts[d->state]);
    for (size_t i = 0; i < s->field_count; i++) {
        struct record_value v;
        struct str name = str_from(s->fields[i].name);
        if (!str_starts(name, STR("fault_")))
            continue;
        record_get(world, RECORD_DELIVERY, row, &s->fields[i], &v);
        json_key(w, s->fields[i].name + strlen("fault_"));
        record_value_write(w, &s->fields[i], &v);
    }
    json_close_map(w);
}

void request_put_faults(struct json *w, const struct world *world, const struct journal_entry *e)
{
    struct index_walk walk;
    const struct delivery *d;
    json_key_list(w, "delivery_faults");
    deliveries_from(world, &walk, e);
    while ((d = deliveries_next(world, &walk, e)))
        if (d->faults.rules)
            put_faults(w, world, walk.entry.row);
    json_close_list(w);
}

void request_put_effects(struct json *w, const struct world *world, const struct journal_entry *e)
{
    admin_put_changes(w, world, e->change_first, e->change_last);
    put_events(w, world, e);
    put_deliveries(w, world, e);
}
