#include "mockserver/state/world.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/time.h"
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

size_t record_tail_offset(enum record_kind kind)
{
    const size_t align = _Alignof(struct record_tail);
    return (record_types[kind]->size + align - 1) / align * align;
}

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
const void *world_row(const struct world *w, const struct table *t, uint32_t row)
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
    return world_row(w, &w->records[kind], row);
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
