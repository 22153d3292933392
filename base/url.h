/* url.h - taking URLs apart, and percent-encoding.
 *
 * Shapes:  struct url of NUL-ended parts, "" where absent, as written but for letter case: scheme
 *          and host are lower-cased, and nothing else is normalised (0x7f.1 stays 0x7f.1, a
 *          trailing dot stays). host is without port, IPv6 in brackets; user is all that stands
 *          before the @.
 * Units:   port is a number, 0 = none written.
 * Errors:  url_parse answers false, with why, for what is no absolute http(s) URL as strictly read:
 *          anything but printable ASCII, a backslash, credentials that are empty or without host, a
 *          port out of range, a host with an empty label or with characters that no host has (IDN
 *          comes as xn--).
 * Source:  RFC 3986.
 */
#pragma once
#include "base/buf.h"

struct url {
    const char *scheme, *user, *host, *path, *query, *fragment;
    int port;
};

#define URL_MAX_BYTES 8192

/* `why` (may be NULL) is words that last. */
bool url_parse(struct arena *a, const char *text, struct url *out, const char **why);

/* One path segment or query value: everything but A-Z a-z 0-9 - . _ ~ is encoded. */
void url_encode(struct buf *out, struct str text);
/* %XX back to bytes; false for a bad escape and for a NUL, escaped or not. */
bool url_decode(struct arena *a, struct str text, bool plus_is_blank, struct str *out);

struct url_pair {
    struct str name, value;
};
/* a=1&b=2: decoded pairs in their order, + is a blank, empty pieces skipped; false for a bad
 * escape. */
bool url_query(struct arena *a, struct str query, struct url_pair **pairs, size_t *count);

/* `url` with name=value appended to its query, an existing query and fragment kept. */
char *url_with_query(struct arena *a, const char *url, const char *name, const char *value);
