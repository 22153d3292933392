#include "base/array.h"
#include "mockserver/rules/rule.h"

#include <string.h>

#include "base/http/message.h"
#include "mockserver/provider_api/record_json.h"
#include "mockserver/state/world.h"

/* The names after $call. */
static const struct {
    const char *word;
    enum record_kind kind;
} words[] = {
    {"organization",  RECORD_ORGANIZATION },
    {"key",           RECORD_KEY          },
    {"space",         RECORD_SPACE        },
    {"account",       RECORD_ACCOUNT      },
    {"oauth_attempt", RECORD_OAUTH_ATTEMPT},
    {"content",       RECORD_CONTENT      },
    {"post",          RECORD_POST         },
    {"destination",   RECORD_DESTINATION  },
    {"lease_request", RECORD_LEASE_REQUEST},
    {"ad_account",    RECORD_AD_ACCOUNT   },
};

struct set_state {
    const struct node *where, *set;
};

static const struct field set_state_rows[] = {
    FIELD("where", FIELD_NODE, struct set_state, where, .shape = "{type: object}",
          .help = "Selects records: fields with their values (default: all records of the kind)."),
    FIELD("set", FIELD_NODE, struct set_state, set, .required = true, .shape = "{type: object}",
          .help = "Fields to change, with their new values."),
};

const struct fields rule_set_state_fields = FIELD_TABLE("set_state", set_state_rows, struct set_state, FIELDS_NO_PLACE);

const char *rule_reference_word(size_t i)
{
    return i < COUNT(words) ? words[i].word : NULL;
}

static bool is_reference(const struct node *value)
{
    return value->kind == NODE_TEXT && str_starts(value->text, STR("$call."));
}

static struct str word_of(const struct node *reference)
{
    return str_skip(reference->text, strlen("$call."));
}

/* Returns the index of the path parameter that $call.1 .. $call.4 names; -1: another name. */
static int param_index(struct str word)
{
    int64_t n;
    return str_to_int(word, &n) && n >= 1 && n <= ROUTE_PARAMS_MAX ? (int)n - 1 : -1;
}

static bool check_reference(const struct node *value, struct error *err)
{
    const char *names[COUNT(words)];
    for (size_t i = 0; i < COUNT(words); i++) {
        names[i] = words[i].word;
        if (str_is(word_of(value), names[i]))
            return true;
    }
    return param_index(word_of(value)) >= 0 ||
           rule_unknown(err, "$call reference", value->at, word_of(value).s, names, COUNT(words));
}

static bool check_values(const struct record_type *s, const struct node *map, bool set, struct error *err)
{
    if (map->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, map->at, "expected an object of fields and values");
    bool ok = true;
    for (size_t i = 0; i < map->map.count; i++) {
        const struct member *m = &map->map.members[i];
        const struct record_field *f = record_field_read(s, m, err);
        struct record_value value;
        struct arena a = {0};
        if (!f)
            ok = false;
        else if (set && f->fixed)
            ok = error_add(err, ERROR_INPUT, m->key_at, "'%s' cannot be changed", m->key);
        else if (is_reference(m->value))
            ok = check_reference(m->value, err) && ok;
        else
            ok = record_value_read(&a, f, m->value, &value, err) && ok;
        arena_end(&a);
    }
    return ok;
}

static bool check_kind(const struct member *m, struct error *err)
{
    struct arena a = {0};
    struct set_state edit = {0};
    const struct record_type *s = record_type_read(m->key, m->key_at, err);
    bool ok = fields_read(&rule_set_state_fields, m->value, &a, &edit, err) && s;
    ok = ok && (!edit.where || check_values(s, edit.where, false, err));
    ok = ok && check_values(s, edit.set, true, err);
    arena_end(&a);
    return ok;
}

bool set_state_check(const struct node *edit, const struct provider *d, struct error *err)
{
    (void)d;
    if (edit->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, edit->at, "'set_state' must be an object of record kinds");
    bool ok = true;
    for (size_t i = 0; i < edit->map.count; i++)
        ok = check_kind(&edit->map.members[i], err) && ok;
    return ok;
}

static const char *id_if_known(const struct call *c, enum record_kind kind, struct str id)
{
    uint32_t row = id.n ? record_find(c->world, kind, id) : ROW_NONE;
    return row ? record_id(c->world, kind, row) : NULL;
}

static const char *id_in(const struct call *c, enum record_kind kind, const struct node *n)
{
    if (!n || n->kind == NODE_TEXT)
        return n ? id_if_known(c, kind, n->text) : NULL;
    const char *id = NULL;
    for (size_t i = 0; i < node_count(n) && !id; i++)
        id = id_in(c, kind, n->kind == NODE_LIST ? n->list.items[i] : n->map.members[i].value);
    return id;
}

static const char *id_changed(const struct call *c, enum record_kind kind)
{
    for (uint32_t seq = c->changes_before + 1; seq <= changes_last(c->world); seq++)
        if (changes_read(c->world, seq)->kind == kind)
            return record_id(c->world, kind, changes_read(c->world, seq)->row);
    return NULL;
}

static const char *id_named(const struct call *c, enum record_kind kind)
{
    if (kind == RECORD_KEY)
        return c->key ? record_id(c->world, kind, c->key) : NULL;
    const char *id = NULL;
    for (size_t i = 0; i < ROUTE_PARAMS_MAX && !id; i++)
        id = id_if_known(c, kind, c->params[i]);
    if (!id)
        id = id_in(c, kind, body_json(c->arena, c->req, NULL));
    return id ? id : id_changed(c, kind);
}

static const char *resolve(const struct call *c, struct str word)
{
    int param = param_index(word);
    if (param >= 0)
        return c->params[param].n ? str_dup(c->arena, c->params[param]) : NULL;
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_is(word, words[i].word))
            return id_named(c, words[i].kind);
    return NULL;
}

/* Returns false if a $call reference has no value in this call. */
static bool read_value(const struct call *c, const struct record_field *f, const struct node *value,
                       struct record_value *out)
{
    if (!is_reference(value))
        return record_value_read(c->arena, f, value, out, NULL);
    const char *text = resolve(c, word_of(value));
    return text && record_value_read(c->arena, f, node_new_text(c->arena, str_from(text)), out, NULL);
}

static struct record_edit *read_values(const struct call *c, const struct record_type *s, const struct node *map)
{
    struct record_edit *values = arena_array(c->arena, struct record_edit, node_count(map) + 1);
    for (size_t i = 0; i < node_count(map); i++) {
        const struct member *m = &map->map.members[i];
        values[i].field = record_field_named(s, str_from(m->key));
        if (!read_value(c, values[i].field, m->value, &values[i].value))
            return NULL;
    }
    return values;
}

static bool record_matches(const struct world *w, enum record_kind kind, uint32_t row, const struct record_edit *where,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct record_value value;
        record_get(w, kind, row, where[i].field, &value);
        if (!record_value_equal(where[i].field, &value, &where[i].value))
            return false;
    }
    return true;
}

static bool run_kind(struct call *c, const struct record_type *s, const struct node *edit)
{
    const struct node *where = node_get(edit, "where"), *set = node_get(edit, "set");
    const struct record_edit *conditions = read_values(c, s, where), *values = read_values(c, s, set);
    if (!conditions || !values)
        return false;
    uint32_t rows = world_count(c->world, s->kind);
    bool ok = true;
    for (uint32_t row = 1; row <= rows; row++)
        if (record_matches(c->world, s->kind, row, conditions, node_count(where)))
            ok = record_update(c->world, s->kind, row, values, node_count(set), NULL) && ok;
    return ok;
}

bool set_state_run(struct call *c, const struct node *edit)
{
    enum cause cause = c->world->cause;
    bool ok = true;
    c->world->cause = CAUSE_RULE;
    for (size_t i = 0; i < edit->map.count; i++) {
        const struct member *m = &edit->map.members[i];
        ok = run_kind(c, record_type_named(str_from(m->key)), m->value) && ok;
    }
    c->world->cause = cause;
    return ok;
}
