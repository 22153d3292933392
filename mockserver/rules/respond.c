/* The effect respond: a response that a rule sends instead of serving the call, or after it. */
#include "mockserver/rules/rule.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/http/message.h"

struct respond {
    const char *error;
    int64_t status;
    const struct node *body, *raw, *raw_base64, *headers;
    bool after;
};

static const struct field respond_rows[] = {
    FIELD("error", FIELD_TEXT, struct respond, error,
          .help = "Error code of the provider; the response has the provider's status and format."),
    FIELD("status", FIELD_INT, struct respond, status, .min = 200, .max = 599,
          .help = "HTTP status of the response, instead of error. From 400 on, without a body, the response has the "
                  "provider's error format: its error for this status, or else its most general one."),
    FIELD("body", FIELD_NODE, struct respond, body,
          .help =
              "Body for a status: text is sent unchanged as text/plain, anything else as JSON. '' is an empty body."),
    FIELD("raw", FIELD_NODE, struct respond, raw, .shape = "{type: string}",
          .help = "Instead of body: the bytes of the body, for example invalid JSON. The Content-Type is that of JSON, "
                  "unless headers sets another one."),
    FIELD("raw_base64", FIELD_NODE, struct respond, raw_base64, .shape = "{type: string}",
          .help = "The same in base64, for bytes that are not text."),
    FIELD("headers", FIELD_NODE, struct respond, headers, .shape = "headers",
          .help = "Headers of the response, by name; null removes one, also one that every response has."),
    FIELD("after", FIELD_BOOL, struct respond, after,
          .help = "true: the call is served and takes effect first, then this replaces its response, as when a gateway "
                  "gives up. A stored response of an Idempotency-Key is the one that was served."),
};

const struct fields rule_respond_fields = FIELD_TABLE("respond", respond_rows, struct respond, FIELDS_NO_PLACE);

static bool code_check(const char *code, const struct provider *only, struct where at, struct error *err)
{
    struct arena a = {0};
    struct texts codes = {0};
    bool known = !only && provider_fault_named(NULL, str_from(code));
    for (size_t d = 0; d < provider_count; d++)
        for (size_t f = 0; (!only || only == providers[d]) && f < providers[d]->fault_count; f++) {
            *arena_push(&a, &codes, const char *) = providers[d]->faults[f].code;
            known = known || strcmp(providers[d]->faults[f].code, code) == 0;
        }
    if (!known)
        rule_unknown(err, "error code", at, code, codes.items, codes.count);
    arena_end(&a);
    return known;
}

/* HTTP needs these to find the end of a response, and the server sets them. */
bool header_is_framing(const char *name)
{
    static const char *const framing[] = {"Content-Length", "Transfer-Encoding", "Connection"};
    for (size_t i = 0; i < COUNT(framing); i++)
        if (str_eq_nocase(str_from(name), str_from(framing[i])))
            return true;
    return false;
}

bool framing_error(const char *name, struct where at, struct error *err)
{
    return error_add(err, ERROR_INPUT, at,
                     "header '%s' cannot be changed: a client needs it to find the end of the response, and the server "
                     "sets it%s",
                     name, str_eq_nocase(str_from(name), STR("Connection")) ? "; only 'close' is accepted" : "");
}

static bool is_close(const struct member *m)
{
    return str_eq_nocase(str_from(m->key), STR("Connection")) && m->value->kind == NODE_TEXT &&
           str_eq_nocase(m->value->text, STR("close"));
}

static bool response_header_check(const struct node *map, size_t i, struct error *err)
{
    const struct member *m = &map->map.members[i];
    const struct node text = {.kind = NODE_TEXT, .at = m->value->at, .text = STR("x")};
    struct member named = *m;
    if (header_is_framing(m->key) && !is_close(m))
        return framing_error(m->key, m->value->at, err);
    if (m->value->kind == NODE_TEXT && !m->value->text.n)
        return error_add(err, ERROR_INPUT, m->value->at, "header '%s' is empty; write null to remove it", m->key);
    if (m->value->kind == NODE_NULL)
        named.value = &text; /* only the name is checked */
    const struct node one = {
        .kind = NODE_MAP, .at = map->at, .map = {1, &named}
    };
    return headers_check(&one, NULL, err);
}

bool response_headers_check(const struct node *map, const struct rule *r, struct error *err)
{
    bool ok = true;
    if (map->kind != NODE_MAP)
        return headers_check(map, r, err);
    for (size_t i = 0; i < map->map.count; i++)
        ok = response_header_check(map, i, err) && ok;
    return ok;
}

/* Reads base64 with padding (RFC 4648). */
static bool read_base64(struct arena *a, struct str text, struct str *bytes)
{
    char *url = str_dup(a, text);
    size_t n = text.n;
    for (int padding = 0; padding < 2 && text.n % 4 == 0 && n && url[n - 1] == '='; padding++)
        n--;
    for (size_t i = 0; i < n; i++) {
        if (url[i] == '-' || url[i] == '_')
            return false;
        if (url[i] == '+')
            url[i] = '-';
        else if (url[i] == '/')
            url[i] = '_';
    }
    return text.n % 4 == 0 && digest_base64url_decode(a, str_of(url, n), bytes);
}

static bool raw_check(struct arena *a, const struct respond *f, struct error *err)
{
    const struct node *raw = f->raw ? f->raw : f->raw_base64;
    struct str bytes;
    if (!raw)
        return true;
    if (raw->kind != NODE_TEXT)
        return error_add(err, ERROR_INPUT, raw->at, "'%s' is %s; expected %s", f->raw ? "raw" : "raw_base64",
                         node_kind_words(raw, raw->kind), node_kind_words(raw, NODE_TEXT));
    if (!f->raw && !read_base64(a, raw->text, &bytes))
        return error_add(err, ERROR_INPUT, raw->at, "'raw_base64' is not base64 with padding, such as 'eyI='");
    return true;
}

static const struct node *content_of(const struct respond *f)
{
    return f->body ? f->body : f->raw ? f->raw : f->raw_base64;
}

static bool content_check(struct arena *a, const struct respond *f, const struct node *value, struct error *err)
{
    const struct node *content = content_of(f);
    int64_t status = f->status;
    bool bodiless = status == 204 || status == 205 || status == 304;
    if ((f->body != NULL) + (f->raw != NULL) + (f->raw_base64 != NULL) > 1)
        return error_add(err, ERROR_INPUT, (f->raw && f->body ? f->raw : f->raw_base64)->at,
                         "'respond' can have only one of 'body', 'raw' and 'raw_base64'");
    if (!raw_check(a, f, err))
        return false;
    if (content && !status)
        return error_add(err, ERROR_INPUT, content->at, "'body', 'raw' and 'raw_base64' need a 'status'");
    if (content && bodiless && !(content->kind == NODE_TEXT && !content->text.n))
        return error_add(err, ERROR_INPUT, content->at, "a response with status %" PRId64 " has no body", status);
    if (!content && status >= 200 && status < 300 && !bodiless)
        return error_add(err, ERROR_INPUT, node_get(value, "status")->at,
                         "a response with status %" PRId64 " needs a 'body'; '' is an empty one", status);
    return true;
}

bool respond_check(const struct node *value, const struct rule *r, struct error *err)
{
    struct arena a = {0};
    struct respond response = {0};
    bool ok = fields_read(&rule_respond_fields, value, &a, &response, err);
    if (ok && !response.error == !response.status)
        ok = error_add(err, ERROR_INPUT, value->at, "'respond' must have either 'error' or 'status'");
    if (ok && response.error && !code_check(response.error, r->provider, node_get(value, "error")->at, err))
        ok = false;
    ok = ok && content_check(&a, &response, value, err);
    arena_end(&a);
    return (!response.headers || response_headers_check(response.headers, r, err)) && ok;
}

enum respond_content respond_content(const struct node *respond)
{
    const struct node *body = node_get(respond, "body"), *status = node_get(respond, "status");
    const struct node *raw = node_get(respond, "raw"), *base64 = node_get(respond, "raw_base64");
    size_t bad_offset;
    const char *why;
    if (body && body->kind != NODE_TEXT)
        return RESPOND_JSON;
    const struct node *text = body ? body : raw ? raw : base64;
    if (!text)
        return status && status->integer < 400 ? RESPOND_EMPTY : RESPOND_JSON;
    if (!text->text.n)
        return RESPOND_EMPTY;
    return text != base64 && json_check(text->text, &bad_offset, &why) ? RESPOND_JSON : RESPOND_OTHER;
}

void respond_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    (void)r;
    if (p->respond)
        return; /* the first rule that responds wins */
    const struct node *status = node_get(value, "status"), *headers = node_get(value, "headers");
    const struct node *after = node_get(value, "after");
    p->respond = value;
    p->respond_after = after && after->truth;
    if (headers)
        *arena_push(c->arena, &p->headers, const struct node *) = headers;
    if (!status || status->integer >= 400)
        p->failed = true;
}

/* A row that shares its fault with an earlier row has another message than that. */
static void respond_fault(struct call *c, const struct fault_row *row)
{
    const char *usual = provider_fault(c->provider, row->fault)->message;
    if (strcmp(usual, row->message) == 0)
        call_refuse(c, row->fault, NULL);
    else
        call_refuse(c, row->fault, "%s", row->message);
    c->fault_status = row->status;
    c->fault_code = row->code;
}

/* A code of another provider, or of the mock, means the call's provider's error for the same reason. */
static const struct fault_row *row_of(const struct call *c, struct str code)
{
    const struct fault_row *row = provider_fault_named(c->provider, code);
    if (row)
        return row;
    row = provider_fault_named(NULL, code);
    for (size_t i = 0; !row && i < provider_count; i++)
        row = provider_fault_named(providers[i], code);
    return provider_fault(c->provider, row ? row->fault : FAULT_INTERNAL);
}

static void respond_bytes(struct call *c, int status, struct str bytes, const char *type)
{
    call_json(c, status);
    if (type)
        call_header(c, "Content-Type", type);
    buf_add(&c->res->body, bytes);
}

static void respond_status(struct call *c, const struct node *response)
{
    int status = (int)node_get(response, "status")->integer;
    const struct node *body = node_get(response, "body"), *raw = node_get(response, "raw");
    const struct node *base64 = node_get(response, "raw_base64");
    struct str bytes = {0};
    if (body && body->kind == NODE_TEXT) {
        respond_bytes(c, status, body->text, "text/plain; charset=utf-8");
    } else if (body) {
        json_node(call_json(c, status), body);
    } else if (raw) {
        respond_bytes(c, status, raw->text, NULL);
    } else if (base64 && read_base64(c->arena, base64->text, &bytes)) {
        respond_bytes(c, status, bytes, NULL);
    } else if (status >= 400) {
        struct fault_row row = provider_fault_of(c->provider, c->route, status);
        respond_fault(c, &row);
    } else {
        c->res->status = status;
    }
}

bool rules_respond(struct call *c)
{
    const struct node *response = c->plan ? c->plan->respond : NULL;
    if (!response)
        return false;
    const char *error = node_get_text(response, "error");
    c->scripted = true;
    if (error)
        respond_fault(c, row_of(c, str_from(error)));
    else
        respond_status(c, response);
    return true;
}

void rules_keep_served(struct call *c)
{
    c->plan->served.is_set = true;
    c->plan->served.status = c->res->status;
    c->plan->served.fault = c->fault;
    c->plan->served.body = buf_str(&c->res->body);
}
