#include "mockserver/pipeline/origin.h"

#include "base/host.h"
#include "mockserver/runtime/mock.h"

struct str origin_of(const struct call *c)
{
    return headers_get(&c->req->headers, "Origin");
}

enum admission origin_admission(const struct call *c)
{
    const struct mock_options *o = &c->mock->options;
    struct str origin = origin_of(c);
    enum admission admitted = ORIGIN_NOT_ALLOWED;
    for (size_t i = 0; i < o->cors_count && admitted != ORIGIN_BY_NAME; i++) {
        if (str_eq_nocase(origin, str_from(o->cors[i])))
            admitted = ORIGIN_BY_NAME;
        else if (str_is(STR("*"), o->cors[i]))
            admitted = ORIGIN_BY_WILDCARD;
    }
    return origin.n ? admitted : ORIGIN_NOT_ALLOWED;
}

/* An IPv6 address is in brackets. */
static struct str without_port(struct str authority)
{
    size_t from = str_starts(authority, STR("[")) ? str_find(authority, ']') : 0;
    return str_head(authority, from + str_find(str_skip(authority, from), ':'));
}

/* All ports of this machine are one site here, whatever the name: a page of a development server calls the mock. */
static bool is_own_host(const struct call *c, struct str origin)
{
    struct str rest = str_skip(origin, str_find(origin, ':'));
    struct str host = str_starts(rest, STR("://")) ? without_port(str_skip(rest, strlen("://"))) : STR("");
    struct str own = without_port(headers_get(&c->req->headers, "Host"));
    return host.n && (str_eq_nocase(host, own) || (host_is_loopback(host) && host_is_loopback(own)));
}

/* Browsers decide about sites better than a comparison of hosts, and a proxy of a development server changes Host. */
bool origin_is_foreign(const struct call *c)
{
    struct str site = headers_get(&c->req->headers, "Sec-Fetch-Site"), origin = origin_of(c);
    if (origin_admission(c))
        return false;
    if (origin.n && is_own_host(c, origin))
        return false;
    return site.n ? str_is(site, "cross-site") : origin.n;
}

static bool only_reads(const struct call *c)
{
    return str_is(c->req->method, "GET") || str_is(c->req->method, "HEAD") || str_is(c->req->method, "OPTIONS");
}

void origin_refuse_foreign(struct call *c)
{
    if (call_is_internal(c) || only_reads(c) || !origin_is_foreign(c))
        return;
    struct str origin = origin_of(c);
    c->fault_code = "origin_not_allowed";
    call_header(c, "X-Mock-Error", "origin");
    call_refuse(c, FAULT_FORBIDDEN_SCOPE,
                "A web page of another site (" STR_FMT ") cannot change anything in this mock; allow its origin with "
                "--cors.",
                STR_ARG(origin.n ? origin : STR("it sent no Origin")));
}
