#include "base/array.h"
#include "mockserver/rules/rule.h"

#include <string.h>

#include "base/http/message.h"
#include "mockserver/provider_api/record_json.h"
#include "mockserver/state/world.h"

#define CHANGES_SEEN 10000 /* entries of the change log that has_changed_now reads */

/* The names after $call. and $event. */
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
    int64_t limit;
};

static const struct field set_state_rows[] = {
    FIELD("where", FIELD_NODE, struct set_state, where, .shape = "{type: object}",
          .help = "Selects records: fields with their values (default: all records of the kind)."),
    FIELD("set", FIELD_NODE, struct set_state, set, .required = true, .shape = "{type: object}",
          .help = "Fields to change, with their new values."),
    FIELD("limit", FIELD_INT, struct set_state, limit, .min = 1, .max = INT32_MAX,
          .help = "Changes at most so many records, in the order in which they were created."),
};

const struct fields rule_set_state_fields = FIELD_TABLE("set_state", set_state_rows, struct set_state, FIELDS_NO_PLACE);

const char *rule_reference_word(size_t i)
{
    return i < COUNT(words) ? words[i].word : NULL;
}

/* --- references --- */

static bool is_reference(const struct node *value)
{
    return value->kind == NODE_TEXT &&
           (str_starts(value->text, STR("$call.")) || str_starts(value->text, STR("$event.")));
}

static bool is_of_event(const struct node *reference)
{
    return str_starts(reference->text, STR("$event."));
}

/* Returns the index of the path parameter that $call.1 .. $call.4 names; -1: another name. */
static int param_index(struct str word)
{
    int64_t n;
    return str_to_int(word, &n) && n >= 1 && n <= ROUTE_PARAMS_MAX ? (int)n - 1 : -1;
}

struct reference { /* $call.<word>, $call.<word>.<field> */
    size_t word;   /* index of `words`; their count: another */
    struct str text, field_text;
    const struct record_field *field; /* NULL: the id */
};

static struct reference read_reference(const struct node *value)
{
    struct reference r = {.word = 0};
    struct str rest = str_skip(value->text, str_find(value->text, '.') + 1);
    r.text = str_cut(&rest, '.');
    r.field_text = rest;
    while (r.word < COUNT(words) && !str_is(r.text, words[r.word].word))
        r.word++;
    if (rest.n && r.word < COUNT(words))
        r.field = record_field_named(record_types[words[r.word].kind], rest);
    return r;
}

static bool check_reference(const struct node *value, bool of_event, struct error *err)
{
    const char *names[COUNT(words)];
    const struct reference r = read_reference(value);
    for (size_t i = 0; i < COUNT(words); i++)
        names[i] = words[i].word;
    if (is_of_event(value) != of_event)
        return error_add(err, ERROR_INPUT, value->at,
                         of_event ? "'%s' refers to a call, but this rule is about an event; write $event"
                                  : "'%s' refers to an event, but this rule is about calls; write $call",
                         value->text.s);
    if (!of_event && param_index(r.text) >= 0 && !r.field_text.n)
        return true;
    if (r.word == COUNT(words))
        return rule_unknown(err, of_event ? "$event reference" : "$call reference", value->at, r.text.s, names,
                            COUNT(words));
    const struct member m = {.key = r.field_text.s, .key_at = value->at};
    return !r.field_text.n || record_field_read(record_types[words[r.word].kind], &m, err);
}

static bool check_values(const struct record_type *s, const struct node *map, bool set, bool of_event,
                         struct error *err)
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
            ok = check_reference(m->value, of_event, err) && ok;
        else
            ok = record_value_read(&a, f, m->value, &value, err) && ok;
        arena_end(&a);
    }
    return ok;
}

static bool check_kind(const struct member *m, bool of_event, struct error *err)
{
    struct arena a = {0};
    struct set_state edit = {0};
    const struct record_type *s = record_type_read(m->key, m->key_at, err);
    bool ok = fields_read(&rule_set_state_fields, m->value, &a, &edit, err) && s;
    ok = ok && (!edit.where || check_values(s, edit.where, false, of_event, err));
    ok = ok && check_values(s, edit.set, true, of_event, err);
    arena_end(&a);
    return ok;
}

bool set_state_check(const struct node *edit, const struct rule *r, struct error *err)
{
    if (edit->kind != NODE_MAP)
        return error_add(err, ERROR_INPUT, edit->at, "'set_state' must be an object of record kinds");
    bool ok = true;
    for (size_t i = 0; i < edit->map.count; i++)
        ok = check_kind(&edit->map.members[i], r->form.event, err) && ok;
    return ok;
}

bool state_check(const struct node *kinds, const struct rule *r, struct error *err)
{
    if (kinds->kind != NODE_MAP || !kinds->map.count)
        return error_add(err, ERROR_INPUT, kinds->at, "'state' must be an object of record kinds");
    bool ok = true;
    for (size_t i = 0; i < kinds->map.count; i++) {
        const struct member *m = &kinds->map.members[i];
        const struct record_type *s = record_type_read(m->key, m->key_at, err);
        ok = s && check_values(s, m->value, false, r->form.event, err) && ok;
    }
    return ok;
}

/* --- finding what a reference stands for --- */

/* What references are resolved in: a call, or an event. */
struct scene {
    struct arena *arena;
    struct world *world;
    const struct call *call;        /* NULL: an event */
    const struct rule_event *event; /* NULL: a call */
};

static uint32_t row_if_known(const struct world *w, enum record_kind kind, struct str id)
{
    return id.n ? record_find(w, kind, id) : ROW_NONE;
}

static uint32_t row_in(const struct world *w, enum record_kind kind, const struct node *n)
{
    if (!n || n->kind == NODE_TEXT)
        return n ? row_if_known(w, kind, n->text) : ROW_NONE;
    uint32_t row = ROW_NONE;
    for (size_t i = 0; i < node_count(n) && !row; i++)
        row = row_in(w, kind, n->kind == NODE_LIST ? n->list.items[i] : n->map.members[i].value);
    return row;
}

static uint32_t row_changed(const struct call *c, enum record_kind kind)
{
    for (uint32_t seq = changes_after(c->world, c->changes_before); seq <= changes_last(c->world); seq++)
        if (changes_read(c->world, seq)->kind == kind)
            return changes_read(c->world, seq)->row;
    return ROW_NONE;
}

static uint32_t row_of_call(const struct call *c, enum record_kind kind)
{
    if (kind == RECORD_KEY)
        return c->key;
    uint32_t row = ROW_NONE;
    for (size_t i = 0; i < ROUTE_PARAMS_MAX && !row; i++)
        row = row_if_known(c->world, kind, c->params[i]);
    if (!row)
        row = row_in(c->world, kind, body_json(c->arena, c->req, NULL));
    return row ? row : row_changed(c, kind);
}

/* Returns the record of a kind that a record refers to; ROW_NONE: none. */
static uint32_t row_referred(const struct world *w, enum record_kind from, uint32_t row, enum record_kind kind)
{
    const struct record_type *s = record_types[from];
    for (size_t i = 0; i < s->field_count; i++) {
        struct record_value v;
        if (s->fields[i].type != RECORD_REF || s->fields[i].refers != kind)
            continue;
        record_get(w, from, row, &s->fields[i], &v);
        if (!v.none)
            return row_if_known(w, kind, str_from(v.text));
    }
    return ROW_NONE;
}

/* The record that changed, one that it refers to, or one that the event's data names. */
static uint32_t row_of_event(const struct rule_event *e, enum record_kind kind)
{
    const struct world *w = e->world;
    const struct delivery *d = delivery_read(w, e->delivery);
    uint32_t row = ROW_NONE;
    if (d->change >= changes_first(w)) {
        const struct change *change = changes_read(w, d->change);
        row = change->kind == kind ? change->row : row_referred(w, change->kind, change->row, kind);
    }
    if (!row)
        row = row_in(w, kind, e->data);
    return row ? row : row_referred(w, RECORD_WEBHOOK, d->webhook, kind);
}

/* A field's value as JSON: fields of different types can be compared by it. */
static const struct node *field_value(const struct scene *x, enum record_kind kind, uint32_t row,
                                      const struct record_field *f)
{
    struct buf out = {.arena = x->arena};
    struct json w = json_begin(&out, 0);
    struct record_value v;
    record_get(x->world, kind, row, f, &v);
    record_value_write(&w, f, &v);
    return json_parse(x->arena, buf_str(&out), "field", NULL);
}

/* Returns NULL if the reference has no value. */
static const struct node *resolve(const struct scene *x, const struct node *value)
{
    const struct reference r = read_reference(value);
    int param = x->call ? param_index(r.text) : -1;
    if (param >= 0)
        return x->call->params[param].n ? node_new_text(x->arena, x->call->params[param]) : NULL;
    enum record_kind kind = words[r.word].kind;
    uint32_t row = x->call ? row_of_call(x->call, kind) : row_of_event(x->event, kind);
    if (!row)
        return NULL;
    if (r.field)
        return field_value(x, kind, row, r.field);
    const char *id = record_id(x->world, kind, row);
    return id ? node_new_text(x->arena, str_from(id)) : NULL;
}

/* Returns false if a reference has no value, or one that the field cannot have. */
static bool read_value(const struct scene *x, const struct record_field *f, const struct node *value,
                       struct record_value *out)
{
    const struct node *actual = is_reference(value) ? resolve(x, value) : value;
    return actual && record_value_read(x->arena, f, actual, out, NULL);
}

static struct record_edit *read_values(const struct scene *x, const struct record_type *s, const struct node *map)
{
    struct record_edit *values = arena_array(x->arena, struct record_edit, node_count(map) + 1);
    for (size_t i = 0; i < node_count(map); i++) {
        const struct member *m = &map->map.members[i];
        values[i].field = record_field_named(s, str_from(m->key));
        if (!read_value(x, values[i].field, m->value, &values[i].value))
            return NULL;
    }
    return values;
}

/* --- matching and changing records --- */

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

static bool run_kind(const struct scene *x, const struct record_type *s, const struct node *edit)
{
    const struct node *where = node_get(edit, "where"), *set = node_get(edit, "set"), *limit = node_get(edit, "limit");
    const struct record_edit *conditions = read_values(x, s, where), *values = read_values(x, s, set);
    if (!conditions || !values)
        return false;
    int64_t left = limit ? limit->integer : world_count(x->world, s->kind);
    bool ok = true;
    for (uint32_t row = 0; left && world_next(x->world, s->kind, &row);) {
        if (!record_matches(x->world, s->kind, row, conditions, node_count(where)))
            continue;
        ok = record_update(x->world, s->kind, row, values, node_count(set), NULL) && ok;
        left--;
    }
    return ok;
}

static bool run(const struct scene *x, const struct node *edit)
{
    enum cause cause = x->world->cause;
    bool ok = true;
    x->world->cause = CAUSE_RULE;
    for (size_t i = 0; i < edit->map.count; i++) {
        const struct member *m = &edit->map.members[i];
        ok = run_kind(x, record_type_named(str_from(m->key)), m->value) && ok;
    }
    x->world->cause = cause;
    return ok;
}

bool set_state_run(struct call *c, const struct node *edit)
{
    const struct scene x = {.arena = c->arena, .world = c->world, .call = c};
    return run(&x, edit);
}

/* True if a rule has changed the event's record at the time of the event: an effect could cause its own event again,
 * without end. */
static bool has_changed_now(const struct rule_event *e)
{
    uint32_t last = delivery_read(e->world, e->delivery)->change;
    const uint32_t first = changes_first(e->world);
    const struct change *change = last >= first ? changes_read(e->world, last) : NULL;
    for (uint32_t seq = last; seq >= first && last - seq < CHANGES_SEEN; seq--) {
        const struct change *c = changes_read(e->world, seq);
        if (c->at_ms != change->at_ms)
            return false;
        if (c->cause == CAUSE_RULE && c->kind == change->kind && c->row == change->row)
            return true;
    }
    return false;
}

void set_state_event(const struct node *edit, struct rule_event *e)
{
    const struct scene x = {.arena = e->arena, .world = e->world, .event = e};
    if (!has_changed_now(e))
        run(&x, edit);
}

const char *state_failed(struct call *c, const struct node *kinds)
{
    const struct scene x = {.arena = c->arena, .world = c->world, .call = c};
    for (size_t i = 0; i < kinds->map.count; i++) {
        const struct member *m = &kinds->map.members[i];
        const struct record_type *s = record_type_named(str_from(m->key));
        const struct record_edit *wanted = read_values(&x, s, m->value);
        uint32_t row = 0;
        bool found = false;
        while (wanted && !found && world_next(c->world, s->kind, &row))
            found = record_matches(c->world, s->kind, row, wanted, node_count(m->value));
        if (!found)
            return node_pointer_add(c->arena, "/when/state", str_from(m->key));
    }
    return NULL;
}
