/* tree.h - shared by the tests of values: an arena per test, and JSON trees in it.
 *
 * Shapes:  *state is the arena; it is empty when a test starts.
 * Errors:  an invalid text fails the test with its error message.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/diff.h"
#include "base/json.h"

/* Initialises a struct str that may contain NUL bytes, in a static row. */
#define BYTES(text)                                                                                                    \
    {                                                                                                                  \
        (text), sizeof(text) - 1                                                                                       \
    }

static inline int tree_setup(void **state)
{
    static struct arena arena;
    arena = (struct arena){0};
    *state = &arena;
    return 0;
}

static inline int tree_teardown(void **state)
{
    arena_end(*state);
    return 0;
}

static inline const struct node *tree_parse(struct arena *a, const char *text)
{
    struct error err = {0};
    const struct node *n = json_parse(a, str_from(text), "test", &err);
    if (!n)
        print_error("%s: %s\n", text, error_text(a, &err));
    assert_non_null(n);
    return n;
}

static inline const char *tree_excerpt(struct arena *a, const struct node *n)
{
    return n ? json_print_short(a, n, 160) : "absent";
}

/* One line per difference: /items/0/status: expected "x", got "y" */
static inline const char *tree_diff_text(struct arena *a, const struct diff *d)
{
    struct buf out = {.arena = a};
    for (size_t i = 0; i < d->count; i++) {
        const struct difference *x = &d->items[i];
        buf_printf(&out, "%s: expected %s, got %s\n", *x->pointer ? x->pointer : "(whole document)",
                   tree_excerpt(a, x->expected), tree_excerpt(a, x->actual));
    }
    if (d->more)
        buf_printf(&out, "and %zu more\n", d->more);
    return buf_c(&out);
}
