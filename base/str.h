/* str.h - borrowed text views for parsing and matching; passed by value.
 *
 * Shapes:  struct str {bytes, length}; not NUL-terminated. To keep text, copy it to a NUL-terminated const char * in an
 *          arena (str_dup).
 * Units:   bytes; text is UTF-8 unless stated otherwise; letter case means ASCII case.
 * Errors:  none; conversions return false and leave the output unchanged.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;

struct str {
    const char *s;
    size_t n;
};

struct texts { /* a list of NUL-terminated texts; grows with arena_push */
    const char **items;
    size_t count, room;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_FMT      "%.*s" /* printf(STR_FMT, STR_ARG(x)) */
#define STR_ARG(x)   (int)(x).n, (x).s

static inline struct str str_of(const char *bytes, size_t n)
{
    return (struct str){bytes, n};
}

static inline struct str str_from(const char *text) /* NULL gives the empty view */
{
    return text ? str_of(text, strlen(text)) : STR("");
}

/* Returns the next character of the same class, so that an id or a key keeps its form: a digit, a hexadecimal letter or
 * another letter stays such, in its case. Others are returned as they are. */
char str_next_of_class(char c);
char *str_dup(struct arena *a, struct str x);                           /* a NUL-terminated copy */
const char *str_in_case(struct arena *a, const char *text, bool upper); /* a copy in upper or lower case */

bool str_eq(struct str x, struct str y);
bool str_is(struct str x, const char *text);
bool str_eq_nocase(struct str x, struct str y);
bool str_starts(struct str x, struct str prefix);
bool str_starts_nocase(struct str x, struct str prefix);
bool str_ends(struct str x, struct str suffix);
bool str_has(struct str x, struct str part);
size_t str_characters(struct str x);   /* of UTF-8 text */
size_t str_find(struct str x, char c); /* index of the first c; x.n if absent */

/* Returns the text before the first separator and moves *rest after it. Without a separator it returns all of *rest and
 * empties it. */
struct str str_cut(struct str *rest, char separator);
struct str str_skip(struct str x, size_t n); /* without the first n bytes; may be empty */
struct str str_head(struct str x, size_t n); /* at most the first n bytes */
struct str str_trim(struct str x);           /* without spaces, tabs and line ends at both ends */

bool str_to_int(struct str x, int64_t *value);  /* -?digits, the whole text, no overflow */
bool str_to_size(struct str x, int64_t *bytes); /* 8MiB, 512KiB, 1kB, 1MB, 20B, 20 */
#define STR_INT_MAX 20
struct str str_of_int(int64_t value, char room[STR_INT_MAX]); /* a view of room */
/* *bad (may be NULL) receives the offset of the first invalid sequence. */
bool str_utf8_valid(struct str x, size_t *bad);
uint64_t str_hash(struct str x); /* the same in every run, so it may decide an order */

/* Returns the word nearest to x for "did you mean", or NULL if none is close. */
const char *str_nearest(struct str x, const char *const *words, size_t count);
/* Returns what to append to a message about an unknown word x: " (did you mean 'y'?)" if a word is close, otherwise ";
 * expected one of: a, b", or "" if there are too many words to list. */
const char *str_suggest(struct arena *a, struct str x, const char *const *words, size_t count);
