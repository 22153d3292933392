#include "base/child.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"

#define LIMIT_US INT64_C(20000000)

struct setup {
    struct loop *loop;
    struct arena arena;
    int ended;
    const char *out, *why;
};

static void store_result(void *ctx, struct str out, const char *why)
{
    struct setup *s = ctx;
    s->ended++;
    s->out = str_dup(&s->arena, out);
    s->why = why ? arena_text(&s->arena, why) : NULL;
}

static int begin(void **state)
{
    struct setup *s = calloc(1, sizeof *s);
    s->loop = loop_new();
    *state = s;
    return 0;
}

static int end(void **state)
{
    struct setup *s = *state;
    loop_free(s->loop);
    arena_end(&s->arena);
    free(s);
    return 0;
}

static struct child *start(struct setup *s, void (*run)(void *ctx, struct buf *out), int64_t limit_us)
{
    const struct child_work work = {.run = run, .ended = store_result, .ctx = s, .limit_us = limit_us};
    return child_new(s->loop, &work);
}

static void run(struct setup *s, void (*what)(void *ctx, struct buf *out), int64_t limit_us)
{
    start(s, what, limit_us);
    assert_int_equal(s->ended, 0);
    while (!s->ended)
        loop_step(s->loop, 1000000);
    assert_int_equal(s->ended, 1);
    assert_false(loop_step(s->loop, 0)); /* there is nothing to wait for */
}

static void write_much(void *ctx, struct buf *out)
{
    (void)ctx;
    for (int i = 0; i < 100000; i++)
        buf_text(out, "0123456789");
}

static void the_output_of_a_child_is_complete(void **state)
{
    struct setup *s = *state;
    run(s, write_much, LIMIT_US);
    assert_null(s->why);
    assert_int_equal(strlen(s->out), 1000000);
}

static void crash(void *ctx, struct buf *out)
{
    (void)ctx;
    buf_text(out, "half");
    signal(SIGSEGV, SIG_DFL); /* the sanitizer installs its own handler */
    raise(SIGSEGV);
}

static void a_crash_is_reported(void **state)
{
    struct setup *s = *state;
    run(s, crash, LIMIT_US);
    assert_string_equal(s->why, "killed by signal 11");
}

static void fail_early(void *ctx, struct buf *out)
{
    (void)ctx;
    (void)out;
    _exit(3);
}

static void a_nonzero_status_is_reported(void **state)
{
    struct setup *s = *state;
    run(s, fail_early, LIMIT_US);
    assert_string_equal(s->why, "exited with status 3");
}

static void hang(void *ctx, struct buf *out)
{
    (void)ctx;
    (void)out;
    for (;;)
        pause();
}

static void a_child_is_killed_after_the_time_limit(void **state)
{
    struct setup *s = *state;
    run(s, hang, 20000);
    assert_string_equal(s->why, "timed out");
}

static void a_child_can_be_killed(void **state)
{
    struct setup *s = *state;
    child_free(start(s, hang, LIMIT_US));
    assert_false(loop_step(s->loop, 0));
    assert_int_equal(s->ended, 0);
    child_free(NULL);
}

static void list_descriptors(void *ctx, struct buf *out)
{
    (void)ctx;
    for (int fd = 0; fd < 64; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            buf_printf(out, "%d ", fd);
}

/* A connection that the parent closes must end, so the child must not inherit its socket. */
static void a_child_inherits_only_the_standard_streams(void **state)
{
    struct setup *s = *state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(dup2(fds[0], 40), 40);
    run(s, list_descriptors, LIMIT_US);
    assert_string_equal(s->out, "0 1 2 3 "); /* the streams and the output pipe */
    close(fds[0]);
    close(fds[1]);
    close(40);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(the_output_of_a_child_is_complete),
        TEST(a_crash_is_reported),
        TEST(a_nonzero_status_is_reported),
        TEST(a_child_is_killed_after_the_time_limit),
        TEST(a_child_can_be_killed),
        TEST(a_child_inherits_only_the_standard_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
