#include "mockserver/pipeline/cors.h"

#include "base/array.h"
#include "mockserver/pipeline/origin.h"
#include "mockserver/pipeline/resolve.h"
#include "mockserver/runtime/mock.h"

#define MAX_AGE_S "600"

static bool is_open(const struct call *c)
{
    return c->mock->options.cors_count && !c->admin_port && !resolve_names_admin(c);
}

static bool has_preflight_form(const struct call *c)
{
    return str_is(c->req->method, "OPTIONS") && origin_of(c).n &&
           headers_find(&c->req->headers, "Access-Control-Request-Method");
}

bool cors_is_preflight(const struct call *c)
{
    return c->mock->options.cors_count && has_preflight_form(c) && is_open(c);
}

/* Gives the same response for every path; whether a route exists is decided by the call itself. */
void cors_respond(struct call *c)
{
    const struct headers *requested = &c->req->headers;
    if (!origin_admission(c)) {
        c->fault_code = "origin_not_allowed";
        call_refuse(c, FAULT_FORBIDDEN_SCOPE, "The origin '" STR_FMT "' is not allowed; add it with --cors.",
                    STR_ARG(origin_of(c)));
        return;
    }
    c->res->status = 204;
    call_header(c, "Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
    call_header(c, "Access-Control-Max-Age", MAX_AGE_S);
    struct str names = headers_get(requested, "Access-Control-Request-Headers");
    if (names.n)
        headers_set(c->arena, &c->res->headers, "Access-Control-Allow-Headers", names);
    if (headers_find(requested, "Access-Control-Request-Private-Network"))
        call_header(c, "Access-Control-Allow-Private-Network", "true");
}

/* Headers that need no entry: pages may always or never read them, or only browsers use them. */
static bool is_never_exposed(const char *name)
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

/* Lists the headers by name: with credentials, "*" is not a wildcard. */
static void expose_headers(struct call *c)
{
    struct buf names = {.arena = c->arena};
    for (size_t i = 0; i < c->res->headers.count; i++) {
        const char *name = c->res->headers.items[i].name;
        if (!is_never_exposed(name))
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
    enum admission admitted = origin_admission(c);
    if (o->cors_count > 1 || !str_is(STR("*"), o->cors[0])) /* with only "*" the response is the same for all origins */
        headers_add(c->arena, to, "Vary", STR("Origin"));
    if (has_preflight_form(c))
        headers_add(c->arena, to, "Vary", STR("Access-Control-Request-Headers"));
    else if (admitted)
        expose_headers(c);
    if (admitted)
        headers_set(c->arena, to, "Access-Control-Allow-Origin", admitted == ORIGIN_BY_NAME ? origin : STR("*"));
    if (admitted == ORIGIN_BY_NAME)
        call_header(c, "Access-Control-Allow-Credentials", "true");
}

static bool is_host(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] <= ' ' || text.s[i] > '~' || strchr("/?#@\\", text.s[i]))
            return false;
    return text.n;
}

/* Browsers omit the default port of the scheme. */
const char *cors_origin(struct arena *a, struct str text)
{
    struct url url;
    if (str_is(text, "*") || str_is(text, "null"))
        return str_dup(a, text);
    if (str_starts_nocase(text, STR("http:")) || str_starts_nocase(text, STR("https:"))) {
        if (!url_parse(a, str_dup(a, text), &url, NULL) || *url.user || *url.path || *url.query || *url.fragment)
            return NULL;
        bool is_default = url.port == 0 || url.port == (url.scheme[4] ? 443 : 80);
        return is_default ? arena_printf(a, "%s://%s", url.scheme, url.host)
                          : arena_printf(a, "%s://%s:%d", url.scheme, url.host, url.port);
    }
    size_t colon = str_find(text, ':'); /* capacitor://localhost */
    struct str rest = str_skip(text, colon);
    bool ok = is_host(str_head(text, colon)) && str_starts(rest, STR("://")) && is_host(str_skip(rest, strlen("://")));
    return ok ? str_dup(a, text) : NULL;
}
