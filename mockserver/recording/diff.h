/* diff.h - compares a recorded response or delivery with the replayed one.
 *
 * Shapes:  a finding is a place ("/status", "/headers/Retry-After", "/body/items/0/status") with the recorded and the
 *          replayed value as JSON; NULL: no value there.
 * Errors:  none; lines that are not JSON are compared as a whole.
 */
#pragma once
#include "base/str.h"

struct finding {
    const char *place, *recorded, *replayed;
};

struct findings {
    struct finding *items;
    size_t count, room;
    size_t more; /* number of findings that were left out */
};

/* Compares two lines of a recording (lines.h). Adds no finding if they are equal. */
void replay_diff_find(struct arena *a, struct str recorded, struct str replayed, struct findings *out);
