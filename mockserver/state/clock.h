/* clock.h - one world's time.
 *
 * Shapes:  struct clock {mode, ...}: runs with the machine's time from an instant of its own, or
 *          stands still until told.
 * Units:   milliseconds since the epoch.
 * Errors:  none; time never goes back: a step to the past is refused by the caller's check
 *          (clock_now first).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define CLOCK_MODES(X) X(RUNS, "runs") X(FROZEN, "frozen")
enum clock_mode {
#define X(name, text) CLOCK_##name,
    CLOCK_MODES(X)
#undef X
};
extern const char *const clock_mode_texts[];

struct clock {
    enum clock_mode mode;
    int64_t base_ms;      /* the world's time at ... */
    int64_t base_wall_us; /* ... this monotonic time of the machine */
};

void clock_start(struct clock *c, int64_t at_ms, enum clock_mode mode);
int64_t clock_now(const struct clock *c);
void clock_set_mode(struct clock *c, enum clock_mode mode);
void clock_move_to(struct clock *c, int64_t at_ms); /* at_ms >= clock_now */
