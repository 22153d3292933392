#include "mockserver/provider_api/call.h"

#include <stdarg.h>

#include "base/http/message.h"
#include "mockserver/state/tenant.h"
#include "mockserver/state/world.h"

#define BODY_USUAL 1000 /* bytes reserved for a response body */

bool call_refuse(struct call *c, enum fault fault, const char *detail, ...)
{
    c->fault = fault;
    c->detail = NULL;
    if (detail) {
        va_list args;
        va_start(args, detail);
        c->detail = arena_vprintf(c->arena, detail, args);
        va_end(args);
    }
    return false;
}

void call_clear_fault(struct call *c)
{
    c->fault = FAULT_NONE;
    c->fault_status = 0;
    c->fault_code = c->detail = NULL;
    c->issues.count = 0;
}

bool call_issue(struct call *c, const char *path, const char *message, ...)
{
    va_list args;
    va_start(args, message);
    *arena_push(c->arena, &c->issues, struct issue) =
        (struct issue){arena_text(c->arena, path), arena_vprintf(c->arena, message, args)};
    va_end(args);
    c->fault = FAULT_INVALID;
    return false;
}

void call_render_error_neutral(struct call *c)
{
    const struct fault_row *row = provider_fault(NULL, c->fault);
    struct json *w = call_json(c, c->fault_status ? c->fault_status : row->status);
    json_open_map(w);
    json_key(w, "error");
    json_open_map(w);
    json_put_text(w, "code", c->fault_code ? c->fault_code : row->code);
    json_put_text(w, "message", c->detail ? c->detail : row->message);
    json_close_map(w);
    json_close_map(w);
}

struct json *call_json(struct call *c, int status)
{
    c->res->status = status;
    c->res->body.n = 0;
    buf_reserve(&c->res->body, BODY_USUAL);
    headers_set(c->arena, &c->res->headers, "Content-Type", STR("application/json"));
    c->out = json_begin(&c->res->body, 0);
    return &c->out;
}

void call_header(struct call *c, const char *name, const char *value)
{
    headers_set(c->arena, &c->res->headers, name, str_from(value));
}

void call_header_int(struct call *c, const char *name, int64_t value)
{
    char digits[STR_INT_MAX];
    const char *text = str_dup(c->arena, str_of_int(value, digits));
    headers_set(c->arena, &c->res->headers, name, str_from(text));
}

bool call_is_internal(const struct call *c)
{
    return c->provider && c->provider->role != PROVIDER_DOCUMENTED;
}

bool call_owns(const struct call *c, uint32_t space)
{
    return space_read(c->world, space)->organization == key_read(c->world, c->key)->organization;
}

static void read_query(struct call *c)
{
    if (c->query_read)
        return;
    c->query_read = true;
    if (!url_query(c->arena, c->req->query, &c->query, &c->query_count))
        call_issue(c, "query", "has an invalid percent-escape");
}

/* Whether a parameter is NAME[] or NAME[0], as some clients write an item of a list. */
static bool is_bracketed(struct str parameter, const char *name)
{
    struct str rest = parameter, head = str_cut(&rest, '[');
    return str_is(head, name) && str_ends(rest, STR("]"));
}

/* Refuses a spelling that means a list. If it were ignored, the list would be as if there were no filter. */
static void check_spelling(struct call *c, const char *name, bool repeatable)
{
    size_t count = 0;
    bool bracketed = false;
    for (size_t i = 0; i < c->query_count; i++) {
        count += str_is(c->query[i].name, name);
        bracketed |= is_bracketed(c->query[i].name, name);
    }
    if (bracketed && repeatable)
        call_issue(c, name, "must be written without brackets; repeat it for several values");
    else if (bracketed)
        call_issue(c, name, "must be written without brackets");
    else if (count > 1 && !repeatable)
        call_issue(c, name, "must be given only once");
}

struct str call_query(struct call *c, const char *name)
{
    read_query(c);
    if (!call_is_internal(c))
        check_spelling(c, name, false);
    return call_query_unchecked(c, name);
}

struct str call_query_unchecked(struct call *c, const char *name)
{
    read_query(c);
    for (size_t i = 0; i < c->query_count; i++)
        if (str_is(c->query[i].name, name))
            return c->query[i].value;
    return (struct str){0};
}

void call_query_list(struct call *c, const char *name)
{
    read_query(c);
    check_spelling(c, name, true);
}

static const struct node *refuse_body(struct call *c, const struct error *err)
{
    const struct problem *p = err->first;
    call_refuse(c, FAULT_BAD_JSON, "The body is not valid JSON: line %d, column %d: %s", p->at.line, p->at.column,
                p->text);
    return NULL;
}

const struct node *call_body(struct call *c)
{
    struct error err = {0};
    const struct node *body = NULL;
    if (body_is_empty(c->req))
        call_issue(c, "", "a JSON object is required");
    else if (!(body = body_json(c->arena, c->req, &err)))
        refuse_body(c, &err);
    else if (body->kind != NODE_MAP)
        call_issue(c, "", "must be an object, not %s", node_kind_name(body->kind));
    error_end(&err);
    return body && body->kind == NODE_MAP ? body : NULL;
}

const char *call_base_url(const struct call *c)
{
    const struct base_url *b = &c->base_url;
    const char *root = b->url;
    if (b->scheme && url_authority_valid(b->authority))
        root = arena_printf(c->arena, "%s://" STR_FMT, b->scheme, STR_ARG(b->authority));
    if (b->names_namespace)
        return arena_printf(c->arena, "%s/ns/" STR_FMT "%s", root, STR_ARG(c->ns_name), b->mount);
    return *b->mount ? arena_printf(c->arena, "%s%s", root, b->mount) : root;
}

const char *call_consent_page(struct call *c, const char *token)
{
    struct str base = str_from(call_base_url(c)), mount = str_from(c->provider->mount);
    if (str_ends(base, mount))
        base.n -= mount.n;
    return arena_printf(c->arena, STR_FMT "/__consent/%s/%s", STR_ARG(base), c->provider->name, token);
}
