#include "mockserver/commands.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/time.h"
#include "base/url.h"
#include "mockserver/control/control.h"
#include "mockserver/control/guide.h"
#include "mockserver/dialects/dialects.h"
#include "mockserver/reference/reference.h"
#include "mockserver/schema.h"

#define OPERATION_COLUMNS 42
#define HEALTH_TIMEOUT_S  3

int command_lint(const struct options *o, struct error *err)
{
    for (size_t i = 0; i < o->arguments.count; i++) {
        struct fixture *f = fixture_load(o->arguments.items[i], err);
        if (f)
            printf("%s: good\n", o->arguments.items[i]);
        fixture_free(f);
    }
    return error_any(err) ? 2 : 0;
}

/* What the control door of a mock just made answers. */
static int print_door(const char *path, struct error *err)
{
    const struct mock_options options = {.public_url = "http://127.0.0.1", .admin = true};
    struct mock *m = mock_new(&options, err);
    if (!m)
        return 2;
    struct exchange x = {.arrived_us = time_monotonic_us()};
    x.request.method = STR("GET");
    x.request.path = x.request.target = str_from(path);
    headers_add(&x.arena, &x.request.headers, "Host", STR("127.0.0.1"));
    mock_handle(m, &x);
    printf(STR_FMT "\n", STR_ARG(buf_str(&x.response.body)));
    arena_end(&x.arena);
    mock_free(m);
    return 0;
}

int command_capabilities(const struct options *o, struct error *err)
{
    (void)o;
    return print_door("/__admin/capabilities", err);
}

/* The door's own operations are in no document: what each is for stands there instead. */
static void print_routes(const struct dialect *d)
{
    for (size_t i = 0; i < d->route_count; i++) {
        const struct route *r = &d->routes[i];
        const char *source = d == &control_dialect ? control_guide(r->operation)->help : r->source;
        if (!(r->flags & ROUTE_HIDDEN))
            printf("%-6s %-52s %s.%-*s %s%s\n", r->method, r->pattern, d->name,
                   OPERATION_COLUMNS - (int)strlen(d->name), r->operation, source,
                   r->serve ? "" : " (not built)");
    }
}

int command_routes(const struct options *o, struct error *err)
{
    if (o->json)
        return print_door("/__admin/routes", err);
    for (size_t i = 0; i < dialect_count; i++)
        print_routes(dialects[i]);
    print_routes(&control_dialect);
    return 0;
}

int command_schema(const struct options *o, struct error *err)
{
    const char *which = o->arguments.items[0];
    for (size_t i = 0; i < schema_count; i++)
        if (!strcmp(which, schema_names[i])) {
            struct buf text = {.arena = o->arena};
            struct json w = json_begin(&text, 2);
            schema_print(&w, i);
            puts(buf_c(&text));
            return 0;
        }
    error_add(err, ERROR_USAGE, (struct where){0}, "there is no schema '%s'%s", which,
              str_suggest(o->arena, str_from(which), schema_names, schema_count));
    return 2;
}

int command_reference(const struct options *o)
{
    struct buf text = {.arena = o->arena};
    reference_print(&text);
    fputs(buf_c(&text), stdout);
    return 0;
}

static int connect_to(const char *host, int port)
{
    char service[16];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    (void)snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(host, service, &hints, &list) != 0)
        return -1;
    int fd = -1;
    for (const struct addrinfo *to = list; to && fd < 0; to = to->ai_next) {
        fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC, 0);
        struct timeval limit = {.tv_sec = HEALTH_TIMEOUT_S};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (fd >= 0 && connect(fd, to->ai_addr, to->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd;
}

/* Any proper answer will do: the door may be closed, or ask for a token, and all is well. */
static bool answers(int fd, const char *host)
{
    char text[256];
    int n =
        snprintf(text, sizeof text,
                 "GET /__admin/health HTTP/1.1\r\nHost: %.128s\r\nConnection: close\r\n\r\n", host);
    if (send(fd, text, (size_t)n, MSG_NOSIGNAL) != n)
        return false;
    ssize_t got = recv(fd, text, sizeof text, MSG_WAITALL);
    return got > 12 && !memcmp(text, "HTTP/1.1 ", 9) && text[9] < '5';
}

int command_healthcheck(const struct options *o, struct error *err)
{
    const char *text = o->arguments.count
                           ? o->arguments.items[0]
                           : arena_printf(o->arena, "http://127.0.0.1:%d", (int)o->port);
    struct url url;
    const char *why;
    if (!url_parse(o->arena, text, &url, &why)) {
        error_add(err, ERROR_USAGE, (struct where){0}, "'%s' is no http URL: %s", text, why);
        return 2;
    }
    struct str host = str_from(url.host); /* an IPv6 address comes in brackets */
    if (str_starts(host, STR("[")))
        host = str_of(host.s + 1, host.n - 2);
    int fd = connect_to(str_dup(o->arena, host), url.port ? url.port : 80);
    bool well = fd >= 0 && answers(fd, url.host);
    if (fd >= 0)
        close(fd);
    if (!well)
        log_line(LOG_ERROR, "no mock answers at %s", text);
    return well ? 0 : 1;
}
