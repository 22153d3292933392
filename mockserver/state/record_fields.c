/* The fields of records, by name: reads, writes and edits them; rebuilds records from an export. */
#include "mockserver/state/record.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/time.h"

#define RECORD_SIZE_MAX 512

const struct record_type *record_type_named(struct str name)
{
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++)
        if (str_is(name, record_kind_texts[i]))
            return record_types[i];
    return NULL;
}

const struct record_field *record_field_named(const struct record_type *s, struct str name)
{
    for (size_t i = 0; i < s->field_count; i++)
        if (str_is(name, s->fields[i].name))
            return &s->fields[i];
    return NULL;
}

/* Without trailing zeros. */
static size_t used_count(const int64_t *numbers, size_t count)
{
    while (count && !numbers[count - 1])
        count--;
    return count;
}

static void get_time(int64_t ms, struct record_value *out)
{
    out->none = ms == 0;
    out->number = ms;
    if (!out->none)
        out->text = time_millis(ms, out->time_text);
}

void record_get(const struct world *w, enum record_kind kind, uint32_t row, const struct record_field *f,
                struct record_value *out)
{
    const char *record = world_read(w, kind, row), *at = record + f->offset;
    *out = (struct record_value){0};
    switch (f->type) {
    case RECORD_TEXT:
        memcpy(&out->text, at, sizeof out->text);
        out->none = !out->text;
        break;
    case RECORD_BOOL:
        memcpy(&out->truth, at, sizeof out->truth);
        break;
    case RECORD_INT:
        memcpy(&out->number, at, sizeof out->number);
        break;
    case RECORD_TIME: {
        int64_t ms;
        memcpy(&ms, at, sizeof ms);
        get_time(ms, out);
        break;
    }
    case RECORD_ENUM: {
        int value;
        memcpy(&value, at, sizeof value);
        out->text = f->texts[value];
        break;
    }
    case RECORD_REF: {
        uint32_t to;
        memcpy(&to, at, sizeof to);
        out->none = to == ROW_NONE;
        out->number = to;
        out->text = out->none ? NULL : record_id(w, f->refers, to);
        break;
    }
    case RECORD_CHANGE: {
        uint32_t seq;
        memcpy(&seq, at, sizeof seq);
        out->none = seq == 0;
        out->number = seq;
        break;
    }
    case RECORD_TEXTS: {
        uint32_t count;
        memcpy(&out->texts, at, sizeof out->texts);
        memcpy(&count, record + f->count_offset, sizeof count);
        out->count = count;
        break;
    }
    case RECORD_INTS:
        out->numbers = (const int64_t *)(const void *)at;
        out->count = used_count(out->numbers, f->count);
        break;
    }
}

static bool refuse(struct error *err, const struct record_field *f, const char *why)
{
    return error_add(err, ERROR_INPUT, (struct where){0}, "'%s' %s", f->name, why);
}

static bool set_text(struct world *w, const struct record_field *f, const struct record_value *v, char *at,
                     struct error *err)
{
    if (!v->none && !v->text)
        return refuse(err, f, "is not a text");
    const char *kept = v->none ? NULL : world_text(w, v->text);
    memcpy(at, &kept, sizeof kept);
    return true;
}

static bool set_time(const struct record_field *f, const struct record_value *v, char *at, struct error *err)
{
    int64_t ms = v->none ? 0 : v->number;
    if (!v->none && v->text && !time_parse(str_from(v->text), &ms))
        return refuse(err, f, "is not a time; expected for example 2026-05-02T09:00:00Z");
    memcpy(at, &ms, sizeof ms);
    return true;
}

static bool set_enum(const struct record_field *f, const struct record_value *v, char *at, struct error *err)
{
    struct str word = str_from(v->none ? NULL : v->text);
    for (size_t i = 0; i < f->text_count; i++) {
        if (!str_is(word, f->texts[i]))
            continue;
        int value = (int)i;
        memcpy(at, &value, sizeof value);
        return true;
    }
    struct arena a = {0};
    error_add(err, ERROR_INPUT, (struct where){0}, "'%s' cannot be '" STR_FMT "'%s", f->name, STR_ARG(word),
              str_suggest(&a, word, f->texts, f->text_count));
    arena_end(&a);
    return false;
}

static bool set_ref(const struct world *w, int64_t scope, const struct record_field *f, const struct record_value *v,
                    char *at, struct error *err)
{
    uint32_t to = ROW_NONE;
    if (!v->none) {
        to = v->text ? record_find_in(w, f->refers, scope, str_from(v->text)) : (uint32_t)v->number;
        if (!to)
            return refuse(err, f, "refers to a record that does not exist");
    }
    memcpy(at, &to, sizeof to);
    return true;
}

static bool set_texts(struct world *w, const struct record_field *f, const struct record_value *v, char *at,
                      void *record, struct error *err)
{
    if (v->none)
        return refuse(err, f, "is null; expected a list of texts");
    const uint32_t count = (uint32_t)v->count;
    const char *const *kept = string_pool_keep_list(&w->strings, v->texts, v->count);
    memcpy(at, &kept, sizeof kept);
    memcpy((char *)record + f->count_offset, &count, sizeof count);
    return true;
}

static bool set_numbers(const struct record_field *f, const struct record_value *v, char *at, struct error *err)
{
    if (v->none || v->count > f->count)
        return refuse(err, f, "is null or too long; expected a list of numbers");
    memset(at, 0, f->count * sizeof *v->numbers);
    if (v->count)
        memcpy(at, v->numbers, v->count * sizeof *v->numbers);
    return true;
}

bool record_write(struct world *w, int64_t scope, const struct record_field *f, const struct record_value *v,
                  void *record, struct error *err)
{
    char *at = (char *)record + f->offset;
    uint32_t seq = v->none ? 0 : (uint32_t)v->number;
    switch (f->type) {
    case RECORD_TEXT:
        return set_text(w, f, v, at, err);
    case RECORD_TIME:
        return set_time(f, v, at, err);
    case RECORD_ENUM:
        return set_enum(f, v, at, err);
    case RECORD_REF:
        return set_ref(w, scope, f, v, at, err);
    case RECORD_TEXTS:
        return set_texts(w, f, v, at, record, err);
    case RECORD_INTS:
        return set_numbers(f, v, at, err);
    case RECORD_CHANGE:
        memcpy(at, &seq, sizeof seq);
        return true;
    case RECORD_BOOL:
        if (v->none)
            return refuse(err, f, "is null; expected true or false");
        memcpy(at, &v->truth, sizeof v->truth);
        return true;
    case RECORD_INT:
        if (v->none)
            return refuse(err, f, "is null; expected a number");
        memcpy(at, &v->number, sizeof v->number);
        return true;
    }
    return false;
}

static bool set_field(struct world *w, int64_t scope, const struct record_edit *e, void *record, struct error *err)
{
    if (e->field->fixed)
        return error_add(err, ERROR_INPUT, (struct where){0}, "'%s' cannot be changed", e->field->name);
    if (e->field->needed && e->value.none)
        return error_add(err, ERROR_INPUT, (struct where){0}, "'%s' cannot be null", e->field->name);
    return record_write(w, scope, e->field, &e->value, record, err);
}

static void queue_events(struct world *w, enum record_kind kind, uint32_t row)
{
    if (record_types[kind]->queue_events)
        record_types[kind]->queue_events(w, world_read(w, kind, row), row);
}

/* An edit may break an invariant on purpose; the world is then no longer checked. */
static void stop_checks_if_broken(struct world *w)
{
    if (!w->checks)
        return;
    struct arena a = {0};
    struct buf message = {.arena = &a};
    w->checks = !world_check(w, &message);
    arena_end(&a);
}

/* Readers follow these references, so they must exist even in a state that violates invariants. */
static bool has_references(const struct record_type *type, const void *record, struct error *err)
{
    const char *missing = type->missing ? type->missing(record) : NULL;
    return !missing || error_add(err, ERROR_INPUT, (struct where){0},
                                 "'%s' is null; an attempt of this kind and state requires it", missing);
}

bool record_update(struct world *w, enum record_kind kind, uint32_t row, const struct record_edit *edits, size_t count,
                   struct error *err)
{
    const struct record_type *type = record_types[kind];
    _Alignas(max_align_t) char edited[RECORD_SIZE_MAX];
    assert(type->size <= sizeof edited);
    memcpy(edited, world_read(w, kind, row), type->size);
    bool ok = true;
    for (size_t i = 0; i < count; i++)
        ok &= set_field(w, record_scope(w, kind, row, edits[i].field->refers), &edits[i], edited, err);
    if (!ok || !has_references(type, edited, err))
        return false;
    struct transition t;
    w->unchecked = true;
    memcpy(transition_begin(&t, w, kind, row), edited, type->size);
    transition_end_part(&t);
    queue_events(w, kind, row);
    changes_add(w, kind, row, TRANSITION_RECORD_SET, t.from, record_state(w, kind, row));
    stop_checks_if_broken(w);
    return true;
}

uint32_t rebuild_row(struct world *w, enum record_kind kind, int provider)
{
    uint32_t row;
    const size_t provider_offset = record_types[kind]->provider_offset;
    char *record = table_add(&w->records[kind], &row);
    if (provider_offset != SIZE_MAX)
        memcpy(record + provider_offset, &provider, sizeof provider);
    return row;
}

void rebuild_skip(struct world *w, enum record_kind kind, uint32_t last)
{
    table_skip(&w->records[kind], last);
}

const char *rebuild_missing_field(const struct world *w, enum record_kind kind, uint32_t row)
{
    const struct record_type *s = record_types[kind];
    const char *record = world_read(w, kind, row);
    for (size_t i = 0; i < s->field_count; i++) {
        const struct record_field *f = &s->fields[i];
        const char *text;
        uint32_t to;
        if (f->needed && f->type == RECORD_TEXT) {
            memcpy(&text, record + f->offset, sizeof text);
            if (!text)
                return f->name;
        } else if (f->needed) {
            memcpy(&to, record + f->offset, sizeof to);
            if (to == ROW_NONE)
                return f->name;
        }
    }
    return s->missing ? s->missing(record) : NULL;
}

void rebuild_entry(struct world *w, enum record_kind kind, uint32_t row)
{
    if (record_types[kind]->derive)
        record_types[kind]->derive(world_edit(w, kind, row));
    const struct transition none = {.w = w, .kind = kind, .row = row};
    transition_end_part(&none);
}

void rebuild_changes(struct world *w)
{
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        for (uint32_t row = 0; world_next(w, kind, &row);)
            changes_add(w, kind, row, TRANSITION_RECORD_BEGIN, STATE_NONE, record_state(w, kind, row));
}

void rebuild_events(struct world *w)
{
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
        for (uint32_t row = 0; world_next(w, kind, &row);)
            queue_events(w, kind, row);
}
