#include "mockserver/runtime/initial_state.h"

#include "base/time.h"
#include "base/units.h"
#include "mockserver/state/world.h"

#define START_MAX_MS (3660 * DAY_MS)

/* A running clock that showed the machine's time when `from` was made shows it in the copy, too.
 * Any other running clock restarts at its start. */
struct world *initial_state_of(struct world *from)
{
    struct world *w = world_fork(from);
    int64_t age_ms = (time_monotonic_us() - w->clock.base_wall_us) / 1000;
    int64_t behind_ms = time_wall_ms() - age_ms - w->clock.base_ms;
    if (w->clock.mode == CLOCK_RUNS && (behind_ms < -1000 || behind_ms > 1000))
        clock_start(&w->clock, w->clock.base_ms, CLOCK_RUNS);
    return w;
}

static int64_t instant(const struct world *w, const struct field_time *t)
{
    int64_t sum;
    if (!t->relative)
        return t->ms;
    return __builtin_add_overflow(world_now(w), t->ms, &sum) ? INT64_MAX : sum;
}

const char *initial_state_grant(struct world *w, const struct overrides *overrides)
{
    const struct field_time *start = &overrides->clock_start;
    if (overrides->seed >= 0)
        w->seed = (uint64_t)overrides->seed;
    w->hostile = w->hostile || overrides->hostile;
    if (overrides->clock_mode >= 0)
        clock_set_mode(&w->clock, (enum clock_mode)overrides->clock_mode);
    if (!start->given)
        return NULL;
    int64_t to_ms = instant(w, start);
    if (to_ms < world_now(w))
        return "is before the clock of the initial state; the clock cannot go back";
    if (to_ms > world_now(w) + START_MAX_MS)
        return "is too far ahead; at most 3660 days after the clock of the initial state";
    events_advance(w, to_ms);
    return NULL;
}

/* Compares tables by their roots: pages are shared until one of them is written. An event without
 * an effect only sets `done` in its own row, so events are compared by count. */
static bool same_pages(const struct world *w, const struct world *start)
{
    bool same = w->changes.root == start->changes.root && w->events.count == start->events.count &&
                w->quotas.root == start->quotas.root && w->replies == start->replies;
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++)
        same = same && w->records[i].root == start->records[i].root;
    return same;
}

bool initial_state_is_all(const struct world *w, const struct world *start)
{
    return same_pages(w, start) && w->clock.mode == start->clock.mode && w->clock.base_ms == start->clock.base_ms &&
           w->minted == start->minted && w->calls == start->calls && w->connect_steps_fail == start->connect_steps_fail;
}
