#include "base/host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define LOOPBACK_NET 127

static bool ipv4_is_loopback(const struct in_addr *address)
{
    return ntohl(address->s_addr) >> 24 == LOOPBACK_NET;
}

static bool ipv6_is_loopback(const struct in6_addr *address)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(address->s6_addr, mapped, sizeof mapped) == 0)
        return address->s6_addr[12] == LOOPBACK_NET;
    return memcmp(address, &in6addr_loopback, sizeof *address) == 0;
}

/* inet_pton accepts only strict dotted decimal: four parts without leading zeros. */
static bool parse_address(int family, struct str text, void *address)
{
    char copy[INET6_ADDRSTRLEN];
    if (text.n >= sizeof copy || str_find(text, '\0') < text.n)
        return false;
    memcpy(copy, text.s, text.n);
    copy[text.n] = '\0';
    return inet_pton(family, copy, address) == 1;
}

static bool is_label(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.s[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return text.n > 0;
}

/* Checks every label: "evil.example/.localhost" is not a host name. */
static bool name_is_loopback(struct str name)
{
    struct str label = STR("");
    while (name.n) {
        label = str_cut(&name, '.');
        if (!is_label(label))
            return false;
    }
    return str_eq_nocase(label, STR("localhost"));
}

bool host_is_loopback(struct str host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
        return parse_address(AF_INET6, str_of(host.s + 1, host.n - 2), &v6) && ipv6_is_loopback(&v6);
    if (str_find(host, ':') < host.n)
        return parse_address(AF_INET6, host, &v6) && ipv6_is_loopback(&v6);
    if (parse_address(AF_INET, str_head(host, host.n - str_ends(host, STR("."))), &v4))
        return ipv4_is_loopback(&v4);
    return name_is_loopback(host);
}

bool sockaddr_is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4; /* a copy: `address` may not be aligned for it */
        memcpy(&v4, address, sizeof v4);
        return ipv4_is_loopback(&v4.sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        return ipv6_is_loopback(&v6.sin6_addr);
    }
    return false;
}
