/* What all responses of this provider share: the error envelope, headers, times. */
#include "mockserver/providers/layers/layers.h"

#include <string.h>

#include "base/time.h"
#include "mockserver/state/record.h"

static const char *request_id(struct call *c)
{
    if (!c->request_id) {
        char *id = arena_alloc(c->arena, 64);
        ids_write(c->world, "req_", ID_ULID, id);
        c->request_id = id;
    }
    return c->request_id;
}

static void print_issues(const struct call *c, struct json *out)
{
    json_key(out, "issues");
    json_open_list(out);
    for (size_t i = 0; i < c->issues.count; i++) {
        json_open_map(out);
        json_put_text(out, "path", c->issues.items[i].path);
        json_put_text(out, "message", c->issues.items[i].message);
        json_close_map(out);
    }
    json_close_list(out);
}

static void print_details(const struct call *c, struct json *out)
{
    bool issues = c->fault == FAULT_INVALID && c->issues.count;
    if (!issues && !c->fault_data && c->fault != FAULT_KILLED)
        return;
    json_key(out, "details");
    json_open_map(out);
    if (c->fault == FAULT_KILLED)
        json_put_text(out, "scope", "key");
    const struct member *m;
    for (size_t i = 0; (m = node_member(c->fault_data, i)); i++)
        json_put_node(out, m->key, m->value);
    if (issues)
        print_issues(c, out);
    json_close_map(out);
}

void layers_render_error(struct call *c)
{
    const struct fault_row *row = call_fault_row(c->provider, c->fault);
    struct json *out = call_json(c, c->fault_status ? c->fault_status : row->status);
    json_open_map(out);
    json_key(out, "error");
    json_open_map(out);
    json_put_text(out, "code", c->fault_code ? c->fault_code : row->code);
    json_put_text(out, "message", c->detail ? c->detail : row->message);
    json_put_text(out, "requestId", request_id(c));
    print_details(c, out);
    json_close_map(out);
    json_close_map(out);
}

void layers_add_common_headers(struct call *c)
{
    call_header(c, "X-Request-Id", request_id(c));
    layers_put_limits(c);
}

void layers_put_time(struct call *c, const char *key, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    json_put_text(&c->out, key, ms ? time_seconds(ms, text) : NULL);
}

uint32_t layers_project(struct call *c)
{
    uint32_t project = space_find(c->world, LAYERS, c->params[0]);
    if (project && call_owns(c, project))
        return project;
    call_refuse(c, FAULT_NOT_FOUND, "There is no such project.");
    return ROW_NONE;
}
