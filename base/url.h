/* url.h - splits URLs into parts; percent-encoding.
 *
 * Shapes:  struct url of NUL-terminated parts, "" if absent. Scheme and host are converted to lower case; nothing else
 *          is normalised (0x7f.1 stays 0x7f.1, a trailing dot stays). host has no port; an IPv6 host has brackets; user
 *          is everything before the @.
 * Units:   port is a number; 0 = none given.
 * Errors:  url_parse returns false and a reason for everything except a strict absolute http(s) URL. It rejects all but
 *          printable ASCII, backslashes, empty credentials, credentials without a host, a port out of range, an empty
 *          label in the host and invalid host characters (an international name must be in its xn-- form).
 * Source:  RFC 3986.
 */
#pragma once
#include "base/buf.h"

struct url {
    const char *scheme, *user, *host, *path, *query, *fragment;
    int port;
};

#define URL_MAX_BYTES 8192

/* *why (may be NULL) is set to a static text. */
bool url_parse(struct arena *a, const char *text, struct url *out, const char **why);
/* Returns the port, or the default port of the scheme. */
int url_port(const struct url *url);

/* True if the text is host[:port] as url_parse accepts it in a URL: without credentials, blanks or a path. */
bool url_authority_valid(struct str text);

/* Appends one path segment or query value; encodes everything but A-Z a-z 0-9 - . _ ~. */
void url_encode(struct buf *out, struct str text);
/* Decodes %XX. Returns false for an invalid escape or a NUL, escaped or not. */
bool url_decode(struct arena *a, struct str text, bool plus_is_blank, struct str *out);

struct url_pair {
    struct str name, value;
};
/* Splits a=1&b=2 into decoded pairs, in order. + is a space; empty pairs are skipped. Returns false for an invalid
 * escape. */
bool url_query(struct arena *a, struct str query, struct url_pair **pairs, size_t *count);

/* Returns `url` with name=value appended to its query; keeps the existing query and fragment. */
char *url_with_query(struct arena *a, const char *url, const char *name, const char *value);
