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
            process_open_streams();
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_file_gets_the_descriptor_of_a_closed_stream),
        cmocka_unit_test(no_other_descriptor_stays_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
