/* initial_state.h - how a namespace's world begins: as a copy of another, with time at its start, and
 * with what its maker wished otherwise.
 *
 * Shapes:  struct wish {seed, hostility, clock mode and start}; WISH_NONE.
 * Units:   milliseconds; a start that is relative counts from the world's own.
 * Errors:  a start that cannot be had: why, in words.
 */
#pragma once
#include "base/fields.h"
#include "mockserver/state/world.h"

struct wish {
    int64_t seed;   /* -1: as it is */
    bool hostile;   /* whatever it is */
    int clock_mode; /* enum clock_mode; -1: as it is */
    struct field_time clock_start;
};
#define WISH_NONE ((struct wish){.seed = -1, .clock_mode = -1})

/* An independent world that begins as one made from `from` does: with time at its start. */
struct world *initial_state_of(struct world *from);
/* NULL: granted; else all but the start is, and why not that. */
const char *initial_state_grant(struct world *w, const struct wish *wish);
/* Nothing has happened in `w`, nor was anything of it set, since it began as `start`. */
bool initial_state_is_all(const struct world *w, const struct world *start);
