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

/* A leaf (level 0) has rows and, behind them, one bit per row that exists; an inner page has children. A page has at
 * least one row or child. */
struct table_page {
    uint32_t refs, used; /* used: rows that exist; only in a leaf */
    union {
        struct table_page *children[FAN_OUT];
        _Alignas(16) unsigned char rows[1];
    };
};

#define LEAF_HEAD offsetof(struct table_page, rows)

static size_t bits_offset(const struct table *t)
{
    size_t end = (size_t)t->rows_per_page * t->row_size;
    return (end + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
}

static size_t bits_bytes(uint32_t rows)
{
    return ((size_t)rows + 63) / 64 * sizeof(uint64_t);
}

static size_t page_size(const struct table *t, uint32_t level)
{
    return level ? sizeof(struct table_page) : LEAF_HEAD + bits_offset(t) + bits_bytes(t->rows_per_page);
}

/* The word with the bit of row number `i` of the leaf, counted from 0. */
static uint64_t *leaf_word(const struct table *t, struct table_page *leaf, uint32_t i)
{
    return (uint64_t *)(void *)(leaf->rows + bits_offset(t)) + i / 64;
}

static const uint64_t *leaf_words(const struct table *t, const struct table_page *leaf)
{
    return (const uint64_t *)(const void *)(leaf->rows + bits_offset(t));
}

static bool leaf_has(const struct table *t, const struct table_page *leaf, uint32_t i)
{
    return leaf_words(t, leaf)[i / 64] >> i % 64 & 1;
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

/* The same in steps: frees at most *pages pages, and subtracts them. Returns true if *at is released. */
static bool page_release_some(struct table_page **at, uint32_t level, size_t *pages)
{
    struct table_page *p = *at;
    if (p && p->refs == 1) {
        for (size_t i = 0; level && i < FAN_OUT; i++)
            if (!page_release_some(&p->children[i], level - 1, pages))
                return false;
        if (!*pages)
            return false;
        --*pages;
        heap_free(p);
    } else if (p) {
        p->refs--;
    }
    *at = NULL;
    return true;
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

static uint32_t in_leaf(const struct table *t, uint32_t row)
{
    return (row - 1) % t->rows_per_page;
}

static size_t row_offset(const struct table *t, uint32_t row)
{
    return (size_t)in_leaf(t, row) * t->row_size;
}

void table_init(struct table *t, size_t row_size)
{
    uint32_t rows = (uint32_t)((LEAF_BYTES - LEAF_HEAD) / row_size);
    assert(row_size > 0 && row_size <= LEAF_BYTES - LEAF_HEAD - 2 * sizeof(uint64_t));
    while (rows * row_size + bits_bytes(rows) + sizeof(uint64_t) > LEAF_BYTES - LEAF_HEAD)
        rows--;
    *t = (struct table){.row_size = (uint32_t)row_size, .rows_per_page = rows};
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

bool table_end_some(struct table *t, size_t *pages)
{
    return page_release_some(&t->root, t->depth, pages);
}

/* The leaf with that number; NULL if none of its rows exists. */
static const struct table_page *leaf_find(const struct table *t, uint32_t leaf)
{
    const struct table_page *p = t->root;
    for (uint32_t level = t->depth; p && level; level--)
        p = p->children[child_at(leaf, level)];
    return p;
}

bool table_has(const struct table *t, uint32_t row)
{
    return table_read(t, row);
}

const void *table_read(const struct table *t, uint32_t row)
{
    const struct table_page *leaf = row >= 1 && row <= t->last ? leaf_find(t, (row - 1) / t->rows_per_page) : NULL;
    return leaf && leaf_has(t, leaf, in_leaf(t, row)) ? leaf->rows + row_offset(t, row) : NULL;
}

/* The first leaf at or after `leaf` below page p, whose first leaf has number `base`; UINT64_MAX: there is none. */
static uint64_t leaf_from(const struct table_page *p, uint32_t level, uint64_t base, uint64_t leaf)
{
    if (!p)
        return UINT64_MAX;
    if (!level)
        return base >= leaf ? base : UINT64_MAX;
    uint64_t span = UINT64_C(1) << (FAN_BITS * (level - 1));
    for (uint64_t i = leaf > base ? (leaf - base) / span : 0; i < FAN_OUT; i++) {
        uint64_t found = leaf_from(p->children[i], level - 1, base + i * span, leaf);
        if (found != UINT64_MAX)
            return found;
    }
    return UINT64_MAX;
}

/* The first row of the leaf at or after `i` that exists; rows_per_page: there is none. */
static uint32_t leaf_next(const struct table *t, const struct table_page *leaf, uint32_t i)
{
    const uint64_t *words = leaf_words(t, leaf);
    while (i < t->rows_per_page) {
        uint64_t rest = words[i / 64] >> i % 64;
        if (rest)
            return i + (uint32_t)__builtin_ctzll(rest);
        i = (i / 64 + 1) * 64;
    }
    return t->rows_per_page;
}

bool table_next(const struct table *t, uint32_t *row)
{
    if (*row >= t->last)
        return false;
    uint64_t leaf = *row / t->rows_per_page;
    uint32_t i = *row % t->rows_per_page;
    for (;; leaf++, i = 0) {
        uint64_t found = leaf_from(t->root, t->depth, 0, leaf);
        if (found == UINT64_MAX)
            return false;
        i = found == leaf ? i : 0;
        leaf = found;
        i = leaf_next(t, leaf_find(t, (uint32_t)leaf), i);
        if (i == t->rows_per_page)
            continue;
        *row = (uint32_t)(leaf * t->rows_per_page + i + 1);
        return true;
    }
}

/* The leaf of the row, writable; adds missing pages. */
static struct table_page *leaf_own(struct table *t, uint32_t row)
{
    uint32_t leaf = (row - 1) / t->rows_per_page;
    struct table_page **at = &t->root;
    for (uint32_t level = t->depth;; level--) {
        if (!*at)
            *at = page_new(t, level);
        struct table_page *p = page_own(t, at, level);
        if (!level)
            return p;
        at = &p->children[child_at(leaf, level)];
    }
}

void *table_edit(struct table *t, uint32_t row)
{
    return table_has(t, row) ? leaf_own(t, row)->rows + row_offset(t, row) : NULL;
}

void *table_add(struct table *t, uint32_t *row)
{
    assert(t->last < UINT32_MAX); /* the memory ends before */
    uint32_t added = ++t->last;
    while ((uint64_t)added > (uint64_t)t->rows_per_page << (FAN_BITS * t->depth)) {
        struct table_page *old = t->root;
        t->depth++;
        if (!old)
            continue;
        t->root = page_new(t, t->depth);
        t->root->children[0] = old;
    }
    struct table_page *leaf = leaf_own(t, added);
    *leaf_word(t, leaf, in_leaf(t, added)) |= UINT64_C(1) << in_leaf(t, added) % 64;
    leaf->used++;
    t->count++;
    if (row)
        *row = added;
    return leaf->rows + row_offset(t, added);
}

void table_skip(struct table *t, uint32_t last)
{
    if (last > t->last)
        t->last = last;
}

static bool has_children(const struct table_page *p)
{
    for (size_t i = 0; i < FAN_OUT; i++)
        if (p->children[i])
            return true;
    return false;
}

/* Frees *at if nothing is left in it. A leaf with no other row is not copied first. */
static void remove_below(const struct table *t, struct table_page **at, uint32_t level, uint32_t row)
{
    bool empty;
    if (level) {
        struct table_page *p = page_own(t, at, level);
        remove_below(t, &p->children[child_at((row - 1) / t->rows_per_page, level)], level - 1, row);
        empty = !has_children(p);
    } else {
        empty = (*at)->used == 1;
    }
    if (empty) {
        page_release(*at, level);
        *at = NULL;
    } else if (!level) {
        struct table_page *leaf = page_own(t, at, 0);
        *leaf_word(t, leaf, in_leaf(t, row)) &= ~(UINT64_C(1) << in_leaf(t, row) % 64);
        memset(leaf->rows + row_offset(t, row), 0, t->row_size);
        leaf->used--;
    }
}

void table_remove(struct table *t, uint32_t row)
{
    if (!table_has(t, row))
        return;
    remove_below(t, &t->root, t->depth, row);
    t->count--;
}

size_t table_own_bytes(const struct table *t)
{
    return page_own_bytes(t, t->root, t->depth);
}
