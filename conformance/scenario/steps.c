#include <string.h>

#include "conformance/scenario/reader.h"

#define EVERY_DEFAULT_MS  500
#define WITHIN_DEFAULT_MS 10000
#define BACKOFF_MIN       1
#define BACKOFF_MAX       10

/* --- helpers ------------------------------------------------------------------------------ */

bool is_map(struct reader *r, const struct node *n, const char *what)
{
    return n->kind == NODE_MAP || error_add(r->err, ERROR_INPUT, n->at, "%s", what);
}

struct where key_place(const struct node *map, const char *key)
{
    for (size_t i = 0; i < node_count(map); i++)
        if (strcmp(map->map.members[i].key, key) == 0)
            return map->map.members[i].key_at;
    return map->at;
}

const struct node *child_at(const struct node *n, size_t i)
{
    return n->kind == NODE_LIST ? n->list.items[i] : n->map.members[i].value;
}

/* --- keys --------------------------------------------------------------------------------- */

/* Returns the action of a step, or STEP_KIND_COUNT and an error. */
static enum step_kind kind_read(struct reader *r, const struct node *map)
{
    enum step_kind found = STEP_KIND_COUNT;
    for (size_t i = 0; i < STEP_KIND_COUNT; i++) {
        const char *key = step_kind_texts[i];
        if (!node_get(map, key))
            continue;
        if (found != STEP_KIND_COUNT) {
            error_add(r->err, ERROR_INPUT, key_place(map, key),
                      "'%s' cannot be combined with '%s'; a step has one action", key, step_kind_texts[found]);
            return STEP_KIND_COUNT;
        }
        found = (enum step_kind)i;
    }
    if (found == STEP_KIND_COUNT)
        error_add(r->err, ERROR_INPUT, map->at,
                  "this step has no action; expected one of call, use, consent, simulate, advance, "
                  "inspect, expect_webhook");
    return found;
}

static bool check_keys(struct reader *r, const struct node *map, enum step_kind kind)
{
    bool ok = true;
    for (size_t i = 0; i < map->map.count; i++)
        if (!step_key_fits(map->map.members[i].key, kind))
            ok = error_add(r->err, ERROR_INPUT, map->map.members[i].key_at, "'%s' is not allowed with '%s'",
                           map->map.members[i].key, step_kind_texts[kind]);
    return ok;
}

static bool name_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    s->id = w->id;
    s->note = w->note;
    return !w->id || is_name(str_from(w->id)) ||
           error_add(r->err, ERROR_INPUT, node_get(s->source, "id")->at,
                     "invalid id '%s'; expected a letter, then letters, digits and _", w->id);
}

/* --- eventually and consistently ---------------------------------------------------------- */

static bool backoff_read(struct reader *r, const struct repeat_yaml *w, struct step *s)
{
    const struct node *n = w->backoff;
    bool given = w->max_every_ms != 0;
    s->backoff = !n ? 0 : n->kind == NODE_INT ? (double)n->integer : n->kind == NODE_REAL ? n->real : -1;
    s->max_every_ms = w->max_every_ms;
    if (n && !(s->backoff >= BACKOFF_MIN && s->backoff <= BACKOFF_MAX))
        return error_add(r->err, ERROR_INPUT, n->at, "'backoff' must be a number from %d to %d", BACKOFF_MIN,
                         BACKOFF_MAX);
    if (given && !n)
        return error_add(r->err, ERROR_INPUT, w->at, "'max_every' needs 'backoff'; without it all intervals are equal");
    return !given || w->max_every_ms >= w->every_ms ||
           error_add(r->err, ERROR_INPUT, w->at, "'max_every' must not be shorter than 'every'");
}

static bool times_read(struct reader *r, const struct repeat_yaml *w, const char *key, struct step *s)
{
    s->every_ms = w->every_ms;
    s->for_ms = w->for_ms;
    s->settle_ms = w->settle_ms;
    return (w->every_ms > 0 && w->for_ms > 0 && w->settle_ms >= 0) ||
           error_add(r->err, ERROR_INPUT, w->at, "the durations of '%s' must be positive", key);
}

static bool repeat_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    if (node_get(s->source, "wait_for_rate_limit"))
        s->rate_limit = w->wait_for_rate_limit ? RATE_LIMIT_WAIT : RATE_LIMIT_JUDGE;
    s->eventually = w->eventually.at.line > 0;
    s->consistently = w->consistently.at.line > 0;
    if (s->eventually && s->consistently)
        return error_add(r->err, ERROR_INPUT, key_place(s->source, "consistently"),
                         "'consistently' cannot be combined with 'eventually'; to wait first, use 'settle'");
    if (s->consistently)
        return times_read(r, &w->consistently, "consistently", s);
    if (!s->eventually)
        return true;
    bool ok = times_read(r, &w->eventually, "eventually", s) && backoff_read(r, &w->eventually, s);
    ok &= !w->eventually.pending || pending_read(r, w->eventually.pending, &s->pending);
    return (!w->eventually.stop || stop_read(r, w->eventually.stop, &s->stop)) && ok;
}

/* --- same_as ------------------------------------------------------------------------------ */

static bool is_id_pair(const struct node *n)
{
    return n->kind == NODE_LIST && n->list.count == 2 && node_text(n->list.items[0]) && node_text(n->list.items[1]);
}

static bool same_ids_read(struct reader *r, const struct node *ids)
{
    if (!ids)
        return true;
    bool pairs = ids->kind == NODE_LIST;
    for (size_t i = 0; pairs && i < node_count(ids); i++)
        pairs = is_id_pair(node_at(ids, i));
    return pairs ||
           error_add(r->err, ERROR_INPUT, ids->at, "'ids' must be a list of pairs: [ID OF THAT CALL, ID OF THIS CALL]");
}

static bool same_as_read(struct reader *r, const struct same_as_yaml *w, struct step *s)
{
    struct same_as *out = arena_new(r->arena, struct same_as);
    bool ok = true;
    if (!w->at.line)
        return true;
    *out = (struct same_as){.step = w->step,
                            .except = w->except.items,
                            .headers = w->headers.items,
                            .except_count = w->except.count,
                            .header_count = w->headers.count,
                            .ids = w->ids,
                            .at = w->at};
    s->same_as = out;
    for (size_t i = 0; i < out->except_count; i++)
        if (!node_pointer_valid(out->except[i]))
            ok = error_add(r->err, ERROR_INPUT, w->at, "invalid pointer '%s'; expected for example /error/requestId",
                           out->except[i]);
    return same_ids_read(r, w->ids) && ok;
}

/* --- cases -------------------------------------------------------------------------------- */

static bool case_list_read(struct reader *r, const struct node *cases, const struct member *m)
{
    const struct member *first = &cases->map.members[0];
    if (m->value->kind != NODE_LIST || !m->value->list.count)
        return error_add(r->err, ERROR_INPUT, m->value->at, "'%s' of 'cases' must be a list of at least one value",
                         m->key);
    if (!is_name(str_from(m->key)))
        return error_add(r->err, ERROR_INPUT, m->key_at,
                         "invalid name '%s'; expected a letter, then letters, digits and _", m->key);
    if (first->value->kind == NODE_LIST && m->value->list.count != first->value->list.count)
        return error_add(r->err, ERROR_INPUT, m->value->at,
                         "'%s' has %zu values, but '%s' has %zu; all lists of 'cases' must have the same length",
                         m->key, m->value->list.count, first->key, first->value->list.count);
    return true;
}

static bool cases_read(struct reader *r, const struct node *cases, struct step *s)
{
    s->case_count = 1;
    if (!cases)
        return true;
    if (!is_map(r, cases, "'cases' must be a map: NAME: LIST"))
        return false;
    if (!cases->map.count)
        return error_add(r->err, ERROR_INPUT, cases->at, "'cases' is empty");
    bool ok = true;
    for (size_t i = 0; i < cases->map.count; i++)
        ok &= case_list_read(r, cases, &cases->map.members[i]);
    s->cases = cases;
    s->case_count = ok ? cases->map.members[0].value->list.count : 1;
    return ok;
}

/* --- captures and claims ------------------------------------------------------------------ */

const char *capture_header(const struct capture *c)
{
    struct str pointer = str_from(c->pointer ? c->pointer : "");
    return str_starts(pointer, STR("headers/")) ? pointer.s + strlen("headers/") : NULL;
}

static bool capture_read(struct reader *r, const struct member *m, struct capture *out)
{
    *out = (struct capture){m->key, node_text(m->value), m->key_at};
    if (!is_name(str_from(m->key)))
        return error_add(r->err, ERROR_INPUT, m->key_at,
                         "invalid name '%s'; expected a letter, then letters, digits and _", m->key);
    return capture_header(out) || (out->pointer && node_pointer_valid(out->pointer)) ||
           error_add(
               r->err, ERROR_INPUT, m->value->at,
               "'%s' must be a JSON pointer, for example /items/0/id, or a header, for example headers/Retry-After",
               m->key);
}

static bool captures_read(struct reader *r, const struct node *map, const struct capture **out, size_t *count)
{
    bool ok = !map || is_map(r, map, "'capture' must be a map: NAME: POINTER");
    *count = ok && map ? node_count(map) : 0;
    struct capture *captures = arena_array(r->arena, struct capture, *count);
    for (size_t i = 0; i < *count; i++)
        ok &= capture_read(r, &map->map.members[i], &captures[i]);
    *out = captures;
    return ok;
}

static bool own_captures_read(struct reader *r, const struct node *map, struct step *s)
{
    bool ok = captures_read(r, map, &s->captures, &s->capture_count);
    if (s->capture_count && !s->id)
        ok = error_add(r->err, ERROR_INPUT, key_place(s->source, "capture"), "a step with 'capture' needs an 'id'");
    return ok;
}

/* A text, or a list of texts that is not empty. */
static bool is_pointers(const struct node *n)
{
    bool ok = node_text(n) || (n->kind == NODE_LIST && n->list.count);
    for (size_t i = 0; n->kind == NODE_LIST && i < n->list.count; i++)
        ok &= node_text(n->list.items[i]) != NULL;
    return ok;
}

static bool is_claims(const struct node *n)
{
    if (n->kind != NODE_LIST && n->kind != NODE_MAP)
        return false;
    for (size_t i = 0; i < node_count(n); i++)
        if (n->kind == NODE_LIST ? !node_text(child_at(n, i)) : !is_pointers(child_at(n, i)))
            return false;
    return node_count(n) > 0;
}

/* One citation for each pointer of a claim. */
static size_t citation_count(const struct node *claims)
{
    size_t count = 0;
    for (size_t i = 0; i < node_count(claims); i++)
        count += child_at(claims, i)->kind == NODE_LIST ? node_count(child_at(claims, i)) : 1;
    return count;
}

static bool citations_read(struct reader *r, const struct node *n, struct step *s)
{
    if (!n)
        return true;
    if (!is_claims(n))
        return error_add(r->err, ERROR_INPUT, n->at,
                         "'claims' must be a list of claims, or a map: CLAIM: POINTER or CLAIM: [POINTER, ...]");
    struct citation *citations = arena_array(r->arena, struct citation, citation_count(n));
    size_t count = 0;
    for (size_t i = 0; i < node_count(n); i++) {
        if (n->kind == NODE_LIST) {
            const struct node *item = n->list.items[i];
            citations[count++] = (struct citation){item->text.s, "", item->at};
            continue;
        }
        const struct member *m = &n->map.members[i];
        bool many = m->value->kind == NODE_LIST;
        for (size_t k = 0; k < (many ? node_count(m->value) : 1); k++) {
            const char *pointer = node_text(many ? m->value->list.items[k] : m->value);
            citations[count++] = (struct citation){m->key, strcmp(pointer, "/") ? pointer : "", m->key_at};
        }
    }
    s->citations = citations;
    s->citation_count = count;
    return true;
}

/* --- cleanup ------------------------------------------------------------------------------ */

static bool is_captured(const struct step *s, const char *name)
{
    for (size_t i = 0; i < s->capture_count; i++)
        if (strcmp(s->captures[i].name, name) == 0)
            return true;
    return false;
}

/* The cleanup call can use only the captures of the step. */
static bool captures_check(struct reader *r, const struct lookup *f, const struct step *s)
{
    bool ok = true;
    for (size_t i = 0; i < f->capture_count; i++)
        if (!is_captured(s, f->captures[i].name))
            ok =
                error_add(r->err, ERROR_INPUT, f->captures[i].at, "this step has no capture '%s'", f->captures[i].name);
    return ok;
}

static bool lookup_read(struct reader *r, const struct lookup_yaml *w, const struct step *s, const struct lookup **out)
{
    struct lookup *f = arena_new(r->arena, struct lookup);
    const char *method = "GET";
    *f = (struct lookup){.query = w->query, .in = w->in, .where = w->where};
    bool ok = call_read(r, w->call, &method, &f->path);
    if (w->call && strcmp(method, "GET") != 0)
        ok = error_add(r->err, ERROR_INPUT, w->call->at, "'call' of 'lookup' must be a GET");
    if (w->in && !node_pointer_valid(w->in))
        ok = error_add(r->err, ERROR_INPUT, key_place(w->source, "in"),
                       "'in' must be a JSON pointer to a list, for example /items");
    ok &= !w->query || is_map(r, w->query, "'query' must be a map: NAME: VALUE");
    ok &= is_map(r, w->where, "'where' must be a map: an expectation of the resource") && match_check(w->where, r->err);
    ok &= captures_read(r, w->capture, &f->captures, &f->capture_count);
    *out = f;
    return captures_check(r, f, s) && ok;
}

static bool cleanup_one_read(struct reader *r, const struct node *n, const struct step *s, struct cleanup *out)
{
    struct cleanup_yaml w = {.call = n};
    *out = (struct cleanup){0};
    if (n->kind == NODE_MAP && !fields_read(&cleanup_fields, n, r->arena, &w, r->err))
        return false;
    w.lookup.source = node_get(n, "lookup");
    bool ok = call_read(r, w.call, &out->method, &out->path);
    ok &= !w.already_gone || statuses_read(r, w.already_gone, &out->already_gone, &out->already_gone_count);
    return (!w.lookup.source || lookup_read(r, &w.lookup, s, &out->lookup)) && ok;
}

/* Is called after the captures of the step were read. */
static bool cleanup_read(struct reader *r, const struct node *n, struct step *s)
{
    bool many = n && n->kind == NODE_LIST, ok = true;
    s->no_cleanup = n && node_text(n) && strcmp(node_text(n), "none") == 0;
    if (!n || s->no_cleanup)
        return true;
    size_t count = many ? n->list.count : 1;
    struct cleanup *cleanups = arena_array(r->arena, struct cleanup, count);
    if (!count)
        return error_add(r->err, ERROR_INPUT, n->at, "'cleanup' is an empty list; expected a call, or none");
    for (size_t i = 0; i < count; i++)
        ok &= cleanup_one_read(r, many ? n->list.items[i] : n, s, &cleanups[i]);
    s->cleanups = cleanups;
    s->cleanup_count = count;
    return ok;
}

/* --- connected_as ------------------------------------------------------------------------- */

static bool connected_as_read(struct reader *r, const struct node *n, struct step *s)
{
    struct connected_as_yaml w = {.source = n};
    if (!n)
        return true;
    if (!fields_read(&connected_as_fields, n, r->arena, &w, r->err))
        return false;
    struct connected_as *out = arena_new(r->arena, struct connected_as);
    *out = (struct connected_as){.handle = w.handle, .at = w.at};
    s->connected_as = out;
    w.lookup.source = node_get(n, "lookup");
    bool ok = node_pointer_valid(w.at) ||
              error_add(r->err, ERROR_INPUT, node_get(n, "at")->at, "'at' must be a JSON pointer, for example /handle");
    return lookup_read(r, &w.lookup, s, &out->lookup) && ok;
}

/* --- the whole step ----------------------------------------------------------------------- */

static bool expectations_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    bool ok = true;
    if (w->expect && s->kind == STEP_USE)
        ok = outputs_read(r, w->expect, s->flow, &s->expect);
    else if (w->expect)
        ok = expect_read(r, w->expect, s->kind, &s->expect);
    s->dispute = w->dispute;
    return (!w->one_of || readings_read(r, w->one_of, s->kind, s)) && ok;
}

static bool keys_read(struct reader *r, const struct step_yaml *w, struct step *s)
{
    bool ok = name_read(r, w, s);
    ok &= action_read(r, w, s);
    ok &= expectations_read(r, w, s);
    ok &= repeat_read(r, w, s);
    ok &= same_as_read(r, &w->same_as, s);
    ok &= cases_read(r, w->cases, s);
    ok &= own_captures_read(r, w->capture, s);
    ok &= citations_read(r, w->claims, s);
    ok &= connected_as_read(r, w->connected_as, s);
    return cleanup_read(r, w->cleanup, s) && ok;
}

/* An invalid step gets the kind STEP_KIND_COUNT, which later checks skip. */
static bool step_read(struct reader *r, const struct node *map, size_t number, struct step *s)
{
    struct step_yaml w = {.consent = -1,
                          .eventually.every_ms = EVERY_DEFAULT_MS,
                          .consistently.every_ms = EVERY_DEFAULT_MS,
                          .hook.within_ms = WITHIN_DEFAULT_MS};
    *s = (struct step){.at = map->at, .number = number, .source = map, .case_count = 1};
    bool ok = fields_read(&step_fields, map, r->arena, &w, r->err);
    s->kind = ok ? kind_read(r, map) : STEP_KIND_COUNT;
    ok = s->kind != STEP_KIND_COUNT && check_keys(r, map, s->kind) && keys_read(r, &w, s);
    if (!ok)
        s->kind = STEP_KIND_COUNT;
    return ok;
}

bool steps_read(struct reader *r, const struct node *list, const struct step **steps, size_t *count)
{
    bool ok = true;
    if (list->kind != NODE_LIST)
        return error_add(r->err, ERROR_INPUT, list->at, "'steps' must be a list");
    if (!list->list.count)
        return error_add(r->err, ERROR_INPUT, list->at, "'steps' is empty");
    struct step *items = arena_array(r->arena, struct step, list->list.count);
    for (size_t i = 0; i < list->list.count; i++)
        ok &= step_read(r, list->list.items[i], i + 1, &items[i]);
    *steps = items;
    *count = list->list.count;
    return ok;
}
