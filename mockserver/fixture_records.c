#include "mockserver/fixture_records.h"

#include <string.h>

#include "mockserver/dialects/dialects.h"
#include "mockserver/fixture_moment.h"
#include "mockserver/record_json.h"
#include "mockserver/state/changes.h"
#include "mockserver/state/rebuild.h"
#include "mockserver/state/record_put.h"

static const struct node *record_node(const struct records_read *r, enum record_kind kind,
                                      uint32_t row)
{
    return r->lists[kind]->list.items[row - 1];
}

static struct where place_of(const struct node *record, const char *key)
{
    const struct node *value = node_get(record, key);
    return value ? value->at : record->at;
}

static int read_provider(struct records_read *r, const struct record_shape *s,
                         const struct node *record)
{
    const char *name = node_get_text(record, "provider");
    const struct dialect *d = name ? dialect_named(str_from(name)) : NULL;
    if (s->provider_offset == SIZE_MAX) {
        if (node_get(record, "provider"))
            r->good = error_add(r->err, ERROR_INPUT, place_of(record, "provider"),
                                "the provider of %s is their organization's", s->name);
        return 0;
    }
    if (!name)
        r->good = error_add(r->err, ERROR_INPUT, place_of(record, "provider"),
                            "a record of the %s names its 'provider'", s->name);
    else if (!d)
        r->good = error_add(r->err, ERROR_INPUT, place_of(record, "provider"),
                            "there is no provider '%s'", name);
    return d ? d->provider : 0;
}

static bool add_row(struct records_read *r, const struct record_shape *s, const struct node *record)
{
    const char *id = node_get_text(record, "id");
    if (record->kind != NODE_MAP)
        return error_add(r->err, ERROR_INPUT, record->at, "a record is an object, not %s",
                         node_kind_name(record->kind));
    uint32_t row = rebuild_row(r->w, s->kind, read_provider(r, s, record));
    if (id)
        index_add(&r->ids[s->kind], (struct index_entry){index_text_key(str_from(id)), row, row});
    return true;
}

/* False: there are not as many rows as are written, so that nobody could say who is meant. */
static bool add_rows(struct records_read *r, const struct member *m)
{
    const struct record_shape *s = record_shape_read(m->key, m->key_at, r->err);
    bool good = true;
    if (!s)
        return false;
    if (m->value->kind != NODE_LIST)
        return error_add(r->err, ERROR_INPUT, m->value->at, "'%s' is a list of records", m->key);
    r->lists[s->kind] = m->value;
    for (size_t i = 0; i < m->value->list.count; i++)
        good = add_row(r, s, m->value->list.items[i]) && good;
    return good;
}

static bool refuse_number(const struct records_read *r, enum record_kind kind,
                          const struct node *name)
{
    return error_add(r->err, ERROR_INPUT, name->at, "there are %u %s, none has the number %lld",
                     world_count(r->w, kind), record_kind_texts[kind], (long long)name->integer);
}

bool records_ref(const struct records_read *r, enum record_kind kind, const struct node *name,
                 uint32_t *row)
{
    struct index_walk walk;
    size_t count = 0;
    if (name->kind == NODE_INT) {
        if (name->integer < 1 || name->integer > world_count(r->w, kind))
            return refuse_number(r, kind, name);
        *row = (uint32_t)name->integer;
        return true;
    }
    if (name->kind != NODE_TEXT)
        return error_add(r->err, ERROR_INPUT, name->at,
                         "one of the %s is named by its id, or its number in their list",
                         record_kind_texts[kind]);
    int64_t key = index_text_key(name->text);
    index_from(&r->ids[kind], &walk, (struct index_entry){key, 0, 0});
    while (index_next_of(&walk, key)) {
        if (!str_is(name->text, node_get_text(record_node(r, kind, walk.entry.row), "id")))
            continue;
        *row = walk.entry.row;
        count++;
    }
    if (count > 1)
        return error_add(r->err, ERROR_INPUT, name->at,
                         "%zu %s have the id '%s': say its number in their list", count,
                         record_kind_texts[kind], name->text.s);
    return count || error_add(r->err, ERROR_INPUT, name->at, "none of the %s has the id '%s'",
                              record_kind_texts[kind], name->text.s);
}

/* What no ISO text can say is a number. */
static bool read_value(const struct records_read *r, const struct record_field *f,
                       const struct node *value, struct record_value *out)
{
    uint32_t row = ROW_NONE;
    *out = (struct record_value){0};
    if (f->type == RECORD_TIME && value->kind == NODE_INT) {
        out->number = value->integer;
        return true;
    }
    if (f->type != RECORD_REF || value->kind == NODE_NULL)
        return record_value_read(r->load->arena, f, value, out, r->err);
    if (!records_ref(r, f->refers, value, &row))
        return false;
    out->number = row;
    return true;
}

static void read_record(struct records_read *r, const struct record_shape *s, uint32_t row)
{
    const struct node *record = record_node(r, s->kind, row);
    for (size_t i = 0; i < record->map.count; i++) {
        const struct member *m = &record->map.members[i];
        struct record_value value;
        if (strcmp(m->key, "provider") == 0)
            continue;
        const struct record_field *f = record_field_read(s, m, r->err);
        if (!f || !read_value(r, f, m->value, &value))
            r->good = false;
        else
            record_put(r->w, 0, f, &value, world_edit(r->w, s->kind, row), NULL);
    }
}

typedef void each_record_fn(struct records_read *r, const struct record_shape *s, uint32_t row);

static void each_record(struct records_read *r, each_record_fn *visit)
{
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        for (uint32_t row = 1; row <= world_count(r->w, kind); row++)
            visit(r, record_shape(kind), row);
}

static void place_record(struct records_read *r, const struct record_shape *s, uint32_t row)
{
    const char *why = rebuild_place(r->w, s->kind, row);
    if (why)
        r->good = error_add(r->err, ERROR_INPUT, record_node(r, s->kind, row)->at, "%s", why);
}

static void tell_fault(void *reading, enum record_kind kind, uint32_t row, const char *why)
{
    struct records_read *r = reading;
    error_add(r->err, ERROR_INPUT, record_node(r, kind, row)->at, "%s", why);
}

static bool add_all(struct records_read *r, const struct node *records)
{
    if (records->kind != NODE_MAP)
        return error_add(r->err, ERROR_INPUT, records->at,
                         "'records' is an object of lists, one a kind");
    bool good = true;
    for (size_t i = 0; i < records->map.count; i++)
        good = add_rows(r, &records->map.members[i]) && good;
    return good;
}

/* What is not said follows from the records. */
static void complete(struct records_read *r, const struct node *moment)
{
    if (!node_get(moment, "changes"))
        rebuild_changes(r->w);
    if (!node_get(moment, "events"))
        rebuild_events(r->w);
    if (!node_get(moment, "announced"))
        r->w->announced = changes_last(r->w);
}

bool fixture_records_read(const struct node *records, const struct node *moment,
                          const struct fixture_load *load, bool *broken)
{
    struct records_read r = {.load = load, .w = load->world, .err = load->err, .good = true};
    *broken = false;
    bool there = add_all(&r, records);
    if (there)
        each_record(&r, read_record);
    r.good = there && (!moment || moment_read(&r, moment, broken)) && r.good;
    if (r.good)
        each_record(&r, place_record);
    if (r.good)
        complete(&r, moment);
    if (r.good && !*broken)
        r.good = world_check_each(r.w, tell_fault, &r);
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++)
        index_end(&r.ids[i]);
    return r.good;
}
