/* buf.h - a text buffer that grows in an arena.
 *
 * Shapes:  struct buf {arena, data, n, room}; initialise it with {.arena = a}. `data` is NULL until something is added,
 *          and NUL-terminated from then on.
 * Units:   bytes.
 * Errors:  none.
 */
#pragma once
#include "base/str.h"
#include <stdarg.h>

struct buf {
    struct arena *arena;
    char *data;
    size_t n, room;
};

/* Returns room for `more` bytes at the end; the caller adds what it wrote to b->n. */
char *buf_reserve(struct buf *b, size_t more);
void buf_byte(struct buf *b, char c);
void buf_add(struct buf *b, struct str text);
void buf_text(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct str buf_str(const struct buf *b);
const char *buf_c(struct buf *b); /* NUL-terminated; never NULL */
