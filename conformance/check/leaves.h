/* leaves.h - splits an expectation into leaves, each of which becomes one check.
 *
 * Shapes:  a leaf is one matcher or plain value, with its path. `alone` is an expectation of the
 *          whole document that contains only this leaf. Maps and $each are split further; a list,
 *          $some, $none, $exact, $not or $in is one leaf, whatever it contains.
 * Errors:  none.
 */
#pragma once
#include "base/node.h"

struct leaf {
    const char *path;    /* /items/$each/status */
    const char *matcher; /* equals, $matches, ...; $type for {} */
    const struct node *alone;
    const struct node *operand;
    struct where at;
};

struct leaves {
    struct leaf *items;
    size_t count, room;
};

void leaves_of(struct arena *a, const struct node *expectation, struct leaves *out);
