/* The rules and the client checks of a namespace, as their own rooms print them. */
#include "mockserver/admin/page.h"

#include "mockserver/client_checks/client_checks.h"
#include "mockserver/rules/rules.h"
#include "mockserver/runtime/namespaces.h"

void admin_rules(struct call *c)
{
    const struct rule *rule;
    uint64_t number;
    struct admin_page page;
    bool more = false;
    if (!admin_page_read(c, c->ns->generation, &page))
        return;
    struct json *w = admin_page_begin(c);
    while (!more && (rule = rules_next(c->ns->rules, page.last, &number))) {
        more = !admin_page_looks(&page, w, number);
        if (!more)
            rules_print(rule, w);
        page.items += !more;
    }
    admin_page_end(c, &page, more, (int64_t)rules_count(c->ns->rules));
}

void admin_rule(struct call *c)
{
    if (!rules_print_one(c->ns->rules, c->params[0], call_json(c, 200)))
        admin_unknown(c, "rule");
}

void admin_rule_add(struct call *c)
{
    const struct node *body = call_body(c);
    if (!body)
        return;
    const char *name = NULL;
    struct error err = {0};
    const struct node *list = node_new_list(c->arena, &body, 1);
    bool ok = rules_check_keys(list, c->world, &err);
    ok = ok ? rules_add(c->ns->rules, body, &name, &err) : rules_check(list, &err) && false; /* for all errors */
    if (!ok)
        admin_issues(c, body, &err);
    else
        rules_print_one(c->ns->rules, str_from(name), call_json(c, 201));
}

void admin_rules_clear(struct call *c)
{
    size_t count = rules_count(c->ns->rules);
    rules_clear(c->ns->rules);
    admin_removed_count(c, count);
}

void admin_rule_remove(struct call *c)
{
    if (rules_remove(c->ns->rules, c->params[0]))
        admin_removed_count(c, 1);
    else
        admin_unknown(c, "rule");
}

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
        call_issue(c, "query", "unknown format '" STR_FMT "' (json or junit)", STR_ARG(format));
    }
}
