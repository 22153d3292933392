#include "mockserver/runtime/violation.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/log.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/runtime/mock.h"

const char *violation_reference(struct arena *a, const struct violation *v)
{
    return arena_printf(a, "violation-%" PRIu64, v->number);
}

struct violation violation_report(struct mock *m, const struct namespace *ns, struct world *w, const char *operation)
{
    struct world_violation noted = world_take_violation(w);
    if (!noted.condition)
        return (struct violation){0};
    m->violation = (struct violation){m->violation.number + 1, noted.condition, noted.function};
    log_line(LOG_ERROR,
             "violation-%" PRIu64 ": the state of namespace '%s' does not allow what %s does: '%s' does not hold in %s",
             m->violation.number, ns ? ns->name : "default", operation, noted.condition, noted.function);
    return m->violation;
}

static const char *operation_of(const struct call *c)
{
    if (!c->route)
        return "a call";
    return arena_printf(c->arena, "%s.%s", c->provider ? c->provider->name : "mock", c->route->operation);
}

void violation_report_call(struct call *c)
{
    struct violation v = violation_report(c->mock, c->ns, c->world, operation_of(c));
    if (v.number && !c->trace.violation.number)
        c->trace.violation = v;
}

void violation_watch(struct call *c, void (*step)(struct call *c))
{
    uint64_t before = c->mock->violation.number;
    step(c);
    if (call_is_internal(c) && c->mock->violation.number != before)
        c->trace.violation = c->mock->violation;
}

static void drop_response(struct call *c)
{
    c->res->headers.count = 0;
    c->res->body = (struct buf){.arena = c->arena};
}

void violation_refuse(struct call *c)
{
    const struct violation *v = &c->trace.violation;
    drop_response(c);
    c->keep = NULL; /* a retry must be served, not get this response */
    call_clear_fault(c);
    c->fault_data = NULL;
    call_refuse(c, FAULT_INTERNAL,
                "The state of this namespace does not allow this call: '%s' does not hold in %s (reference: %s).",
                v->condition, v->function, violation_reference(c->arena, v));
    call_header(c, "X-Mock-Error", "internal");
}
