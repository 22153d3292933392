#include "base/members.h"

#include <string.h>

#include "base/arena.h"

#define SMALL 16 /* up to this size, comparing all pairs is faster than a hash table */

static bool clash_by_pairs(const struct member *m, size_t count, size_t *first, size_t *again)
{
    for (*again = 1; *again < count; ++*again)
        for (*first = 0; *first < *again; ++*first)
            if (strcmp(m[*first].key, m[*again].key) == 0)
                return true;
    return false;
}

/* A hash table with open addressing; a slot contains index + 1, and 0 is an empty slot. */
static bool clash_by_hash(const struct member *m, size_t count, size_t *first, size_t *again)
{
    size_t size = 64;
    while (size < 2 * count)
        size *= 2;
    size_t *slots = heap_new(size * sizeof *slots);
    bool found = false;
    for (size_t i = 0; i < count && !found; i++) {
        size_t slot = str_hash(str_from(m[i].key)) & (size - 1);
        while (slots[slot] && strcmp(m[slots[slot] - 1].key, m[i].key) != 0)
            slot = (slot + 1) & (size - 1);
        if (slots[slot]) {
            *first = slots[slot] - 1;
            *again = i;
            found = true;
        }
        slots[slot] = i + 1;
    }
    heap_free(slots);
    return found;
}

bool members_clash(const struct member *members, size_t count, size_t *first, size_t *again)
{
    return count <= SMALL ? clash_by_pairs(members, count, first, again) : clash_by_hash(members, count, first, again);
}
