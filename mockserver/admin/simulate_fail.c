/* Adds a rule that makes the next calls of an operation fail. */
#include "mockserver/admin/simulate.h"

#include "mockserver/rules/rules.h"
#include "mockserver/runtime/namespaces.h"

struct fail {
    const struct node *operation, *provider, *times, *status, *error;
};

static const struct field fail_rows[] = {
    FIELD("operation", FIELD_NODE, struct fail, operation, .shape = "operation", .help = "Operation that fails.",
          .required = true),
    FIELD("provider", FIELD_NODE, struct fail, provider, .shape = "provider",
          .help = "Provider of the operation, if several have one of that name."),
    FIELD("times", FIELD_NODE, struct fail, times, .shape = "{type: integer}",
          .help = "Number of calls that fail, at least 1.", .required = true),
    FIELD("status", FIELD_NODE, struct fail, status, .shape = "{type: integer}",
          .help = "Status of the response, 200 to 599; the response has no body. Exactly one of status "
                  "and error is required."),
    FIELD("error", FIELD_NODE, struct fail, error, .shape = "{type: string}",
          .help = "Instead of status: one of the provider's error codes, with the provider's own "
                  "error body."),
};
const struct fields simulate_fail_fields = FIELD_TABLE("fail", fail_rows, struct fail, FIELDS_NO_PLACE);

static const struct node *map_of_one(struct arena *a, const char *key, const struct node *value)
{
    return node_with(a, node_new_map(a, NULL, 0), key, value);
}

/* Builds the rule from the request's own nodes, so that an error has the place of its value. */
static const struct node *rule_of(struct arena *a, const struct fail *f)
{
    const struct node *response = f->status ? map_of_one(a, "status", f->status) : map_of_one(a, "error", f->error);
    const struct node **then = arena_array(a, const struct node *, 1);
    then[0] = map_of_one(a, "respond", response);
    const struct node *rule = map_of_one(a, "on", f->operation);
    if (f->provider)
        rule = node_with(a, rule, "provider", f->provider);
    rule = node_with(a, rule, "when", map_of_one(a, "times", f->times));
    return node_with(a, rule, "then", node_new_list(a, then, 1));
}

void simulate_fail(struct call *c, const void *fields)
{
    const struct fail *f = fields;
    struct error err = {0};
    const char *name;
    if (!f->status == !f->error) {
        call_issue(c, "", "expected exactly one of 'status' and 'error'");
    } else if (!rules_add(c->ns->rules, rule_of(c->arena, f), &name, &err)) {
        admin_issues(c, call_body(c), &err);
    } else {
        json_put_text(admin_object(c, 200), "rule", name);
        simulation_end(c);
    }
}
