/* mockserver export: prints a namespace as a fixture, from a file or from a running mock. */
#include "mockserver/cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/http/client.h"
#include "base/json.h"
#include "mockserver/runtime/export.h"
#include "mockserver/server/mock_server.h"

#define TIMEOUT_MS   30000
#define CONNECT_MS   5000
#define RESPONSE_MAX ((size_t)256 << 20)

static bool print(struct str text, struct error *err)
{
    bool ok = fwrite(text.s, 1, text.n, stdout) == text.n && putchar('\n') != EOF && fflush(stdout) != EOF;
    return ok || error_add(err, ERROR_SYSTEM, (struct where){0}, "cannot write to stdout: %s", strerror(errno));
}

static bool export_file(const struct options *o, struct error *err)
{
    const struct mock_options options = options_for_mock(o);
    struct mock *m = mock_new(&options, err);
    struct buf text = {.arena = o->arena};
    if (!m)
        return false;
    export_namespace(o->arena, namespaces_at(m->namespaces, 0), &text);
    mock_free(m);
    return print(buf_str(&text), err);
}

struct state_request {
    const struct options *o;
    struct loop *loop;
    struct error *err;
};

static void on_response(void *ctx, const struct http_response *response)
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
        print(response->body, s->err);
    else
        error_add(s->err, ERROR_TARGET, nowhere, "%s: status %d%s%s", from, response->status, detail ? ": " : "",
                  detail ? detail : "");
}

static bool export_running(const struct options *o, struct error *err)
{
    const struct http_client_options options = {
        .timeout_ms = TIMEOUT_MS,
        .connect_timeout_ms = CONNECT_MS,
        .ca_file = o->cacert,
        .response_max = RESPONSE_MAX,
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
    http_send(client, o->arena, &sent, on_response, &s);
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
