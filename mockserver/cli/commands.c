#include "mockserver/cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/http/client.h"
#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "base/url.h"
#include "base/yaml.h"
#include "mockserver/admin/api.h"
#include "mockserver/cli/reference.h"
#include "mockserver/cli/schema.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/recording/replay.h"
#include "mockserver/runtime/export.h"
#include "mockserver/server/mock_server.h"

#define OPERATION_COLUMNS 42
#define HEALTH_TIMEOUT_MS 3000
#define HEALTH_BYTES_MAX  65536

#define EXPORT_TIMEOUT_MS 600000
#define EXPORT_CONNECT_MS 5000
#define EXPORT_MAX_BYTES  ((size_t)YAML_MAX_BYTES) /* a fixture may have so many */

int command_lint(const struct options *o, struct error *err)
{
    for (size_t i = 0; i < o->arguments.count; i++) {
        struct fixture *f = fixture_load(o->arguments.items[i], err);
        if (f)
            printf("%s: ok\n", o->arguments.items[i]);
        fixture_free(f);
    }
    return error_any(err) ? 2 : 0;
}

/* Creates a mock, calls GET `path` of its admin API and prints the response. */
static int print_admin(const char *path, struct error *err)
{
    const struct mock_options options = {.public_url = "http://127.0.0.1", .admin = true};
    struct mock *m = mock_new(&options, err);
    if (!m)
        return 2;
    struct exchange x = {.arrived_us = time_monotonic_us()};
    x.request.method = STR("GET");
    x.request.path = x.request.target = str_from(path);
    headers_add(&x.arena, &x.request.headers, "Host", STR("127.0.0.1"));
    mock_handle(m, &x);
    printf(STR_FMT "\n", STR_ARG(buf_str(&x.response.body)));
    arena_end(&x.arena);
    mock_free(m);
    return 0;
}

int command_capabilities(const struct options *o, struct error *err)
{
    (void)o;
    return print_admin("/__admin/capabilities", err);
}

/* Admin API operations have no documentation source, so their help is printed in that column. */
static void print_routes(const struct provider *d)
{
    for (size_t i = 0; i < d->route_count; i++) {
        const struct route *r = &d->routes[i];
        const char *source = d->role == PROVIDER_ADMIN ? admin_guide(r->operation)->help : r->source;
        if (!(r->flags & ROUTE_HIDDEN))
            printf("%-6s %-52s %s.%-*s %s%s\n", r->method, r->pattern, d->name,
                   OPERATION_COLUMNS - (int)strlen(d->name), r->operation, source,
                   r->serve ? "" : " (not implemented)");
    }
}

int command_routes(const struct options *o, struct error *err)
{
    if (o->json)
        return print_admin("/__admin/routes", err);
    for (size_t i = 0; i < provider_count; i++)
        print_routes(providers[i]);
    print_routes(&admin_provider);
    return 0;
}

int command_schema(const struct options *o, struct error *err)
{
    const char *which = o->arguments.items[0];
    for (size_t i = 0; i < schema_count; i++)
        if (!strcmp(which, schema_names[i])) {
            struct buf text = {.arena = o->arena};
            struct json w = json_begin(&text, 2);
            schema_print(&w, i);
            puts(buf_c(&text));
            return 0;
        }
    error_add(err, ERROR_USAGE, (struct where){0}, "unknown schema '%s'%s", which,
              str_suggest(o->arena, str_from(which), schema_names, schema_count));
    return 2;
}

int command_reference(const struct options *o)
{
    struct buf text = {.arena = o->arena};
    reference_print(&text);
    fputs(buf_c(&text), stdout);
    return 0;
}

struct health {
    struct loop *loop;
    struct arena *arena;
    const char *why; /* why the check failed; NULL: it passed */
};

/* With a disabled or protected admin API the response is a 4xx, which passes; 400 is what a TLS port says to http. */
static void on_response(void *ctx, const struct http_response *response)
{
    struct health *h = ctx;
    if (response->error)
        h->why = str_dup(h->arena, str_from(response->error));
    else if (response->status >= 500 || response->status == 400)
        h->why = arena_printf(h->arena, "it responds with status %d", response->status);
    loop_stop(h->loop);
}

/* Returns why the mock at `url` is unhealthy, or NULL. The certificate is not verified, because it may be a generated
 * one. */
static const char *why_unhealthy(struct arena *a, const char *url)
{
    const struct http_client_options options = {
        .timeout_ms = HEALTH_TIMEOUT_MS,
        .connect_timeout_ms = HEALTH_TIMEOUT_MS,
        .insecure = true,
        .response_max = HEALTH_BYTES_MAX,
    };
    const struct headers none = {0};
    const struct http_request sent = {.method = "GET", .url = url, .headers = &none};
    struct health h = {.loop = loop_new(), .arena = a};
    struct http_client *client = http_client_new(h.loop, &options);
    http_send(client, a, &sent, on_response, &h);
    loop_run(h.loop);
    http_client_free(client);
    loop_free(h.loop);
    return h.why;
}

int command_healthcheck(const struct options *o, struct error *err)
{
    const char *text = o->arguments.count
                           ? o->arguments.items[0]
                           : arena_printf(o->arena, "%s://127.0.0.1:%d", o->tls ? "https" : "http", (int)o->port);
    struct url url;
    const char *wrong;
    if (!url_parse(o->arena, text, &url, &wrong)) {
        error_add(err, ERROR_USAGE, (struct where){0}, "invalid URL '%s': %s; expected an http or https URL", text,
                  wrong);
        return 2;
    }
    const char *port = url.port ? arena_printf(o->arena, ":%d", url.port) : "";
    const char *why =
        why_unhealthy(o->arena, arena_printf(o->arena, "%s://%s%s/__admin/health", url.scheme, url.host, port));
    if (why)
        error_add(err, ERROR_TARGET, (struct where){0}, "no mock responds at %s; %s", text, why);
    return why ? 1 : 0;
}

static bool print_part(struct str text, struct error *err)
{
    bool ok = fwrite(text.s, 1, text.n, stdout) == text.n && fflush(stdout) != EOF;
    return ok || error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot write to stdout: %s", strerror(errno));
}

static bool export_file(const struct options *o, struct error *err)
{
    const struct mock_options options = options_for_mock(o);
    struct mock *m = mock_new(&options, err);
    if (!m)
        return false;
    struct arena a = {0}, piece = {0};
    struct export *e = export_begin(&a, m, namespaces_at(m->namespaces, 0));
    bool more = true, ok = true;
    while (more && ok) {
        struct buf text = {.arena = &piece};
        more = export_next(e, &text);
        ok = print_part(buf_str(&text), err);
        arena_reset(&piece);
    }
    arena_end(&piece);
    arena_end(&a);
    mock_free(m);
    return ok && print_part(STR("\n"), err);
}

struct state_request {
    const struct options *o;
    struct loop *loop;
    struct error *err;
};

static void on_state(void *ctx, const struct http_response *response)
{
    struct state_request *s = ctx;
    const char *from = s->o->from;
    const struct where nowhere = {0};
    const struct node *body =
        response->status == 200 ? NULL : json_parse(s->o->arena, response->body, "response", NULL);
    const char *detail = node_get_text(body, "detail");
    loop_stop(s->loop);
    if (response->error)
        error_add(s->err, ERROR_TARGET, nowhere, "no mock responds at %s; %s", from, response->error);
    else if (response->status == 200)
        (void)(print_part(response->body, s->err) && print_part(STR("\n"), s->err));
    else
        error_add(s->err, ERROR_TARGET, nowhere, "%s: status %d%s%s", from, response->status, detail ? ": " : "",
                  detail ? detail : "");
}

static bool export_running(const struct options *o, struct error *err)
{
    const struct http_client_options options = {
        .timeout_ms = EXPORT_TIMEOUT_MS,
        .connect_timeout_ms = EXPORT_CONNECT_MS,
        .ca_file = o->cacert,
        .response_max = EXPORT_MAX_BYTES,
    };
    struct state_request s = {.o = o, .loop = loop_new(), .err = err};
    struct http_client *client = http_client_new(s.loop, &options);
    struct headers headers = {0};
    if (o->admin_token)
        headers_add(o->arena, &headers, "Authorization", str_from(arena_printf(o->arena, "Bearer %s", o->admin_token)));
    const struct http_request sent = {
        .method = "GET",
        .url = arena_printf(o->arena, "%s%s%s/__admin/state?format=fixture", o->from, o->from_namespace ? "/ns/" : "",
                            o->from_namespace ? o->from_namespace : ""),
        .headers = &headers,
    };
    http_send(client, o->arena, &sent, on_state, &s);
    loop_run(s.loop);
    http_client_free(client);
    loop_free(s.loop);
    return !error_any(err);
}

int command_export(const struct options *o, struct error *err)
{
    bool ok = o->from ? export_running(o, err) : export_file(o, err);
    return ok ? 0 : error_exit_code(err);
}

static void print_warnings(const struct options *o, const char *path, const struct replay *r)
{
    if (strcmp(r->version, UNDERSTUDY_VERSION) != 0)
        log_line(LOG_WARN,
                 "%s was recorded by version %s and is replayed by %s; differences may be due to "
                 "that",
                 path, r->version, UNDERSTUDY_VERSION);
    if (!r->whole && (!r->differences.count || o->all))
        log_line(LOG_WARN, "%s is incomplete; replayed up to line %d", path, r->lines);
}

static void print_difference(const char *path, const struct replay_difference *d)
{
    fprintf(stderr, "%s:%d: %s %llu%s%s: %s\n", path, d->line, d->kind, (unsigned long long)d->number,
            d->about ? ", " : "", d->about ? d->about : "", d->text ? d->text : "differs");
    for (size_t i = 0; i < d->findings.count; i++) {
        const struct finding *f = &d->findings.items[i];
        fprintf(stderr, "  %s\n    recorded  %s\n    replayed  %s\n", f->place, f->recorded ? f->recorded : "nothing",
                f->replayed ? f->replayed : "nothing");
    }
    if (d->findings.more)
        fprintf(stderr, "  and %zu more\n", d->findings.more);
}

static void put_difference(struct json *w, const struct replay_difference *d)
{
    json_open_map(w);
    json_put_int(w, "line", d->line);
    json_put_text(w, "kind", d->kind);
    json_put_int(w, "number", (int64_t)d->number);
    json_put_text(w, "about", d->about);
    if (d->text)
        json_put_text(w, "text", d->text);
    json_key(w, "findings");
    json_open_list(w);
    for (size_t i = 0; i < d->findings.count; i++) {
        const struct finding *f = &d->findings.items[i];
        json_open_map(w);
        json_put_text(w, "place", f->place);
        json_put_text(w, "recorded", f->recorded);
        json_put_text(w, "replayed", f->replayed);
        json_close_map(w);
    }
    json_close_list(w);
    json_put_int(w, "more", (int64_t)d->findings.more);
    json_close_map(w);
}

static void print_json(const struct options *o, const char *path, const struct replay *r)
{
    struct buf text = {.arena = o->arena};
    struct json w = json_begin(&text, 0);
    json_open_map(&w);
    json_put_text(&w, "recording", path);
    json_put_text(&w, "version", r->version);
    json_put_bool(&w, "whole", r->whole);
    json_put_bool(&w, "same", !r->differences.count);
    json_put_int(&w, "calls", (int64_t)r->calls);
    json_put_int(&w, "responses", (int64_t)r->responses);
    json_put_int(&w, "deliveries", (int64_t)r->deliveries);
    json_put_int(&w, "timers", (int64_t)r->timers);
    json_key(&w, "differences");
    json_open_list(&w);
    for (size_t i = 0; i < r->differences.count; i++)
        put_difference(&w, &r->differences.items[i]);
    json_close_list(&w);
    json_close_map(&w);
    puts(buf_c(&text));
}

static void print_summary(const char *path, const struct replay *r)
{
    printf("%s: %llu calls, %llu deliveries, %llu timers: ", path, (unsigned long long)r->calls,
           (unsigned long long)r->deliveries, (unsigned long long)r->timers);
    if (r->differences.count)
        printf("differs from %s %llu on\n", r->differences.items[0].kind,
               (unsigned long long)r->differences.items[0].number);
    else
        printf("%llu responses, all equal\n", (unsigned long long)r->responses);
}

int command_replay(const struct options *o, struct error *err)
{
    const char *path = o->arguments.items[0];
    struct replay r;
    if (!replay_run(o->arena, path, o->all, &r, err))
        return 2;
    print_warnings(o, path, &r);
    for (size_t i = 0; i < r.differences.count; i++)
        print_difference(path, &r.differences.items[i]);
    if (o->json)
        print_json(o, path, &r);
    else
        print_summary(path, &r);
    if (r.differences.count)
        return 1;
    if (!r.responses)
        log_line(LOG_ERROR, "%s has no response to compare", path);
    return r.responses ? 0 : 4;
}
