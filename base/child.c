#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/time.h"

#define OUTPUT_FD (STDERR_FILENO + 1)
#define READ_SIZE (64u << 10)

struct child {
    struct loop *loop;
    struct child_work work;
    pid_t pid; /* 0: none */
    int fd;    /* -1: none */
    uint64_t timer;
    const char *why;
    struct arena arena;
    struct buf out;
};

static void write_all(int fd, struct str text)
{
    while (text.n) {
        ssize_t n = write(fd, text.s, text.n);
        if (n < 0 && errno != EINTR)
            _exit(1);
        text = str_skip(text, n > 0 ? (size_t)n : 0);
    }
}

static _Noreturn void child_main(const struct child_work *work, int fd, pid_t parent)
{
    struct arena a = {0};
    struct buf out = {.arena = &a};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(fd, OUTPUT_FD) < 0)
        _exit(1);
    closefrom(OUTPUT_FD + 1); /* an inherited socket would keep its connection open */
    work->run(work->ctx, &out);
    write_all(OUTPUT_FD, buf_str(&out));
    _exit(0);
}

/* Does not block for long: the child has closed its output or was killed. */
static void reap(struct child *c)
{
    int status = 0;
    while (c->pid && waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    c->pid = 0;
    if (!c->why && WIFSIGNALED(status))
        c->why = arena_printf(&c->arena, "killed by signal %d", WTERMSIG(status));
    else if (!c->why && status)
        c->why = arena_printf(&c->arena, "exited with status %d", WEXITSTATUS(status));
}

static void release(struct child *c)
{
    loop_timer_cancel(c->loop, c->timer);
    if (c->fd >= 0) {
        loop_unwatch(c->loop, c->fd);
        close(c->fd);
    }
    arena_end(&c->arena);
    heap_free(c);
}

static void end(struct child *c)
{
    reap(c);
    c->work.ended(c->work.ctx, buf_str(&c->out), c->why);
    release(c);
}

static void on_output(void *ctx, int fd, int events)
{
    struct child *c = ctx;
    ssize_t n;
    (void)events;
    while ((n = read(fd, buf_reserve(&c->out, READ_SIZE), READ_SIZE)) > 0)
        c->out.n += (size_t)n;
    if (n == 0)
        end(c);
}

static void on_timeout(void *ctx)
{
    struct child *c = ctx;
    c->timer = 0;
    c->why = "timed out";
    kill(c->pid, SIGKILL);
    end(c);
}

static void give_up(void *ctx)
{
    struct child *c = ctx;
    c->timer = 0;
    end(c);
}

static bool start(struct child *c)
{
    int fds[2];
    pid_t parent = getpid();
    if (pipe(fds) != 0)
        return false;
    c->pid = fork();
    if (c->pid == 0)
        child_main(&c->work, fds[1], parent);
    close(fds[1]);
    if (c->pid < 0) {
        c->pid = 0;
        close(fds[0]);
        return false;
    }
    c->fd = fds[0];
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    fcntl(c->fd, F_SETFD, FD_CLOEXEC);
    return true;
}

struct child *child_new(struct loop *l, const struct child_work *work)
{
    struct child *c = heap_new(sizeof *c);
    *c = (struct child){.loop = l, .work = *work, .fd = -1};
    c->out.arena = &c->arena;
    if (start(c)) {
        loop_watch(l, c->fd, LOOP_READ, on_output, c);
        c->timer = loop_timer(l, time_monotonic_us() + work->limit_us, on_timeout, c);
    } else {
        c->why = arena_text(&c->arena, strerror(errno));
        c->timer = loop_timer(l, time_monotonic_us(), give_up, c);
    }
    return c;
}

void child_free(struct child *c)
{
    if (!c)
        return;
    if (c->pid)
        kill(c->pid, SIGKILL);
    reap(c);
    release(c);
}
