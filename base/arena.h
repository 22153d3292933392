/* arena.h - memory of one lifetime: allocate freely, release everything at once.
 *
 * Shapes:  struct arena, zero-initialised by its holder ({0} is an empty arena); blocks are 16-byte
 *          aligned and zeroed.
 * Errors:  none (see heap.h).
 *
 * A function whose first parameter is an arena returns memory living in it; any other pointer
 * result is borrowed.
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>

struct arena_chunk;
struct arena_owned;

struct arena {
    struct arena_chunk *chunk; /* the newest; older ones hang behind it */
    struct arena_owned *owned; /* foreign things that end with the arena, newest first */
};

void *arena_alloc(struct arena *a, size_t size);
void *arena_copy(struct arena *a, const void *bytes, size_t size);
char *arena_text(struct arena *a, const char *text);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Makes room for at least one more item behind `count`; returns the array, moved if it had to grow.
 */
void *arena_grow(struct arena *a, void *items, size_t count, size_t *room, size_t item_size);

void *arena_own(struct arena *a, void *thing, void (*release)(void *)); /* returns thing */

void arena_reset(struct arena *a); /* empty again, keeping one chunk for reuse */
void arena_end(struct arena *a);   /* releases all; the arena is {0} again */

#define arena_new(a, type)          ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, count) ((type *)arena_alloc((a), sizeof(type) * (count)))
/* Appends to a struct with {items, count, room}: *arena_push(a, list, type) = value; */
#define arena_push(a, list, type)                                                                  \
    ((void)((list)->items = (type *)arena_grow((a), (list)->items, (list)->count, &(list)->room,   \
                                               sizeof(type))),                                     \
     &(list)->items[(list)->count++])
