#include "base/error.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

bool error_add(struct error *err, enum error_kind kind, struct where at, const char *format, ...)
{
    if (!err)
        return false;
    va_list args;
    va_start(args, format);
    struct problem *p = arena_new(&err->arena, struct problem);
    p->kind = kind;
    p->at = at;
    p->text = arena_vprintf(&err->arena, format, args);
    va_end(args);
    if (err->last)
        err->last->next = p;
    else
        err->first = p;
    err->last = p;
    err->count++;
    return false;
}

bool error_any(const struct error *err)
{
    return err && err->first;
}

struct line {
    const struct problem *problem;
    size_t order; /* in which the problems were added; kept for equal locations */
};

static int compare_places(const struct where *x, const struct where *y)
{
    int order = strcmp(x->file ? x->file : "", y->file ? y->file : "");
    if (!order)
        order = (x->line > y->line) - (x->line < y->line);
    if (!order)
        order = (x->column > y->column) - (x->column < y->column);
    return order;
}

static int compare_lines(const void *x, const void *y)
{
    const struct line *p = x, *q = y;
    int order = compare_places(&p->problem->at, &q->problem->at);
    return order ? order : (p->order > q->order) - (p->order < q->order);
}

static bool is_duplicate(const struct line *lines, size_t i)
{
    const struct problem *p = lines[i].problem;
    while (i-- && compare_places(&lines[i].problem->at, &p->at) == 0)
        if (strcmp(lines[i].problem->text, p->text) == 0)
            return true;
    return false;
}

static void add_line(struct buf *out, const struct problem *p)
{
    if (out->n)
        buf_byte(out, '\n');
    if (p->at.file)
        buf_printf(out, "%s:", p->at.file);
    if (p->at.line)
        buf_printf(out, "%d:", p->at.line);
    if (p->at.line && p->at.column)
        buf_printf(out, "%d:", p->at.column);
    if (p->at.file || p->at.line)
        buf_byte(out, ' ');
    buf_text(out, p->text);
}

const struct problem **error_in_order(struct arena *a, const struct error *err, size_t *count)
{
    size_t all = 0;
    const struct problem **problems = arena_array(a, const struct problem *, err->count);
    struct line *lines = arena_array(a, struct line, err->count);
    for (const struct problem *p = err->first; p; p = p->next, all++)
        lines[all] = (struct line){p, all};
    qsort(lines, all, sizeof *lines, compare_lines);
    *count = 0;
    for (size_t i = 0; i < all; i++)
        if (!is_duplicate(lines, i))
            problems[(*count)++] = lines[i].problem;
    return problems;
}

char *error_text(struct arena *a, const struct error *err)
{
    struct buf out = {.arena = a};
    size_t count;
    const struct problem **problems = error_in_order(a, err, &count);
    for (size_t i = 0; i < count; i++)
        add_line(&out, problems[i]);
    (void)buf_c(&out);
    return out.data;
}

void error_print(const struct error *err, FILE *to)
{
    struct arena a = {0};
    if (error_any(err))
        fprintf(to, "%s\n", error_text(&a, err));
    arena_end(&a);
}

static int exit_code(enum error_kind kind)
{
    switch (kind) {
    case ERROR_USAGE:
    case ERROR_INPUT:
    case ERROR_SYSTEM:
        return 2;
    case ERROR_TARGET:
        return 3;
    case ERROR_LEAK:
        return 5;
    }
    return 2;
}

/* Precedence: 2 (wrong input) before 3 (target or network) before 5 (a leaked secret). */
int error_exit_code(const struct error *err)
{
    static const int weight[] = {[0] = 0, [5] = 1, [3] = 2, [2] = 3};
    int code = 0;
    for (const struct problem *p = err->first; p; p = p->next)
        if (weight[exit_code(p->kind)] > weight[code])
            code = exit_code(p->kind);
    return code;
}

void error_end(struct error *err)
{
    arena_end(&err->arena);
    *err = (struct error){0};
}
