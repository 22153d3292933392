#include "mockserver/gates/gate.h"

#include "mockserver/state/tenant.h"

bool gate_scope(struct call *c)
{
    const char *scope = c->route->scope;
    if (!scope || key_has_scope(key_read(c->world, c->key), scope))
        return true;
    return call_refuse(c, FAULT_FORBIDDEN_SCOPE, "The API key lacks the scope '%s'.", scope);
}
