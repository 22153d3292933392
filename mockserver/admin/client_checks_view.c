#include "mockserver/client_checks/client_checks.h"

#include "mockserver/admin/common.h"
#include "mockserver/runtime/namespaces.h"

void admin_client_checks(struct call *c)
{
    struct str format = call_query(c, "format");
    if (str_is(format, "junit")) {
        call_json(c, 200);
        call_header(c, "Content-Type", "application/xml; charset=utf-8");
        client_checks_junit(c->ns->client_checks, &c->res->body);
    } else if (!format.n || str_is(format, "json")) {
        client_checks_print(c->ns->client_checks, call_json(c, 200));
    } else {
        call_refuse(c, FAULT_INVALID, "unknown format '" STR_FMT "' (json or junit)", STR_ARG(format));
    }
}
