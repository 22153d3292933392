#include "mockserver/namespaces/initial_state.h"

#include "base/time.h"
#include "mockserver/state/events.h"

#define START_MAX_MS (INT64_C(3660) * 24 * 60 * 60 * 1000)

/* A world that showed the machine's time when it was made goes on showing it; any other begins
 * again at its own instant. */
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

const char *initial_state_grant(struct world *w, const struct wish *wish)
{
    const struct field_time *start = &wish->clock_start;
    if (wish->seed >= 0)
        w->seed = (uint64_t)wish->seed;
    w->hostile = w->hostile || wish->hostile;
    if (wish->clock_mode >= 0)
        clock_set_mode(&w->clock, (enum clock_mode)wish->clock_mode);
    if (!start->given)
        return NULL;
    int64_t to_ms = instant(w, start);
    if (to_ms < world_now(w))
        return "is before the beginning of what this world is made from; time never goes back";
    if (to_ms > world_now(w) + START_MAX_MS)
        return "is too far behind that beginning";
    events_advance(w, to_ms);
    return NULL;
}

/* An event that was over before it came only marks its own page. */
static bool same_pages(const struct world *w, const struct world *start)
{
    bool same = w->changes.root == start->changes.root && w->events.count == start->events.count &&
                w->quotas.root == start->quotas.root && w->replies == start->replies;
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++)
        same = same && w->records[i].root == start->records[i].root;
    return same;
}

/* Pages are shared until one of them is written. */
bool initial_state_is_all(const struct world *w, const struct world *start)
{
    return same_pages(w, start) && w->clock.mode == start->clock.mode &&
           w->clock.base_ms == start->clock.base_ms && w->minted == start->minted &&
           w->calls == start->calls && w->connect_steps_fail == start->connect_steps_fail;
}
