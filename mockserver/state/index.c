#include "mockserver/state/index.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"

/* 20 bytes instead of 24: entries take most of the memory of a large world. */
struct packed_entry {
    int64_t key, order;
    uint32_t row;
} __attribute__((packed));

enum {
    PAGE_BYTES = 2048,
    PAGE_HEAD = 8,
    LEAF_ROOM = (PAGE_BYTES - PAGE_HEAD) / sizeof(struct packed_entry),
    INNER_ROOM = (PAGE_BYTES - PAGE_HEAD) / (sizeof(struct packed_entry) + sizeof(struct index_page *)),
};

/* In an inner page, lowest[i] is a lower bound of child i. An entry belongs to the last child whose bound is not above
 * it, or to child 0. */
struct index_page {
    uint32_t refs;
    uint16_t count;
    bool inner;
    union {
        struct packed_entry entries[LEAF_ROOM];
        struct {
            struct index_page *children[INNER_ROOM];
            struct packed_entry lowest[INNER_ROOM];
        };
    };
};

static struct packed_entry pack(struct index_entry e)
{
    return (struct packed_entry){e.key, e.order, e.row};
}

static int compare(const struct packed_entry *x, const struct index_entry *y)
{
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* Number of sorted entries that are less than e. */
static uint16_t count_before(const struct packed_entry *entries, uint16_t count, const struct index_entry *e)
{
    uint16_t low = 0, high = count;
    while (low < high) {
        uint16_t middle = (uint16_t)((low + high) / 2);
        if (compare(&entries[middle], e) < 0)
            low = (uint16_t)(middle + 1);
        else
            high = middle;
    }
    return low;
}

static uint16_t child_for(const struct index_page *p, const struct index_entry *e)
{
    uint16_t i = count_before(p->lowest, p->count, e);
    if (i < p->count && compare(&p->lowest[i], e) == 0)
        return i;
    return i ? (uint16_t)(i - 1) : 0;
}

static struct index_page *page_new(bool inner)
{
    struct index_page *p = heap_new(sizeof *p);
    p->refs = 1;
    p->inner = inner;
    return p;
}

static void page_release(struct index_page *p)
{
    if (!p || --p->refs)
        return;
    for (uint16_t i = 0; p->inner && i < p->count; i++)
        page_release(p->children[i]);
    heap_free(p);
}

/* The same in steps: frees at most *pages pages, and subtracts them. Returns true if *at is released. */
static bool page_release_some(struct index_page **at, size_t *pages)
{
    struct index_page *p = *at;
    if (p && p->refs == 1) {
        for (uint16_t i = 0; p->inner && i < p->count; i++)
            if (!page_release_some(&p->children[i], pages))
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

/* Makes *at writable: copies the page if other indexes share it. */
static struct index_page *page_own(struct index_page **at)
{
    struct index_page *shared = *at;
    if (shared->refs == 1)
        return shared;
    struct index_page *mine = heap_new(sizeof *mine);
    memcpy(mine, shared, sizeof *mine);
    mine->refs = 1;
    for (uint16_t i = 0; mine->inner && i < mine->count; i++)
        mine->children[i]->refs++;
    shared->refs--;
    return *at = mine;
}

/* Moves the entries from `at` on to the end of `to`. */
static void page_move_tail(struct index_page *from, uint16_t at, struct index_page *to)
{
    size_t moved = (size_t)(from->count - at);
    if (from->inner) {
        memcpy(to->children + to->count, from->children + at, moved * sizeof(struct index_page *));
        memcpy(to->lowest + to->count, from->lowest + at, moved * sizeof *to->lowest);
    } else {
        memcpy(to->entries + to->count, from->entries + at, moved * sizeof *to->entries);
    }
    to->count = (uint16_t)(to->count + moved);
    from->count = at;
}

static void page_insert(struct index_page *p, uint16_t at, struct packed_entry e, struct index_page *child)
{
    size_t moved = (size_t)(p->count - at);
    struct packed_entry *entries = p->inner ? p->lowest : p->entries;
    memmove(entries + at + 1, entries + at, moved * sizeof *entries);
    entries[at] = e;
    if (p->inner) {
        memmove(p->children + at + 1, p->children + at, moved * sizeof(struct index_page *));
        p->children[at] = child;
    }
    p->count++;
}

static void page_remove(struct index_page *p, uint16_t at)
{
    size_t moved = (size_t)(p->count - at - 1);
    struct packed_entry *entries = p->inner ? p->lowest : p->entries;
    memmove(entries + at, entries + at + 1, moved * sizeof *entries);
    if (p->inner)
        memmove(p->children + at, p->children + at + 1, moved * sizeof(struct index_page *));
    p->count--;
}

static uint16_t page_room(const struct index_page *p)
{
    return p->inner ? INNER_ROOM : LEAF_ROOM;
}

/* Inserts into p and splits it if it is full. Returns the new right page, or NULL. A full page that grows at one end is
 * split at that end, so entries that arrive in order fill their pages. */
static struct index_page *page_add(struct index_page *p, uint16_t at, struct packed_entry e, struct index_page *child)
{
    if (p->count < page_room(p)) {
        page_insert(p, at, e, child);
        return NULL;
    }
    struct index_page *right = page_new(p->inner);
    uint16_t split = at == p->count || at == 0 ? at : (uint16_t)(p->count / 2);
    page_move_tail(p, split, right);
    if (at > split || (at == split && at > 0))
        page_insert(right, (uint16_t)(at - split), e, child);
    else
        page_insert(p, at, e, child);
    return right;
}

static struct packed_entry page_lowest(const struct index_page *p)
{
    return p->inner ? p->lowest[0] : p->entries[0];
}

/* Sets *added to false, and changes nothing, if the entry exists. Returns the new right page, or NULL. */
static struct index_page *add_below(struct index_page **at, const struct index_entry *e, bool *added)
{
    struct index_page *p = page_own(at);
    if (!p->inner) {
        uint16_t i = count_before(p->entries, p->count, e);
        *added = i == p->count || compare(&p->entries[i], e) != 0;
        if (!*added)
            return NULL;
        return page_add(p, i, pack(*e), NULL);
    }
    uint16_t i = child_for(p, e);
    if (compare(&p->lowest[i], e) > 0) /* before all entries: a split at the front must not leave two equal bounds */
        p->lowest[i] = pack(*e);
    struct index_page *right = add_below(&p->children[i], e, added);
    return right ? page_add(p, (uint16_t)(i + 1), page_lowest(right), right) : NULL;
}

/* Merges children i and i+1 if they fit into one page. */
static void merge_with_next(struct index_page *p, uint16_t i)
{
    if (i + 1 >= p->count || p->children[i]->count + p->children[i + 1]->count > page_room(p->children[i]))
        return;
    struct index_page *left = page_own(&p->children[i]);
    struct index_page *right = page_own(&p->children[i + 1]);
    page_move_tail(right, 0, left);
    page_release(right);
    page_remove(p, (uint16_t)(i + 1));
}

static bool remove_below(struct index_page **at, const struct index_entry *e)
{
    struct index_page *p = page_own(at);
    if (!p->inner) {
        uint16_t i = count_before(p->entries, p->count, e);
        if (i == p->count || compare(&p->entries[i], e) != 0)
            return false;
        page_remove(p, i);
        return true;
    }
    uint16_t i = child_for(p, e);
    if (!remove_below(&p->children[i], e))
        return false;
    if (p->children[i]->count >= page_room(p->children[i]) / 4)
        return true;
    merge_with_next(p, i);
    if (i)
        merge_with_next(p, (uint16_t)(i - 1));
    return true;
}

void index_init(struct index *x)
{
    *x = (struct index){0};
}

void index_fork(struct index *to, const struct index *from)
{
    *to = *from;
    if (to->root)
        to->root->refs++;
}

void index_end(struct index *x)
{
    page_release(x->root);
    *x = (struct index){0};
}

bool index_end_some(struct index *x, size_t *pages)
{
    return page_release_some(&x->root, pages);
}

bool index_add(struct index *x, struct index_entry e)
{
    bool added;
    if (!x->root) {
        x->root = page_new(false);
        x->depth = 1;
    }
    struct index_page *right = add_below(&x->root, &e, &added);
    if (right) {
        struct index_page *root = page_new(true);
        page_insert(root, 0, page_lowest(x->root), x->root);
        page_insert(root, 1, page_lowest(right), right);
        x->root = root;
        x->depth++;
        assert(x->depth <= INDEX_MAX_DEPTH); /* room for more rows than a table has */
    }
    x->count += added;
    return added;
}

bool index_remove(struct index *x, struct index_entry e)
{
    if (!x->root || !remove_below(&x->root, &e))
        return false;
    x->count--;
    while (x->root->inner && x->root->count == 1) {
        struct index_page *only = x->root->children[0];
        only->refs++;
        page_release(x->root);
        x->root = only;
        x->depth--;
    }
    return true;
}

void index_from(const struct index *x, struct index_walk *w, struct index_entry from)
{
    *w = (struct index_walk){0};
    if (!x->root)
        return;
    const struct index_page *p = x->root;
    for (;; p = p->children[w->at[w->depth++]]) {
        w->page[w->depth] = p;
        if (!p->inner)
            break;
        w->at[w->depth] = child_for(p, &from);
    }
    w->at[w->depth++] = count_before(p->entries, p->count, &from);
}

/* Moves to the start of the next leaf. Returns false at the end. */
static bool next_leaf(struct index_walk *w)
{
    uint32_t leaf = w->depth - 1, level = leaf;
    do {
        if (level == 0)
            return false;
        level--;
    } while (w->at[level] + 1 >= w->page[level]->count);
    w->at[level]++;
    for (; level < leaf; level++) {
        w->page[level + 1] = w->page[level]->children[w->at[level]];
        w->at[level + 1] = 0;
    }
    return true;
}

bool index_next(struct index_walk *w)
{
    if (!w->depth)
        return false;
    uint32_t leaf = w->depth - 1;
    while (w->at[leaf] >= w->page[leaf]->count)
        if (!next_leaf(w))
            return false;
    const struct packed_entry *e = &w->page[leaf]->entries[w->at[leaf]++];
    w->entry = (struct index_entry){e->key, e->order, e->row};
    return true;
}

bool index_next_of(struct index_walk *w, int64_t key)
{
    return index_next(w) && w->entry.key == key;
}

bool index_first(const struct index *x, struct index_entry *e)
{
    struct index_walk w;
    index_from(x, &w, (struct index_entry){INT64_MIN, INT64_MIN, 0});
    if (!index_next(&w))
        return false;
    *e = w.entry;
    return true;
}

bool index_has(const struct index *x, struct index_entry e)
{
    struct index_walk w;
    index_from(x, &w, e);
    return index_next(&w) && w.entry.key == e.key && w.entry.order == e.order && w.entry.row == e.row;
}

uint32_t index_count_of(const struct index *x, int64_t key)
{
    struct index_walk w;
    uint32_t count = 0;
    index_from(x, &w, (struct index_entry){key, INT64_MIN, 0});
    while (index_next_of(&w, key))
        count++;
    return count;
}

static size_t page_own_bytes(const struct index_page *p)
{
    if (!p || p->refs > 1)
        return 0;
    size_t bytes = sizeof *p;
    for (uint16_t i = 0; p->inner && i < p->count; i++)
        bytes += page_own_bytes(p->children[i]);
    return bytes;
}

size_t index_own_bytes(const struct index *x)
{
    return page_own_bytes(x->root);
}
