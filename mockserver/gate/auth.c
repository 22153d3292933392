#include "mockserver/gate/gate.h"

#include "mockserver/state/tenant.h"

bool gate_bearer(struct call *c)
{
    if (c->route->flags & ROUTE_OPEN)
        return true;
    struct str value = str_trim(headers_get(&c->req->headers, "Authorization"));
    struct str scheme = str_cut(&value, ' ');
    if (!scheme.n)
        return call_refuse(c, FAULT_UNAUTHENTICATED, "The Authorization header is missing.");
    value = str_trim(value);
    if (!str_eq_nocase(scheme, STR("Bearer")) || !value.n || str_find(value, ' ') < value.n)
        return call_refuse(c, FAULT_UNAUTHENTICATED,
                           "The Authorization header is not 'Bearer <key>'.");
    c->key = key_find(c->world, c->dialect->provider, value);
    if (c->key == ROW_NONE)
        return call_refuse(c, FAULT_UNAUTHENTICATED, "The API key is not valid.");
    return true;
}
