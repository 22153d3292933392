#include "base/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"

#define PATIENCE_US INT64_C(5000000)

struct setup {
    struct loop *loop;
    struct watch *watch;
    int notified;
    int64_t told_us;
    char folder[32];
    struct arena arena;
};

static void count(void *ctx)
{
    struct setup *s = ctx;
    s->notified++;
    s->told_us = time_monotonic_us();
}

static const char *in(struct setup *s, const char *name)
{
    return arena_printf(&s->arena, "%s/%s", s->folder, name);
}

static void put(struct setup *s, const char *name, const char *text)
{
    FILE *f = fopen(in(s, name), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void link_to(struct setup *s, const char *target, const char *name)
{
    assert_int_equal(symlink(target, in(s, name)), 0);
}

static void move(struct setup *s, const char *from, const char *to)
{
    assert_int_equal(rename(in(s, from), in(s, to)), 0);
}

static void watch(struct setup *s, const char *name)
{
    const char *path = in(s, name);
    assert_true(watch_files(s->watch, &path, 1, NULL));
}

static int begin(void **state)
{
    struct setup *s = calloc(1, sizeof *s);
    strcpy(s->folder, "/tmp/watch_test.XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    s->loop = loop_new();
    s->watch = watch_new(s->loop, count, s, NULL);
    assert_non_null(s->watch);
    *state = s;
    return 0;
}

static int end(void **state)
{
    struct setup *s = *state;
    watch_free(s->watch);
    loop_free(s->loop);
    int left = system(arena_printf(&s->arena, "rm -r %s", s->folder));
    arena_end(&s->arena);
    free(s);
    return left;
}

/* Exactly once, and only after the quiet time. */
static void assert_notified_once(struct setup *s)
{
    int64_t began_us = time_monotonic_us();
    int before = s->notified;
    while (s->notified == before && time_monotonic_us() - began_us < PATIENCE_US)
        loop_step(s->loop, 10000);
    assert_int_equal(s->notified, before + 1);
    assert_true(s->told_us - began_us >= WATCH_QUIET_US / 2);
    loop_step(s->loop, 0);
    assert_int_equal(s->notified, before + 1);
}

static void assert_not_notified(struct setup *s)
{
    int before = s->notified;
    int64_t until_us = time_monotonic_us() + 2 * WATCH_QUIET_US;
    while (time_monotonic_us() < until_us)
        loop_step(s->loop, 10000);
    assert_int_equal(s->notified, before);
}

static void a_written_file_is_reported_once(void **state)
{
    struct setup *s = *state;
    put(s, "a", "1");
    watch(s, "a");
    put(s, "a", "2");
    put(s, "a", "3");
    assert_notified_once(s);
    put(s, "a", "4");
    assert_notified_once(s);
}

static void other_files_of_the_directory_are_ignored(void **state)
{
    struct setup *s = *state;
    put(s, "a", "1");
    watch(s, "a");
    put(s, "b", "1");
    put(s, "aa", "1");
    move(s, "b", "c");
    assert_not_notified(s);
}

static void a_file_may_be_replaced_repeatedly(void **state)
{
    struct setup *s = *state;
    put(s, "a", "1");
    watch(s, "a");
    for (int i = 0; i < 3; i++) {
        put(s, "new", "2");
        move(s, "new", "a");
        assert_notified_once(s);
    }
    assert_int_equal(system(arena_printf(&s->arena, "sed -i s/2/3/ %s", in(s, "a"))), 0);
    assert_notified_once(s);
}

static void a_missing_file_is_reported_when_created(void **state)
{
    struct setup *s = *state;
    watch(s, "late/a");
    assert_int_equal(mkdir(in(s, "late"), 0700), 0);
    assert_notified_once(s);
    put(s, "late/a", "1");
    assert_notified_once(s);
    assert_int_equal(unlink(in(s, "late/a")), 0);
    assert_notified_once(s);
    put(s, "late/a", "1");
    assert_notified_once(s);
}

/* Like a Kubernetes volume: a is a link to ..data/a, and ..data is replaced atomically. */
static void a_link_on_the_path_may_change_its_target(void **state)
{
    struct setup *s = *state;
    assert_int_equal(mkdir(in(s, "..1"), 0700), 0);
    assert_int_equal(mkdir(in(s, "..2"), 0700), 0);
    put(s, "..1/a", "1");
    put(s, "..2/a", "2");
    link_to(s, "..1", "..data");
    link_to(s, "..data/a", "a");
    watch(s, "a");
    link_to(s, "..2", "..data_tmp");
    move(s, "..data_tmp", "..data");
    assert_notified_once(s);
    put(s, "..2/a", "3"); /* was not watched before */
    assert_notified_once(s);
    put(s, "..1/a", "3"); /* is no longer watched */
    assert_not_notified(s);
}

static void a_directory_may_be_replaced(void **state)
{
    struct setup *s = *state;
    assert_int_equal(mkdir(in(s, "d"), 0700), 0);
    put(s, "d/a", "1");
    watch(s, "d/a");
    move(s, "d", "old");
    assert_notified_once(s);
    assert_int_equal(mkdir(in(s, "d"), 0700), 0);
    put(s, "d/a", "2");
    assert_notified_once(s);
    put(s, "d/a", "3");
    assert_notified_once(s);
}

static void a_cycle_of_links_is_accepted(void **state)
{
    struct setup *s = *state;
    link_to(s, "b", "a");
    link_to(s, "a", "b");
    watch(s, "a");
    assert_int_equal(unlink(in(s, "b")), 0);
    put(s, "b", "1");
    assert_notified_once(s);
}

static void only_the_last_paths_are_watched(void **state)
{
    struct setup *s = *state;
    assert_int_equal(mkdir(in(s, "d"), 0700), 0);
    watch(s, "d/a");
    watch(s, "b");
    put(s, "d/a", "1");
    assert_not_notified(s);
    put(s, "b", "1");
    assert_notified_once(s);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_written_file_is_reported_once),
        TEST(other_files_of_the_directory_are_ignored),
        TEST(a_file_may_be_replaced_repeatedly),
        TEST(a_missing_file_is_reported_when_created),
        TEST(a_link_on_the_path_may_change_its_target),
        TEST(a_directory_may_be_replaced),
        TEST(a_cycle_of_links_is_accepted),
        TEST(only_the_last_paths_are_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
