/* Parses a rule: what it acts on, its conditions and its effects. */
#include "base/array.h"
#include "mockserver/rules/rule.h"

#include <string.h>

#include "base/match.h"
#include "mockserver/provider_api/webhooks.h"
#include "mockserver/state/tenant.h"

#define NAME_MAX_BYTES 64

static const struct field clock_rows[] = {
    FIELD("after", FIELD_TIME, struct rule_clock, after,
          .help =
              "From this time on, or from so long after the rules began (+1h): the namespace was created or reset."),
    FIELD("before", FIELD_TIME, struct rule_clock, before, .help = "Until that time, likewise."),
};
static const struct fields clock_fields = FIELD_TABLE("clock", clock_rows, struct rule_clock, FIELDS_NO_PLACE);

static const struct field when_rows[] = {
    FIELD("nth", FIELD_INT, struct rule_when, nth, .min = 1, .max = INT32_MAX,
          .help = "Acts only on the nth matching call or event, counted from 1."),
    FIELD("times", FIELD_INT, struct rule_when, times, .min = 1, .max = INT32_MAX,
          .help = "Acts at most this many times."),
    FIELD("every", FIELD_INT, struct rule_when, every, .min = 1, .max = INT32_MAX,
          .help = "Acts on every nth matching call or event: 2 for every second one."),
    FIELD("after", FIELD_INT, struct rule_when, after, .min = 1, .max = INT32_MAX,
          .help = "Skips this many matching calls or events first."),
    FIELD("probability", FIELD_NODE, struct rule_when, probability, .shape = "{type: number, minimum: 0, maximum: 1}",
          .help = "Acts on this share of the matching calls or events, 0 to 1; repeatable by seed."),
    FIELD("key", FIELD_NODE, struct rule_when, key, .shape = "{type: [string, 'null']}",
          .help = "API key of the caller, by name or value; null: a call without a valid key."),
    FIELD("query", FIELD_NODE, struct rule_when, query, .shape = "named_texts",
          .help = "Query parameters by name, each with what its value must match."),
    FIELD("header", FIELD_NODE, struct rule_when, header, .shape = "named_texts",
          .help = "Request headers by name, each with what its value must match."),
    FIELD("path", FIELD_NODE, struct rule_when, path, .shape = "text_expectation", .help = "What the path must match."),
    FIELD("body", FIELD_NODE, struct rule_when, body, .shape = "expectation",
          .help = "What the JSON body must match; of an event, its data."),
    FIELD(
        "state", FIELD_NODE, struct rule_when, state, .shape = "{type: object, minProperties: 1}",
        .help =
            "Kinds of records, each with the values of fields: a record with these must exist. $call as in set_state."),
    FIELD("clock", FIELD_MAP, struct rule_when, clock, .sub = &clock_fields,
          .help = "Acts only in this time of the namespace's clock."),
};

static const struct fields when_fields =
    FIELD_TABLE("rule's when", when_rows, struct rule_when, offsetof(struct rule_when, at));

static const struct field rule_rows[] = {
    FIELD("name", FIELD_TEXT, struct rule_form, name, .min = 1, .max = NAME_MAX_BYTES,
          .help = "Name of the rule: letters, digits and . _ - (default rule-1, rule-2 ...)."),
    FIELD("on", FIELD_TEXT, struct rule_form, on, .shape = "operation",
          .help = "Operation it acts on (default: all that provider, method and path match)."),
    FIELD("provider", FIELD_TEXT, struct rule_form, provider, .shape = "provider",
          .help = "Limits the rule to calls or events of this provider."),
    FIELD("method", FIELD_TEXT, struct rule_form, method, .shape = "{enum: [GET, POST, PUT, PATCH, DELETE, HEAD]}",
          .help = "Limits the rule to calls with this method."),
    FIELD("path", FIELD_TEXT, struct rule_form, path,
          .help = "Limits the rule to calls of the route with this pattern; write {} for an id."),
    FIELD("event", FIELD_TEXT, struct rule_form, event, .shape = "event",
          .help = "Event type it acts on, or '*' for all. The rule then acts on webhook deliveries, "
                  "not on calls."),
    FIELD("when", FIELD_MAP, struct rule_form, when, .sub = &when_fields, .help = "Conditions; all of them must hold."),
    FIELD("then", FIELD_NODE, struct rule_form, then, .required = true,
          .shape = "{type: array, minItems: 1, items: {$ref: '#/$defs/effects'}}", .help = "List of effects."),
};

const struct fields rule_fields = FIELD_TABLE("rule", rule_rows, struct rule_form, offsetof(struct rule_form, at));

bool rule_unknown(struct error *err, const char *what, struct where at, const char *text, const char *const *words,
                  size_t count)
{
    struct arena a = {0};
    error_add(err, ERROR_INPUT, at, "unknown %s '%s'%s", what, text, str_suggest(&a, str_from(text), words, count));
    arena_end(&a);
    return false;
}

struct where rule_place(const struct node *map, const char *key)
{
    const struct node *value = node_get(map, key);
    return value ? value->at : map->at;
}

/* --- what it acts on: calls, or an event --- */

static bool read_provider(const struct node *map, struct rule *rule, struct error *err)
{
    const char *name = rule->form.provider;
    if (!name || (rule->provider = provider_named(str_from(name))))
        return true;
    struct arena a = {0};
    struct texts names = {0};
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
static bool has_event(struct arena *a, const struct webhooks *w, const char *event, struct texts *names)
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
    struct texts names = {0};
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
    static const char *const conditions[] = {"key", "query", "header", "path", "state"};
    bool ok = event_known(rule->provider, rule->form.event, rule_place(map, "event"), err);
    for (size_t i = 0; i < COUNT(targets); i++)
        ok = reject_call_key(node_get(map, targets[i]), targets[i], err) && ok;
    for (size_t i = 0; i < COUNT(conditions); i++)
        ok = reject_call_key(node_get(node_get(map, "when"), conditions[i]), conditions[i], err) && ok;
    return ok;
}

static bool target_read(const struct node *map, struct rule *rule, struct error *err)
{
    if (!read_provider(map, rule, err))
        return false;
    return rule->form.event ? read_event(map, rule, err) : read_calls(map, rule, err);
}

/* --- names and conditions --- */

static bool name_valid(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("._-", *c)))
            return false;
    return true;
}

/* Values are text, so a number would never match: it is an error. */
bool rules_check_named(const struct node *map, const char *what, struct error *err)
{
    if (!map)
        return true;
    if (map->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, map->at, "'%s' must be an object of names and expected values", what);
    bool ok = true;
    for (size_t i = 0; i < map->map.count; i++) {
        const struct member *m = &map->map.members[i];
        if (m->key[0] == '$')
            ok = error_add(err, ERROR_INPUT, m->key_at, "'%s' cannot start with the matcher '%s'; write a name first",
                           what, m->key);
        else
            ok = match_check_text(m->value, what, err) && ok;
    }
    return ok;
}

static bool check_when(const struct rule *r, struct error *err)
{
    const struct rule_when *w = &r->form.when;
    bool ok = rules_check_named(w->query, "query", err);
    ok = rules_check_named(w->header, "header", err) && ok;
    ok = (!w->path || match_check_text(w->path, "path", err)) && ok;
    ok = (!w->body || match_check(w->body, err)) && ok;
    ok = (!w->state || state_check(w->state, r, err)) && ok;
    if (w->key && w->key->kind != NODE_TEXT && w->key->kind != NODE_NULL)
        ok = error_add(err, ERROR_INPUT, w->key->at, "'key' must be the name or value of a key, or null");
    if (w->probability &&
        !(node_is_number(w->probability) && node_number(w->probability) >= 0 && node_number(w->probability) <= 1))
        ok = error_add(err, ERROR_INPUT, w->probability->at, "'probability' must be a number from 0 to 1");
    return ok;
}

static size_t node_size(const struct node *n, size_t max)
{
    size_t size = 1;
    for (size_t i = 0; i < node_count(n) && size <= max; i++)
        size += node_size(n->kind == NODE_LIST ? n->list.items[i] : n->map.members[i].value, max - size);
    return size;
}

bool rule_read(const struct node *map, struct arena *a, struct rule *rule, struct error *err)
{
    if (node_size(map, RULE_NODES_MAX) > RULE_NODES_MAX)
        return error_add(err, ERROR_INPUT, map->at, "the rule has more than %d values", RULE_NODES_MAX);
    bool ok = fields_read(&rule_fields, map, a, &rule->form, err);
    if (map->kind != NODE_MAP)
        return false;
    if (rule->form.name && !name_valid(rule->form.name))
        ok = error_add(err, ERROR_INPUT, rule_place(map, "name"), "invalid name '%s' (letters, digits and . _ -)",
                       rule->form.name);
    ok = target_read(map, rule, err) && ok;
    ok = check_when(rule, err) && ok;
    ok = (!rule->form.then || effects_check(rule->form.then, rule, err)) && ok;
    if (ok)
        rule->phase = effects_phase(rule->form.then);
    return ok;
}

static bool named_before(const struct node *list, size_t i, const char *name)
{
    while (name && i--) {
        const char *other = node_get_text(list->list.items[i], "name");
        if (other && strcmp(other, name) == 0)
            return true;
    }
    return false;
}

bool rules_check(const struct node *list, struct error *err)
{
    if (list->kind != NODE_LIST)
        return error_add(err, ERROR_INPUT, list->at, "'rules' is %s; expected %s%s", node_kind_words(list, list->kind),
                         node_kind_words(list, NODE_LIST), list->json ? "" : " (write '- ' before each rule)");
    struct arena a = {0};
    bool ok = true;
    for (size_t i = 0; i < list->list.count; i++) {
        const struct node *map = list->list.items[i];
        struct rule rule = {0};
        ok = rule_read(map, &a, &rule, err) && ok;
        if (named_before(list, i, rule.form.name))
            ok = error_add(err, ERROR_INPUT, rule_place(map, "name"), "rule '%s' already exists", rule.form.name);
    }
    arena_end(&a);
    return ok;
}

static bool key_known(const struct world *w, const char *who)
{
    for (uint32_t row = 0; world_next(w, RECORD_KEY, &row);)
        if (rule_key_is(key_read(w, row), who))
            return true;
    return false;
}

bool rule_key_is(const struct key *k, const char *who)
{
    return (k->name && strcmp(k->name, who) == 0) || (k->value && strcmp(k->value, who) == 0);
}

static bool check_key(const struct node *key, const struct world *w, struct error *err)
{
    return !key || key->kind != NODE_TEXT || key_known(w, key->text.s) ||
           error_add(err, ERROR_INPUT, key->at, "no key has the name or value '%s'", key->text.s);
}

bool rules_check_keys(const struct node *list, const struct world *w, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < node_count(list); i++) {
        const struct node *rule = node_at(list, i), *then = node_get(rule, "then");
        ok = check_key(node_get(node_get(rule, "when"), "key"), w, err) && ok;
        for (size_t k = 0; k < node_count(then); k++)
            ok = check_key(node_get(node_get(node_at(then, k), "request"), "key"), w, err) && ok;
    }
    return ok;
}
