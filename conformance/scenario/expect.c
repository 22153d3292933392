#include <string.h>

#include "conformance/scenario/reader.h"

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
