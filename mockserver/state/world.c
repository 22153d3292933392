#include "mockserver/state/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/enum.h"
#include "base/heap.h"
#include "mockserver/state/changes.h"
#include "mockserver/state/events.h"
#include "mockserver/state/oauth_attempt.h"
#include "mockserver/state/post.h"
#include "mockserver/state/quota.h"
#include "mockserver/state/records.h"
#include "mockserver/state/replies.h"
#include "mockserver/state/tenant.h"

const char *const record_kind_texts[] = {RECORD_KINDS(ENUM_TEXT)};

struct world *world_new(uint64_t seed, int64_t start_ms, enum clock_mode mode)
{
    struct world *w = heap_new(sizeof *w);
    w->seed = seed;
    w->cause = "call";
    w->strings = string_pool_new(NULL);
    clock_start(&w->clock, start_ms, mode);
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        table_init(&w->records[kind], record_type(kind)->size);
    table_init(&w->events, sizeof(struct event));
    table_init(&w->changes, sizeof(struct change));
    table_init(&w->quotas, sizeof(struct quota));
    for (size_t i = 0; i < WORLD_INDEX_COUNT; i++)
        index_init(&w->indexes[i]);
    return w;
}

struct world *world_fork(struct world *from)
{
    struct world *w = heap_new(sizeof *w);
    *w = *from;
    w->strings = string_pool_new(from->strings);
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

void world_free(struct world *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++)
        table_end(&w->records[i]);
    table_end(&w->events);
    table_end(&w->changes);
    table_end(&w->quotas);
    replies_release(w->replies);
    for (size_t i = 0; i < WORLD_INDEX_COUNT; i++)
        index_end(&w->indexes[i]);
    string_pool_release(w->strings);
    heap_free(w);
}

int64_t world_now(const struct world *w)
{
    return w->in_event ? w->event_at_ms : clock_now(&w->clock);
}

const char *world_text(struct world *w, const char *text)
{
    return string_pool_keep_c(w->strings, text);
}

const char *world_str(struct world *w, struct str text)
{
    return string_pool_keep(w->strings, text);
}

const void *world_read(const struct world *w, enum record_kind kind, uint32_t row)
{
    return table_read(&w->records[kind], row);
}

void *world_edit(struct world *w, enum record_kind kind, uint32_t row)
{
    return table_edit(&w->records[kind], row);
}

uint32_t world_count(const struct world *w, enum record_kind kind)
{
    return w->records[kind].count;
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

size_t world_own_bytes(const struct world *w)
{
    size_t bytes = sizeof *w + string_pool_bytes(w->strings);
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++)
        bytes += table_own_bytes(&w->records[i]);
    bytes += table_own_bytes(&w->events) + table_own_bytes(&w->changes) + table_own_bytes(&w->quotas) +
             replies_own_bytes(w->replies);
    for (size_t i = 0; i < WORLD_INDEX_COUNT; i++)
        bytes += index_own_bytes(&w->indexes[i]);
    return bytes;
}
