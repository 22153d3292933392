/* port.h - a port of the mock: one server, or two for localhost, which is two addresses.
 *
 * Shapes:  struct port; zero: not open. Its servers have the same port number, handlers and certificate.
 * Errors:  port_open: the address is unavailable. For localhost one of the two addresses is enough if the machine lacks
 *          the other one; that another program has the port on one of them is an error.
 */
#pragma once
#include "base/http/server.h"

#define LISTEN_LOCALHOST "localhost" /* the only name that can be listened on */

#define PORT_SERVERS_MAX 2

struct port {
    struct server *servers[PORT_SERVERS_MAX];
    size_t count;
};

/* Listens on options.address, which may be LISTEN_LOCALHOST. */
bool port_open(struct loop *l, const struct server_options *options, struct port *out, struct error *err);
void port_close(struct port *p);
int port_number(const struct port *p);
size_t port_in_flight(const struct port *p); /* as server_in_flight */
void port_quiesce(struct port *p);
