/* leaves.h - the parts of an expectation that are judged one by one.
 *
 * Shapes:  a leaf is one matcher (or plain value) with the path to it, and `alone`: an expectation
 *          of the whole document that asks for this leaf only. Maps and $each are walked into;
 *          everything else - a list, $some, $none, $exact, $not, $in - is one leaf however much
 *          stands in it.
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
