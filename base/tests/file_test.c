#include "base/array.h"
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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

static void only_a_regular_file_is_read(void **state)
{
    const char *in = folder(*state), *pipe = arena_printf(*state, "%s/pipe", in),
               *socket_file = arena_printf(*state, "%s/socket", in), *file = arena_printf(*state, "%s/file", in);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_file);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_true(file_write(file, STR("text"), NULL));
    const struct {
        const char *path, *why;
    } rows[] = {
        {pipe,            "Is a pipe; expected a regular file"      },
        {socket_file,     "Is a socket; expected a regular file"    },
        {"/dev/zero",     "Is a device; expected a regular file"    },
        {"/dev/full",     "Is a device; expected a regular file"    },
        {in,              "Is a directory"                          },
        {"-",             "No such file; standard input is not read"},
        {"/no/such/file", "No such file or directory"               },
        {file,            NULL                                      },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *why;
        size_t n;
        char *text = file_read(rows[i].path, 100, &n, &why);
        if (!rows[i].why != !why || (why && strcmp(why, rows[i].why) != 0))
            fail_msg("%s: %s", rows[i].path, why ? why : "it was read");
        assert_int_equal(!text, why != NULL);
        assert_int_equal(!file_why_unreadable(rows[i].path), !why);
        heap_free(text);
    }
    (void)close(fd);
    (void)!unlink(pipe), (void)!unlink(socket_file), (void)!unlink(file), (void)!rmdir(in);
}

/* A write to a pipe waits for its reader, but the opening does not. */
static void a_pipe_without_a_reader_is_refused_and_one_with_a_slow_reader_is_written_whole(void **state)
{
    enum { TEXT_BYTES = 300000 };
    const char *in = folder(*state), *pipe = arena_printf(*state, "%s/pipe", in);
    struct error err = {0};
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_false(file_can_write(pipe, &err));
    assert_string_equal(err.first->text, arena_printf(*state, "cannot write %s: no program reads this pipe", pipe));
    error_end(&err);
    pid_t reader = fork();
    if (reader == 0) {
        static char bytes[4096];
        size_t total = 0;
        int fd = open(pipe, O_RDONLY);
        (void)usleep(50000);
        for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;)
            total += (size_t)n;
        _exit(total == TEXT_BYTES ? 0 : 1);
    }
    char *text = arena_alloc(*state, TEXT_BYTES);
    memset(text, 'x', TEXT_BYTES);
    int status;
    while (!file_write(pipe, str_of(text, TEXT_BYTES), NULL))
        (void)usleep(1000); /* until the reader has opened it */
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_int_equal(status, 0);
    (void)unlink(pipe), (void)rmdir(in);
}

static void a_write_beyond_the_size_limit_is_an_error_and_leaves_no_file(void **state)
{
    const char *in = folder(*state), *path = arena_printf(*state, "%s/report", in);
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct error err = {0};
        char text[5000] = {0};
        const struct rlimit limit = {4096, 4096};
        file_open_streams();
        (void)setrlimit(RLIMIT_FSIZE, &limit);
        bool ok = file_write(path, str_of(text, sizeof text), &err);
        _exit(!ok && strcmp(err.first->text, arena_printf(&err.arena, "cannot write %s: File too large", path)) == 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(files_in(in), 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    (void)rmdir(in);
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
        with_arena(only_a_regular_file_is_read),
        with_arena(a_pipe_without_a_reader_is_refused_and_one_with_a_slow_reader_is_written_whole),
        with_arena(a_write_beyond_the_size_limit_is_an_error_and_leaves_no_file),
        cmocka_unit_test(no_file_gets_the_descriptor_of_a_closed_stream),
        cmocka_unit_test(no_other_descriptor_stays_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
