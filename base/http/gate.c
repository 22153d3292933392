#include "base/http/gate.h"

#include "base/array.h"
#include <string.h>

/* The result of one pass over the headers. */
struct facts {
    size_t hosts, lengths, codings;
    bool odd_name, odd_value, odd_length, odd_coding, odd_host;
    bool expects, too_large, endless;
};

bool gate_token_byte(unsigned char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c == '-' || (c && strchr("!#$%&'*+.^_`|~", c));
}

static bool is_token(const char *text)
{
    if (!*text)
        return false;
    for (; *text; text++)
        if (!gate_token_byte((unsigned char)*text))
            return false;
    return true;
}

/* Without an early exit the compiler can check many bytes at once. */
static bool has_control_byte(struct str text)
{
    unsigned char found = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.s[i];
        found |= (unsigned char)(((c < 0x20) & (c != '\t')) | (c == 0x7f));
    }
    return found;
}

static bool has_blank_or_control_byte(struct str text)
{
    unsigned char found = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.s[i];
        found |= (unsigned char)((c <= 0x20) | (c == 0x7f));
    }
    return found;
}

static bool is_number(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] < '0' || text.s[i] > '9')
            return false;
    return text.n > 0;
}

static bool is_host_byte(unsigned char c)
{
    return gate_token_byte(c) ? !strchr("#^`|", c) : c && strchr("(),;=", c);
}

/* The grammar of RFC 3986: a name may have escapes and any of !$&'()*+,;=, and a port may be empty. */
static bool is_host_and_port(struct str text)
{
    bool bracket = str_starts(text, STR("["));
    size_t end = str_find(text, bracket ? ']' : ':') + bracket;
    struct str host = str_head(text, end), port = str_skip(text, end + 1);
    if (end > text.n || (end < text.n && text.s[end] != ':') || port.n > 5 || (port.n && !is_number(port)))
        return false;
    if (bracket)
        return url_authority_valid(host);
    for (size_t i = 0; i < host.n; i++)
        if (!is_host_byte((unsigned char)host.s[i]))
            return false;
    return true;
}

static void check_header(const struct header *h, size_t body_max, struct facts *f)
{
    struct str name = str_from(h->name);
    f->odd_name |= !is_token(h->name);
    f->odd_value |= has_control_byte(h->value);
    if (str_eq_nocase(name, STR("Host"))) {
        f->hosts++;
        f->odd_host |= !is_host_and_port(h->value);
    } else if (str_eq_nocase(name, STR("Content-Length"))) {
        int64_t length = 0;
        f->lengths++;
        f->odd_length |= !is_number(h->value);
        f->endless |= is_number(h->value) && !str_to_int(h->value, &length);
        f->too_large |= (uint64_t)length > body_max;
    } else if (str_eq_nocase(name, STR("Transfer-Encoding"))) {
        f->codings++;
        f->odd_coding |= !str_eq_nocase(h->value, STR("chunked"));
    } else if (str_eq_nocase(name, STR("Expect"))) {
        f->expects = true;
    }
}

static bool is_odd_method(struct str method)
{
    for (size_t i = 0; i < method.n; i++) {
        char c = method.s[i];
        if ((c < 'A' || c > 'Z') && c != '-' && c != '_')
            return true;
    }
    return method.n == 0;
}

bool gate_absolute_form(struct str target, struct str *authority, struct str *rest)
{
    size_t colon = str_find(target, ':');
    struct str scheme = str_head(target, colon), after = str_skip(target, colon);
    if (!(str_eq_nocase(scheme, STR("http")) || str_eq_nocase(scheme, STR("https"))) || !str_starts(after, STR("://")))
        return false;
    *rest = str_skip(after, strlen("://"));
    size_t path = str_find(*rest, '/'), query = str_find(*rest, '?');
    *authority = str_head(*rest, path < query ? path : query);
    *rest = str_skip(*rest, authority->n);
    return authority->n && authority->s[0] != ':' && is_host_and_port(*authority);
}

static bool is_odd_target(const struct request *r)
{
    struct str authority, rest;
    if (has_blank_or_control_byte(r->target))
        return true;
    if (str_eq(r->method, STR("OPTIONS")) && str_eq(r->target, STR("*")))
        return false;
    return !str_starts(r->target, STR("/")) && !gate_absolute_form(r->target, &authority, &rest);
}

int gate_refuses(const struct request *r, struct str version, size_t body_max, const char **why)
{
    struct facts f = {0};
    for (size_t i = 0; i < r->headers.count; i++)
        check_header(&r->headers.items[i], body_max, &f);
    /* A body that is too large is rejected here only if the client sent Expect and waits. Otherwise the body is read
     * and dropped, and the handler decides. */
    bool old = str_eq(version, STR("HTTP/1.0"));

    const struct {
        bool found;
        int status;
        const char *why;
    } rows[] = {
        {is_odd_method(r->method), 400, "invalid method; expected capital letters"       },
        {is_odd_target(r),         400, "invalid request target; expected a path or URL" },
        {f.odd_name,               400, "invalid header name"                            },
        {f.odd_value,              400, "control character in a header value"            },
        {f.hosts == 0 && !old,     400, "missing Host header"                            },
        {f.hosts > 1,              400, "more than one Host header"                      },
        {f.odd_host,               400, "invalid Host header; expected host or host:port"},
        {f.odd_length,             400, "Content-Length is not a number"                 },
        {f.lengths > 1,            400, "more than one Content-Length header"            },
        {f.codings > 1,            400, "more than one Transfer-Encoding header"         },
        {f.odd_coding,             501, "unsupported Transfer-Encoding; expected chunked"},
        {f.codings && f.lengths,   400, "both Content-Length and Transfer-Encoding"      },
        {f.codings && old,         400, "Transfer-Encoding in an HTTP/1.0 request"       },
        {f.endless,                413, "the body is larger than this server accepts"    },
        {f.expects && f.too_large, 413, "the body is larger than this server accepts"    },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].found) {
            *why = rows[i].why;
            return rows[i].status;
        }
    }
    return 0;
}
