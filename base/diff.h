/* diff.h - compares two values member by member.
 *
 * Shapes:  a list of {pointer, expected, actual} with at most DIFF_MAX rows; `more` is the number of differences left
 *          out. Lists are aligned first, so that one extra item is one difference. An index in a pointer is the index
 *          in the actual list, or in the expected list if the item is missing from the actual one.
 * Errors:  none. A comparison of very large values stops at a node limit.
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

void diff_nodes(struct arena *a, const struct node *expected, const struct node *actual, struct diff *out);
