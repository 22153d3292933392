/* error.h - problems in the program's own input (options, files, network), with their location.
 *
 * Shapes:  struct where {file, line, column}; struct error: a list of problems, so that one run reports all mistakes.
 * Units:   lines and columns count from 1; 0 = unknown. Columns count characters.
 * Errors:  struct error is the last parameter of every function that can fail. Such a function returns false or NULL
 *          exactly if it added a problem. Only main() prints.
 */
#pragma once
#include "base/arena.h"
#include <stdbool.h>
#include <stdio.h>

struct where {
    const char *file; /* borrowed; NULL if there is no file, for example for an option */
    int line, column;
};

/* Decides the exit code (exit_code in error.c). */
enum error_kind {
    ERROR_USAGE,  /* options and arguments: exit 2 */
    ERROR_INPUT,  /* the syntax, schema or references of a file: exit 2 */
    ERROR_SYSTEM, /* a file that cannot be read or written, an unavailable port: exit 2 */
    ERROR_TARGET, /* the target or the network: exit 3 */
    ERROR_LEAK,   /* the output contains a secret: exit 5 */
};

struct problem {
    enum error_kind kind;
    struct where at;
    const char *text;
    const char *pointer; /* RFC 6901 pointer to the value in its document; NULL = unknown */
    struct problem *next;
};

struct error {
    struct arena arena;
    struct problem *first, *last;
    size_t count;
};

/* Adds a problem. Always returns false, so that callers can write `return error_add(...)`. If `err` is NULL, the
 * problem is dropped. */
bool error_add(struct error *err, enum error_kind kind, struct where at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

bool error_any(const struct error *err);
/* Returns the problems sorted by file and location, without duplicates; *count is their number. */
const struct problem **error_in_order(struct arena *a, const struct error *err, size_t *count);
void error_print(const struct error *err, FILE *to); /* one line each: file:line:col: text */
/* Returns the same lines as text, joined by newlines. */
char *error_text(struct arena *a, const struct error *err);
int error_exit_code(const struct error *err);
void error_end(struct error *err); /* frees the problems; the struct can be used again */
