/* differ.h - how what a replay gave differs from what was recorded.
 *
 * Shapes:  a finding is a place in a response or a delivery ("/status", "/headers/Retry-After",
 *          "/body/items/0/status") and what stood there, as JSON; NULL: nothing did.
 * Errors:  none: a line that is no JSON differs as a whole.
 */
#pragma once
#include "base/str.h"

struct finding {
    const char *place, *recorded, *replayed;
};

struct findings {
    struct finding *items;
    size_t count, room;
    size_t more; /* left out */
};

/* Nothing is found where the lines say the same. */
void replay_diff_find(struct arena *a, struct str recorded, struct str replayed,
                      struct findings *out);
