/* members.h - tables of all members of a struct, for tests that nothing was forgotten.
 *
 * Shapes:  struct member_row: how a test compares one member of a struct with that of its copy. A table must have one
 *          row per member: MEMBERS_COMPLETE compares the rows with the bytes of the struct that are not padding.
 * Errors:  a member without a row, or with two, fails the test. Compilers that cannot tell padding from members do not
 *          check this; gcc can.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/str.h"

#if defined __has_builtin
#if __has_builtin(__builtin_clear_padding)
#define CLEAR_PADDING(object) __builtin_clear_padding(&(object))
#endif
#endif
#ifndef CLEAR_PADDING
#define CLEAR_PADDING(object) memset(&(object), 0, sizeof(object))
#endif

/* Sets each byte of `bytes` to OPEN if it is a part of a member, else to PADDING. */
#define MARK_MEMBERS(type, bytes)                                                                                      \
    do {                                                                                                               \
        type all;                                                                                                      \
        memset(&all, 1, sizeof all);                                                                                   \
        CLEAR_PADDING(all);                                                                                            \
        memcpy((bytes), &all, sizeof all);                                                                             \
    } while (0)

enum member_kind {
    KEPT,      /* the same bytes */
    KEPT_TEXT, /* const char *: the same text */
    KEPT_STR,  /* struct str: the same text */
    NOT_KEPT,  /* differs on purpose: the row's comment says why */
};

struct member_row {
    const char *name;
    size_t offset, size;
    enum member_kind kind;
};
#define MEMBER_ROW(of, member, kind)                                                                                   \
    {                                                                                                                  \
#member, offsetof(of, member), sizeof(((of *)NULL)->member), kind                                              \
    }

enum { PADDING = 0, OPEN = 1, COVERED = 2 }; /* the mark of a byte */

static inline void members_cover(unsigned char *marks, size_t offset, size_t size, const char *name)
{
    for (size_t i = offset; i < offset + size; i++) {
        if (marks[i] == COVERED)
            fail_msg("'%s' covers a byte of another member", name);
        marks[i] = COVERED;
    }
}

static inline void members_are_covered(const unsigned char *marks, size_t size, const char *what)
{
    for (size_t i = 0; i < size; i++)
        if (marks[i] == OPEN)
            fail_msg("%s has a member at offset %zu that no row names", what, i);
}

static inline bool member_is_set(const struct member_row *row, const void *of)
{
    const char *bytes = (const char *)of + row->offset;
    for (size_t i = 0; i < row->size; i++)
        if (bytes[i])
            return true;
    return false;
}

static inline bool member_is_same(const struct member_row *row, const void *x, const void *y)
{
    const char *of_x = (const char *)x + row->offset, *of_y = (const char *)y + row->offset;
    const char *texts[2];
    struct str strs[2];
    switch (row->kind) {
    case KEPT:
        return memcmp(of_x, of_y, row->size) == 0;
    case KEPT_TEXT:
        memcpy(&texts[0], of_x, sizeof texts[0]);
        memcpy(&texts[1], of_y, sizeof texts[1]);
        return texts[0] == texts[1] || (texts[0] && texts[1] && strcmp(texts[0], texts[1]) == 0);
    case KEPT_STR:
        memcpy(&strs[0], of_x, sizeof strs[0]);
        memcpy(&strs[1], of_y, sizeof strs[1]);
        return str_eq(strs[0], strs[1]);
    case NOT_KEPT:
        break;
    }
    return true;
}

/* A struct and its copy. `set` is there for each row: whether the member had a value in one of the structs that were
 * compared; without a value nothing is tested. */
static inline void members_compare(const struct member_row *rows, size_t count, const void *x, const void *y, bool *set)
{
    for (size_t i = 0; i < count; i++) {
        set[i] = set[i] || rows[i].kind == NOT_KEPT || member_is_set(&rows[i], x);
        if (!member_is_same(&rows[i], x, y))
            fail_msg("the member '%s' is lost", rows[i].name);
    }
}

static inline void members_are_set(const struct member_row *rows, size_t count, const bool *set)
{
    for (size_t i = 0; i < count; i++)
        if (!set[i])
            fail_msg("the test gives the member '%s' no value", rows[i].name);
}

/* The rows must name each member of the struct `type` once. */
#define MEMBERS_COMPLETE(type, rows)                                                                                   \
    do {                                                                                                               \
        unsigned char marks[sizeof(type)];                                                                             \
        MARK_MEMBERS(type, marks);                                                                                     \
        for (size_t row = 0; row < COUNT(rows); row++)                                                                 \
            members_cover(marks, (rows)[row].offset, (rows)[row].size, (rows)[row].name);                              \
        members_are_covered(marks, sizeof marks, #type);                                                               \
    } while (0)
