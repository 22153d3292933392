/* error.h - an input of ours that cannot be used, with its place.
 *
 * Shapes:  struct where {file, line, column}; struct error: a list of problems, so that one reading
 *          tells all mistakes.
 * Units:   lines and columns count from 1; 0 = unknown. Columns count characters.
 * Errors:  this is them. Last parameter of every function that can fail; a function returns false
 *          or NULL exactly when it added a problem. Only main() prints.
 */
#pragma once
#include "base/arena.h"
#include <stdbool.h>
#include <stdio.h>

struct where {
    const char *file; /* borrowed; NULL for what stands in no file (a flag, say) */
    int line, column;
};

/* What is wrong, and so which exit code it means (exit_code in error.c). */
enum error_kind {
    ERROR_USAGE,  /* flags and arguments: exit 2 */
    ERROR_INPUT,  /* a file's text, schema or references: exit 2 */
    ERROR_SYSTEM, /* a file that cannot be read or written, a port that cannot be had: exit 2 */
    ERROR_TARGET, /* the target or the network: exit 3 */
    ERROR_LEAK,   /* what was written holds a secret: exit 5 */
};

struct problem {
    enum error_kind kind;
    struct where at;
    const char *text;
    const char *pointer; /* RFC 6901, to the value in its document; NULL: not known */
    struct problem *next;
};

struct error {
    struct arena arena;
    struct problem *first, *last;
    size_t count;
};

/* Adds one; always false, so that `return error_add(...)` reads well. `err` may be NULL: the
 * problem is then dropped. */
bool error_add(struct error *err, enum error_kind kind, struct where at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

bool error_any(const struct error *err);
/* The problems in order of file and place, each once; *count of them. */
const struct problem **error_in_order(struct arena *a, const struct error *err, size_t *count);
void error_print(const struct error *err, FILE *to); /* in that order: file:line:col: text */
char *error_text(struct arena *a,
                 const struct error *err); /* the same as text, lines joined by \n */
int error_exit_code(const struct error *err);
void error_end(struct error *err); /* empty again */
