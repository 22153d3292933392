/* host.h - checks whether a host or a socket address is loopback.
 *
 * Shapes:  a host is text without a port, as in a URL or a Host header. Loopback hosts are the names localhost and
 *          *.localhost (any letter case), the addresses 127.0.0.0/8 in dotted decimal, ::1, and ::ffff:127.0.0.0/104
 *          (IPv4-mapped). An IPv6 address may be in brackets. A name or an IPv4 address may end in one dot.
 * Errors:  none. No name is resolved. The result is false for everything else, including the short, octal and
 *          hexadecimal forms of inet_aton (127.1, 0177.0.0.1, 0x7f.0.0.1, 2130706433), which are host names in RFC
 *          3986, and the unspecified addresses 0.0.0.0 and ::.
 * Source:  RFC 6761 6.3 (localhost), RFC 1122 3.2.1.3 (127/8), RFC 4291 2.5.3 and 2.5.5.2 (IPv6), RFC 3986 3.2.2 (the
 *          grammar of a host).
 */
#pragma once
#include "base/str.h"

struct sockaddr;

bool host_is_loopback(struct str host);
/* The same for a resolved address; false for a family other than IPv4 and IPv6. */
bool sockaddr_is_loopback(const struct sockaddr *address);
