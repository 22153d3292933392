#include "mockserver/state/clock.h"

#include <assert.h>

#include "base/enum.h"
#include "base/time.h"

const char *const clock_mode_texts[] = {CLOCK_MODES(ENUM_TEXT)};

void clock_start(struct clock *c, int64_t at_ms, enum clock_mode mode)
{
    *c = (struct clock){.mode = mode, .base_ms = at_ms, .base_wall_us = time_monotonic_us()};
}

int64_t clock_now(const struct clock *c)
{
    if (c->mode == CLOCK_FROZEN)
        return c->base_ms;
    return c->base_ms + (time_monotonic_us() - c->base_wall_us) / 1000;
}

void clock_set_mode(struct clock *c, enum clock_mode mode)
{
    clock_start(c, clock_now(c), mode);
}

void clock_move_to(struct clock *c, int64_t at_ms)
{
    int64_t now = clock_now(c); /* a running clock may have passed at_ms */
    assert(c->mode == CLOCK_RUNS || at_ms >= now);
    clock_start(c, at_ms > now ? at_ms : now, c->mode);
}
