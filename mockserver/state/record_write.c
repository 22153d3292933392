#include "mockserver/state/record.h"

#include <string.h>

#include "base/time.h"

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
        to = v->text ? index_entries_find(w, f->refers, scope, str_from(v->text)) : (uint32_t)v->number;
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
    const char *const *kept = string_pool_keep_list(w->strings, v->texts, v->count);
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
