/* initial_state.h - makes the initial state of a namespace: a copy of a fixture's or another state,
 * with the options of POST /__admin/namespaces applied.
 *
 * Shapes:  struct overrides {seed, hostile, clock mode and start}; OVERRIDES_NONE changes nothing.
 * Units:   milliseconds; a relative start counts from the clock of the copied state.
 * Errors:  an invalid start: the reason, as text.
 */
#pragma once
#include "base/fields.h"
#include "mockserver/state/world.h"

struct overrides {
    int64_t seed;   /* -1: unchanged */
    bool hostile;   /* false: unchanged */
    int clock_mode; /* enum clock_mode; -1: unchanged */
    struct field_time clock_start;
};
#define OVERRIDES_NONE ((struct overrides){.seed = -1, .clock_mode = -1})

/* Returns a copy of `from` whose clock is at its start. The caller frees it. */
struct world *initial_state_of(struct world *from);
/* Applies `overrides` to `w`. Returns NULL, or why clock_start is invalid; the rest is applied even
 * then. */
const char *initial_state_grant(struct world *w, const struct overrides *overrides);
/* True if `w` is unchanged since it was copied from `start`. */
bool initial_state_is_all(const struct world *w, const struct world *start);
