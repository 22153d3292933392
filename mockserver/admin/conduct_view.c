#include "mockserver/conduct/conduct.h"

#include "mockserver/admin/handlers.h"
#include "mockserver/worlds/namespaces.h"

void admin_conduct(struct call *c)
{
    struct str format = call_query(c, "format");
    if (str_is(format, "junit")) {
        call_json(c, 200);
        call_header(c, "Content-Type", "application/xml; charset=utf-8");
        conduct_junit(c->ns->conduct, &c->res->body);
    } else if (!format.n || str_is(format, "json")) {
        conduct_print(c->ns->conduct, call_json(c, 200));
    } else {
        call_refuse(c, FAULT_INVALID, "'format' is json or junit");
    }
}
