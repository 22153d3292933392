/* The effect respond: a response that a rule sends instead of serving the call. */
#include "mockserver/rules/rule.h"

#include <string.h>

struct respond {
    const char *error;
    int64_t status;
    const struct node *body, *headers;
};

static const struct field respond_rows[] = {
    FIELD("error", FIELD_TEXT, struct respond, error,
          .help = "Error code of the provider; the response has the provider's status and format."),
    FIELD("status", FIELD_INT, struct respond, status, .min = 200, .max = 599,
          .help = "HTTP status of the response, instead of error."),
    FIELD("body", FIELD_NODE, struct respond, body,
          .help = "Body for a status: text is sent unchanged, anything else as JSON."),
    FIELD("headers", FIELD_NODE, struct respond, headers, .shape = "headers",
          .help = "Headers of the response, by name."),
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

bool respond_check(const struct node *value, const struct rule *r, struct error *err)
{
    struct arena a = {0};
    struct respond response = {0};
    bool ok = fields_read(&rule_respond_fields, value, &a, &response, err);
    arena_end(&a);
    if (!ok)
        return false;
    if (!response.error == !response.status)
        ok = error_add(err, ERROR_INPUT, value->at, "'respond' must have either 'error' or 'status'");
    if (response.body && !response.status)
        ok = error_add(err, ERROR_INPUT, response.body->at, "'body' needs a 'status'");
    if (response.error && !code_check(response.error, r->provider, node_get(value, "error")->at, err))
        ok = false;
    return (!response.headers || headers_check(response.headers, r, err)) && ok;
}

void respond_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    (void)r;
    if (p->respond)
        return; /* the first rule that responds wins */
    const struct node *status = node_get(value, "status"), *headers = node_get(value, "headers");
    p->respond = value;
    if (headers)
        *arena_push(c->arena, &p->headers, const struct node *) = headers;
    if (!status || status->integer >= 400)
        p->failed = true;
}

static void respond_error(struct call *c, const char *code)
{
    const struct fault_row *row = provider_fault_named(c->provider, str_from(code));
    if (!row)
        row = provider_fault_named(NULL, str_from(code));
    if (!row)
        row = provider_fault(NULL, FAULT_INTERNAL); /* an error code of another provider */
    call_refuse(c, row->fault, NULL);
    c->fault_status = row->status;
    c->fault_code = row->code;
}

static void respond_text(struct call *c, int status, struct str text)
{
    call_json(c, status);
    call_header(c, "Content-Type", "text/plain; charset=utf-8");
    buf_add(&c->res->body, text);
}

bool rules_respond(struct call *c)
{
    const struct node *response = c->plan ? c->plan->respond : NULL;
    if (!response)
        return false;
    const char *error = node_get_text(response, "error");
    if (error) {
        respond_error(c, error);
        return true;
    }
    int status = (int)node_get(response, "status")->integer;
    const struct node *body = node_get(response, "body");
    if (!body)
        c->res->status = status;
    else if (body->kind == NODE_TEXT)
        respond_text(c, status, body->text);
    else
        json_node(call_json(c, status), body);
    return true;
}
