/* mock.h - a mock server started for one run.
 *
 * Shapes:  a child process on a port of its own, in a process group of its own (a terminal's
 *          interrupt reaches the runner only, which still needs it). Its end is certain: mock_stop,
 *          and, if the runner dies without, the kernel's parent-death signal (PR_SET_PDEATHSIG),
 *          set between fork and exec.
 * Errors:  no binary, or one that does not start (ERROR_SYSTEM).
 */
#pragma once
#include "base/error.h"

struct mock;

/* The first there is: `flag`, $UNDERSTUDY_TEST_MOCK, mockserver beside our own executable, on
 * PATH. */
const char *mock_find(struct arena *a, const char *flag, struct error *err);

struct mock *mock_start(struct arena *a, const char *binary, const char *fixture,
                        struct error *err);
const char *mock_url(const struct mock *m); /* http://127.0.0.1:40321 */
void mock_stop(struct mock *m);             /* NULL is fine. SIGTERM, and SIGKILL after 3 s */
