#include "mockserver/cli/commands.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/time.h"
#include "mockserver/cli/banner.h"
#include "mockserver/cli/port.h"
#include "mockserver/cli/tls.h"
#include "mockserver/client_checks/client_checks.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/recording/record.h"
#include "mockserver/server/request_log.h"

#define IDLE_TIMEOUT_S 60
/* Descriptors: for files, webhooks and the program itself, and for the connections of a separate admin port. */
#define OTHER_FILES       128
#define ADMIN_CONNECTIONS 256
#define CONNECTIONS_MIN   16
#define RESERVE           16 /* connections beyond the limit that may reach the admin API */
#define QUIESCE_US        INT64_C(5000000)
#define REFRESH_US        INT64_C(10000) /* between two checks for requests in flight */

struct service {
    struct loop *loop;
    struct mock *mock;
    struct recorder *recorder; /* NULL: do not record */
    struct port port, admin;   /* admin may be closed */
    struct tls tls;
    int connections;           /* of each address of the port */
    int64_t ends_us;           /* deadline for the requests in flight; 0: serving */
    bool client_checks_failed; /* set when the mock stops */
};

/* The functions that a port calls for its exchanges: the mock's, or the recorder's around them. */
struct handlers {
    void (*handle)(void *ctx, struct exchange *x);
    void (*handle_admin)(void *ctx, struct exchange *x);
    void (*refuse)(void *ctx, struct exchange *x, int status, const char *why);
    void (*done)(void *ctx, struct exchange *x, bool sent);
    bool (*admit)(void *ctx, const struct request *r);
    bool (*admit_admin)(void *ctx, const struct request *r);
    bool (*urgent)(void *ctx, const struct request *r);
};
static const struct handlers direct = {mock_handle, mock_handle_admin, mock_refuse, mock_done,
                                       mock_admit,  mock_admit_admin,  mock_urgent};
static const struct handlers recording = {recorder_handle, recorder_handle_admin, recorder_refuse, recorder_done,
                                          recorder_admit,  recorder_admit_admin,  recorder_urgent};

/* Raises the limit of descriptors as far as the system allows. Returns how many connections the port may have: what
 * remains for them, or --connections if that is less. */
static int count_connections(const struct options *o)
{
    struct rlimit files = {0};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
        (void)getrlimit(RLIMIT_NOFILE, &files);
    }
    rlim_t kept = OTHER_FILES + RESERVE + (o->admin_port >= 0 ? ADMIN_CONNECTIONS : 0);
    rlim_t most = files.rlim_cur > kept + CONNECTIONS_MIN ? files.rlim_cur - kept : CONNECTIONS_MIN;
    int count = (int)(most < CONNECTIONS_LIMIT ? most : CONNECTIONS_LIMIT);
    if (o->connections > count)
        log_line(LOG_WARN, "--connections %d: the system allows this process %llu descriptors; serving %d connections",
                 (int)o->connections, (unsigned long long)files.rlim_cur, count);
    count = o->connections && o->connections < count ? (int)o->connections : count;
    log_line(LOG_DEBUG, "serving up to %d connections", count);
    return count;
}

static bool open_port(const struct service *s, const struct options *o, int64_t number, bool admin, struct port *out,
                      struct error *err)
{
    const struct handlers *to = s->recorder ? &recording : &direct;
    const struct server_options options = {
        .address = o->listen,
        .port = (int)number,
        .body_max = HTTP_BODY_MAX,
        .certificate = s->tls.on ? &s->tls.certificate : NULL,
        .idle_timeout_s = IDLE_TIMEOUT_S,
        .connections_max = admin ? ADMIN_CONNECTIONS : s->connections,
        .reserve = RESERVE,
        .handle = admin ? to->handle_admin : to->handle,
        .refuse = to->refuse,
        .done = to->done,
        .admit = admin ? to->admit_admin : to->admit,
        .urgent = admin ? NULL : to->urgent,
        .ctx = s->recorder ? (void *)s->recorder : s->mock,
    };
    return port_open(s->loop, &options, out, err);
}

/* The URL of a port for a client on this machine. If the server listens on all addresses, it is the loopback
 * address. */
static const char *url_of(const struct service *s, const struct options *o, const struct port *port)
{
    const char *address = o->listen;
    bool six = strchr(address, ':');
    if (!strcmp(address, "0.0.0.0"))
        address = "127.0.0.1";
    else if (!strcmp(address, "::"))
        address = "::1";
    return arena_printf(o->arena, "%s://%s%s%s:%d", s->tls.on ? "https" : "http", six ? "[" : "", address,
                        six ? "]" : "", port_number(port));
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
    for (size_t i = 0; i < provider_count; i++)
        json_put_text(&w, providers[i]->name,
                      arena_printf(a, "%s%s%s", s->mock->url, providers[i]->mount, providers[i]->base));
    json_close_map(&w);
    if (s->admin.count)
        json_put_text(&w, "admin", url_of(s, o, &s->admin));
    if (s->tls.file)
        json_put_text(&w, "certificate", s->tls.file);
    json_put_int(&w, "port", port_number(&s->port));
    json_put_int(&w, "pid", getpid());
    json_close_map(&w);
    if (puts(buf_c(&line)) == EOF || fflush(stdout) == EOF)
        log_line(LOG_WARN, "cannot write the ready line to stdout; serving at %s", s->mock->url);
}

/* The banner is for a person: standard error is a terminal, and the log is text. */
static void open_log(struct service *s, const struct options *o)
{
    bool terminal = isatty(STDERR_FILENO), shown = o->log >= LOG_INFO;
    const struct request_log_options options = {
        .fd = STDERR_FILENO,
        .json = o->log_json,
        .terminal = terminal,
        .colour = log_colour_wanted(stderr),
        .debug = o->log >= LOG_DEBUG,
    };
    if (!shown)
        return;
    if (terminal && !o->log_json)
        banner_print(stderr, s->mock, o->no_admin ? NULL : s->admin.count ? url_of(s, o, &s->admin) : s->mock->url);
    s->mock->log = request_log_new(s->loop, &options);
}

static void stop_when_idle(void *ctx)
{
    struct service *s = ctx;
    size_t in_flight = port_in_flight(&s->port) + port_in_flight(&s->admin);
    if (in_flight && time_monotonic_us() < s->ends_us) {
        loop_timer(s->loop, time_monotonic_us() + REFRESH_US, stop_when_idle, s);
        return;
    }
    if (in_flight)
        log_line(LOG_WARN, "stopping with %zu requests in flight", in_flight);
    loop_stop(s->loop);
}

static void on_signal(void *ctx, int signal)
{
    struct service *s = ctx;
    (void)signal;
    if (s->ends_us) {
        loop_stop(s->loop);
        return;
    }
    s->ends_us = time_monotonic_us() + QUIESCE_US;
    port_quiesce(&s->port);
    port_quiesce(&s->admin);
    stop_when_idle(s);
}

static bool is_ignored(int signal)
{
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static bool open_ports(struct service *s, const struct options *o, struct error *err)
{
    return open_port(s, o, o->port, false, &s->port, err) &&
           (o->admin_port < 0 || open_port(s, o, o->admin_port, true, &s->admin, err));
}

static bool open_mock(struct service *s, const struct options *o, struct error *err)
{
    const struct mock_options options = options_for_mock(o);
    s->recorder = o->record_to ? recorder_new(o->record_to) : NULL;
    s->mock = mock_new(&options, err);
    if (!s->mock)
        return false;
    s->loop = loop_new();
    if (s->recorder)
        recorder_use_loop(s->recorder, s->mock, s->loop);
    else
        mock_use_loop(s->mock, s->loop);
    return true;
}

static bool open_listeners(struct service *s, const struct options *o, struct error *err)
{
    if (!tls_begin(o, &s->tls, err) || !open_ports(s, o, err))
        return false;
    if (!s->mock->url)
        s->mock->url = url_of(s, o, &s->port);
    return !s->recorder || recorder_open(s->recorder, err);
}

static void report_client_checks(struct service *s, const struct options *o, struct error *err)
{
    const struct client_registry *all = s->mock->client_registry;
    if (o->client_report) {
        struct buf text = {.arena = o->arena};
        client_registry_junit(all, &text);
        file_write(o->client_report, buf_str(&text), err);
    }
    if (o->client_report || o->fail_on_client_checks)
        client_registry_log(all);
    s->client_checks_failed = client_registry_failed(all);
}

static void close_all(struct service *s, const struct options *o, struct error *err)
{
    port_close(&s->admin);
    port_close(&s->port);
    if (s->mock) {
        request_log_free(s->mock->log);
        s->mock->log = NULL;
    }
    bool served = s->mock && !error_any(err);
    if (s->recorder && served)
        recorder_close(s->recorder, err);
    if (served)
        report_client_checks(s, o, err);
    tls_end(&s->tls);
    mock_free(s->mock);
    recorder_free(s->recorder);
    if (s->loop)
        loop_free(s->loop);
}

int command_serve(const struct options *o, struct error *err)
{
    struct service s = {0};
    if (o->client_report && !file_can_write(o->client_report, err))
        return 2;
    signal(SIGPIPE, SIG_IGN);
    s.connections = count_connections(o);
    if (open_mock(&s, o, err) && open_listeners(&s, o, err)) {
        loop_signal(s.loop, SIGINT, on_signal, &s);
        loop_signal(s.loop, SIGTERM, on_signal, &s);
        if (!is_ignored(SIGHUP)) /* by nohup */
            loop_signal(s.loop, SIGHUP, on_signal, &s);
        print_ready(&s, o);
        open_log(&s, o);
        loop_run(s.loop);
    }
    close_all(&s, o, err);
    if (error_any(err))
        return 2;
    return o->fail_on_client_checks && s.client_checks_failed ? 1 : 0;
}
