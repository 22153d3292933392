#include "mockserver/state/table.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"

enum {
    LEAF_BYTES = 4096,
    FAN_BITS = 6,
    FAN_OUT = 1 << FAN_BITS,
};

/* A leaf (level 0) has rows; an inner page has children. */
struct table_page {
    uint32_t refs;
    union {
        struct table_page *children[FAN_OUT];
        _Alignas(16) unsigned char rows[1];
    };
};

#define LEAF_HEAD offsetof(struct table_page, rows)

static size_t page_size(const struct table *t, uint32_t level)
{
    return level ? sizeof(struct table_page) : LEAF_HEAD + (size_t)t->rows_per_page * t->row_size;
}

static struct table_page *page_new(const struct table *t, uint32_t level)
{
    struct table_page *p = heap_new(page_size(t, level));
    p->refs = 1;
    return p;
}

static void page_release(struct table_page *p, uint32_t level)
{
    if (!p || --p->refs)
        return;
    for (size_t i = 0; level && i < FAN_OUT; i++)
        page_release(p->children[i], level - 1);
    heap_free(p);
}

/* Makes *at writable: copies the page if other tables share it. */
static struct table_page *page_own(const struct table *t, struct table_page **at, uint32_t level)
{
    struct table_page *shared = *at;
    if (shared->refs == 1)
        return shared;
    struct table_page *mine = heap_new(page_size(t, level));
    memcpy(mine, shared, page_size(t, level));
    mine->refs = 1;
    for (size_t i = 0; level && i < FAN_OUT; i++)
        if (mine->children[i])
            mine->children[i]->refs++;
    shared->refs--;
    return *at = mine;
}

static size_t page_own_bytes(const struct table *t, const struct table_page *p, uint32_t level)
{
    if (!p || p->refs > 1)
        return 0;
    size_t bytes = page_size(t, level);
    for (size_t i = 0; level && i < FAN_OUT; i++)
        bytes += page_own_bytes(t, p->children[i], level - 1);
    return bytes;
}

static size_t child_at(uint32_t leaf, uint32_t level)
{
    return (leaf >> (FAN_BITS * (level - 1))) & (FAN_OUT - 1);
}

static size_t row_offset(const struct table *t, uint32_t row)
{
    return (size_t)((row - 1) % t->rows_per_page) * t->row_size;
}

void table_init(struct table *t, size_t row_size)
{
    assert(row_size > 0 && row_size <= LEAF_BYTES - LEAF_HEAD);
    *t = (struct table){
        .row_size = (uint32_t)row_size,
        .rows_per_page = (uint32_t)((LEAF_BYTES - LEAF_HEAD) / row_size),
    };
}

void table_fork(struct table *to, const struct table *from)
{
    *to = *from;
    if (to->root)
        to->root->refs++;
}

void table_end(struct table *t)
{
    page_release(t->root, t->depth);
    *t = (struct table){0};
}

const void *table_read(const struct table *t, uint32_t row)
{
    assert(row >= 1 && row <= t->count);
    uint32_t leaf = (row - 1) / t->rows_per_page;
    const struct table_page *p = t->root;
    for (uint32_t level = t->depth; level; level--)
        p = p->children[child_at(leaf, level)];
    return p->rows + row_offset(t, row);
}

/* A writable pointer to the row; adds missing pages. */
static void *row_own(struct table *t, uint32_t row)
{
    uint32_t leaf = (row - 1) / t->rows_per_page;
    struct table_page **at = &t->root;
    for (uint32_t level = t->depth;; level--) {
        if (!*at)
            *at = page_new(t, level);
        struct table_page *p = page_own(t, at, level);
        if (!level)
            return p->rows + row_offset(t, row);
        at = &p->children[child_at(leaf, level)];
    }
}

void *table_edit(struct table *t, uint32_t row)
{
    assert(row >= 1 && row <= t->count);
    return row_own(t, row);
}

void *table_add(struct table *t, uint32_t *row)
{
    uint64_t room = (uint64_t)t->rows_per_page << (FAN_BITS * t->depth);
    if (t->count == room) {
        struct table_page *old = t->root;
        t->root = page_new(t, ++t->depth);
        t->root->children[0] = old;
    }
    assert(t->count < UINT32_MAX);
    t->count++;
    if (row)
        *row = t->count;
    return row_own(t, t->count);
}

size_t table_own_bytes(const struct table *t)
{
    return page_own_bytes(t, t->root, t->depth);
}
