/* mock.h - a mock server that the runner starts for one run.
 *
 * Shapes:  a child process on a free port. It has its own process group, so that Ctrl-C in a terminal reaches only the
 *          runner, which still needs the mock for cleanup. mock_stop ends it; if the runner dies first, the kernel
 *          sends it SIGTERM (PR_SET_PDEATHSIG).
 * Errors:  no executable was found (ERROR_USAGE), or it did not start (ERROR_SYSTEM).
 */
#pragma once
#include "base/error.h"

struct mock;

/* Returns the path of the mock server: `flag`, else $UNDERSTUDY_TEST_MOCK, else mockserver beside this program, else
 * mockserver on PATH. NULL: none found. */
const char *mock_find(struct arena *a, const char *flag, struct error *err);

struct mock *mock_start(struct arena *a, const char *binary, const char *fixture, struct error *err);
const char *mock_url(const struct mock *m); /* http://127.0.0.1:40321 */
void mock_stop(struct mock *m);             /* SIGTERM, and SIGKILL after 3 s; m may be NULL */
