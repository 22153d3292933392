#include "mockserver/gates/gate.h"

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
        return call_refuse(c, FAULT_UNAUTHENTICATED, "The Authorization header is not 'Bearer <key>'.");
    c->key = key_find(c->world, c->provider->id, value);
    if (c->key == ROW_NONE)
        return call_refuse(c, FAULT_UNAUTHENTICATED, "The API key is not valid.");
    return true;
}

static struct str header_key(const struct call *c)
{
    struct str value = str_trim(headers_get(&c->req->headers, c->provider->key_header));
    if (value.n)
        return value;
    value = str_trim(headers_get(&c->req->headers, "Authorization"));
    struct str rest = value, scheme = str_cut(&rest, ' ');
    return str_eq_nocase(scheme, STR("Bearer")) ? str_trim(rest) : value;
}

bool gate_header_key(struct call *c)
{
    if (c->route->flags & ROUTE_OPEN)
        return true;
    struct str value = header_key(c);
    if (!value.n)
        return call_refuse(c, FAULT_UNAUTHENTICATED, NULL);
    c->key = key_find(c->world, c->provider->id, value);
    return c->key != ROW_NONE || call_refuse(c, FAULT_UNKNOWN_KEY, NULL);
}

bool gate_key_status(struct call *c)
{
    if (!c->key)
        return true;
    switch (key_read(c->world, c->key)->status) {
    case KEY_UNPAID:
        return call_refuse(c, FAULT_UNPAID, NULL);
    case KEY_KILLED:
        return call_refuse(c, FAULT_KILLED, NULL);
    case KEY_ACTIVE:
    case KEY_STATUS_COUNT:
        break;
    }
    return true;
}
