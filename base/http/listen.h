/* listen.h - opens a listening TCP socket.
 *
 * Shapes:  a numeric IPv4 or IPv6 address and a port; port 0 lets the system choose one.
 * Errors:  the address is invalid or unavailable (ERROR_SYSTEM).
 */
#pragma once
#include "base/error.h"

int listen_on(const char *address, int port, struct error *err); /* a non-blocking fd, or -1 */
int listen_port(int fd);                                         /* the port the socket is bound to */
