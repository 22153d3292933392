/* arena.h - memory of one lifetime: allocated piece by piece, released all at once.
 *
 * Shapes:  struct arena; the caller zero-initialises it ({0} is an empty arena). Blocks are 16-byte
 *          aligned and zeroed.
 * Errors:  none (see heap.h).
 *
 * A function whose first parameter is an arena returns memory allocated in that arena. Any other
 * pointer result is borrowed.
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>

struct arena_chunk;
struct arena_owned;

struct arena {
    struct arena_chunk *chunk; /* the newest; linked to the older ones */
    struct arena_owned *owned; /* registered by arena_own, newest first */
};

void *arena_alloc(struct arena *a, size_t size);
void *arena_copy(struct arena *a, const void *bytes, size_t size);
char *arena_text(struct arena *a, const char *text);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Grows an array of `count` items so that at least one more fits. Returns the array, which may have
 * moved; *room is its new capacity. */
void *arena_grow(struct arena *a, void *items, size_t count, size_t *room, size_t item_size);

/* Calls release(thing) when the arena is reset or ended. Returns thing. */
void *arena_own(struct arena *a, void *thing, void (*release)(void *));

void arena_reset(struct arena *a); /* empties the arena; keeps one chunk for reuse */
void arena_end(struct arena *a);   /* releases everything; the arena is {0} again */

#define arena_new(a, type)          ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, count) ((type *)arena_alloc((a), sizeof(type) * (count)))
/* Appends to a struct with {items, count, room}: *arena_push(a, list, type) = value; */
#define arena_push(a, list, type)                                                                                      \
    ((void)((list)->items = (type *)arena_grow((a), (list)->items, (list)->count, &(list)->room, sizeof(type))),       \
     &(list)->items[(list)->count++])
