#include "mockserver/cli/port.h"

#include <string.h>

#include "base/array.h"

#define TRIES_MAX 20

static bool add_server(struct loop *l, const struct server_options *options, struct port *p, struct error *err)
{
    struct server *s = server_new(l, options, err);
    if (s)
        p->servers[p->count++] = s;
    return s;
}

/* Opens every address with the port of the first one. */
static bool add_all(struct loop *l, const struct server_options *options, const char *const *addresses, size_t count,
                    struct port *p, struct error *err)
{
    struct server_options each = *options;
    for (size_t i = 0; i < count; i++) {
        each.address = addresses[i];
        if (!add_server(l, &each, p, err)) {
            port_close(p);
            return false;
        }
        each.port = port_number(p);
    }
    return true;
}

static bool open_localhost(struct loop *l, const struct server_options *options, struct port *out, struct error *err)
{
    static const char *const both[] = {"127.0.0.1", "::1"};
    const char *present[COUNT(both)] = {both[0]};
    size_t count = 0;
    for (size_t i = 0; i < COUNT(both); i++)
        if (server_has_address(both[i]))
            present[count++] = both[i];
    count = count ? count : 1; /* its error says why */
    /* The system chooses port 0 for the first address, so another program may have it on the second one. */
    for (int i = 1; !options->port && i < TRIES_MAX; i++)
        if (add_all(l, options, present, count, out, NULL))
            return true;
    return add_all(l, options, present, count, out, err);
}

bool port_open(struct loop *l, const struct server_options *options, struct port *out, struct error *err)
{
    *out = (struct port){0};
    if (!strcmp(options->address, LISTEN_LOCALHOST))
        return open_localhost(l, options, out, err);
    return add_server(l, options, out, err);
}

void port_close(struct port *p)
{
    while (p->count)
        server_free(p->servers[--p->count]);
}

int port_number(const struct port *p)
{
    return server_port(p->servers[0]);
}

size_t port_in_flight(const struct port *p)
{
    size_t sum = 0;
    for (size_t i = 0; i < p->count; i++)
        sum += server_in_flight(p->servers[i]);
    return sum;
}

void port_quiesce(struct port *p)
{
    for (size_t i = 0; i < p->count; i++)
        server_quiesce(p->servers[i]);
}
