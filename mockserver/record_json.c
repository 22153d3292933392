#include "mockserver/record_json.h"

#include <string.h>

#include "base/time.h"
#include "mockserver/dialects/dialects.h"

#define NAMES_MAX 64

static void write_value(struct json *out, const struct record_field *f,
                        const struct record_value *v)
{
    if (v->none) {
        json_null(out);
        return;
    }
    switch (f->type) {
    case RECORD_TEXT:
    case RECORD_TIME:
    case RECORD_ENUM:
    case RECORD_REF:
        json_text(out, v->text);
        break;
    case RECORD_BOOL:
        json_bool(out, v->truth);
        break;
    case RECORD_INT:
        json_int(out, v->number);
        break;
    }
}

void record_write(struct json *out, const struct world *w, enum record_kind kind, uint32_t row)
{
    const struct record_shape *s = record_shape(kind);
    const struct dialect *d = dialect_of_provider(record_provider(w, kind, row));
    json_open_map(out);
    json_put_text(out, "provider", d ? d->name : NULL);
    for (size_t i = 0; i < s->field_count; i++) {
        struct record_value v;
        record_get(w, kind, row, &s->fields[i], &v);
        json_key(out, s->fields[i].name);
        write_value(out, &s->fields[i], &v);
    }
    json_close_map(out);
}

static bool unknown(struct error *err, struct where at, const char *what, const char *name,
                    const char *const *names, size_t count)
{
    struct arena a = {0};
    error_add(err, ERROR_INPUT, at, "%s '%s'%s", what, name,
              str_suggest(&a, str_from(name), names, count));
    arena_end(&a);
    return false;
}

const struct record_shape *record_shape_read(const char *name, struct where at, struct error *err)
{
    const struct record_shape *s = record_shape_named(str_from(name));
    if (!s)
        unknown(err, at, "there is no kind", name, record_kind_texts, RECORD_KIND_COUNT);
    return s;
}

const struct record_field *record_field_read(const struct record_shape *s, const struct member *m,
                                             struct error *err)
{
    const struct record_field *f = record_field_named(s, str_from(m->key));
    if (f)
        return f;
    const char *names[NAMES_MAX];
    size_t count = s->field_count < NAMES_MAX ? s->field_count : NAMES_MAX;
    for (size_t i = 0; i < count; i++)
        names[i] = s->fields[i].name;
    struct arena a = {0};
    unknown(err, m->key_at, arena_printf(&a, "%s have no field", s->name), m->key, names, count);
    arena_end(&a);
    return NULL;
}

static bool wrong(struct error *err, const struct record_field *f, const struct node *value,
                  const char *wanted)
{
    return error_add(err, ERROR_INPUT, value->at, "'%s' takes %s, not %s", f->name, wanted,
                     node_kind_name(value->kind));
}

static bool read_word(const struct record_field *f, const struct node *value, struct error *err)
{
    for (size_t i = 0; i < f->text_count; i++)
        if (str_is(value->text, f->texts[i]))
            return true;
    struct arena a = {0};
    bool told = unknown(err, value->at, arena_printf(&a, "'%s' cannot be", f->name), value->text.s,
                        f->texts, f->text_count);
    arena_end(&a);
    return told;
}

/* What has no "none" of its own is told here; the rest takes null for it. */
static bool read_none(const struct record_field *f, const struct node *value,
                      struct record_value *out, struct error *err)
{
    if (f->type == RECORD_BOOL || f->type == RECORD_INT || f->type == RECORD_ENUM)
        return wrong(err, f, value, "a value");
    out->none = true;
    return true;
}

bool record_value_read(const struct record_field *f, const struct node *value,
                       struct record_value *out, struct error *err)
{
    *out = (struct record_value){0};
    if (value->kind == NODE_NULL)
        return read_none(f, value, out, err);
    out->text = node_text(value);
    switch (f->type) {
    case RECORD_TEXT:
        return out->text || wrong(err, f, value, "a text");
    case RECORD_REF:
        return out->text || wrong(err, f, value, "a record's id");
    case RECORD_ENUM:
        return out->text ? read_word(f, value, err) : wrong(err, f, value, "a word");
    case RECORD_TIME:
        return (out->text && time_parse(value->text, &out->number)) ||
               error_add(err, ERROR_INPUT, value->at,
                         "'%s' takes a time such as 2026-05-02T09:00:00Z", f->name);
    case RECORD_BOOL:
        out->truth = value->kind == NODE_BOOL && value->truth;
        return value->kind == NODE_BOOL || wrong(err, f, value, "true or false");
    case RECORD_INT:
        out->number = value->kind == NODE_INT ? value->integer : 0;
        return value->kind == NODE_INT || wrong(err, f, value, "a whole number");
    }
    return false;
}

bool record_value_equal(const struct record_field *f, const struct record_value *x,
                        const struct record_value *y)
{
    if (x->none || y->none)
        return x->none && y->none;
    switch (f->type) {
    case RECORD_TEXT:
    case RECORD_REF:
    case RECORD_ENUM:
        return strcmp(x->text, y->text) == 0;
    case RECORD_BOOL:
        return x->truth == y->truth;
    case RECORD_TIME:
    case RECORD_INT:
        return x->number == y->number;
    }
    return false;
}
