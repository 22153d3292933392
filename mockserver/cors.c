#include "mockserver/cors.h"

#include "mockserver/mock.h"
#include "mockserver/resolve.h"

#define MAX_AGE_S "600"
#define COUNT(a)  (sizeof(a) / sizeof *(a))

enum admitted {
    NOBODY,
    ANYBODY, /* without credentials */
    NAMED,
};

static enum admitted admits(const struct mock_options *o, struct str origin)
{
    enum admitted admitted = NOBODY;
    for (size_t i = 0; i < o->cors_count && admitted != NAMED; i++) {
        if (str_eq_nocase(origin, str_from(o->cors[i])))
            admitted = NAMED;
        else if (str_is(STR("*"), o->cors[i]))
            admitted = ANYBODY;
    }
    return origin.n ? admitted : NOBODY;
}

static bool is_open(const struct call *c)
{
    return c->mock->options.cors_count && !c->admin_port && !resolve_names_internal(c);
}

static struct str origin_of(const struct call *c)
{
    return headers_get(&c->req->headers, "Origin");
}

static bool is_preflight(const struct call *c)
{
    return str_is(c->req->method, "OPTIONS") && origin_of(c).n &&
           headers_find(&c->req->headers, "Access-Control-Request-Method");
}

bool cors_asks(const struct call *c)
{
    return c->mock->options.cors_count && is_preflight(c) && is_open(c);
}

/* The same for every path: whether there is such a call, the call itself will tell. */
void cors_respond(struct call *c)
{
    const struct headers *asked = &c->req->headers;
    if (!admits(&c->mock->options, origin_of(c))) {
        c->fault_code = "origin_not_allowed";
        call_refuse(c, FAULT_FORBIDDEN_SCOPE, "--cors does not name the origin " STR_FMT,
                    STR_ARG(origin_of(c)));
        return;
    }
    c->res->status = 204;
    call_header(c, "Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
    call_header(c, "Access-Control-Max-Age", MAX_AGE_S);
    struct str names = headers_get(asked, "Access-Control-Request-Headers");
    if (names.n)
        headers_set(c->arena, &c->res->headers, "Access-Control-Allow-Headers", names);
    if (headers_find(asked, "Access-Control-Request-Private-Network"))
        call_header(c, "Access-Control-Allow-Private-Network", "true");
}

/* What a page may read anyway, never, or what only its browser cares for. */
static bool needs_no_word(const char *name)
{
    static const char *const names[] = {
        "Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires",
        "Last-Modified", "Pragma",           "Set-Cookie",     "Vary",
    };
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq_nocase(str_from(name), str_from(names[i])))
            return true;
    return str_starts_nocase(str_from(name), STR("Access-Control-"));
}

/* With credentials there is no word for all of them. */
static void expose(struct call *c)
{
    struct buf names = {.arena = c->arena};
    for (size_t i = 0; i < c->res->headers.count; i++) {
        const char *name = c->res->headers.items[i].name;
        if (!needs_no_word(name))
            buf_printf(&names, "%s%s", names.n ? ", " : "", name);
    }
    if (names.n)
        headers_set(c->arena, &c->res->headers, "Access-Control-Expose-Headers", buf_str(&names));
}

void cors_add_headers(struct call *c)
{
    const struct mock_options *o = &c->mock->options;
    struct headers *to = &c->res->headers;
    if (!is_open(c) || headers_find(to, "Access-Control-Allow-Origin"))
        return;
    struct str origin = origin_of(c);
    enum admitted admitted = admits(o, origin);
    if (o->cors_count > 1 || !str_is(STR("*"), o->cors[0])) /* else it is the same for all */
        headers_add(c->arena, to, "Vary", STR("Origin"));
    if (is_preflight(c))
        headers_add(c->arena, to, "Vary", STR("Access-Control-Request-Headers"));
    else if (admitted)
        expose(c);
    if (admitted)
        headers_set(c->arena, to, "Access-Control-Allow-Origin",
                    admitted == NAMED ? origin : STR("*"));
    if (admitted == NAMED)
        call_header(c, "Access-Control-Allow-Credentials", "true");
}

static bool is_host(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] <= ' ' || text.s[i] > '~' || strchr("/?#@\\", text.s[i]))
            return false;
    return text.n;
}

/* A browser leaves out the port that a scheme has by itself. */
const char *cors_origin(struct arena *a, struct str text)
{
    struct url url;
    if (str_is(text, "*") || str_is(text, "null"))
        return str_dup(a, text);
    if (str_starts_nocase(text, STR("http:")) || str_starts_nocase(text, STR("https:"))) {
        if (!url_parse(a, str_dup(a, text), &url, NULL) || *url.user || *url.path || *url.query ||
            *url.fragment)
            return NULL;
        bool usual = url.port == 0 || url.port == (url.scheme[4] ? 443 : 80);
        return usual ? arena_printf(a, "%s://%s", url.scheme, url.host)
                     : arena_printf(a, "%s://%s:%d", url.scheme, url.host, url.port);
    }
    size_t colon = str_find(text, ':'); /* capacitor://localhost */
    struct str behind = str_skip(text, colon);
    bool good = is_host(str_head(text, colon)) && str_starts(behind, STR("://")) &&
                is_host(str_skip(behind, strlen("://")));
    return good ? str_dup(a, text) : NULL;
}
