#include "mockserver/state/history.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define STEP_MIN 16 /* rows that a step may remove, besides two for each change since the last step */

static enum keeping judge_final(const struct world *w, enum record_kind kind, uint32_t row)
{
    return record_types[kind]->final_states & STATE_BIT(record_state(w, kind, row)) ? KEEP_AGED : KEEP;
}

static uint32_t list_of(enum record_kind kind, enum keeping keeping)
{
    return (uint32_t)kind * KEEPING_COUNT + keeping;
}

const struct record_tail *record_tail_read(const struct world *w, enum record_kind kind, uint32_t row)
{
    return (const void *)((const char *)world_read(w, kind, row) + record_tail_offset(kind));
}

static struct record_tail *tail_edit(struct world *w, enum record_kind kind, uint32_t row)
{
    return (void *)((char *)world_edit(w, kind, row) + record_tail_offset(kind));
}

/* The record to which it belongs; ROW_NONE: to none. */
uint32_t record_owner_row(const struct world *w, enum record_kind kind, uint32_t row, enum record_kind *owner)
{
    const struct record_type *type = record_types[kind];
    uint32_t to = ROW_NONE;
    for (size_t i = 0; i < type->field_count && !to; i++) {
        if (!type->fields[i].owner)
            continue;
        memcpy(&to, (const char *)world_read(w, kind, row) + type->fields[i].offset, sizeof to);
        *owner = type->fields[i].refers;
    }
    return to;
}

static enum keeping judge(const struct world *w, enum record_kind kind, uint32_t row, uint32_t owner)
{
    const struct record_type *type = record_types[kind];
    if (owner || row <= w->initial[kind] || record_tail_read(w, kind, row)->refs)
        return KEEP;
    return type->keeping ? type->keeping(w, row) : judge_final(w, kind, row);
}

static void list(struct world *w, enum record_kind kind, uint32_t row, uint32_t to)
{
    struct record_tail *tail = tail_edit(w, kind, row);
    struct index *ended = &w->indexes[INDEX_ENDED];
    if (tail->list) {
        index_remove(ended, (struct index_entry){tail->list, tail->last_ms, row});
        w->ended[tail->list]--;
    }
    tail->list = to;
    if (to) {
        index_add(ended, (struct index_entry){to, tail->last_ms, row});
        w->ended[to]++;
    }
}

void history_judge(struct world *w, enum record_kind kind, uint32_t row)
{
    enum record_kind owner = kind;
    uint32_t owner_row = record_owner_row(w, kind, row, &owner);
    enum keeping keeping = judge(w, kind, row, owner_row);
    uint32_t to = keeping == KEEP ? 0 : list_of(kind, keeping);
    if (record_tail_read(w, kind, row)->list != to)
        list(w, kind, row, to);
    if (owner_row)
        history_judge(w, owner, owner_row);
}

static void touch(struct world *w, enum record_kind kind, uint32_t row, uint32_t seq, int64_t at_ms)
{
    if (record_tail_read(w, kind, row)->list)
        list(w, kind, row, 0);
    struct record_tail *tail = tail_edit(w, kind, row);
    tail->last_change = seq;
    tail->last_ms = at_ms;
    enum record_kind owner = kind;
    uint32_t owner_row = record_owner_row(w, kind, row, &owner);
    if (owner_row)
        touch(w, owner, owner_row, seq, at_ms);
}

void history_changed(struct world *w, enum record_kind kind, uint32_t row, uint32_t seq)
{
    touch(w, kind, row, seq, changes_read(w, seq)->at_ms);
    history_judge(w, kind, row);
}

void record_tail_set_last(struct world *w, enum record_kind kind, uint32_t row, int64_t last_ms)
{
    if (record_tail_read(w, kind, row)->list)
        list(w, kind, row, 0);
    tail_edit(w, kind, row)->last_ms = last_ms;
    history_judge(w, kind, row);
}

static void count_reference(struct world *w, enum record_kind kind, uint32_t row, int by)
{
    struct record_tail *tail = tail_edit(w, kind, row);
    assert(by > 0 || tail->refs);
    tail->refs = by > 0 ? tail->refs + 1 : tail->refs - 1;
    if (tail->refs == 0 || tail->list)
        history_judge(w, kind, row);
}

void history_references(struct world *w, enum record_kind kind, const struct record_references *before,
                        const struct record_references *now)
{
    const struct record_type *type = record_types[kind];
    size_t at = 0;
    for (size_t i = 0; i < type->field_count; i++) {
        const struct record_field *f = &type->fields[i];
        if (f->type != RECORD_REF || f->owner)
            continue;
        uint32_t from = before ? before->rows[at] : ROW_NONE, to = now ? now->rows[at] : ROW_NONE;
        at++;
        if (from == to)
            continue;
        if (from)
            count_reference(w, f->refers, from, -1);
        if (to)
            count_reference(w, f->refers, to, 1);
    }
}

static void remove_record(struct world *w, enum record_kind kind, uint32_t row)
{
    struct index_entries entries;
    struct record_references references;
    if (record_tail_read(w, kind, row)->list)
        list(w, kind, row, 0);
    index_entries_of(w, kind, row, &entries);
    for (size_t i = 0; i < entries.count; i++)
        index_remove(&w->indexes[entries.items[i].index], entries.items[i].entry);
    record_references_of(w, kind, row, &references);
    table_remove(&w->records[kind], row);
    history_references(w, kind, &references, NULL);
}

/* Removes the record with all that belong to it. Returns how many there were. */
static uint32_t remove_with_owned(struct world *w, enum record_kind kind, uint32_t row)
{
    uint32_t count = 1;
    for (enum record_kind part = 0; part < RECORD_KIND_COUNT; part++) {
        int64_t key = record_owned_key(kind, row, part);
        struct index_walk walk;
        for (;; count++) { /* start over: the removal changes the index */
            index_from(&w->indexes[INDEX_OWNED], &walk, (struct index_entry){key, INT64_MIN, 0});
            if (!index_next_of(&walk, key))
                break;
            remove_record(w, part, walk.entry.row);
        }
    }
    remove_record(w, kind, row);
    return count;
}

static bool is_old(const struct world *w, int64_t at_ms)
{
    return w->history.age_ms != HISTORY_UNLIMITED_MS && world_now(w) - at_ms > w->history.age_ms;
}

/* Removes the record of the list that ended first, if it is beyond the limits. Returns how many rows went. */
static uint32_t forget_first(struct world *w, uint32_t list)
{
    struct index_walk walk;
    index_from(&w->indexes[INDEX_ENDED], &walk, (struct index_entry){list, INT64_MIN, 0});
    if (!index_next_of(&walk, list))
        return 0;
    enum record_kind kind = (enum record_kind)(list / KEEPING_COUNT);
    bool aged = list % KEEPING_COUNT == KEEP_AGED && is_old(w, walk.entry.order);
    if (record_tail_read(w, kind, walk.entry.row)->last_change >= changes_first(w) ||
        !(aged || w->ended[list] > w->history.count))
        return 0;
    w->forgets = true;
    return remove_with_owned(w, kind, walk.entry.row);
}

static bool forget_records(struct world *w, int64_t budget)
{
    const int64_t all = budget;
    for (uint32_t list = 0; list < COUNT(w->ended) && budget > 0; list++) {
        uint32_t removed = w->ended[list] ? 1 : 0;
        while (removed && budget > 0) {
            removed = forget_first(w, list);
            budget -= removed;
        }
    }
    return budget < all;
}

/* Webhooks may still need the changes behind their cursor. */
static void forget_changes(struct world *w, int64_t budget)
{
    for (; budget > 0 && changes_first(w) <= w->webhook_cursor; budget--) {
        uint32_t first = changes_first(w);
        if (changes_last(w) - first < w->history.count && !is_old(w, changes_read(w, first)->at_ms))
            return;
        table_remove(&w->changes, first);
        w->changes_gone = first;
        w->forgets = true;
    }
}

/* An event that has not run yet stays; events_run_due removes it when it has. */
static void forget_events(struct world *w, int64_t budget)
{
    for (; budget > 0 && events_last(w) - w->events_swept > w->history.count; budget--) {
        uint32_t row = ++w->events_swept;
        if (table_has(&w->events, row) && event_read(w, row)->done)
            table_remove(&w->events, row);
    }
}

void history_step(struct world *w)
{
    const uint32_t gone = w->changes_gone;
    int64_t budget = STEP_MIN + 2 * ((int64_t)changes_last(w) - w->history_seen) +
                     2 * ((int64_t)events_last(w) - w->history_seen_events);
    w->history_seen = changes_last(w);
    w->history_seen_events = events_last(w);
    forget_changes(w, budget);
    forget_events(w, budget);
    if (forget_records(w, budget) || gone != w->changes_gone)
        world_transition_done(w);
}

void history_begin(struct world *w, bool all)
{
    w->history_seen = changes_last(w);
    w->history_seen_events = events_last(w);
    for (enum record_kind kind = 0; all && kind < RECORD_KIND_COUNT; kind++) {
        w->initial[kind] = world_last(w, kind);
        for (uint32_t row = 0; world_next(w, kind, &row);)
            history_judge(w, kind, row);
    }
}
