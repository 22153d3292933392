/* tree.h - what the tests of values share: an arena for a test, and trees of JSON in it.
 *
 * Shapes:  *state is the arena, empty when a test begins.
 * Errors:  a text that cannot be read fails the test and says why.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
/* A struct str that may hold zero bytes, within a static row. */
#define BYTES(text)                                                                                \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
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
