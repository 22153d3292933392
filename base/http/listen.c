#include "base/http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int bind_and_listen(const struct addrinfo *to)
{
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, to->ai_addr, to->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static bool complain(struct error *err, const char *address, int port, int why)
{
    bool six = strchr(address, ':');
    char name[128];
    snprintf(name, sizeof name, "%s%s%s:%d", six ? "[" : "", address, six ? "]" : "", port);
    switch (why) {
    case EADDRINUSE:
        return error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot listen on %s: address already in use", name);
    case EADDRNOTAVAIL:
        return error_add(err, ERROR_SYSTEM, (struct where){0},
                         "cannot listen on %s: this machine does not have this address", name);
    default:
        return error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot listen on %s: %s", name, strerror(why));
    }
}

int listen_on(const char *address, int port, struct error *err)
{
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *to;
    if (port < 0 || port > 65535 || getaddrinfo(address, service, &hints, &to) != 0) {
        error_add(err, ERROR_SYSTEM, (struct where){0},
                  "cannot listen on '%s' port %d; expected an IP address and a port (0-65535)", address, port);
        return -1;
    }
    int fd = bind_and_listen(to);
    if (fd < 0)
        complain(err, address, port, errno);
    freeaddrinfo(to);
    return fd;
}

int listen_port(int fd)
{
    struct sockaddr_storage at = {0};
    socklen_t size = sizeof at;
    getsockname(fd, (struct sockaddr *)&at, &size);
    const struct sockaddr_in6 *six = (const void *)&at;
    const struct sockaddr_in *four = (const void *)&at;
    return ntohs(at.ss_family == AF_INET6 ? six->sin6_port : four->sin_port);
}
