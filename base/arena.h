/* arena.h - memory: arenas, released all at once, and single blocks of the heap.
 *
 * Shapes:  struct arena: memory of one lifetime, allocated piece by piece; the caller zero-initialises it ({0} is an
 *          empty arena). Its blocks are 16-byte aligned and zeroed. heap_*: the only other source of memory. Code
 *          outside base/ uses an arena, or these functions for objects with a lifetime of their own.
 * Errors:  none. Out of memory aborts with one line on stderr; callers never handle it.
 *
 * A function whose first parameter is an arena returns memory allocated in that arena. Any other pointer result is
 * borrowed.
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

/* Grows an array of `count` items so that at least one more fits. Returns the array, which may have moved; *room is its
 * new capacity. */
void *arena_grow(struct arena *a, void *items, size_t count, size_t *room, size_t item_size);

/* Calls release(thing) when the arena is reset or ended. Returns thing. */
void *arena_own(struct arena *a, void *thing, void (*release)(void *));

size_t arena_held(const struct arena *a);  /* bytes of all its chunks */
size_t arena_bytes(const struct arena *a); /* memory that it holds */
void arena_reset(struct arena *a);         /* empties the arena; keeps one chunk for reuse */
void arena_end(struct arena *a);           /* releases everything; the arena is {0} again */

#define arena_new(a, type)          ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, count) ((type *)arena_alloc((a), sizeof(type) * (count)))
/* Appends to a struct with {items, count, room}: *arena_push(a, list, type) = value; */
#define arena_push(a, list, type)                                                                                      \
    ((void)((list)->items = (type *)arena_grow((a), (list)->items, (list)->count, &(list)->room, sizeof(type))),       \
     &(list)->items[(list)->count++])

void *heap_new(size_t size);               /* zeroed */
void *heap_grow(void *block, size_t size); /* realloc; the new part is not zeroed */
void heap_free(void *block);               /* NULL is allowed */
char *heap_text(const char *text);         /* a NUL-terminated copy */
