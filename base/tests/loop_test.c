#include "base/loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"

#define HOUR_US (3600LL * 1000 * 1000)

/* Each callback appends a letter. */
struct trace {
    struct loop *loop;
    char text[64];
    size_t n;
    uint64_t victim; /* a timer to cancel */
    int other;       /* a descriptor to drop */
};

static void note(struct trace *t, char c)
{
    assert_true(t->n + 1 < sizeof t->text);
    t->text[t->n++] = c;
    t->text[t->n] = '\0';
}

static int start(void **state)
{
    struct trace *t = calloc(1, sizeof *t);
    t->loop = loop_new();
    *state = t;
    return 0;
}

static int stop(void **state)
{
    struct trace *t = *state;
    loop_free(t->loop);
    free(t);
    return 0;
}

/* timers */

static void note_a(void *ctx)
{
    note(ctx, 'a');
}

static void note_b(void *ctx)
{
    note(ctx, 'b');
}

static void note_c(void *ctx)
{
    note(ctx, 'c');
}

static void timers_fire_in_the_order_of_their_time(void **state)
{
    struct trace *t = *state;
    loop_timer(t->loop, 3, note_c, t);
    loop_timer(t->loop, 1, note_a, t);
    loop_timer(t->loop, 2, note_b, t);
    loop_timer(t->loop, 1, note_b, t); /* the same time as a, but created later */
    assert_true(loop_step(t->loop, -1));
    assert_string_equal(t->text, "abbc");
    assert_false(loop_step(t->loop, -1));
}

static void a_timer_waits_for_its_time(void **state)
{
    struct trace *t = *state;
    int64_t begun = time_monotonic_us();
    loop_timer(t->loop, begun + 3000, note_a, t);
    loop_timer(t->loop, begun + HOUR_US, note_b, t);
    assert_false(loop_step(t->loop, 0));
    while (t->n == 0)
        loop_step(t->loop, -1);
    assert_true(time_monotonic_us() - begun >= 3000);
    assert_string_equal(t->text, "a");
}

static void a_cancelled_timer_does_not_fire(void **state)
{
    struct trace *t = *state;
    loop_timer(t->loop, 1, note_a, t);
    uint64_t id = loop_timer(t->loop, 2, note_b, t);
    loop_timer(t->loop, 3, note_c, t);
    loop_timer_cancel(t->loop, id);
    loop_timer_cancel(t->loop, id);
    loop_timer_cancel(t->loop, 0);
    loop_timer_cancel(t->loop, UINT64_MAX);
    loop_step(t->loop, -1);
    assert_string_equal(t->text, "ac");
}

static void the_id_of_a_fired_timer_cancels_no_newer_timer(void **state)
{
    struct trace *t = *state;
    uint64_t id = loop_timer(t->loop, 1, note_a, t);
    loop_step(t->loop, -1);
    assert_true(loop_timer(t->loop, 1, note_b, t) != id);
    loop_timer_cancel(t->loop, id);
    loop_step(t->loop, -1);
    assert_string_equal(t->text, "ab");
}

static void cancel_victim(void *ctx)
{
    struct trace *t = ctx;
    loop_timer_cancel(t->loop, t->victim);
    note(t, 'x');
}

static void a_timer_may_cancel_another_due_timer(void **state)
{
    struct trace *t = *state;
    loop_timer(t->loop, 1, cancel_victim, t);
    t->victim = loop_timer(t->loop, 1, note_a, t);
    loop_step(t->loop, -1);
    assert_string_equal(t->text, "x");
}

static void renew(void *ctx)
{
    struct trace *t = ctx;
    note(t, 'r');
    loop_timer(t->loop, 1, renew, t);
}

static void a_timer_that_renews_itself_fires_once_a_round(void **state)
{
    struct trace *t = *state;
    loop_timer(t->loop, 1, renew, t);
    loop_step(t->loop, -1);
    loop_step(t->loop, -1);
    assert_string_equal(t->text, "rr");
}

enum { MANY = 2000 };

struct many {
    int64_t last;
    size_t fired;
    struct {
        struct many *all;
        int64_t at;
        uint64_t id;
        bool cancelled;
    } timers[MANY];
};

static void fire_one_of_many(void *ctx)
{
    struct many *all = *(struct many **)ctx;
    size_t i = (size_t)((char *)ctx - (char *)all->timers) / sizeof all->timers[0];
    assert_false(all->timers[i].cancelled);
    assert_true(all->timers[i].at >= all->last);
    all->last = all->timers[i].at;
    all->fired++;
}

static void many_timers_stay_in_order_when_every_third_is_cancelled(void **state)
{
    struct trace *t = *state;
    struct many *all = calloc(1, sizeof *all);
    uint32_t random = 1;
    for (size_t i = 0; i < MANY; i++) {
        random = random * 1664525u + 1013904223u;
        all->timers[i].all = all;
        all->timers[i].at = random >> 22; /* many are equal */
        all->timers[i].id = loop_timer(t->loop, all->timers[i].at, fire_one_of_many, &all->timers[i]);
    }
    size_t cancelled = 0;
    for (size_t i = 0; i < MANY; i += 3, cancelled++) {
        all->timers[i].cancelled = true;
        loop_timer_cancel(t->loop, all->timers[i].id);
    }
    while (loop_step(t->loop, -1))
        ;
    assert_int_equal(all->fired, MANY - cancelled);
    free(all);
}

/* descriptors */

static void read_a_byte(void *ctx, int fd, int events)
{
    char c = '?';
    assert_true(events & LOOP_READ);
    assert_int_equal(read(fd, &c, 1), 1);
    note(ctx, c);
}

static void note_write(void *ctx, int fd, int events)
{
    struct trace *t = ctx;
    assert_int_equal(events, LOOP_WRITE);
    note(t, 'w');
    loop_unwatch(t->loop, fd);
}

static void open_pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
}

static void close_pair(int fds[2])
{
    close(fds[0]);
    close(fds[1]);
}

static void a_descriptor_is_reported_readable_and_writable(void **state)
{
    struct trace *t = *state;
    int fds[2];
    open_pair(fds);
    loop_watch(t->loop, fds[0], LOOP_READ, read_a_byte, t);
    assert_false(loop_step(t->loop, 0));
    assert_int_equal(write(fds[1], "r", 1), 1);
    assert_true(loop_step(t->loop, -1));
    loop_watch(t->loop, fds[0], LOOP_WRITE, note_write, t); /* replaces the watch */
    assert_true(loop_step(t->loop, -1));
    assert_false(loop_step(t->loop, -1)); /* the callback unwatched the descriptor */
    assert_string_equal(t->text, "rw");
    close_pair(fds);
}

static void note_hangup(void *ctx, int fd, int events)
{
    struct trace *t = ctx;
    assert_true(events & LOOP_HANGUP);
    note(t, 'h');
    loop_unwatch(t->loop, fd);
}

static void a_hangup_is_reported_without_reading(void **state)
{
    struct trace *t = *state;
    int fds[2];
    open_pair(fds);
    loop_watch(t->loop, fds[0], LOOP_HANGUP, note_hangup, t);
    assert_int_equal(write(fds[1], "r", 1), 1);
    assert_false(loop_step(t->loop, 0));
    assert_int_equal(shutdown(fds[1], SHUT_WR), 0);
    assert_true(loop_step(t->loop, -1));
    assert_string_equal(t->text, "h");
    close_pair(fds);
}

static void drop_other(void *ctx, int fd, int events)
{
    struct trace *t = ctx;
    (void)events;
    loop_unwatch(t->loop, t->other == fd ? t->other - 1 : t->other);
    loop_unwatch(t->loop, fd);
    note(t, 'd');
}

static void a_callback_may_unwatch_another_ready_descriptor(void **state)
{
    struct trace *t = *state;
    int ends[2] = {dup(STDOUT_FILENO), dup(STDOUT_FILENO)};
    close_pair(ends);
    open_pair(ends); /* two adjacent descriptors */
    t->other = ends[1];
    assert_int_equal(ends[1], ends[0] + 1);
    loop_watch(t->loop, ends[0], LOOP_WRITE, drop_other, t);
    loop_watch(t->loop, ends[1], LOOP_WRITE, drop_other, t);
    assert_true(loop_step(t->loop, -1));
    assert_string_equal(t->text, "d");
    assert_false(loop_step(t->loop, -1));
    close_pair(ends);
}

static void reopen_other(void *ctx, int fd, int events)
{
    struct trace *t = ctx;
    (void)events;
    int number = t->other, fds[2];
    loop_unwatch(t->loop, fd);
    loop_unwatch(t->loop, number);
    open_pair(fds);
    assert_int_equal(dup2(fds[0], number), number);
    close_pair(fds);
    loop_watch(t->loop, number, LOOP_READ, read_a_byte, t); /* has nothing to read */
    note(t, 'o');
}

static void a_reopened_descriptor_gets_no_event_of_the_old_one(void **state)
{
    struct trace *t = *state;
    int first[2], second[2];
    open_pair(first);
    open_pair(second);
    t->other = second[0];
    assert_int_equal(write(first[1], "1", 1), 1);
    assert_int_equal(write(second[1], "2", 1), 1);
    loop_watch(t->loop, first[0], LOOP_READ, reopen_other, t);
    loop_watch(t->loop, second[0], LOOP_READ, read_a_byte, t);
    assert_true(loop_step(t->loop, -1));
    assert_string_equal(t->text, "o");
    loop_unwatch(t->loop, second[0]);
    close_pair(first);
    close_pair(second);
}

static void a_descriptor_closed_and_reopened_can_be_watched_again(void **state)
{
    struct trace *t = *state;
    int fds[2], again[2];
    open_pair(fds);
    loop_watch(t->loop, fds[0], LOOP_READ, read_a_byte, t);
    close_pair(fds);
    open_pair(again);
    assert_int_equal(again[0], fds[0]);
    loop_watch(t->loop, again[0], LOOP_READ, read_a_byte, t);
    assert_int_equal(write(again[1], "n", 1), 1);
    assert_true(loop_step(t->loop, -1));
    assert_string_equal(t->text, "n");
    close_pair(again);
}

/* waiting */

static int64_t at_most_a_millisecond(void *ctx)
{
    note(ctx, 'h');
    return 1000;
}

static void a_hook_limits_the_wait_until_it_is_removed(void **state)
{
    struct trace *t = *state;
    loop_before_wait(t->loop, at_most_a_millisecond, t);
    assert_false(loop_step(t->loop, -1));
    loop_before_wait_end(t->loop, at_most_a_millisecond, t);
    assert_false(loop_step(t->loop, -1));
    assert_string_equal(t->text, "h");
}

static void stop_loop(void *ctx)
{
    struct trace *t = ctx;
    note(t, 's');
    loop_stop(t->loop);
}

static void a_run_ends_when_it_is_stopped(void **state)
{
    struct trace *t = *state;
    loop_timer(t->loop, 1, note_a, t);
    loop_timer(t->loop, 2, stop_loop, t);
    loop_timer(t->loop, time_monotonic_us() + HOUR_US, note_b, t);
    loop_run(t->loop);
    assert_string_equal(t->text, "as");
}

static void a_run_ends_when_there_is_nothing_to_wait_for(void **state)
{
    struct trace *t = *state;
    loop_timer(t->loop, 1, note_a, t);
    loop_run(t->loop);
    assert_string_equal(t->text, "a");
}

/* signals */

static void note_signal(void *ctx, int signal)
{
    struct trace *t = ctx;
    note(t, signal == SIGUSR1 ? '1' : '2');
}

static bool is_blocked(int signal)
{
    sigset_t now;
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    return sigismember(&now, signal) == 1;
}

static void signals_call_their_handlers(void **state)
{
    struct trace *t = *state;
    loop_signal(t->loop, SIGUSR1, note_signal, t);
    loop_signal(t->loop, SIGUSR2, note_signal, t);
    raise(SIGUSR2);
    loop_step(t->loop, -1);
    raise(SIGUSR1);
    loop_step(t->loop, -1);
    assert_string_equal(t->text, "21");
}

static void freeing_a_loop_restores_the_signal_mask(void **state)
{
    (void)state;
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &held, NULL);
    struct trace t = {.loop = loop_new()};
    loop_signal(t.loop, SIGUSR1, note_signal, &t);
    loop_signal(t.loop, SIGUSR2, note_signal, &t);
    assert_true(is_blocked(SIGUSR1));
    raise(SIGUSR1); /* not read: must not be delivered when unblocked */
    loop_free(t.loop);
    assert_false(is_blocked(SIGUSR1));
    assert_true(is_blocked(SIGUSR2));
    pthread_sigmask(SIG_UNBLOCK, &held, NULL);
    assert_int_equal(t.n, 0);
}

#define with_loop(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_loop(timers_fire_in_the_order_of_their_time),
        with_loop(a_timer_waits_for_its_time),
        with_loop(a_cancelled_timer_does_not_fire),
        with_loop(the_id_of_a_fired_timer_cancels_no_newer_timer),
        with_loop(a_timer_may_cancel_another_due_timer),
        with_loop(a_timer_that_renews_itself_fires_once_a_round),
        with_loop(many_timers_stay_in_order_when_every_third_is_cancelled),
        with_loop(a_descriptor_is_reported_readable_and_writable),
        with_loop(a_hangup_is_reported_without_reading),
        with_loop(a_callback_may_unwatch_another_ready_descriptor),
        with_loop(a_reopened_descriptor_gets_no_event_of_the_old_one),
        with_loop(a_descriptor_closed_and_reopened_can_be_watched_again),
        with_loop(a_hook_limits_the_wait_until_it_is_removed),
        with_loop(a_run_ends_when_it_is_stopped),
        with_loop(a_run_ends_when_there_is_nothing_to_wait_for),
        with_loop(signals_call_their_handlers),
        cmocka_unit_test(freeing_a_loop_restores_the_signal_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
