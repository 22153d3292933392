#include "mockserver/state/world.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/time.h"
#include "mockserver/state/history.h"
#include "mockserver/state/replies.h"

#define X(name, text, type) text,
const char *const record_kind_texts[] = {RECORD_KINDS(X)};
#undef X
#define X(name, text, type) &type##_record_type,
const struct record_type *const record_types[RECORD_KIND_COUNT] = {RECORD_KINDS(X)};
#undef X

#define X(name, text, record) text,
const char *const transition_kind_texts[] = {TRANSITION_KINDS(X)};
#undef X
const char *const hostile_switch_texts[] = {HOSTILE_SWITCHES(ENUM_TEXT)};
const char *const cause_texts[] = {CAUSES(ENUM_TEXT)};

#define RECORD_SIZE_MAX 512

struct world_notes {
    struct world_violation violation;
    void *lost; /* a record that does not exist; NULL: none was edited */
};

struct world *world_new(uint64_t seed, int64_t start_ms, enum clock_mode mode)
{
    struct world *w = heap_new(sizeof *w);
    w->seed = seed;
    w->cause = CAUSE_CALL;
    w->history = (struct history){.count = HISTORY_COUNT_DEFAULT, .age_ms = HISTORY_AGE_DEFAULT_MS};
    w->strings = string_pool_new(NULL);
    w->notes = heap_new(sizeof *w->notes);
    clock_start(&w->clock, start_ms, mode);
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        table_init(&w->records[kind], record_tail_offset(kind) + sizeof(struct record_tail));
    table_init(&w->events, sizeof(struct world_event));
    table_init(&w->changes, sizeof(struct change));
    for (size_t i = 0; i < WORLD_INDEX_COUNT; i++)
        index_init(&w->indexes[i]);
    return w;
}

void world_set_name(struct world *w, struct str name)
{
    w->name_hash = str_hash(name);
}

struct world *world_fork(struct world *from)
{
    struct world *w = heap_new(sizeof *w);
    *w = *from;
    w->strings = string_pool_new(from->strings);
    string_pool_old_hold(w->old_strings);
    w->notes = heap_new(sizeof *w->notes);
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++)
        table_fork(&w->records[i], &from->records[i]);
    table_fork(&w->events, &from->events);
    table_fork(&w->changes, &from->changes);
    table_fork(&w->quotas, &from->quotas);
    w->replies = replies_hold(from->replies);
    for (size_t i = 0; i < WORLD_INDEX_COUNT; i++)
        index_fork(&w->indexes[i], &from->indexes[i]);
    return w;
}

bool world_free_some(struct world *w, size_t *pages)
{
    bool ended = true;
    for (size_t i = 0; ended && i < RECORD_KIND_COUNT; i++)
        ended = table_end_some(&w->records[i], pages);
    for (size_t i = 0; ended && i < WORLD_INDEX_COUNT; i++)
        ended = index_end_some(&w->indexes[i], pages);
    ended = ended && table_end_some(&w->events, pages) && table_end_some(&w->changes, pages) &&
            table_end_some(&w->quotas, pages) && string_pool_release_some(&w->strings, pages);
    if (!ended)
        return false;
    replies_release(w->replies);
    string_pool_old_release(w->old_strings);
    heap_free(w->notes->lost);
    heap_free(w->notes);
    heap_free(w);
    return true;
}

void world_free(struct world *w)
{
    size_t pages = SIZE_MAX;
    if (w)
        (void)world_free_some(w, &pages);
}

int64_t world_now(const struct world *w)
{
    return w->in_event ? w->event_at_ms : clock_now(&w->clock);
}

const char *world_text(struct world *w, const char *text)
{
    return string_pool_keep_c(&w->strings, text);
}

const char *world_str(struct world *w, struct str text)
{
    return string_pool_keep(&w->strings, text);
}

bool world_violate(const struct world *w, const char *condition, const char *function)
{
    if (w->checks) {
        fprintf(stderr, "condition violated in %s: %s\n", function, condition);
        abort();
    }
    if (!w->notes->violation.condition)
        w->notes->violation = (struct world_violation){condition, function};
    return false;
}

struct world_violation world_take_violation(struct world *w)
{
    struct world_violation v = w->notes->violation;
    w->notes->violation = (struct world_violation){0};
    return v;
}

/* The row, or zeros. */
static const void *read_row(const struct world *w, const struct table *t, uint32_t row)
{
    static const _Alignas(max_align_t) char zeros[RECORD_SIZE_MAX];
    const void *found = table_read(t, row);
    if (found)
        return found;
    world_violate(w, "the record exists", "world_read");
    return zeros;
}

/* The row, or memory for a row that does not exist. */
static void *edit_row(struct world *w, struct table *t, uint32_t row)
{
    void *found = table_edit(t, row);
    if (found)
        return found;
    world_violate(w, "the record exists", "world_edit");
    if (!w->notes->lost)
        w->notes->lost = heap_new(RECORD_SIZE_MAX);
    return memset(w->notes->lost, 0, RECORD_SIZE_MAX);
}

const void *world_read(const struct world *w, enum record_kind kind, uint32_t row)
{
    return read_row(w, &w->records[kind], row);
}

void *world_edit(struct world *w, enum record_kind kind, uint32_t row)
{
    return edit_row(w, &w->records[kind], row);
}

bool world_has(const struct world *w, enum record_kind kind, uint32_t row)
{
    return table_has(&w->records[kind], row);
}

bool world_next(const struct world *w, enum record_kind kind, uint32_t *row)
{
    return table_next(&w->records[kind], row);
}

uint32_t world_last(const struct world *w, enum record_kind kind)
{
    return w->records[kind].last;
}

uint32_t world_count(const struct world *w, enum record_kind kind)
{
    return w->records[kind].count;
}

size_t world_record_count(const struct world *w)
{
    size_t count = 0;
    for (size_t kind = 0; kind < RECORD_KIND_COUNT; kind++)
        count += w->records[kind].count;
    return count;
}

int64_t index_text_key(struct str text)
{
    return (int64_t)str_hash(text);
}

int64_t index_pair_key(uint32_t row, uint32_t value)
{
    return (int64_t)((uint64_t)row << 32 | value);
}

void world_transition_done(struct world *w)
{
    if (!w->checks)
        return;
    struct arena a = {0};
    struct buf message = {.arena = &a};
    if (world_check(w, &message)) {
        fprintf(stderr, "invariant violated: %s\n", buf_c(&message));
        abort();
    }
    arena_end(&a);
}

void world_bytes_of(const struct world *w, struct world_bytes *out)
{
    *out = (struct world_bytes){
        .events = table_own_bytes(&w->events),
        .changes = table_own_bytes(&w->changes),
        .strings = string_pool_bytes(w->strings) + string_pool_old_bytes(w->old_strings),
        .other = sizeof *w + table_own_bytes(&w->quotas) + replies_own_bytes(w->replies),
    };
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++)
        out->records += table_own_bytes(&w->records[i]);
    for (size_t i = 0; i < WORLD_INDEX_COUNT; i++)
        out->indexes += index_own_bytes(&w->indexes[i]);
}

size_t world_own_bytes(const struct world *w)
{
    struct world_bytes b;
    world_bytes_of(w, &b);
    return b.records + b.events + b.changes + b.indexes + b.strings + b.other;
}

const char *const clock_mode_texts[] = {CLOCK_MODES(ENUM_TEXT)};

void clock_start(struct clock *c, int64_t at_ms, enum clock_mode mode)
{
    *c = (struct clock){.mode = mode, .base_ms = at_ms, .base_wall_us = time_monotonic_us()};
}

int64_t clock_now(const struct clock *c)
{
    if (c->mode == CLOCK_FROZEN)
        return c->base_ms;
    return c->base_ms + (time_monotonic_us() - c->base_wall_us) / 1000;
}

void clock_set_mode(struct clock *c, enum clock_mode mode)
{
    clock_start(c, clock_now(c), mode);
}

void clock_move_to(struct clock *c, int64_t at_ms)
{
    int64_t now = clock_now(c);
    clock_start(c, at_ms > now ? at_ms : now, c->mode);
}

enum record_kind transition_record(enum transition_kind kind)
{
    static const enum record_kind records[] = {
#define X(name, text, record) record,
        TRANSITION_KINDS(X)
#undef X
    };
    return records[kind];
}

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
    return read_row(w, &w->changes, seq);
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
    return read_row(w, &w->events, row);
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
    return index_next(walk) ? read_row(w, &w->events, walk->entry.row) : NULL;
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
