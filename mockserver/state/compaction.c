#include "mockserver/state/compaction.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STEP_ROWS = 64, /* looked at in a step, besides STEP_PER_ROW for each one that was added */
    STEP_PER_ROW = 4,
    STEP_BYTES = 128 * 1024, /* copied in a step, besides STEP_PER_BYTE for each one that was added */
    STEP_PER_BYTE = 4,
};

/* Returns true if the list or one of its texts is in the old pools. */
static bool list_is_old(const struct string_pool_old *old, const char *const *texts, size_t count)
{
    bool is_old = string_pool_old_has(old, (const void *)texts);
    for (size_t i = 0; i < count && !is_old; i++)
        is_old = string_pool_old_has(old, texts[i]);
    return is_old;
}

static bool field_is_old(const struct string_pool_old *old, const struct record_field *f, const char *record)
{
    const char *text, *const *texts;
    uint32_t count;
    if (f->type == RECORD_TEXT) {
        memcpy(&text, record + f->offset, sizeof text);
        return string_pool_old_has(old, text);
    }
    if (f->type != RECORD_TEXTS)
        return false;
    memcpy(&texts, record + f->offset, sizeof texts);
    memcpy(&count, record + f->count_offset, sizeof count);
    return list_is_old(old, texts, count);
}

static const char *moved(struct world *w, const char *text)
{
    return string_pool_old_has(w->old_strings, text) ? world_text(w, text) : text;
}

static void move_field(struct world *w, const struct record_field *f, char *record)
{
    const char *text, *const *texts;
    uint32_t count;
    if (f->type == RECORD_TEXT) {
        memcpy(&text, record + f->offset, sizeof text);
        text = moved(w, text);
        memcpy(record + f->offset, &text, sizeof text);
        return;
    }
    memcpy(&texts, record + f->offset, sizeof texts);
    memcpy(&count, record + f->count_offset, sizeof count);
    const char **kept = string_pool_keep_pointers(&w->strings, texts, count);
    for (size_t i = 0; i < count; i++)
        kept[i] = moved(w, kept[i]);
    memcpy(record + f->offset, &kept, sizeof kept);
}

void world_compact_row(struct world *w, enum record_kind kind, uint32_t row)
{
    const struct record_type *type = record_types[kind];
    if (!w->old_strings)
        return;
    /* A record whose texts are all elsewhere is only read: its page stays shared with other worlds. */
    for (size_t i = 0; i < type->field_count; i++)
        if (field_is_old(w->old_strings, &type->fields[i], world_read(w, kind, row)))
            move_field(w, &type->fields[i], world_edit(w, kind, row));
}

/* Records that were ever added. */
static size_t last_rows(const struct world *w)
{
    size_t rows = 0;
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        rows += world_last(w, kind);
    return rows;
}

static size_t count_rows(const struct world *w)
{
    size_t rows = 0;
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        rows += world_count(w, kind);
    return rows;
}

static void begin(struct world *w)
{
    w->old_strings = string_pool_replace(&w->strings);
    w->webhooks.allowed = moved(w, w->webhooks.allowed);
    w->compaction.kind = 0;
    w->compaction.row = 0;
    w->compaction.rows = last_rows(w);
    w->compaction.bytes = string_pool_bytes(w->strings);
}

/* In debug builds: no word of any record may point into the old pools. */
static void check_moved(const struct world *w)
{
    for (enum record_kind kind = 0; w->checks && kind < RECORD_KIND_COUNT; kind++)
        for (uint32_t row = 0; world_next(w, kind, &row);)
            for (size_t at = 0; at + sizeof(void *) <= record_types[kind]->size; at += sizeof(void *)) {
                const void *word;
                memcpy(&word, (const char *)world_read(w, kind, row) + at, sizeof word);
                if (string_pool_old_has(w->old_strings, word)) {
                    fprintf(stderr, "%s, row %u: the word at %zu points to an old text\n", record_kind_texts[kind],
                            (unsigned)row, at);
                    abort();
                }
            }
}

static void end(struct world *w)
{
    check_moved(w);
    string_pool_old_release(w->old_strings);
    w->old_strings = NULL;
    string_pool_replaced(w->strings);
}

/* Moves to the next record. Returns false at the end. */
static bool next_row(const struct world *w, struct world_compaction *at)
{
    while (at->kind < RECORD_KIND_COUNT && !world_next(w, at->kind, &at->row)) {
        at->kind++;
        at->row = ROW_NONE;
    }
    return at->kind < RECORD_KIND_COUNT;
}

static void step(struct world *w, size_t rows, size_t bytes)
{
    struct world_compaction *at = &w->compaction;
    size_t until = string_pool_bytes(w->strings) + bytes;
    for (; rows && string_pool_bytes(w->strings) < until; rows--) {
        if (!next_row(w, at)) {
            end(w);
            return;
        }
        world_compact_row(w, at->kind, at->row);
    }
    at->rows = last_rows(w);
    at->bytes = string_pool_bytes(w->strings);
}

/* Where invariants are checked, one compaction follows the other: a pointer to an old text is soon found. */
static bool is_due(const struct world *w)
{
    return w->checks || (string_pool_is_wasteful(w->strings, 0) && string_pool_is_wasteful(w->strings, count_rows(w)));
}

void world_compact(struct world *w)
{
    assert(!w->in_event);
    if (!w->old_strings) {
        if (!is_due(w))
            return;
        begin(w);
    }
    size_t rows = last_rows(w), bytes = string_pool_bytes(w->strings);
    size_t more_rows = rows > w->compaction.rows ? rows - w->compaction.rows : 0;
    size_t more_bytes = bytes > w->compaction.bytes ? bytes - w->compaction.bytes : 0;
    step(w, STEP_ROWS + STEP_PER_ROW * more_rows, STEP_BYTES + STEP_PER_BYTE * more_bytes);
}

void world_compact_all(struct world *w)
{
    if (!w->old_strings)
        begin(w);
    while (w->old_strings)
        step(w, SIZE_MAX, SIZE_MAX / 2);
}
