/* buf.h - text that grows, in an arena.
 *
 * Shapes:  struct buf {arena, data, n, room}; data is always NUL-ended once anything was added.
 *          Start: {.arena = a}.
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

char *buf_reserve(struct buf *b,
                  size_t more); /* a place for `more` bytes at the end; then b->n += written */
void buf_byte(struct buf *b, char c);
void buf_add(struct buf *b, struct str text);
void buf_text(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct str buf_str(const struct buf *b);
const char *buf_c(struct buf *b); /* NUL-ended, never NULL */
