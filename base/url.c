#include "base/url.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"

#define HOST_MAX_BYTES  253
#define LABEL_MAX_BYTES 63
#define PORT_MAX        65535

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Rejects what other programs may parse differently, instead of repairing it: an allowlist is safe only if the program
 * that follows the URL parses it in the same way. */

static bool fail(const char **why, const char *words)
{
    if (why)
        *why = words;
    return false;
}

static bool only(struct str text, const char *characters)
{
    for (size_t i = 0; i < text.n; i++)
        if (!text.s[i] || !strchr(characters, text.s[i]))
            return false;
    return true;
}

static const char *lower(struct arena *a, struct str text)
{
    char *copy = str_dup(a, text);
    for (char *c = copy; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return copy;
}

static bool characters_valid(struct str text, const char **why)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.s[i];
        if (c <= ' ' || c == 0x7f)
            return fail(why, "blank or control character");
        if (c > 0x7f)
            return fail(why, "character that must be percent-encoded");
        if (c == '\\')
            return fail(why, "backslash");
    }
    return true;
}

static bool port_valid(struct str digits, int *port, const char **why)
{
    int64_t value;
    if (!digits.n || digits.s[0] == '0' || !only(digits, DIGITS) || !str_to_int(digits, &value) || value > PORT_MAX)
        return fail(why, "invalid port; expected 1 to 65535");
    *port = (int)value;
    return true;
}

static bool name_valid(struct str host, const char **why)
{
    if (!host.n)
        return fail(why, "missing host");
    if (!only(host, LETTERS DIGITS "-._"))
        return fail(why, "invalid character in the host (write an international name as xn--...)");
    if (host.n > HOST_MAX_BYTES)
        return fail(why, "host longer than 253 characters");
    while (host.n) { /* a dot at the end leaves an empty rest, which is accepted */
        struct str label = str_cut(&host, '.');
        if (!label.n)
            return fail(why, "empty label in the host");
        if (label.n > LABEL_MAX_BYTES)
            return fail(why, "label longer than 63 characters in the host");
    }
    return true;
}

static bool ipv6_valid(struct str host, const char **why)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    struct str inner = str_of(host.s + 1, host.n - 2);
    if (inner.n < sizeof text && !memchr(inner.s, 0, inner.n)) { /* a NUL would end the text for inet_pton */
        memcpy(text, inner.s, inner.n);
        text[inner.n] = '\0';
        if (inet_pton(AF_INET6, text, &address) == 1)
            return true;
    }
    return fail(why, "invalid IPv6 address in brackets");
}

/* Splits host[:port]; `text` contains no user. */
static bool split_host(struct str text, struct str *host, int *port, const char **why)
{
    bool bracket = text.n && text.s[0] == '[';
    size_t end = str_find(text, bracket ? ']' : ':') + bracket;
    if (end > text.n)
        return fail(why, "missing closing bracket");
    *host = str_head(text, end);
    if (!(bracket ? ipv6_valid(*host, why) : name_valid(*host, why)))
        return false;
    struct str rest = str_skip(text, end);
    if (!rest.n)
        return true;
    if (rest.s[0] != ':')
        return fail(why, "unexpected text between host and port");
    return port_valid(str_skip(rest, 1), port, why);
}

bool url_authority_valid(struct str text)
{
    struct str host;
    int port;
    return split_host(text, &host, &port, NULL);
}

static bool user_valid(struct str user, const char **why)
{
    if (!user.n)
        return fail(why, "empty credentials");
    if (!only(user, LETTERS DIGITS "-._~!$&'()*+,;=:%"))
        return fail(why, "invalid character in the credentials");
    return true;
}

/* Removes and returns the text before the first character of `ends`. */
static struct str take_until(struct str *rest, const char *ends)
{
    size_t n = 0;
    while (n < rest->n && !strchr(ends, rest->s[n]))
        n++;
    struct str taken = str_head(*rest, n);
    *rest = str_skip(*rest, n);
    return taken;
}

bool url_parse(struct arena *a, const char *text, struct url *out, const char **why)
{
    struct str rest = str_from(text), host, user = STR("");
    int port = 0;
    if (rest.n > URL_MAX_BYTES)
        return fail(why, "longer than 8192 characters");
    if (!characters_valid(rest, why))
        return false;
    struct str scheme = take_until(&rest, ":/?#");
    if (!str_eq_nocase(scheme, STR("http")) && !str_eq_nocase(scheme, STR("https")))
        return fail(why, "scheme is not http or https");
    if (!str_starts(rest, STR("://")))
        return fail(why, "missing // after the scheme");
    rest = str_skip(rest, 3);

    struct str authority = take_until(&rest, "/?#");
    if (str_find(authority, '@') < authority.n) {
        user = str_cut(&authority, '@'); /* a second @ is an invalid character in the host */
        if (!user_valid(user, why))
            return false;
    }
    if (!split_host(authority, &host, &port, why))
        return false;

    struct str path = take_until(&rest, "?#");
    struct str query = str_skip(take_until(&rest, "#"), 1);
    *out = (struct url){
        .scheme = lower(a, scheme),
        .user = str_dup(a, user),
        .host = lower(a, host),
        .path = str_dup(a, path),
        .query = str_dup(a, query),
        .fragment = str_dup(a, str_skip(rest, 1)),
        .port = port,
    };
    return true;
}

/* --- percent-encoding ----------------------------------------------------------------------- */

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

int url_port(const struct url *url)
{
    if (url->port)
        return url->port;
    return strcmp(url->scheme, "https") == 0 ? 443 : 80;
}

void url_encode(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (is_unreserved(text.s[i]))
            buf_byte(out, text.s[i]);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)text.s[i]);
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool url_decode(struct arena *a, struct str text, bool plus_is_blank, struct str *out)
{
    char *bytes = arena_alloc(a, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.s[i];
        if (c == '%') {
            int high = i + 2 < text.n ? hex(text.s[i + 1]) : -1;
            int low = i + 2 < text.n ? hex(text.s[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        if (!c)
            return false;
        bytes[n++] = c;
    }
    *out = str_of(bytes, n);
    return true;
}

bool url_query(struct arena *a, struct str query, struct url_pair **pairs, size_t *count)
{
    struct {
        struct url_pair *items;
        size_t count, room;
    } list = {0};
    while (query.n) {
        struct str value = str_cut(&query, '&');
        if (!value.n)
            continue;
        struct str name = str_cut(&value, '=');
        struct url_pair pair;
        if (!url_decode(a, name, true, &pair.name) || !url_decode(a, value, true, &pair.value))
            return false;
        *arena_push(a, &list, struct url_pair) = pair;
    }
    *pairs = list.items;
    *count = list.count;
    return true;
}

char *url_with_query(struct arena *a, const char *url, const char *name, const char *value)
{
    struct str rest = str_from(url), before = take_until(&rest, "#");
    bool has_query = str_find(before, '?') < before.n;
    bool open = str_ends(before, STR("?")) || (has_query && str_ends(before, STR("&")));
    struct buf out = {.arena = a};
    buf_add(&out, before);
    if (!open)
        buf_byte(&out, has_query ? '&' : '?');
    url_encode(&out, str_from(name));
    buf_byte(&out, '=');
    url_encode(&out, str_from(value));
    buf_add(&out, rest);
    return out.data;
}
