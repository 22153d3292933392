#include <string.h>

#include "conformance/scenario/reader.h"

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

static bool lookup_read(struct reader *r, const struct lookup_yaml *w, const struct step *s, struct cleanup *out)
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
    out->lookup = f;
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
    return (!w.lookup.source || lookup_read(r, &w.lookup, s, out)) && ok;
}

bool cleanup_read(struct reader *r, const struct node *n, struct step *s)
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
