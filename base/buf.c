#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

/* Arena memory is zeroed, so the byte after the text is already NUL. */
char *buf_reserve(struct buf *b, size_t more)
{
    size_t needed;
    if (__builtin_add_overflow(b->n, more, &needed))
        needed = SIZE_MAX / 4; /* too much: the program aborts */
    if (needed >= b->room)
        b->data = arena_grow(b->arena, b->data, needed, &b->room, 1);
    return b->data + b->n;
}

void buf_byte(struct buf *b, char c)
{
    char *end = buf_reserve(b, 1);
    end[0] = c;
    end[1] = '\0';
    b->n++;
}

void buf_add(struct buf *b, struct str text)
{
    char *end = buf_reserve(b, text.n);
    if (text.n)
        memcpy(end, text.s, text.n);
    end[text.n] = '\0';
    b->n += text.n;
}

void buf_text(struct buf *b, const char *text)
{
    buf_add(b, str_from(text));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    char *end = buf_reserve(b, 64);
    size_t room = b->room - b->n;
    int n = vsnprintf(end, room, format, args);
    if (n > 0 && (size_t)n >= room) {
        end = buf_reserve(b, (size_t)n);
        (void)vsnprintf(end, (size_t)n + 1, format, again);
    }
    if (n > 0)
        b->n += (size_t)n;
    b->data[b->n] = '\0';
    va_end(again);
    va_end(args);
}

struct str buf_str(const struct buf *b)
{
    return str_of(b->data ? b->data : "", b->n);
}

const char *buf_c(struct buf *b)
{
    *buf_reserve(b, 0) = '\0';
    return b->data;
}
