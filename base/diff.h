/* diff.h - how two values differ, member by member.
 *
 * Shapes:  a list of {pointer, expected, actual}; nearest array item chosen, at most DIFF_MAX rows,
 * `more` says how many were left out. Errors:  none.
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
char *diff_text(struct arena *a,
                const struct diff *d); /* a line each: /items/0/status: expected "x", got "y" */
