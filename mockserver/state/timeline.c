/* What has happened to a world, and what will: the change log and the event queue. */
#include "mockserver/state/world.h"

#include "mockserver/state/history.h"

void changes_add(struct world *w, enum record_kind kind, uint32_t row, enum transition_kind what, int from, int to)
{
    if (!world_require(w, transition_record(what) == RECORD_KIND_COUNT || transition_record(what) == kind))
        return;
    struct change *c = table_add(&w->changes, NULL);
    *c = (struct change){
        .at_ms = world_now(w),
        .kind = kind,
        .row = row,
        .what = what,
        .from = from,
        .to = to,
        .key = w->in_event ? ROW_NONE : w->caller,
        .cause = w->in_event ? CAUSE_TIME : w->cause,
    };
    history_changed(w, kind, row, w->changes.last);
}

uint32_t changes_first(const struct world *w)
{
    return w->changes_gone + 1;
}

uint32_t changes_after(const struct world *w, uint32_t seq)
{
    return seq < w->changes_gone ? w->changes_gone + 1 : seq + 1;
}

uint32_t changes_last(const struct world *w)
{
    return w->changes.last;
}

const struct change *changes_read(const struct world *w, uint32_t seq)
{
    return world_row(w, &w->changes, seq);
}

void changes_restore(struct world *w, const struct change *change)
{
    *(struct change *)table_add(&w->changes, NULL) = *change;
    history_changed(w, change->kind, change->row, w->changes.last);
}

void changes_restore_gone(struct world *w, uint32_t count)
{
    table_skip(&w->changes, count);
    w->changes_gone = count;
}

static const struct {
    enum record_kind record;
    void (*handler)(struct world *w, uint32_t row);
} event_kinds[] = {
#define X(name, text, record, handler) {record, handler},
    EVENT_KINDS(X)
#undef X
};

#define X(name, text, record, handler) text,
const char *const event_kind_texts[] = {EVENT_KINDS(X)};
#undef X

enum record_kind event_record(enum event_kind kind)
{
    return event_kinds[kind].record;
}

uint32_t events_last(const struct world *w)
{
    return w->events.last;
}

bool event_exists(const struct world *w, uint32_t row)
{
    return table_has(&w->events, row);
}

const struct world_event *event_read(const struct world *w, uint32_t row)
{
    return world_row(w, &w->events, row);
}

void events_add(struct world *w, int64_t at_ms, enum event_kind kind, uint32_t row)
{
    int64_t now = world_now(w);
    uint32_t event;
    struct world_event *e = table_add(&w->events, &event);
    *e = (struct world_event){.at_ms = at_ms > now ? at_ms : now, .kind = kind, .row = row};
    (void)world_require(w, index_add(&w->indexes[INDEX_DUE], (struct index_entry){e->at_ms, event, event}));
}

void events_walk(const struct world *w, struct index_walk *walk)
{
    index_from(&w->indexes[INDEX_DUE], walk, (struct index_entry){INT64_MIN, INT64_MIN, 0});
}

const struct world_event *events_next(const struct world *w, struct index_walk *walk)
{
    return index_next(walk) ? world_row(w, &w->events, walk->entry.row) : NULL;
}

bool events_next_at(const struct world *w, int64_t *at_ms)
{
    struct index_entry first;
    if (!index_first(&w->indexes[INDEX_DUE], &first))
        return false;
    *at_ms = first.key;
    return true;
}

bool event_is_queued(const struct index *waiting, enum event_kind kind, uint32_t row, int64_t from_ms)
{
    int64_t key = index_pair_key(row, kind);
    struct index_walk walk;
    index_from(waiting, &walk, (struct index_entry){key, from_ms, 0});
    return index_next_of(&walk, key);
}

/* Takes the event from the queue. Returns a copy. */
static struct world_event take_event(struct world *w, struct index_entry at)
{
    index_remove(&w->indexes[INDEX_DUE], at);
    struct world_event *e = table_edit(&w->events, at.row);
    e->done = true;
    const struct world_event copy = *e;
    if (at.row <= w->events_swept)
        table_remove(&w->events, at.row);
    return copy;
}

size_t events_run(struct world *w, size_t most)
{
    if (!world_require(w, !w->in_event))
        return 0;
    int64_t now = world_now(w);
    size_t count = 0;
    struct index_entry first;
    while (count < most && index_first(&w->indexes[INDEX_DUE], &first) && first.key <= now) {
        const struct world_event due = take_event(w, first);
        if (!world_has(w, event_kinds[due.kind].record, due.row)) /* forgotten */
            continue;
        w->in_event = true;
        w->event_at_ms = due.at_ms;
        event_kinds[due.kind].handler(w, due.row);
        history_step(w);
        w->in_event = false;
        count++;
    }
    return count;
}

size_t events_run_due(struct world *w)
{
    return events_run(w, SIZE_MAX);
}

size_t events_advance(struct world *w, int64_t until_ms)
{
    size_t count = 0;
    int64_t at;
    while (events_next_at(w, &at) && at <= until_ms) {
        if (at > world_now(w))
            clock_move_to(&w->clock, at);
        count += events_run_due(w);
    }
    if (until_ms > world_now(w)) /* a running clock may have passed it */
        clock_move_to(&w->clock, until_ms);
    return count;
}
