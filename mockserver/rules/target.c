/* Resolves what a rule acts on: calls, by on, provider, method and path; or an event. */
#include "base/array.h"
#include "mockserver/rules/rule.h"

#include <string.h>

#include "mockserver/provider_api/webhooks.h"

struct words {
    const char **items;
    size_t count, room;
};

static bool read_provider(const struct node *map, struct rule *rule, struct error *err)
{
    const char *name = rule->form.provider;
    if (!name || (rule->provider = provider_named(str_from(name))))
        return true;
    struct arena a = {0};
    struct words names = {0};
    for (size_t i = 0; i < provider_count; i++)
        *arena_push(&a, &names, const char *) = providers[i]->name;
    rule_unknown(err, "provider", rule_place(map, "provider"), name, names.items, names.count);
    arena_end(&a);
    return false;
}

static bool method_known(const char *method, struct where at, struct error *err)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"};
    for (size_t i = 0; i < COUNT(methods); i++)
        if (strcmp(methods[i], method) == 0)
            return true;
    return rule_unknown(err, "method", at, method, methods, COUNT(methods));
}

/* True if one route matches all of these; NULL matches everything. */
static bool route_exists(const struct provider *only, const char *operation, const char *method, const char *path)
{
    for (size_t d = 0; d < provider_count; d++)
        for (size_t i = 0; (!only || only == providers[d]) && i < providers[d]->route_count; i++) {
            const struct route *r = &providers[d]->routes[i];
            if ((!operation || strcmp(r->operation, operation) == 0) && (!method || strcmp(r->method, method) == 0) &&
                (!path || strcmp(r->pattern, path) == 0))
                return true;
        }
    return false;
}

static bool read_calls(const struct node *map, struct rule *rule, struct error *err)
{
    const struct rule_form *f = &rule->form;
    bool ok = true;
    if (f->on) {
        ok = provider_operation(str_from(f->on), str_from(f->provider), rule_place(map, "on"), &rule->on, err);
        rule->provider = ok ? rule->on.provider : rule->provider;
    }
    if (f->method)
        ok = method_known(f->method, rule_place(map, "method"), err) && ok;
    if (f->path && !route_exists(rule->provider, NULL, NULL, f->path))
        ok = error_add(err, ERROR_INPUT, rule_place(map, "path"),
                       "no route has the path '%s'; write the pattern of a route, with {} for an id", f->path);
    const char *operation = rule->on.route ? rule->on.route->operation : NULL;
    if (ok && (operation || f->path) && (f->method || f->path) &&
        !route_exists(rule->provider, operation, f->method, f->path))
        ok = error_add(err, ERROR_INPUT, map->at,
                       "no route has this operation, method and path: the rule would never act");
    return ok;
}

/* True if the provider has the event type; adds all its types to `names`. */
static bool has_event(struct arena *a, const struct webhooks *w, const char *event, struct words *names)
{
    bool known = strcmp(event, w->test_event) == 0 || strcmp(event, "*") == 0;
    for (size_t i = 0; i < w->event_count; i++) {
        known = known || strcmp(event, w->events[i]) == 0;
        *arena_push(a, names, const char *) = w->events[i];
    }
    *arena_push(a, names, const char *) = w->test_event;
    return known;
}

static bool event_known(const struct provider *only, const char *event, struct where at, struct error *err)
{
    struct arena a = {0};
    struct words names = {0};
    bool known = false;
    if (only && !only->webhooks)
        return error_add(err, ERROR_INPUT, at, "%s has no webhook events", only->name);
    for (size_t i = 0; i < provider_count; i++)
        if ((!only || only == providers[i]) && providers[i]->webhooks)
            known = has_event(&a, providers[i]->webhooks, event, &names) || known;
    if (!known)
        rule_unknown(err, "event", at, event, names.items, names.count);
    arena_end(&a);
    return known;
}

/* Rejects a key that only applies to calls; NULL: the key is absent. */
static bool reject_call_key(const struct node *value, const char *what, struct error *err)
{
    return !value ||
           error_add(err, ERROR_INPUT, value->at, "'%s' applies to calls, but this rule is about an event", what);
}

static bool read_event(const struct node *map, struct rule *rule, struct error *err)
{
    static const char *const targets[] = {"on", "method", "path"};
    static const char *const conditions[] = {"key", "query", "header", "path"};
    bool ok = event_known(rule->provider, rule->form.event, rule_place(map, "event"), err);
    for (size_t i = 0; i < COUNT(targets); i++)
        ok = reject_call_key(node_get(map, targets[i]), targets[i], err) && ok;
    for (size_t i = 0; i < COUNT(conditions); i++)
        ok = reject_call_key(node_get(node_get(map, "when"), conditions[i]), conditions[i], err) && ok;
    return ok;
}

bool target_read(const struct node *map, struct rule *rule, struct error *err)
{
    if (!read_provider(map, rule, err))
        return false;
    return rule->form.event ? read_event(map, rule, err) : read_calls(map, rule, err);
}
