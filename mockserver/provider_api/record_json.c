#include "mockserver/provider_api/record_json.h"

#include <string.h>

#include "base/time.h"
#include "mockserver/provider_api/provider.h"

#define NAMES_MAX 64

void record_value_write(struct json *out, const struct record_field *f, const struct record_value *v)
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
    case RECORD_CHANGE:
        json_int(out, v->number);
        break;
    case RECORD_TEXTS:
    case RECORD_INTS:
        json_open_list(out);
        for (size_t i = 0; i < v->count; i++)
            if (f->type == RECORD_TEXTS)
                json_text(out, v->texts[i]);
            else
                json_int(out, v->numbers[i]);
        json_close_list(out);
        break;
    }
}

void record_print(struct json *out, const struct world *w, enum record_kind kind, uint32_t row)
{
    const struct record_type *s = record_types[kind];
    const struct provider *d = provider_with_id(record_provider(w, kind, row));
    json_open_map(out);
    json_put_text(out, "provider", d ? d->name : NULL);
    for (size_t i = 0; i < s->field_count; i++) {
        struct record_value v;
        record_get(w, kind, row, &s->fields[i], &v);
        json_key(out, s->fields[i].name);
        record_value_write(out, &s->fields[i], &v);
    }
    json_close_map(out);
}

static bool report_unknown(struct error *err, struct where at, const char *what, const char *name,
                           const char *const *names, size_t count)
{
    struct arena a = {0};
    error_add(err, ERROR_INPUT, at, "%s '%s'%s", what, name, str_suggest(&a, str_from(name), names, count));
    arena_end(&a);
    return false;
}

const struct record_type *record_type_read(const char *name, struct where at, struct error *err)
{
    const struct record_type *s = record_type_named(str_from(name));
    if (!s)
        report_unknown(err, at, "unknown kind", name, record_kind_texts, RECORD_KIND_COUNT);
    return s;
}

const struct record_field *record_field_read(const struct record_type *s, const struct member *m, struct error *err)
{
    const struct record_field *f = record_field_named(s, str_from(m->key));
    if (f)
        return f;
    const char *names[NAMES_MAX];
    size_t count = s->field_count < NAMES_MAX ? s->field_count : NAMES_MAX;
    for (size_t i = 0; i < count; i++)
        names[i] = s->fields[i].name;
    struct arena a = {0};
    report_unknown(err, m->key_at, arena_printf(&a, "records of kind '%s' have no field", record_kind_texts[s->kind]),
                   m->key, names, count);
    arena_end(&a);
    return NULL;
}

static bool report_wrong_type(struct error *err, const struct record_field *f, const struct node *value,
                              const char *expected)
{
    return error_add(err, ERROR_INPUT, value->at, "'%s' is of type %s; expected %s", f->name,
                     node_kind_name(value->kind), expected);
}

static bool report_wrong_item(struct error *err, const struct record_field *f, const struct node *list, size_t i,
                              const char *expected)
{
    const struct node *item = list->list.items[i];
    return error_add(err, ERROR_INPUT, item->at, "'%s' item %zu is of type %s; expected %s", f->name, i + 1,
                     node_kind_name(item->kind), expected);
}

static bool read_word(const struct record_field *f, const struct node *value, struct error *err)
{
    for (size_t i = 0; i < f->text_count; i++)
        if (str_is(value->text, f->texts[i]))
            return true;
    struct arena a = {0};
    report_unknown(err, value->at, arena_printf(&a, "'%s' cannot be", f->name), value->text.s, f->texts, f->text_count);
    arena_end(&a);
    return false;
}

/* null is valid only for the types that have a value for "none". */
static bool read_none(const struct record_field *f, const struct node *value, struct record_value *out,
                      struct error *err)
{
    if (f->type != RECORD_TEXT && f->type != RECORD_TIME && f->type != RECORD_REF && f->type != RECORD_CHANGE)
        return report_wrong_type(err, f, value, "a value");
    out->none = true;
    return true;
}

static bool read_texts(struct arena *a, const struct record_field *f, const struct node *value,
                       struct record_value *out, struct error *err)
{
    const char **texts = arena_array(a, const char *, node_count(value) + 1);
    if (value->kind != NODE_LIST)
        return report_wrong_type(err, f, value, value->json ? "an array of strings" : "a list of texts");
    for (; out->count < value->list.count; out->count++) {
        const struct node *item = value->list.items[out->count];
        texts[out->count] = node_text(item);
        if (!texts[out->count])
            return report_wrong_item(err, f, value, out->count, node_kind_words(item, NODE_TEXT));
    }
    out->texts = texts;
    return true;
}

bool record_number_fits(const struct record_field *f, const struct node *value, struct error *err)
{
    return (value->integer >= -RECORD_NUMBER_MAX && value->integer <= RECORD_NUMBER_MAX) ||
           error_add(err, ERROR_INPUT, value->at, "'%s' is out of range: %lld (%lld to %lld)", f->name,
                     (long long)value->integer, (long long)-RECORD_NUMBER_MAX, (long long)RECORD_NUMBER_MAX);
}

static bool read_numbers(struct arena *a, const struct record_field *f, const struct node *value,
                         struct record_value *out, struct error *err)
{
    int64_t *numbers = arena_array(a, int64_t, f->count);
    if (value->kind != NODE_LIST)
        return report_wrong_type(err, f, value, value->json ? "an array of integers" : "a list of whole numbers");
    if (value->list.count > f->count)
        return error_add(err, ERROR_INPUT, value->at, "'%s' has %zu numbers; expected at most %zu", f->name,
                         value->list.count, f->count);
    for (; out->count < value->list.count; out->count++) {
        const struct node *item = value->list.items[out->count];
        if (item->kind != NODE_INT)
            return report_wrong_item(err, f, value, out->count, "a whole number");
        if (!record_number_fits(f, item, err))
            return false;
        numbers[out->count] = item->integer;
    }
    out->numbers = numbers;
    return true;
}

bool record_value_read(struct arena *a, const struct record_field *f, const struct node *value,
                       struct record_value *out, struct error *err)
{
    *out = (struct record_value){0};
    if (value->kind == NODE_NULL)
        return read_none(f, value, out, err);
    out->text = node_text(value);
    switch (f->type) {
    case RECORD_TEXT:
        return out->text || report_wrong_type(err, f, value, node_kind_words(value, NODE_TEXT));
    case RECORD_REF:
        return out->text || report_wrong_type(err, f, value, "a record's id");
    case RECORD_ENUM:
        return out->text ? read_word(f, value, err) : report_wrong_type(err, f, value, "one of its names");
    case RECORD_TIME:
        return (out->text && time_parse(value->text, &out->number)) ||
               error_add(err, ERROR_INPUT, value->at, "'%s' is not a time such as 2026-05-02T09:00:00Z", f->name);
    case RECORD_BOOL:
        out->truth = value->kind == NODE_BOOL && value->truth;
        return value->kind == NODE_BOOL || report_wrong_type(err, f, value, "true or false");
    case RECORD_INT:
        if (value->kind != NODE_INT)
            return report_wrong_type(err, f, value, "a whole number");
        out->number = value->integer;
        return record_number_fits(f, value, err);
    case RECORD_CHANGE:
        out->number = value->kind == NODE_INT ? value->integer : -1;
        return (out->number >= 0 && out->number <= UINT32_MAX) ||
               report_wrong_type(err, f, value, "the number of a change");
    case RECORD_TEXTS:
        return read_texts(a, f, value, out, err);
    case RECORD_INTS:
        return read_numbers(a, f, value, out, err);
    }
    return false;
}

static bool same_texts(const struct record_value *x, const struct record_value *y)
{
    size_t i = 0;
    while (i < x->count && i < y->count && strcmp(x->texts[i], y->texts[i]) == 0)
        i++;
    return i == x->count && i == y->count;
}

static bool same_numbers(const struct record_value *x, const struct record_value *y)
{
    size_t most = x->count > y->count ? x->count : y->count;
    for (size_t i = 0; i < most; i++)
        if ((i < x->count ? x->numbers[i] : 0) != (i < y->count ? y->numbers[i] : 0))
            return false;
    return true;
}

bool record_value_equal(const struct record_field *f, const struct record_value *x, const struct record_value *y)
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
    case RECORD_CHANGE:
        return x->number == y->number;
    case RECORD_TEXTS:
        return same_texts(x, y);
    case RECORD_INTS:
        return same_numbers(x, y);
    }
    return false;
}
