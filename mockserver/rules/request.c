/* The effects that act before the gates: request, skip and clock. */
#include "base/array.h"
#include "mockserver/rules/rule.h"

#include <string.h>

#include "base/http/message.h"
#include "base/patch.h"
#include "base/time.h"
#include "base/units.h"
#include "mockserver/state/tenant.h"

#define SHIFT_MAX_MS (366 * DAY_MS)

struct request_form {
    const char *path;
    const struct node *key, *query, *headers, *body;
};

#define TEXT_OR_NULL "{type: [string, 'null']}"
#define NAMED_TEXTS  "{type: object, additionalProperties: {type: [string, 'null']}}"

static const struct field request_rows[] = {
    FIELD("key", FIELD_NODE, struct request_form, key, .shape = TEXT_OR_NULL,
          .help = "Serves the call as if this key had been sent, by name or value; null: no key."),
    FIELD("path", FIELD_TEXT, struct request_form, path,
          .help = "Another path, after the mount and without a query; {1} stands for the first id in the path as sent, "
                  "{2} for the second."),
    FIELD("query", FIELD_NODE, struct request_form, query, .shape = NAMED_TEXTS,
          .help = "Query parameters to set, by name; null removes one."),
    FIELD("headers", FIELD_NODE, struct request_form, headers, .shape = NAMED_TEXTS,
          .help = "Request headers to set, by name; null removes one."),
    FIELD("body", FIELD_NODE, struct request_form, body, .shape = "patch",
          .help = "Changes the JSON body; a JSON Patch (RFC 6902)."),
};

const struct fields rule_request_fields = FIELD_TABLE("request", request_rows, struct request_form, FIELDS_NO_PLACE);

/* --- checks --- */

static bool is_text_or_null(const struct node *n)
{
    return n->kind == NODE_NULL || n->kind == NODE_TEXT;
}

static bool check_texts(const struct node *map, const char *what, struct error *err)
{
    if (!map)
        return true;
    if (map->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, map->at, "'%s' must be an object of names with %s or null", what,
                         map->json ? "strings" : "texts");
    bool ok = true;
    for (size_t i = 0; i < map->map.count; i++) {
        const struct member *m = &map->map.members[i];
        if (!is_text_or_null(m->value))
            ok = error_add(err, ERROR_INPUT, m->value->at, "'%s' must be %s, or null to remove it", m->key,
                           node_kind_words(m->value, NODE_TEXT));
    }
    return ok;
}

bool headers_or_null_check(const struct node *map, struct error *err)
{
    if (!check_texts(map, "headers", err))
        return false;
    bool ok = true;
    for (size_t i = 0; i < node_count(map); i++) {
        const struct node one = {
            .kind = NODE_MAP, .at = map->at, .map = {1, &map->map.members[i]}
        };
        ok = (map->map.members[i].value->kind == NODE_NULL || headers_check(&one, NULL, err)) && ok;
    }
    return ok;
}

/* The path of a route of the provider, or of any provider. */
static bool path_known(struct arena *a, const char *path, const struct provider *only)
{
    for (size_t d = 0; d < provider_count; d++) {
        const struct route *route = NULL;
        struct str params[ROUTE_PARAMS_MAX];
        const struct provider *p = providers[d];
        if ((!only || only == p) &&
            route_find(p->routes, p->route_count, STR("GET"), str_from(path), &route, params, a, NULL) != ROUTE_NONE)
            return true;
    }
    return false;
}

bool request_check(const struct node *value, const struct rule *r, struct error *err)
{
    struct arena a = {0};
    struct request_form f = {0};
    bool ok = fields_read(&rule_request_fields, value, &a, &f, err);
    if (ok && !value->map.count)
        ok = error_add(err, ERROR_INPUT, value->at, "'request' is empty; expected a change such as {key: other}");
    if (f.key && !is_text_or_null(f.key))
        ok = error_add(err, ERROR_INPUT, f.key->at, "'key' must be the name or value of a key, or null");
    if (f.path && !path_known(&a, f.path, r->provider))
        ok = error_add(err, ERROR_INPUT, node_get(value, "path")->at, "no route has the path '%s'", f.path);
    ok = check_texts(f.query, "query", err) && ok;
    ok = (!f.headers || headers_or_null_check(f.headers, err)) && ok;
    ok = (!f.body || patch_check(f.body, err)) && ok;
    arena_end(&a);
    return ok;
}

/* The gates that each name skips, by their names in struct provider. */
static const struct {
    const char *name;
    const char *gates[2];
} skips[] = {
    {"authentication", {"key", "key_status"}},
    {"scope",          {"scope", NULL}      },
    {"rate_limit",     {"rate_limit", NULL} },
    {"idempotency",    {"idempotency", NULL}},
};

static size_t find_skip(const struct node *name)
{
    size_t i = 0;
    while (i < COUNT(skips) && !(name->kind == NODE_TEXT && str_is(name->text, skips[i].name)))
        i++;
    return i;
}

bool skip_check(const struct node *value, const struct rule *r, struct error *err)
{
    (void)r;
    const char *names[COUNT(skips)];
    for (size_t i = 0; i < COUNT(skips); i++)
        names[i] = skips[i].name;
    if (value->kind != NODE_LIST || !value->list.count)
        return error_add(err, ERROR_INPUT, value->at,
                         "'skip' must be %s of gates, such as [\"scope\"]; it must not be empty",
                         node_kind_words(value, NODE_LIST));
    bool ok = true;
    for (size_t i = 0; i < value->list.count; i++) {
        const struct node *name = value->list.items[i];
        if (name->kind != NODE_TEXT)
            ok = error_add(err, ERROR_INPUT, name->at, "a gate to skip must be %s", node_kind_words(name, NODE_TEXT));
        else if (find_skip(name) == COUNT(skips))
            ok = rule_unknown(err, "gate", name->at, name->text.s, names, COUNT(names));
    }
    return ok;
}

bool clock_check(const struct node *value, const struct rule *r, struct error *err)
{
    (void)r;
    int64_t ms;
    return (value->kind == NODE_TEXT && duration_parse(value->text, &ms) && ms >= -SHIFT_MAX_MS &&
            ms <= SHIFT_MAX_MS) ||
           error_add(err, ERROR_INPUT, value->at,
                     "invalid 'clock'; expected a duration from -366d to 366d, such as -1h");
}

/* --- planning --- */

void request_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    (void)r;
    *arena_push(c->arena, &p->requests, const struct node *) = value;
}

void skip_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    (void)r;
    (void)c;
    for (size_t i = 0; i < value->list.count; i++)
        p->skipped |= 1u << find_skip(value->list.items[i]);
}

void clock_plan(const struct rule *r, const struct node *value, struct call *c, struct rule_plan *p)
{
    (void)r;
    (void)c;
    int64_t ms = 0;
    duration_parse(value->text, &ms);
    p->clock_ms += ms;
}

bool rules_skip_gate(const struct call *c, const char *gate)
{
    unsigned skipped = c->plan ? c->plan->skipped : 0;
    for (size_t i = 0; skipped && i < COUNT(skips); i++)
        for (size_t k = 0; (skipped & 1u << i) && k < COUNT(skips[i].gates) && skips[i].gates[k]; k++)
            if (strcmp(skips[i].gates[k], gate) == 0)
                return true;
    return false;
}

/* --- changing the request --- */

static void set_header(struct call *c, struct request *req, const char *name, const struct node *text)
{
    if (text->kind == NODE_NULL)
        headers_remove(&req->headers, name);
    else
        headers_set(c->arena, &req->headers, name, text->text);
}

static const char *key_value(const struct call *c, const char *who)
{
    for (uint32_t row = 0; world_next(c->world, RECORD_KEY, &row);) {
        const struct key *k = key_read(c->world, row);
        if (k->value && rule_key_is(k, who) &&
            organization_read(c->world, k->organization)->provider == c->provider->id)
            return k->value;
    }
    return NULL;
}

static bool change_key(struct call *c, struct request *req, const struct node *key)
{
    const char *value = key->kind == NODE_TEXT ? key_value(c, key->text.s) : NULL;
    if (key->kind == NODE_TEXT && !value)
        return false;
    const char *header = c->provider->key_header;
    headers_remove(&req->headers, "Authorization");
    if (header)
        headers_remove(&req->headers, header);
    if (value && header)
        headers_add(c->arena, &req->headers, header, str_from(arena_text(c->arena, value)));
    else if (value)
        headers_add(c->arena, &req->headers, "Authorization", str_from(arena_printf(c->arena, "Bearer %s", value)));
    return true;
}

/* Returns the query without the parameters of that name; those that stay keep their bytes. */
static struct str without_parameter(struct call *c, struct str query, const char *name)
{
    struct buf out = {.arena = c->arena};
    while (query.n) {
        struct str pair = str_cut(&query, '&'), rest = pair, decoded;
        if (url_decode(c->arena, str_cut(&rest, '='), true, &decoded) && str_is(decoded, name))
            continue;
        if (out.n)
            buf_byte(&out, '&');
        buf_add(&out, pair);
    }
    return buf_str(&out);
}

static void set_parameter(struct call *c, struct request *req, const char *name, const struct node *text)
{
    struct buf out = {.arena = c->arena};
    buf_add(&out, without_parameter(c, req->query, name));
    if (text->kind == NODE_TEXT) {
        if (out.n)
            buf_byte(&out, '&');
        url_encode(&out, str_from(name));
        buf_byte(&out, '=');
        url_encode(&out, text->text);
    }
    req->query = buf_str(&out);
}

/* Replaces {1} to {4} by the ids in the path as sent. */
static struct str fill_path(struct call *c, struct str path)
{
    struct buf out = {.arena = c->arena};
    for (size_t i = 0; i < path.n; i++) {
        struct str rest = str_skip(path, i);
        if (rest.n >= 3 && rest.s[0] == '{' && rest.s[1] >= '1' && rest.s[1] < '1' + ROUTE_PARAMS_MAX &&
            rest.s[2] == '}') {
            url_encode(&out, c->params[rest.s[1] - '1']);
            i += 2;
        } else {
            buf_byte(&out, path.s[i]);
        }
    }
    return buf_str(&out);
}

static bool change_body(struct call *c, struct request *req, const struct node *patch)
{
    const struct node *body = body_json(c->arena, req, NULL);
    const struct node *patched = body ? patch_apply(c->arena, body, patch, NULL) : NULL;
    if (patched)
        req->body = str_from(json_print(c->arena, patched));
    return patched;
}

/* Returns false if the key does not exist or the body has no place for the patch. */
static bool change_request(struct call *c, struct request *req, const struct node *value)
{
    const struct node *query = node_get(value, "query"), *headers = node_get(value, "headers");
    const struct node *key = node_get(value, "key"), *body = node_get(value, "body"), *path = node_get(value, "path");
    for (size_t i = 0; i < node_count(query); i++)
        set_parameter(c, req, query->map.members[i].key, query->map.members[i].value);
    for (size_t i = 0; i < node_count(headers); i++)
        set_header(c, req, headers->map.members[i].key, headers->map.members[i].value);
    if (path)
        c->path = fill_path(c, path->text);
    bool ok = !body || change_body(c, req, body);
    return (!key || change_key(c, req, key)) && ok;
}

void rules_change_request(struct call *c)
{
    struct rule_plan *p = c->plan;
    p->sent = (struct rule_sent){.is_kept = true, .req = c->req, .path = c->path, .key = c->key};
    if (!p->requests.count)
        return;
    struct request *req = arena_copy(c->arena, c->req, sizeof *req);
    req->headers = (struct headers){0};
    for (size_t i = 0; i < c->req->headers.count; i++)
        headers_add(c->arena, &req->headers, c->req->headers.items[i].name, c->req->headers.items[i].value);
    for (size_t i = 0; i < p->requests.count; i++)
        if (!change_request(c, req, p->requests.items[i]))
            p->missed = "request";
    c->req = req;
    c->query_read = false;
    c->query_count = 0;
}

void rules_restore_request(struct call *c)
{
    struct rule_plan *p = c->plan;
    if (!p->sent.is_kept)
        return;
    c->req = p->sent.req;
    c->path = p->sent.path;
    c->key = p->sent.key;
    c->now_ms -= p->clock_ms;
    c->query_read = false;
    c->query_count = 0;
}
