/* clock.h - the clock of one world.
 *
 * Shapes:  struct clock: starts at any instant; RUNS advances with the machine's time, FROZEN only
 *          with clock_move_to.
 * Units:   milliseconds since the epoch.
 * Errors:  none. Time never goes back: the caller must compare with clock_now before clock_move_to.
 */
#pragma once
#include "base/enum.h"
#include <stdbool.h>
#include <stdint.h>

#define CLOCK_MODES(X) X(CLOCK_RUNS, "runs") X(CLOCK_FROZEN, "frozen")
enum clock_mode { CLOCK_MODES(ENUM_NAME) };
extern const char *const clock_mode_texts[];

struct clock {
    enum clock_mode mode;
    int64_t base_ms;      /* the world's time at ... */
    int64_t base_wall_us; /* ... this monotonic time of the machine */
};

void clock_start(struct clock *c, int64_t at_ms, enum clock_mode mode);
int64_t clock_now(const struct clock *c);
void clock_set_mode(struct clock *c, enum clock_mode mode);
void clock_move_to(struct clock *c, int64_t at_ms); /* at_ms must not be before clock_now */
