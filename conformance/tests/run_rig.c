#include "conformance/tests/run_rig.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void serve(void *shared, served_fn *handle, int port_pipe)
{
    struct loop *l = loop_new();
    struct server_options options = {.address = "127.0.0.1",
                                     .body_max = 1u << 20,
                                     .idle_timeout_s = 60,
                                     .connections_max = 64,
                                     .handle = handle,
                                     .ctx = shared};
    struct server *server = server_new(l, &options, NULL);
    int port = server ? server_port(server) : 0;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && write(port_pipe, &port, sizeof port) == sizeof port)
        loop_run(l);
    _exit(0);
}

bool served_start(struct served *s, size_t size, served_fn *handle)
{
    int ends[2];
    *s = (struct served){.size = size};
    s->shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s->shared == MAP_FAILED || pipe(ends) != 0)
        return false;
    s->pid = fork();
    if (s->pid == 0)
        serve(s->shared, handle, ends[1]);
    close(ends[1]);
    bool started = read(ends[0], &s->port, sizeof s->port) == sizeof s->port && s->port;
    close(ends[0]);
    return started;
}

void served_stop(struct served *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    munmap(s->shared, s->size);
}

struct target served_target(struct arena *a, const struct served *s)
{
    return (struct target){
        .name = "test",
        .base_url = arena_printf(a, "http://127.0.0.1:%d", s->port),
        .mount = "",
        .header = "Authorization",
        .header_prefix = "Bearer ",
        .resources = node_new_map(a, NULL, 0),
    };
}

static bool has_every_capability(const void *ctx, const char *capability)
{
    (void)ctx;
    (void)capability;
    return true;
}

bool rig_run(struct arena *a, const char *path, const struct target *target, const struct run_options *options,
             struct run *out, struct error *err)
{
    struct suite suite;
    struct plan plan;
    return suite_load(a, &path, 1, &suite, err) &&
           plan_make(a, &suite, &(struct selection){0}, has_every_capability, NULL, &plan, err) &&
           run_plan(a, &plan, target, options, out, err);
}
