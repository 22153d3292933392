#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/file.h"
#include "base/time.h"
#include "conformance/scenario/reader.h"
#include "conformance/scenario/target_schema.h"

#define BODY_FILE_MAX_BYTES (16 << 20)

/* --- calls -------------------------------------------------------------------------------- */

static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};

static bool is_method(struct str word)
{
    for (size_t i = 0; i < COUNT(methods); i++)
        if (str_is(word, methods[i]))
            return true;
    return false;
}

/* Returns what follows the method; empty after an error. */
static struct str method_read(struct reader *r, const struct node *call, const char **method)
{
    const char *text = node_text(call);
    struct str rest = str_from(text), word = str_cut(&rest, ' ');
    if (!text || !rest.n)
        error_add(r->err, ERROR_INPUT, call->at, "a call must be METHOD /path, for example GET /v1/items/$id");
    else if (!is_method(word))
        error_add(r->err, ERROR_INPUT, call->at, "unknown HTTP method '" STR_FMT "'%s", STR_ARG(word),
                  did_you_mean(r->arena, word, methods, COUNT(methods)));
    else {
        *method = str_dup(r->arena, word);
        return rest;
    }
    return (struct str){0};
}

bool call_read(struct reader *r, const struct node *call, const char **method, const char **path)
{
    struct str rest = method_read(r, call, method);
    if (!rest.n)
        return false;
    if (rest.s[0] != '/')
        return error_add(r->err, ERROR_INPUT, call->at, "invalid path '" STR_FMT "'; a path starts with /",
                         STR_ARG(rest));
    if (str_find(rest, ' ') < rest.n || str_find(rest, '#') < rest.n)
        return error_add(r->err, ERROR_INPUT, call->at,
                         "invalid path '" STR_FMT "'; a path must not contain spaces or #", STR_ARG(rest));
    *path = str_dup(r->arena, rest);
    return true;
}

/* Reads METHOD $reference. A reference alone is a URL: the value of a whole path cannot be one segment. */
static bool url_call_read(struct reader *r, const struct node *call, struct step *s)
{
    struct str rest = method_read(r, call, &s->method);
    for (size_t i = 1; i < rest.n; i++)
        if (strchr("/?#{ ", rest.s[i]))
            return error_add(r->err, ERROR_INPUT, call->at,
                             "invalid call '" STR_FMT "'; a path starts with /, and a reference to a URL stands alone, "
                             "with its parameters in 'query'",
                             STR_ARG(rest));
    s->path = str_dup(r->arena, rest);
    s->to_url = true;
    return rest.n > 0;
}

/* --- query and headers -------------------------------------------------------------------- */

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

/* --- advance ------------------------------------------------------------------------------ */

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

static bool advance_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    const struct node *n = s->advance = w->advance;
    if (n->kind == NODE_MAP)
        return advance_map_read(r, n);
    if (!node_text(n))
        return error_add(r->err, ERROR_INPUT, n->at, "'advance' must be a duration, {by}, {to} or {until: next_event}");
    return duration_read(r, node_text(n), n->at);
}

/* --- actions ------------------------------------------------------------------------------ */

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

/* Reads the file now, so that lint finds a missing one. */
static bool body_file_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    if (!w->body_file)
        return true;
    const struct where at = node_get(s->source, "body_file")->at;
    const char *slash = strrchr(at.file, '/');
    struct str folder = str_of(at.file, slash ? (size_t)(slash - at.file) + 1 : 0);
    bool absolute = w->body_file[0] == '/';
    const char *path = arena_printf(r->arena, STR_FMT "%s", STR_ARG(absolute ? STR("") : folder), w->body_file);
    const char *why;
    size_t n;
    char *bytes = file_read(path, BODY_FILE_MAX_BYTES, &n, &why);
    s->body_file = path;
    if (bytes)
        s->file_body = str_of(str_dup(r->arena, str_of(bytes, n)), n);
    heap_free(bytes);
    if (!bytes)
        return error_add(r->err, ERROR_INPUT, at, "cannot read '%s': %s", path, why);
    return n <= BODY_FILE_MAX_BYTES ||
           error_add(r->err, ERROR_INPUT, at, "'%s' is larger than %d MiB", path, BODY_FILE_MAX_BYTES >> 20);
}

static bool bodies_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    bool ok = body_file_read(r, w, s);
    if (w->raw_body && (w->body || w->body_file))
        ok = error_add(r->err, ERROR_INPUT, key_place(s->source, "raw_body"), "'raw_body' cannot be combined with '%s'",
                       w->body ? "body" : "body_file");
    else if (w->body && w->body_file)
        ok = error_add(r->err, ERROR_INPUT, key_place(s->source, "body_file"),
                       "'body_file' cannot be combined with 'body'");
    return ok;
}

/* A member whose name starts with $ is written with $$, as in an expectation. */
static const struct node *plain_names(struct reader *r, const struct node *value, bool *ok)
{
    struct node *copy = arena_new(r->arena, struct node);
    *copy = *value;
    if (value->kind == NODE_LIST) {
        const struct node **items = arena_array(r->arena, const struct node *, value->list.count);
        for (size_t i = 0; i < value->list.count; i++)
            items[i] = plain_names(r, value->list.items[i], ok);
        copy->list.items = items;
    }
    if (value->kind == NODE_MAP) {
        struct member *members = arena_array(r->arena, struct member, value->map.count);
        for (size_t i = 0; i < value->map.count; i++) {
            const struct member *m = &value->map.members[i];
            members[i] = *m;
            members[i].key = match_member_name(m->key);
            members[i].value = plain_names(r, m->value, ok);
            if (match_key_is_matcher(m->key))
                *ok = error_add(r->err, ERROR_INPUT, m->key_at,
                                "'%s' is not allowed in 'body', which has no matchers; for the member '%s' write '$%s'",
                                m->key, m->key, m->key);
        }
        copy->map.members = members;
    }
    return copy;
}

static bool request_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    bool ok = values_read(r, w->query, "query", true, &s->query);
    ok &= values_read(r, w->headers, "headers", false, &s->headers);
    s->body = w->body ? plain_names(r, w->body, &ok) : NULL;
    s->raw_body = w->raw_body;
    s->undocumented = w->undocumented.items;
    s->undocumented_count = w->undocumented.count;
    return bodies_read(r, w, s) && ok;
}

static bool hook_read(struct reader *r, const struct step_yaml *step, struct step *s)
{
    const struct hook_yaml *w = &step->hook;
    struct hook *hook = arena_new(r->arena, struct hook);
    *hook =
        (struct hook){w->event, w->none, w->count, w->attempts, w->within_ms, w->signature.header, w->signature.secret};
    s->hook = hook;
    if (w->within_ms <= 0)
        return error_add(r->err, ERROR_INPUT, w->at, "'within' must be greater than 0");
    if (w->none && (w->count || w->attempts || w->signature.header || node_get(s->source, "expect")))
        return error_add(r->err, ERROR_INPUT, w->at,
                         "'none' cannot be combined with 'count', 'attempts', 'signature' or 'expect'");
    return true;
}

static bool call_step_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    struct str rest = str_from(node_text(w->call) ? node_text(w->call) : "");
    (void)str_cut(&rest, ' ');
    return str_starts(rest, STR("$")) ? url_call_read(r, w->call, s) : call_read(r, w->call, &s->method, &s->path);
}

static bool simulate_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    (void)r;
    s->simulate = w->simulate;
    return true;
}

static bool inspect_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    (void)r;
    s->path = w->inspect;
    return true;
}

static bool (*const readers[STEP_KIND_COUNT])(struct reader *r, const struct step_yaml *w, struct step *s) = {
    [STEP_CALL] = call_step_read,    [STEP_USE] = use_read,         [STEP_CONSENT] = consent_read,
    [STEP_SIMULATE] = simulate_read, [STEP_ADVANCE] = advance_read, [STEP_INSPECT] = inspect_read,
    [STEP_WEBHOOK] = hook_read,
};

/* Without a schema, the first actor of the target is the default one. */
static const char *default_actor(const struct reader *r, enum step_kind kind)
{
    const struct target_schema *names = r->catalogue && kind == STEP_CALL ? r->catalogue->targets : NULL;
    return names && names->actors.count ? names->actors.items[0].name : NULL;
}

bool action_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    bool ok = request_read(r, w, s);
    ok &= readers[s->kind](r, w, s);
    s->as = w->as || s->to_url ? w->as : default_actor(r, s->kind);
    return ok;
}

/* --- expectations ------------------------------------------------------------------------- */

static bool check_keys(struct reader *r, const struct node *map, enum step_kind kind)
{
    bool ok = true;
    for (size_t i = 0; i < map->map.count; i++)
        if (!expect_key_fits(map->map.members[i].key, kind))
            ok = error_add(r->err, ERROR_INPUT, map->map.members[i].key_at, "'%s' cannot be expected of '%s'",
                           map->map.members[i].key, step_kind_texts[kind]);
    return ok;
}

static bool status_read(struct reader *r, const struct node *n, int64_t *status)
{
    if (n->kind != NODE_INT)
        return error_add(r->err, ERROR_INPUT, n->at, "a status must be an integer from 100 to 599, or a list of them");
    if (n->integer < 100 || n->integer > 599)
        return error_add(r->err, ERROR_INPUT, n->at, "invalid status %lld (100-599)", (long long)n->integer);
    *status = n->integer;
    return true;
}

bool statuses_read(struct reader *r, const struct node *n, const int64_t **out, size_t *count)
{
    bool ok = true, many = n->kind == NODE_LIST;
    *count = many ? n->list.count : 1;
    int64_t *statuses = arena_array(r->arena, int64_t, *count);
    if (!*count)
        return error_add(r->err, ERROR_INPUT, n->at, "the list of statuses is empty");
    for (size_t i = 0; i < *count; i++)
        ok &= status_read(r, many ? n->list.items[i] : n, &statuses[i]);
    *out = statuses;
    return ok;
}

/* Reads a map NAME: EXPECTATION. */
static bool named_read(struct reader *r, const struct node *map, const char *what, const struct node **out)
{
    bool ok = is_map(r, map, what);
    for (size_t i = 0; ok && i < map->map.count; i++)
        if (map->map.members[i].key[0] == '$')
            return error_add(r->err, ERROR_INPUT, map->map.members[i].key_at, "matcher '%s' is not allowed here; %s",
                             map->map.members[i].key, what);
    *out = map;
    for (size_t i = 0; ok && i < map->map.count; i++)
        ok &= match_check(map->map.members[i].value, r->err);
    return ok;
}

static bool keys_read(struct reader *r, const struct fields *table, const struct node *map, struct expectation *out)
{
    struct expect_yaml w = {0};
    if (!fields_read(table, map, r->arena, &w, r->err))
        return false;
    out->given = true;
    out->at = map->at;
    out->body = w.body;
    out->redirect = w.redirect;
    bool ok = match_check(w.body, r->err);
    ok &= match_check(w.redirect, r->err);
    ok &= !w.status || statuses_read(r, w.status, &out->statuses, &out->status_count);
    return (!w.headers || named_read(r, w.headers, "'headers' must be a map: NAME: EXPECTATION", &out->headers)) && ok;
}

bool expect_read(struct reader *r, const struct node *map, enum step_kind kind, struct expectation *out)
{
    bool ok = map->kind != NODE_MAP || check_keys(r, map, kind);
    return keys_read(r, &expect_fields, map, out) && ok;
}

bool stop_read(struct reader *r, const struct node *map, struct expectation *out)
{
    return keys_read(r, &stop_fields, map, out);
}

bool pending_read(struct reader *r, const struct node *map, struct expectation *out)
{
    return keys_read(r, &pending_fields, map, out);
}

static bool is_output(struct reader *r, const struct flow *flow, const struct member *m)
{
    const char **names = arena_array(r->arena, const char *, flow->output_count);
    for (size_t i = 0; i < flow->output_count; i++) {
        names[i] = flow->outputs[i].name;
        if (strcmp(names[i], m->key) == 0)
            return true;
    }
    return error_add(r->err, ERROR_INPUT, m->key_at, "flow '%s' has no output '%s'%s", flow->name, m->key,
                     did_you_mean(r->arena, str_from(m->key), names, flow->output_count));
}

bool outputs_read(struct reader *r, const struct node *map, const struct flow *flow, struct expectation *out)
{
    bool ok = named_read(r, map, "'expect' of a flow must be a map: OUTPUT: EXPECTATION", &out->outputs);
    for (size_t i = 0; ok && flow && i < map->map.count; i++)
        ok &= is_output(r, flow, &map->map.members[i]);
    out->given = true;
    out->at = map->at;
    return ok;
}

bool readings_read(struct reader *r, const struct node *map, enum step_kind kind, struct step *s)
{
    bool ok = is_map(r, map, "'one_of' must be a map: READING: EXPECTATION");
    if (ok && map->map.count < 2)
        return error_add(r->err, ERROR_INPUT, map->at, "'one_of' needs at least two readings");
    size_t count = node_count(map);
    struct reading *readings = arena_array(r->arena, struct reading, count);
    for (size_t i = 0; ok && i < count; i++) {
        readings[i].name = map->map.members[i].key;
        ok &= expect_read(r, map->map.members[i].value, kind, &readings[i].expect);
    }
    s->readings = readings;
    s->reading_count = count;
    return ok;
}
