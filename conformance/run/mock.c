#include "conformance/run/mock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/time.h"

#define NAME     "mockserver"
#define READY_MS 10000
#define STOP_MS  3000

struct mock {
    pid_t child;
    int out; /* its stdout: one line when it is ready, closed when it ends */
    const char *url;
};

/* --- which binary ------------------------------------------------------------------------- */

static bool can_run(const char *path)
{
    return access(path, X_OK) == 0;
}

static const char *find_beside_self(struct arena *a)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return NULL;
    self[n] = '\0';
    char *slash = strrchr(self, '/');
    const char *path = arena_printf(a, "%.*s/" NAME, slash ? (int)(slash - self) : 0, self);
    return can_run(path) ? path : NULL;
}

static const char *find_on_path(struct arena *a)
{
    struct str path = str_from(getenv("PATH"));
    while (path.n) {
        struct str folder = str_cut(&path, ':');
        const char *file = arena_printf(a, STR_FMT "/" NAME, STR_ARG(folder));
        if (folder.n && can_run(file))
            return file;
    }
    return NULL;
}

const char *mock_find(struct arena *a, const char *flag, struct error *err)
{
    const char *given = flag ? flag : getenv("UNDERSTUDY_TEST_MOCK"), *found = NULL;
    if (given && !can_run(given))
        error_add(err, ERROR_USAGE, (struct where){0}, "'%s' is not an executable file", given);
    else if (given)
        found = given;
    else if (!(found = find_beside_self(a)) && !(found = find_on_path(a)))
        error_add(err, ERROR_USAGE, (struct where){0},
                  NAME " was not found beside this program or on PATH; give its path with --mock-binary");
    return found;
}

/* --- the child ---------------------------------------------------------------------------- */

static void exec_mock(pid_t parent, char *const *argv, int out)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    dup2(out, STDOUT_FILENO);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent) /* else the parent died before prctl took effect */
        execv(argv[0], argv);
    _exit(127);
}

static bool spawn(struct mock *m, char *const *argv)
{
    int ends[2];
    pid_t parent = getpid();
    if (pipe(ends) != 0)
        return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    m->child = fork();
    if (m->child == 0)
        exec_mock(parent, argv, ends[1]);
    close(ends[1]);
    m->out = ends[0];
    return m->child > 0;
}

/* Waits until fd is readable or closed. Returns false on timeout. */
static bool wait_readable(int fd, int64_t until_us)
{
    for (;;) {
        int64_t left_ms = (until_us - time_monotonic_us() + 999) / 1000;
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int n = left_ms > 0 ? poll(&p, 1, (int)left_ms) : 0;
        if (n >= 0 || errno != EINTR)
            return n > 0;
    }
}

static bool read_line(struct mock *m, struct buf *line)
{
    int64_t until_us = time_monotonic_us() + (int64_t)READY_MS * 1000;
    while (wait_readable(m->out, until_us)) {
        char bytes[1024];
        ssize_t n = read(m->out, bytes, sizeof bytes);
        if (n <= 0)
            return false;
        buf_add(line, str_of(bytes, (size_t)n));
        if (memchr(bytes, '\n', (size_t)n))
            return true;
    }
    return false;
}

struct mock *mock_start(struct arena *a, const char *binary, const char *fixture, struct error *err)
{
    struct mock *m = arena_new(a, struct mock);
    struct buf line = {.arena = a};
    char *argv[] = {arena_text(a, binary),
                    arena_text(a, "--port"),
                    arena_text(a, "0"),
                    arena_text(a, "--log"),
                    arena_text(a, "warn"),
                    fixture ? arena_text(a, "--fixture") : NULL,
                    fixture ? arena_text(a, fixture) : NULL,
                    NULL};
    if (!spawn(m, argv)) {
        error_add(err, ERROR_SYSTEM, (struct where){0}, "the mock server '%s' cannot be started", binary);
        return NULL;
    }
    bool ready = read_line(m, &line);
    const struct node *reply = ready ? json_parse(a, str_trim(buf_str(&line)), binary, NULL) : NULL;
    m->url = node_get_text(reply, "url");
    if (m->url)
        return m;
    error_add(err, ERROR_SYSTEM, (struct where){0},
              ready ? "the mock server '%s' started, but did not print its URL"
                    : "the mock server '%s' did not start; its messages are above",
              binary);
    mock_stop(m);
    return NULL;
}

const char *mock_url(const struct mock *m)
{
    return m->url;
}

/* Reads and discards the output, so that the child cannot block on a full pipe. */
static bool wait_for_end(int fd, int64_t until_us)
{
    char bytes[4096];
    while (wait_readable(fd, until_us))
        if (read(fd, bytes, sizeof bytes) <= 0)
            return true;
    return false;
}

void mock_stop(struct mock *m)
{
    if (!m)
        return;
    kill(m->child, SIGTERM);
    if (!wait_for_end(m->out, time_monotonic_us() + (int64_t)STOP_MS * 1000))
        kill(m->child, SIGKILL);
    close(m->out);
    while (waitpid(m->child, NULL, 0) < 0 && errno == EINTR)
        ;
}
