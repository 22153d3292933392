/* url.h - taking URLs apart, and percent-encoding. The only room that uses libcurl's URL API.
 *
 * Shapes:  struct url of NUL-ended parts, "" where absent; host lower-cased, without port; IPv6 in
 * brackets. Units:   port is a number, 0 = none written. Errors:  url_parse answers false for what
 * is no absolute http(s) URL as strictly read: a blank or control character, a backslash,
 * credentials without host, a port out of range, a host with characters that no host has. Source:
 * RFC 3986.
 */
#pragma once
#include "base/buf.h"

struct url {
    const char *scheme, *user, *host, *path, *query, *fragment;
    int port;
};

bool url_parse(struct arena *a, const char *text, struct url *out, const char **why);

/* One path segment or query value: everything but A-Z a-z 0-9 - . _ ~ is encoded. */
void url_encode(struct buf *out, struct str text);
/* %XX back to bytes; false for a bad escape or for one that gives a NUL. */
bool url_decode(struct arena *a, struct str text, bool plus_is_blank, struct str *out);

struct url_pair {
    struct str name, value;
};
/* a=1&b=2: decoded pairs in their order; false for a bad escape. */
bool url_query(struct arena *a, struct str query, struct url_pair **pairs, size_t *count);

/* `url` with name=value appended to its query, an existing query and fragment kept. */
char *url_with_query(struct arena *a, const char *url, const char *name, const char *value);
