/* Applies the plan of a call. */
#include "mockserver/rules/rule.h"

#include "base/patch.h"

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

static void mark_missed(struct call *c, const char *effect)
{
    call_header(c, "X-Mock-Rule-Missed", effect);
}

static void patch_body(struct call *c, const struct node *patch)
{
    const struct node *body = json_parse(c->arena, buf_str(&c->res->body), "response", NULL);
    const struct node *patched = body ? patch_apply(c->arena, body, patch, NULL) : NULL;
    if (!patched) {
        mark_missed(c, "patch");
        return;
    }
    struct buf out = {.arena = c->arena};
    struct json w = json_begin(&out, 0);
    json_node(&w, patched);
    c->res->body = out;
}

static void set_headers(struct call *c, const struct node *headers)
{
    for (size_t i = 0; i < headers->map.count; i++)
        call_header(c, headers->map.members[i].key, headers->map.members[i].value->text.s);
}

void rules_apply(struct call *c)
{
    const struct rule_plan *p = c->plan;
    if (!p)
        return;
    for (size_t i = 0; i < p->patches.count; i++)
        patch_body(c, p->patches.items[i]);
    for (size_t i = 0; i < p->state_changes.count; i++)
        if (!set_state_run(c, p->state_changes.items[i]))
            mark_missed(c, "set_state");
    if (p->failed)
        call_header(c, "X-Mock-Error", arena_printf(c->arena, "rule:%s", p->failed_by));
    c->res->delay_us += p->delay_after_us;
    c->res->cut = p->cut;
    c->res->bytes_per_second = p->bytes_per_second;
}

void rules_headers(struct call *c)
{
    for (size_t i = 0; c->plan && i < c->plan->headers.count; i++)
        set_headers(c, c->plan->headers.items[i]);
}
