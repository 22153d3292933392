#include "mockserver/serve.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/time.h"
#include "mockserver/dialects/dialects.h"

#define BODY_MAX        (16u << 20)
#define IDLE_TIMEOUT_S  60
#define CONNECTIONS_MAX 1000
#define QUIESCE_US      INT64_C(5000000)
#define LOOK_AGAIN_US   INT64_C(10000) /* while answers under way are waited for */

struct service {
    struct loop *loop;
    struct mock *mock;
    struct server *server, *admin; /* admin NULL: no port of its own */
    int64_t ends_us;               /* 0: serving */
};

static struct server *open_port(const struct service *s, const struct options *o, int64_t port,
                                void (*handle)(void *ctx, struct exchange *x), struct error *err)
{
    const struct server_options options = {
        .address = o->listen,
        .port = (int)port,
        .body_max = BODY_MAX,
        .idle_timeout_s = IDLE_TIMEOUT_S,
        .connections_max = CONNECTIONS_MAX,
        .handle = handle,
        .refuse = mock_refuse,
        .done = mock_done,
        .ctx = s->mock,
    };
    return server_new(s->loop, &options, err);
}

/* Where a client on this machine finds a port; any address at all is reached over loopback. */
static const char *url_of(struct arena *a, const char *address, const struct server *server)
{
    bool six = strchr(address, ':');
    if (!strcmp(address, "0.0.0.0"))
        address = "127.0.0.1";
    else if (!strcmp(address, "::"))
        address = "::1";
    return arena_printf(a, "http://%s%s%s:%d", six ? "[" : "", address, six ? "]" : "",
                        server_port(server));
}

static void print_ready(const struct service *s, const struct options *o)
{
    struct arena *a = o->arena;
    struct buf line = {.arena = a};
    struct json w = json_begin(&line, 0);
    json_open_map(&w);
    json_put_bool(&w, "ready", true);
    json_put_text(&w, "url", s->mock->url);
    json_key(&w, "bases");
    json_open_map(&w);
    for (size_t i = 0; i < dialect_count; i++)
        json_put_text(
            &w, dialects[i]->name,
            arena_printf(a, "%s%s%s", s->mock->url, dialects[i]->mount, dialects[i]->base));
    json_close_map(&w);
    if (s->admin)
        json_put_text(&w, "admin", url_of(a, o->listen, s->admin));
    json_put_int(&w, "pid", getpid());
    json_close_map(&w);
    if (puts(buf_c(&line)) == EOF || fflush(stdout) == EOF)
        log_line(LOG_WARN, "nobody reads stdout: serving at %s", s->mock->url);
}

static void look_whether_idle(void *ctx)
{
    struct service *s = ctx;
    size_t in_flight = server_in_flight(s->server) + (s->admin ? server_in_flight(s->admin) : 0);
    if (in_flight && time_monotonic_us() < s->ends_us) {
        loop_timer(s->loop, time_monotonic_us() + LOOK_AGAIN_US, look_whether_idle, s);
        return;
    }
    if (in_flight)
        log_line(LOG_WARN, "%zu answers still owed are dropped", in_flight);
    loop_stop(s->loop);
}

static void end(void *ctx, int signal)
{
    struct service *s = ctx;
    (void)signal;
    if (s->ends_us) {
        loop_stop(s->loop);
        return;
    }
    s->ends_us = time_monotonic_us() + QUIESCE_US;
    server_quiesce(s->server);
    if (s->admin)
        server_quiesce(s->admin);
    look_whether_idle(s);
}

static bool open_ports(struct service *s, const struct options *o, struct error *err)
{
    s->server = open_port(s, o, o->port, mock_handle, err);
    if (s->server && o->admin_port >= 0)
        s->admin = open_port(s, o, o->admin_port, mock_handle_admin, err);
    return !error_any(err);
}

bool serve(const struct options *o, struct error *err)
{
    const struct mock_options options = options_for_mock(o);
    struct service s = {.mock = mock_new(&options, err)};
    if (!s.mock)
        return false;
    signal(SIGPIPE, SIG_IGN);
    s.loop = loop_new();
    mock_use_loop(s.mock, s.loop);
    if (open_ports(&s, o, err)) {
        if (!s.mock->url)
            s.mock->url = url_of(o->arena, o->listen, s.server);
        loop_signal(s.loop, SIGINT, end, &s);
        loop_signal(s.loop, SIGTERM, end, &s);
        print_ready(&s, o);
        loop_run(s.loop);
    }
    if (s.admin)
        server_free(s.admin);
    if (s.server)
        server_free(s.server);
    mock_free(s.mock);
    loop_free(s.loop);
    return !error_any(err);
}
