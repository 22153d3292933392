/* diff.h - how two values differ, member by member.
 *
 * Shapes:  a list of {pointer, expected, actual}, at most DIFF_MAX rows; `more` says how many were
 *          left out. Lists are aligned, so that one item too many is one difference; a pointer into
 *          a list counts as the actual value does, or as the expected one where the item is
 *          missing.
 * Errors:  none. Values too large to walk are compared as far as the walk goes.
 */
#pragma once
#include "base/node.h"

#define DIFF_MAX 32

struct difference {
    const char *pointer;
    const struct node *expected, *actual; /* NULL: absent on that side */
};

struct diff {
    struct difference items[DIFF_MAX];
    size_t count, more;
};

void diff_nodes(struct arena *a, const struct node *expected, const struct node *actual,
                struct diff *out);
/* a line each: /items/0/status: expected "x", got "y" */
char *diff_text(struct arena *a, const struct diff *d);
