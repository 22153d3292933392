/* loop.h - one thread's events: descriptors, timers, signals.
 *
 * Shapes:  struct loop; callbacks run one at a time, on the thread that runs the loop. Nothing here
 *          ever sleeps.
 * Units:   timers in microseconds of the monotonic clock (time_monotonic_us).
 * Errors:  none: a descriptor that cannot be watched is our own bug.
 *
 * Callbacks may add and remove anything, themselves included.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct loop;

enum {
    LOOP_READ = 1,
    LOOP_WRITE = 2,
    LOOP_HANGUP = 4, /* the other end sends nothing any more, or is gone */
};

typedef void loop_fd_fn(void *ctx, int fd, int events);
typedef void loop_timer_fn(void *ctx);
typedef void loop_signal_fn(void *ctx, int signal);

struct loop *loop_new(void);
void loop_free(struct loop *l);

void loop_watch(struct loop *l, int fd, int events, loop_fd_fn *fn, void *ctx); /* again = change */
void loop_unwatch(struct loop *l, int fd);

uint64_t loop_timer(struct loop *l, int64_t at_us, loop_timer_fn *fn,
                    void *ctx);                      /* an id, never 0 */
void loop_timer_cancel(struct loop *l, uint64_t id); /* unknown or 0: nothing */

/* Called before every wait; answers how long it may wait at most: microseconds, or -1 for no limit
 * of its own. Several may be set; each ends with its own function and ctx. */
typedef int64_t loop_before_fn(void *ctx);
void loop_before_wait(struct loop *l, loop_before_fn *fn, void *ctx);
void loop_before_wait_end(struct loop *l, loop_before_fn *fn, void *ctx);

/* Blocks its default action until loop_free. */
void loop_signal(struct loop *l, int signal, loop_signal_fn *fn, void *ctx);

void loop_run(struct loop *l); /* until loop_stop, or nothing is left to wait for */
void loop_stop(struct loop *l);

/* One round; waits at most that long, or without limit for -1. False when it called nothing back;
 * at once, when there is nothing to wait for. */
bool loop_step(struct loop *l, int64_t max_wait_us);
