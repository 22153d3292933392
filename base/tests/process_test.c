#include "base/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define STREAMS 3

/* The descriptor that a child gets next which was started with the streams of the mask closed. */
static int next_descriptor(unsigned closed, bool opens)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        for (int fd = 0; fd < STREAMS; fd++)
            if (closed & 1u << fd)
                close(fd);
        if (opens)
            process_open_streams();
        int ends[2];
        _exit(pipe(ends) == 0 ? ends[0] : 255);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

static void a_closed_stream_is_never_taken_by_another_file(void **state)
{
    (void)state;
    for (unsigned closed = 1; closed < 1u << STREAMS; closed++) {
        assert_true(next_descriptor(closed, false) < STREAMS);
        assert_true(next_descriptor(closed, true) >= STREAMS);
    }
}

static void nothing_stays_open_beside_the_streams(void **state)
{
    (void)state;
    assert_int_equal(next_descriptor(0, true), next_descriptor(0, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_stream_is_never_taken_by_another_file),
        cmocka_unit_test(nothing_stays_open_beside_the_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
