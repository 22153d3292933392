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
