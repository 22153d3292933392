#include "base/array.h"
#include "base/file.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/tests/tree.h"

/* Creates a temporary folder. */
static const char *folder(struct arena *a)
{
    char *path = arena_text(a, P_tmpdir "/file-test-XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static size_t files_in(const char *path)
{
    DIR *d = opendir(path);
    size_t count = 0;
    for (struct dirent *e; (e = readdir(d));)
        count += e->d_name[0] != '.';
    (void)closedir(d);
    return count;
}

static const char *text_of(struct arena *a, const char *path)
{
    char *text = arena_alloc(a, 100);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    (void)!fread(text, 1, 99, f);
    (void)fclose(f);
    return text;
}

static void a_file_is_written_and_replaced(void **state)
{
    const char *in = folder(*state), *path = arena_printf(*state, "%s/report", in);
    assert_true(file_can_write(path, NULL));
    assert_int_equal(files_in(in), 0);
    assert_true(file_write(path, STR("first, and longer"), NULL));
    assert_true(file_can_write(path, NULL));
    assert_string_equal(text_of(*state, path), "first, and longer");
    assert_true(file_write(path, STR("second"), NULL));
    assert_string_equal(text_of(*state, path), "second");
    assert_int_equal(files_in(in), 1);
    (void)unlink(path);
    (void)rmdir(in);
}

static void a_failed_write_is_reported_and_leaves_no_file(void **state)
{
    static const struct {
        const char *path, *why;
    } rows[] = {
        {"/no-such-folder/report", "cannot write /no-such-folder/report: No such file or directory"},
        {P_tmpdir,                 "cannot write " P_tmpdir ": Is a directory"                     },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error can = {0}, write = {0};
        assert_false(file_can_write(rows[i].path, &can));
        assert_false(file_write(rows[i].path, STR("x"), &write));
        assert_string_equal(can.first->text, rows[i].why);
        assert_string_equal(write.first->text, rows[i].why);
        error_end(&can);
        error_end(&write);
    }
    (void)state;
}

static void a_device_is_written_directly_and_a_full_one_is_reported(void **state)
{
    struct error err = {0};
    struct stat after;
    assert_true(file_can_write("/dev/full", NULL));
    assert_false(file_write("/dev/full", STR("x"), &err));
    assert_string_equal(err.first->text, "cannot write /dev/full: No space left on device");
    assert_int_equal(stat("/dev/full", &after), 0);
    assert_true(S_ISCHR(after.st_mode));
    error_end(&err);
    (void)state;
}

#define STREAMS 3

/* Returns the next descriptor in a child that was started with the streams of the mask closed. */
static int next_descriptor(unsigned closed, bool opens)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        for (int fd = 0; fd < STREAMS; fd++)
            if (closed & 1u << fd)
                close(fd);
        if (opens)
            file_open_streams();
        int ends[2];
        _exit(pipe(ends) == 0 ? ends[0] : 255);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

static void no_file_gets_the_descriptor_of_a_closed_stream(void **state)
{
    (void)state;
    for (unsigned closed = 1; closed < 1u << STREAMS; closed++) {
        assert_true(next_descriptor(closed, false) < STREAMS);
        assert_true(next_descriptor(closed, true) >= STREAMS);
    }
}

static void no_other_descriptor_stays_open(void **state)
{
    (void)state;
    assert_int_equal(next_descriptor(0, true), next_descriptor(0, false));
}

#define with_arena(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_arena(a_file_is_written_and_replaced),
        with_arena(a_failed_write_is_reported_and_leaves_no_file),
        with_arena(a_device_is_written_directly_and_a_full_one_is_reported),
        cmocka_unit_test(no_file_gets_the_descriptor_of_a_closed_stream),
        cmocka_unit_test(no_other_descriptor_stays_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
