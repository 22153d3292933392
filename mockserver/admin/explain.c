/* Explains the response to one request. */
#include "mockserver/admin/requests.h"

#include <string.h>

#include "mockserver/provider_api/provider.h"
#include "mockserver/runtime/namespaces.h"

/* Finds an entry by seq or request id. Of several with that id it returns the newest. */
static const struct journal_entry *find(const struct journal *j, struct str which)
{
    int64_t number;
    if (str_to_int(which, &number) && number > 0)
        return journal_read(j, (uint64_t)number);
    for (uint64_t seq = journal_last(j); seq && seq >= journal_first(j); seq--) {
        const struct journal_entry *e = journal_read(j, seq);
        if (e->request_id && str_is(which, e->request_id))
            return e;
    }
    return NULL;
}

static void put_namespace(struct call *c, struct json *w, const struct journal_entry *e)
{
    json_key(w, "namespace");
    json_open_map(w);
    json_put_text(w, "name", c->ns->name);
    json_put_text(w, "by", e->trace.namespace_by);
    json_close_map(w);
}

static void put_provider(struct json *w, const struct journal_entry *e)
{
    json_key(w, "provider");
    json_open_map(w);
    json_put_text(w, "name", e->provider);
    json_put_text(w, "by", e->trace.provider_by);
    json_close_map(w);
}

static const struct route *route_of(const struct provider *d, const struct journal_entry *e)
{
    for (size_t i = 0; d && e->operation && i < d->route_count; i++)
        if (strcmp(d->routes[i].operation, e->operation) == 0 && strcmp(d->routes[i].pattern, e->pattern) == 0)
            return &d->routes[i];
    return NULL;
}

static void put_route(struct json *w, const struct route *r)
{
    json_key(w, "route");
    if (!r) {
        json_null(w);
        return;
    }
    json_open_map(w);
    json_put_text(w, "operation", r->operation);
    json_put_text(w, "method", r->method);
    json_put_text(w, "path", r->pattern);
    json_put_text(w, "scope", r->scope);
    json_put_text(w, "rate_class", rate_class_texts[r->rate_class]);
    json_put_text(w, "source", r->source);
    json_put_bool(w, "implemented", r->serve);
    json_close_map(w);
}

static const char *verdict(const struct journal_entry *e, size_t gate)
{
    if (gate < e->trace.gates_passed)
        return "passed";
    return gate == e->trace.gates_passed && e->trace.gate_fault ? "refused" : "not reached";
}

/* No gate runs if no route matched. */
static void put_gates(struct json *w, const struct provider *d, const struct journal_entry *e)
{
    json_key(w, "gates");
    json_open_list(w);
    for (size_t i = 0; d && e->operation && i < d->gate_count; i++) {
        json_open_map(w);
        json_put_text(w, "gate", d->gates[i].name);
        json_put_text(w, "verdict", verdict(e, i));
        if (i == e->trace.gates_passed && e->trace.gate_fault)
            json_put_text(w, "fault", fault_texts[e->trace.gate_fault]);
        json_close_map(w);
    }
    json_close_list(w);
}

static void put_response(struct json *w, const struct journal_entry *e)
{
    json_key(w, "response");
    json_open_map(w);
    json_put_int(w, "status", e->status);
    json_put_text(w, "fault", e->fault);
    json_put_bool(w, "replayed", e->replayed);
    request_put_hostile(w, e);
    json_close_map(w);
}

static void explain(struct call *c, const struct journal_entry *e)
{
    const struct provider *d = provider_named(str_from(e->provider));
    const struct route *r = route_of(d, e);
    struct json *w = call_json(c, 200);
    json_open_map(w);
    json_put_int(w, "seq", (int64_t)e->seq);
    json_put_text(w, "request_id", e->request_id);
    json_key(w, "method");
    json_str(w, e->method);
    json_key(w, "target");
    json_str(w, e->target);
    json_put_text(w, "key", e->key_name);
    put_namespace(c, w, e);
    put_provider(w, e);
    put_route(w, r);
    if (!r)
        reasons_put_routes(c, w, e);
    put_gates(w, d, e);
    reasons_put_rules(c, w, e);
    put_response(w, e);
    request_put_effects(w, c->world, e);
    request_put_faults(w, c->world, e);
    json_close_map(w);
}

static void refuse_unknown(struct call *c, const struct journal *j)
{
    unsigned long long first = journal_first(j), last = journal_last(j);
    if (first && first <= last)
        call_refuse(c, FAULT_NOT_FOUND, "request '" STR_FMT "' does not exist; the journal has seq %llu to %llu",
                    STR_ARG(c->params[0]), first, last);
    else
        call_refuse(c, FAULT_NOT_FOUND, "request '" STR_FMT "' does not exist; the journal is empty",
                    STR_ARG(c->params[0]));
}

void admin_explain(struct call *c)
{
    const struct journal *j = c->ns->journal;
    const struct journal_entry *e = find(j, c->params[0]);
    if (e)
        explain(c, e);
    else
        refuse_unknown(c, j);
}
