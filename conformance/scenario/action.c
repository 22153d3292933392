#include <string.h>

#include "base/array.h"
#include "base/time.h"
#include "conformance/scenario/reader.h"

static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};

static bool is_method(struct str word)
{
    for (size_t i = 0; i < COUNT(methods); i++)
        if (str_is(word, methods[i]))
            return true;
    return false;
}

bool call_read(struct reader *r, const struct node *call, const char **method, const char **path)
{
    const char *text = node_text(call);
    struct str rest = str_from(text), word = str_cut(&rest, ' ');
    if (!text || !rest.n)
        return error_add(r->err, ERROR_INPUT, call->at, "a call must be METHOD /path, for example GET /v1/items/$id");
    if (!is_method(word))
        return error_add(r->err, ERROR_INPUT, call->at, "unknown HTTP method '" STR_FMT "'%s", STR_ARG(word),
                         did_you_mean(r->arena, word, methods, COUNT(methods)));
    if (rest.s[0] != '/')
        return error_add(r->err, ERROR_INPUT, call->at, "invalid path '" STR_FMT "'; a path starts with /",
                         STR_ARG(rest));
    if (str_find(rest, ' ') < rest.n || str_find(rest, '#') < rest.n)
        return error_add(r->err, ERROR_INPUT, call->at,
                         "invalid path '" STR_FMT "'; a path must not contain spaces or #", STR_ARG(rest));
    *method = str_dup(r->arena, word);
    *path = str_dup(r->arena, rest);
    return true;
}

/* --- query and headers ---------------------------------------------------------------------- */

static bool is_scalar(const struct node *n)
{
    return n->kind == NODE_TEXT || n->kind == NODE_BOOL || node_is_number(n);
}

static bool is_value(const struct node *n, bool many)
{
    if (n->kind != NODE_LIST)
        return is_scalar(n);
    for (size_t i = 0; many && i < n->list.count; i++)
        if (!is_scalar(n->list.items[i]))
            return false;
    return many;
}

static bool values_read(struct reader *r, const struct node *map, const char *key, bool many, const struct node **out)
{
    if (!map)
        return true;
    if (!is_map(r, map, arena_printf(r->arena, "'%s' must be a map: NAME: VALUE", key)))
        return false;
    bool ok = true;
    for (size_t i = 0; i < map->map.count; i++)
        if (!is_value(map->map.members[i].value, many))
            ok = error_add(r->err, ERROR_INPUT, map->map.members[i].value->at,
                           "a value of '%s' must be text, a number or a boolean%s", key,
                           many ? ", or a list of them" : "");
    *out = map;
    return ok;
}

/* --- advance -------------------------------------------------------------------------------- */

static bool is_reference(const char *text)
{
    return text && text[0] == '$';
}

static bool duration_read(struct reader *r, const char *text, struct where at)
{
    int64_t ms;
    if (is_reference(text) || (duration_parse(str_from(text), &ms) && ms > 0))
        return true;
    return error_add(r->err, ERROR_INPUT, at, "invalid duration '%s'; expected for example 3h or 1h30m", text);
}

static bool advance_map_read(struct reader *r, const struct node *map)
{
    struct advance_yaml w = {.until = -1};
    int64_t ms;
    if (!fields_read(&advance_fields, map, r->arena, &w, r->err))
        return false;
    if (node_count(map) != 1)
        return error_add(r->err, ERROR_INPUT, map->at, "'advance' needs exactly one of 'by', 'to' and 'until'");
    if (w.by)
        return duration_read(r, w.by, node_get(map, "by")->at);
    if (w.to && !is_reference(w.to) && !time_parse(str_from(w.to), &ms))
        return error_add(r->err, ERROR_INPUT, node_get(map, "to")->at,
                         "invalid time '%s'; expected for example 2026-05-02T12:00:00Z", w.to);
    return true;
}

static bool advance_read(struct reader *r, const struct node *n, struct step *s)
{
    s->advance = n;
    if (n->kind == NODE_MAP)
        return advance_map_read(r, n);
    if (!node_text(n))
        return error_add(r->err, ERROR_INPUT, n->at, "'advance' must be a duration, {by}, {to} or {until: next_event}");
    return duration_read(r, node_text(n), n->at);
}

/* -------------------------------------------------------------------------------------------- */

static bool consent_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    s->outcome = consent_outcomes[w->consent];
    s->consent_at = w->consent_at;
    s->consent_state = w->state;
    s->consent_handle = w->handle;
    return w->consent_at || error_add(r->err, ERROR_INPUT, key_place(s->source, "consent"),
                                      "missing 'at'; 'consent' needs the URL of the consent page");
}

static bool use_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    s->flow = flow_find(r, w->use, node_get(s->source, "use")->at);
    s->with = w->with;
    return s->flow && with_check(r, w->with, s);
}

static bool request_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    bool ok = values_read(r, w->query, "query", true, &s->query);
    ok &= values_read(r, w->headers, "headers", false, &s->headers);
    s->body = w->body;
    s->raw_body = w->raw_body;
    if (w->body && w->raw_body)
        ok = error_add(r->err, ERROR_INPUT, key_place(s->source, "raw_body"),
                       "'raw_body' cannot be combined with 'body'");
    return ok;
}

static bool hook_read(struct reader *r, const struct hook_yaml *w, struct step *s)
{
    struct hook *hook = arena_new(r->arena, struct hook);
    *hook = (struct hook){w->event, w->none, w->count, w->within_ms, w->signature.header, w->signature.secret};
    s->hook = hook;
    if (w->within_ms <= 0)
        return error_add(r->err, ERROR_INPUT, w->at, "'within' must be greater than 0");
    if (w->none && (w->count || w->signature.header || node_get(s->source, "expect")))
        return error_add(r->err, ERROR_INPUT, w->at, "'none' cannot be combined with 'count', 'signature' or 'expect'");
    return true;
}

bool action_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    bool ok = request_read(r, w, s);
    s->as = w->as;
    switch (s->kind) {
    case STEP_CALL:
        return call_read(r, w->call, &s->method, &s->path) && ok;
    case STEP_USE:
        return use_read(r, w, s) && ok;
    case STEP_CONSENT:
        return consent_read(r, w, s) && ok;
    case STEP_SIMULATE:
        s->simulate = w->simulate;
        return ok;
    case STEP_ADVANCE:
        return advance_read(r, w->advance, s) && ok;
    case STEP_INSPECT:
        s->path = w->inspect;
        return ok;
    case STEP_WEBHOOK:
        return hook_read(r, &w->hook, s) && ok;
    case STEP_KIND_COUNT:
        break;
    }
    return false;
}
