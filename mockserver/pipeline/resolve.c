#include "mockserver/pipeline/resolve.h"

#include <string.h>

#include "mockserver/pipeline/origin.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/runtime/mock.h"

#define NEAREST_MAX 3

/* True if `path` is the prefix or a path below it; false if the prefix is NULL. */
static bool below(struct str path, const char *prefix)
{
    struct str p = str_from(prefix);
    return p.n && str_starts(path, p) && (path.n == p.n || path.s[p.n] == '/');
}

static struct str path_after(struct str path, const char *prefix)
{
    struct str rest = str_skip(path, strlen(prefix));
    return rest.n ? rest : STR("/");
}

/* Looks for a bound credential in the values of all headers. */
static const struct namespace *bound_to(const struct call *c)
{
    const struct headers *h = &c->req->headers;
    const struct namespace *ns = NULL;
    for (size_t i = 0; i < h->count && !ns; i++) {
        struct str value = h->items[i].value;
        if (str_starts_nocase(value, STR("Bearer ")))
            value = str_trim(str_skip(value, 7));
        ns = namespaces_of_credential(c->mock->namespaces, value);
    }
    return ns;
}

/* Sets ns_name. Returns false if the request names no namespace. */
static bool choose_namespace(struct call *c)
{
    c->path = c->req->path;
    if (below(c->path, "/ns")) {
        struct str rest = str_skip(c->path, strlen("/ns/"));
        c->ns_name = str_head(rest, str_find(rest, '/'));
        rest = str_skip(rest, c->ns_name.n);
        c->path = rest.n ? rest : STR("/");
        c->trace.namespace_by = "path";
        return true;
    }
    c->ns_name = headers_get(&c->req->headers, "X-Mock-Namespace");
    c->trace.namespace_by = "header";
    if (c->ns_name.n)
        return true;
    const struct namespace *bound = bound_to(c);
    c->trace.namespace_by = bound ? "credential" : "default";
    c->ns_name = bound ? str_from(bound->name) : STR("default");
    return bound;
}

/* A consent page may follow a mount too, because minted URLs contain the mount. */
static const struct provider *strip_mount(struct call *c)
{
    for (size_t i = 0; i < provider_count; i++)
        if (below(c->path, providers[i]->mount)) {
            c->path = path_after(c->path, providers[i]->mount);
            c->trace.provider_by = "mount";
            return providers[i];
        }
    return NULL;
}

/* The admin API may be off on this port; its paths are then unknown. */
static const struct provider *internal_of(const struct call *c)
{
    for (size_t i = 0; i < own_provider_count; i++) {
        const struct provider *own = own_providers[i];
        bool open = own->role != PROVIDER_ADMIN || c->admin_port || c->mock->options.admin;
        if (open && below(c->path, own->mount))
            return own;
    }
    return NULL;
}

static bool is_admin(const struct call *c)
{
    return c->provider && c->provider->role == PROVIDER_ADMIN;
}

bool resolve_names_admin(const struct call *c)
{
    struct call probe = *c;
    choose_namespace(&probe);
    strip_mount(&probe);
    for (size_t i = 0; i < own_provider_count; i++)
        if (own_providers[i]->role == PROVIDER_ADMIN && below(probe.path, own_providers[i]->mount))
            return true;
    return false;
}

/* The first entry of the header: the one that the proxy nearest to the client has added. */
static struct str forwarded(const struct call *c, const char *name)
{
    struct str list = headers_get(&c->req->headers, name);
    return str_trim(str_cut(&list, ','));
}

/* URLs lead to where the client reached the mock: to the host and port of its request, which may be those of a port
 * mapping or a proxy. A text that is not exactly host[:port] is not repeated. */
static void set_base_url(struct call *c, bool chosen, const struct provider *mounted)
{
    const struct mock *m = c->mock;
    struct base_url *b = &c->base_url;
    *b = (struct base_url){.url = m->url, .names_namespace = chosen, .mount = mounted ? mounted->mount : ""};
    if (m->options.public_url)
        return;
    b->scheme = str_starts(str_from(m->url), STR("https:")) ? "https" : "http";
    b->authority = headers_get(&c->req->headers, "Host");
    if (m->options.trust_forwarded) {
        struct str scheme = forwarded(c, "X-Forwarded-Proto"), host = forwarded(c, "X-Forwarded-Host");
        if (str_eq_nocase(scheme, STR("https")) || str_eq_nocase(scheme, STR("http")))
            b->scheme = scheme.n > 4 ? "https" : "http";
        if (url_authority_valid(host))
            b->authority = host;
    }
}

static bool refuse_namespace(struct call *c, int status, const char *why)
{
    if (!call_is_internal(c))
        c->provider = NULL; /* no provider has such an error */
    c->fault_status = status;
    return call_refuse(c, FAULT_NAMESPACE, "namespace '" STR_FMT "' %s", STR_ARG(c->ns_name), why);
}

/* True for an admin operation that arranges a test. */
static bool arranges(const struct call *c)
{
    struct call probe = *c;
    const char *allowed = NULL;
    return is_admin(c) &&
           route_find(c->provider->routes, c->provider->route_count, c->req->method, c->path, &probe.route,
                      probe.params, c->arena, &allowed) == ROUTE_FOUND &&
           (probe.route->flags & ROUTE_ARRANGES);
}

static bool create_namespace(struct call *c)
{
    struct namespaces *all = c->mock->namespaces;
    if (!namespaces_name_valid(c->ns_name))
        return refuse_namespace(c, 400, "has an invalid name (1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot)");
    if (c->mock->options.explicit_namespaces)
        return refuse_namespace(c, 404,
                                "does not exist; create it with POST /__admin/namespaces (the mock runs with "
                                "--explicit-namespaces)");
    c->arranged = arranges(c);
    if (!c->arranged && (call_is_internal(c) || c->admin_port))
        return refuse_namespace(c, 404,
                                "does not exist; create it with POST /__admin/namespaces, a call to a provider, or an "
                                "admin call that arranges a test, such as a simulation, a rule or a reset");
    if (origin_is_foreign(c))
        return refuse_namespace(c, 403,
                                "does not exist, and a web page of another site cannot create it; allow the origin of "
                                "the page with --cors, or create the namespace with POST /__admin/namespaces");
    if (namespaces_full(all) && !namespaces_drop_unused(all, c->exchange->arrived_us))
        return refuse_namespace(c, 503,
                                arena_printf(c->arena,
                                             "cannot be created: namespace limit reached: %zu; delete one or raise "
                                             "--namespaces",
                                             namespaces_most(all)));
    c->ns = namespaces_create(all, c->ns_name, NULL, NULL, NULL, NULL);
    c->ns->is_implicit = true;
    mock_idle_limit(c->mock, c->ns, c->mock->options.namespace_idle_ms);
    return true;
}

/* Sets path, ns_name and base_url, and the provider of a mount or of the mock's own endpoints. */
static void read_path(struct call *c)
{
    bool chosen = choose_namespace(c);
    c->provider = strip_mount(c);
    set_base_url(c, chosen, c->provider);
    const struct provider *internal = internal_of(c);
    if (internal)
        c->provider = internal;
}

bool resolve_namespace(struct call *c)
{
    read_path(c);
    c->world = namespaces_at(c->mock->namespaces, 0)->world;
    c->ns = namespaces_find(c->mock->namespaces, c->ns_name);
    if (!c->ns && !create_namespace(c))
        return false;
    c->world = c->ns->world;
    c->generation = c->ns->generation;
    c->ns->last_us = c->exchange->arrived_us;
    c->ns->called = c->ns->called || !call_is_internal(c);
    return true;
}

static const struct provider *provider_of_host(const struct call *c)
{
    struct str host = headers_get(&c->req->headers, "Host");
    host = str_head(host, str_find(host, ':'));
    for (size_t i = 0; i < provider_count; i++)
        if (providers[i]->host && str_eq_nocase(host, str_from(providers[i]->host)))
            return providers[i];
    return NULL;
}

static const struct provider *provider_of_prefix(const struct call *c)
{
    for (size_t i = 0; i < provider_count; i++)
        if (below(c->path, providers[i]->prefix))
            return providers[i];
    return NULL;
}

/* The root path selects no provider, so a route "/" is near only below the mount of its provider. */
static void add_nearest(struct call *c, const struct provider *d)
{
    const struct route *nearest[NEAREST_MAX];
    const char *prefix = !c->provider && str_is(c->path, "/") ? d->mount : "";
    size_t count = route_nearest(d->routes, d->route_count, c->req->method, c->path, nearest, NEAREST_MAX);
    for (size_t i = 0; i < count; i++)
        *arena_push(c->arena, &c->trace.nearest, const char *) =
            arena_printf(c->arena, "%s %s%s", nearest[i]->method, prefix, nearest[i]->pattern);
}

static bool refuse_admin_route(struct call *c, const char *allowed)
{
    struct str method = c->req->method, path = c->path;
    if (allowed)
        return call_refuse(c, FAULT_METHOD, "no admin operation " STR_FMT " " STR_FMT "; allowed: %s", STR_ARG(method),
                           STR_ARG(path), allowed);
    return call_refuse(c, FAULT_NO_ROUTE, "no admin operation " STR_FMT " " STR_FMT "; GET /__admin/routes lists them",
                       STR_ARG(method), STR_ARG(path));
}

static bool refuse_route(struct call *c, const char *allowed)
{
    if (c->provider)
        add_nearest(c, c->provider);
    else
        for (size_t i = 0; i < provider_count; i++)
            add_nearest(c, providers[i]);
    if (allowed)
        call_header(c, "Allow", allowed);
    if (is_admin(c))
        return refuse_admin_route(c, allowed);
    return call_refuse(c, allowed ? FAULT_METHOD : FAULT_NO_ROUTE, NULL);
}

static bool decode_params(struct call *c)
{
    for (size_t i = 0; i < ROUTE_PARAMS_MAX; i++)
        if (memchr(c->params[i].s ? c->params[i].s : "", '%', c->params[i].n) &&
            !url_decode(c->arena, c->params[i], false, &c->params[i]))
            return call_refuse(c, FAULT_BAD_HTTP, "The path has an invalid percent-escape.");
    return true;
}

/* HEAD is served like GET; the server does not send the body. */
static enum route_result find_in(struct call *c, const struct provider *d, const char **allowed)
{
    struct str method = str_is(c->req->method, "HEAD") ? STR("GET") : c->req->method;
    return route_find(d->routes, d->route_count, method, c->path, &c->route, c->params, c->arena, allowed);
}

/* Sets the provider that has a route for the path: one with this method first, else one with other methods, which are
 * returned. The root path selects no provider. */
static const char *find_anywhere(struct call *c)
{
    const char *allowed = NULL;
    if (str_is(c->path, "/"))
        return NULL;
    for (size_t i = 0; i < provider_count; i++) {
        const char *others = NULL;
        enum route_result result = find_in(c, providers[i], &others);
        if (result == ROUTE_FOUND) {
            c->provider = providers[i];
            c->trace.provider_by = "route";
            return NULL;
        }
        if (result == ROUTE_WRONG_METHOD && !allowed) {
            c->provider = providers[i];
            c->trace.provider_by = "route";
            allowed = others;
        }
    }
    if (!allowed && (c->provider = provider_of_prefix(c)))
        c->trace.provider_by = "prefix";
    return allowed;
}

static const char *choose_route(struct call *c)
{
    const char *allowed = NULL;
    if (c->admin_port && !is_admin(c)) {
        c->provider = NULL;
        return NULL;
    }
    if (!c->provider && (c->provider = provider_of_host(c)))
        c->trace.provider_by = "host";
    if (c->provider)
        find_in(c, c->provider, &allowed);
    else
        allowed = find_anywhere(c);
    return allowed;
}

bool resolve_route(struct call *c)
{
    const char *allowed = choose_route(c);
    if (c->route)
        return decode_params(c);
    /* A caller without access must not learn which routes exist. */
    if (c->provider && c->provider->admits && !c->provider->admits(c))
        return false;
    return refuse_route(c, allowed);
}

void resolve_path(struct call *c)
{
    c->route = NULL;
    c->fault = FAULT_NONE;
    memset(c->params, 0, sizeof c->params);
    resolve_route(c);
}

void resolve_peek(struct call *c)
{
    resolve_refusal(c);
    c->ns = namespaces_find(c->mock->namespaces, c->ns_name);
    c->world = c->ns ? c->ns->world : c->world;
}

void resolve_refusal(struct call *c)
{
    read_path(c);
    c->world = namespaces_at(c->mock->namespaces, 0)->world;
    choose_route(c);
}
