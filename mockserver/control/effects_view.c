/* What a call has caused, at once and later. */
#include "mockserver/control/requests.h"

#include "mockserver/state/changes.h"
#include "mockserver/state/delivery.h"
#include "mockserver/state/events.h"
#include "mockserver/state/records.h"

static void put_event(struct json *w, const struct world *world, const struct event *event)
{
    enum record_kind kind = event_record(event->kind);
    json_open_map(w);
    door_put_time(w, "at", event->at_ms);
    json_put_text(w, "what", event_kind_texts[event->kind]);
    json_put_text(w, "kind", record_kind_texts[kind]);
    json_put_text(w, "id", record_id(world, kind, event->row));
    json_put_bool(w, "done", event->done);
    json_close_map(w);
}

static void put_events(struct json *w, const struct world *world, const struct journal_entry *e)
{
    json_key(w, "events");
    json_open_list(w);
    for (uint32_t row = e->event_first; row <= e->event_last && row <= events_last(world); row++)
        put_event(w, world, event_read(world, row));
    json_close_list(w);
}

static void put_deliveries(struct json *w, const struct world *world, const struct journal_entry *e)
{
    struct index_walk walk;
    index_from(&world->indexes[INDEX_DELIVERY_CHANGE], &walk,
               (struct index_entry){.key = e->change_first});
    json_key(w, "deliveries");
    json_open_list(w);
    while (index_next(&walk) && walk.entry.key <= e->change_last)
        json_text(w, delivery_read(world, walk.entry.row)->public_id);
    json_close_list(w);
}

void request_put_effects(struct json *w, const struct world *world, const struct journal_entry *e)
{
    door_put_changes(w, world, e->change_first, e->change_last);
    put_events(w, world, e);
    put_deliveries(w, world, e);
}
