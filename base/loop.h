/* loop.h - a single-threaded event loop: descriptors, timers, signals.
 *
 * Shapes:  struct loop; callbacks run one at a time on the thread that runs the loop. The loop waits only in epoll.
 * Units:   timers in microseconds of the monotonic clock (time_monotonic_us).
 * Errors:  none. Passing a descriptor that epoll rejects is a programming error.
 *
 * A callback may add and remove watches, timers and hooks, including its own.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct loop;

enum {
    LOOP_READ = 1,
    LOOP_WRITE = 2,
    LOOP_HANGUP = 4, /* the peer has closed its sending side or the connection */
};

typedef void loop_fd_fn(void *ctx, int fd, int events);
typedef void loop_timer_fn(void *ctx);
typedef void loop_signal_fn(void *ctx, int signal);

struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Calling it again for the same fd replaces the watch. */
void loop_watch(struct loop *l, int fd, int events, loop_fd_fn *fn, void *ctx);
void loop_unwatch(struct loop *l, int fd);

/* Calls fn once at that time. Returns the timer's id, never 0. */
uint64_t loop_timer(struct loop *l, int64_t at_us, loop_timer_fn *fn, void *ctx);
void loop_timer_cancel(struct loop *l, uint64_t id); /* ignores 0, unknown ids and fired timers */

/* A hook that is called before every wait. It returns the longest time the loop may wait, in microseconds, or -1 for no
 * limit. There may be several hooks; loop_before_wait_end removes the one with the same function and ctx. */
typedef int64_t loop_before_fn(void *ctx);
void loop_before_wait(struct loop *l, loop_before_fn *fn, void *ctx);
/* The last wait returned as many events as it can: more descriptors may have been ready. */
bool loop_round_was_full(const struct loop *l);
void loop_before_wait_end(struct loop *l, loop_before_fn *fn, void *ctx);

/* Calls fn for this signal. The signal stays blocked until loop_free. */
void loop_signal(struct loop *l, int signal, loop_signal_fn *fn, void *ctx);

void loop_run(struct loop *l); /* until loop_stop, or until there is nothing to wait for */
void loop_stop(struct loop *l);

/* Runs one round: waits at most max_wait_us (-1: no limit) and calls the callbacks that are due. Returns false if no
 * callback ran; returns at once if there is nothing to wait for. */
bool loop_step(struct loop *l, int64_t max_wait_us);
