#include "base/fields.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/time.h"

/* One step of the path to a value; turned into a JSON pointer only for a problem. */
struct step {
    const struct step *up; /* NULL: the root */
    const char *key;       /* NULL: an item of a list */
    size_t item;
};

/* One value that is being read. */
struct reading {
    const struct field *field;
    const struct node *value;
    const char *key;
    size_t item;             /* index in the key's list from 1; 0 = the whole value */
    const struct step *step; /* path of the map that contains the key */
    struct arena *arena;
    struct error *err;
};

static const char *const type_words[] = {
    [FIELD_BOOL] = "true or false",
    [FIELD_INT] = "an integer",
    [FIELD_ENUM] = "one of the listed words",
    [FIELD_DURATION] = "a duration such as 800ms or 1h30m",
    [FIELD_TIME] = "a time such as 2026-05-02T09:00:00Z or -30d",
    [FIELD_NODE] = "a value",
    [FIELD_TEXTS] = "a list of texts",
};

/* What a field expects, in the words of the value's format. */
static const char *type_word(const struct node *value, enum field_type type)
{
    switch (type) {
    case FIELD_TEXT:
        return node_kind_words(value, NODE_TEXT);
    case FIELD_TEXTS:
        return value->json ? "an array of strings" : type_words[type];
    case FIELD_MAP:
        return node_kind_words(value, NODE_MAP);
    case FIELD_LIST:
        return node_kind_words(value, NODE_LIST);
    case FIELD_BOOL:
    case FIELD_INT:
    case FIELD_ENUM:
    case FIELD_DURATION:
    case FIELD_TIME:
    case FIELD_NODE:
        break;
    }
    return type_words[type];
}

bool field_not_negative(const struct field *f)
{
    return f->min == 0 && f->max < f->min;
}

size_t field_word_count(const struct field *f)
{
    return f->words ? f->words->accepted : f->text_count;
}

const char *field_word(const struct field *f, size_t i)
{
    return f->words ? f->words->rows[i].text : f->texts[i];
}

const char *enum_word_of(const struct enum_words *w, int value)
{
    size_t i = 0;
    while (w->rows[i].value != value) {
        i++;
        assert(i < w->count);
    }
    return w->rows[i].text;
}

const struct enum_word *enum_word_find(const struct enum_words *w, struct str text)
{
    for (size_t i = 0; i < w->accepted; i++)
        if (str_is(text, w->rows[i].text))
            return &w->rows[i];
    return NULL;
}

static const char *pointer_to(struct arena *a, const struct step *s)
{
    if (!s)
        return "";
    const char *up = pointer_to(a, s->up);
    return s->key ? node_pointer_add(a, up, str_from(s->key)) : arena_printf(a, "%s/%zu", up, s->item);
}

static bool add_problem(struct error *err, struct where at, const struct step *step, const char *text)
{
    error_add(err, ERROR_INPUT, at, "%s", text);
    if (err)
        err->last->pointer = pointer_to(&err->arena, step);
    return false;
}

static bool refuse(const struct reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(const struct reading *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(r->arena, format, args);
    va_end(args);
    const char *item = r->item ? arena_printf(r->arena, " item %zu", r->item) : "";
    struct step key = {r->step, r->key, 0}, in_list = {&key, NULL, r->item - 1};
    return add_problem(r->err, r->value->at, r->item ? &in_list : &key,
                       arena_printf(r->arena, "'%s'%s %s", r->key, item, text));
}

/* Only for YAML, which reads an unquoted 5 as a number and an unquoted true as a boolean, where the author may have
 * wanted text. */
static const char *quote_hint(const struct reading *r)
{
    enum node_kind is = r->value->kind;
    bool wants_text = r->field->type == FIELD_TEXT || r->field->type == FIELD_ENUM;
    if (r->value->json || !wants_text || (is != NODE_INT && is != NODE_REAL && is != NODE_BOOL))
        return "";
    return arena_printf(r->arena, " (quote it: \"%s\")", json_print(r->arena, r->value));
}

static bool refuse_kind(const struct reading *r, const char *expected)
{
    return refuse(r, "is %s; expected %s%s", node_kind_words(r->value, r->value->kind), expected, quote_hint(r));
}

static bool is_kind(const struct reading *r, enum node_kind wanted)
{
    return r->value->kind == wanted || refuse_kind(r, type_word(r->value, r->field->type));
}

static bool in_range(const struct reading *r, int64_t n, const char *is, const char *unit)
{
    int64_t min = r->field->min, max = r->field->max;
    if (!min && !max)
        return true;
    if (max < min)
        max = INT64_MAX;
    if (n >= min && n <= max)
        return true;
    const char *limits = arena_printf(r->arena, "%lld", (long long)min);
    if (max == INT64_MAX || (n < min && max >= INT32_MAX))
        limits = arena_printf(r->arena, "%s or more", limits);
    else if (max > min)
        limits = arena_printf(r->arena, "%s to %lld", limits, (long long)max);
    return refuse(r, "%s %lld%s; expected %s", is, (long long)n, unit, limits);
}

static bool read_bool(const struct reading *r, bool *to)
{
    if (!is_kind(r, NODE_BOOL))
        return false;
    *to = r->value->truth;
    return true;
}

static bool read_int(const struct reading *r, int64_t *to)
{
    if (!is_kind(r, NODE_INT) || !in_range(r, r->value->integer, "is", ""))
        return false;
    *to = r->value->integer;
    return true;
}

static bool read_text(const struct reading *r, const char **to)
{
    if (!is_kind(r, NODE_TEXT) || !in_range(r, (int64_t)str_characters(r->value->text), "has", " characters"))
        return false;
    *to = r->value->text.s;
    return true;
}

static const char *nearest(const struct reading *r, struct str word, const char *const *words, size_t count)
{
    const char *near = str_nearest(word, words, count);
    return near ? arena_printf(r->arena, " (did you mean '%s'?)", near) : "";
}

static bool read_enum(const struct reading *r, int *to)
{
    const struct field *f = r->field;
    size_t count = field_word_count(f);
    const char **words = arena_array(r->arena, const char *, count);
    struct buf list = {.arena = r->arena};
    for (size_t i = 0; i < count; i++) {
        words[i] = field_word(f, i);
        if (r->value->kind == NODE_TEXT && str_is(r->value->text, words[i])) {
            *to = f->words ? f->words->rows[i].value : (int)i;
            return true;
        }
        buf_printf(&list, "%s%s", i ? ", " : count > 1 ? "one of: " : "", words[i]);
    }
    if (r->value->kind != NODE_TEXT)
        return refuse_kind(r, buf_c(&list));
    return refuse(r, "is '%s'; expected %s%s", r->value->text.s, buf_c(&list),
                  nearest(r, r->value->text, words, count));
}

static bool refuse_text(const struct reading *r)
{
    return refuse(r, "is '%s'; expected %s", r->value->text.s, type_words[r->field->type]);
}

static bool read_duration(const struct reading *r, int64_t *to)
{
    if (!is_kind(r, NODE_TEXT))
        return false;
    int64_t ms;
    if (!duration_parse(r->value->text, &ms))
        return refuse_text(r);
    if (ms < 0 && field_not_negative(r->field))
        return refuse(r, "is '%s'; expected 0s or more", r->value->text.s);
    *to = ms;
    return true;
}

static bool read_time(const struct reading *r, struct field_time *to)
{
    struct field_time time = {.given = true};
    if (!is_kind(r, NODE_TEXT))
        return false;
    time.relative = !time_parse(r->value->text, &time.ms);
    if (time.relative && !duration_parse(r->value->text, &time.ms))
        return refuse_text(r);
    *to = time;
    return true;
}

static bool read_texts(const struct reading *r, struct field_list *to)
{
    size_t count = node_count(r->value);
    if (!is_kind(r, NODE_LIST) || !in_range(r, (int64_t)count, "has", " items"))
        return false;
    static const struct field any_text = {.type = FIELD_TEXT};
    const char **texts = arena_array(r->arena, const char *, count);
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        struct reading item = {&any_text, r->value->list.items[i], r->key, i + 1, r->step, r->arena, r->err};
        ok &= read_text(&item, &texts[i]);
    }
    if (ok)
        *to = (struct field_list){count, texts};
    return ok;
}

static bool read_at(const struct fields *table, const struct node *map, struct arena *a, void *into, struct error *err,
                    const struct step *step);

static bool read_map(const struct reading *r, void *to)
{
    struct step key = {r->step, r->key, 0};
    return is_kind(r, NODE_MAP) && read_at(r->field->sub, r->value, r->arena, to, r->err, &key);
}

static bool read_list(const struct reading *r, struct field_list *to)
{
    size_t count = node_count(r->value), size = r->field->sub->size;
    if (!is_kind(r, NODE_LIST) || !in_range(r, (int64_t)count, "has", " items"))
        return false;
    unsigned char *items = arena_alloc(r->arena, count * size);
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        const struct node *item = r->value->list.items[i];
        struct step key = {r->step, r->key, 0}, in_list = {&key, NULL, i};
        ok &= read_at(r->field->sub, item, r->arena, items + i * size, r->err, &in_list);
    }
    *to = (struct field_list){count, items};
    return ok;
}

static bool read_field(const struct reading *r, void *to)
{
    switch (r->field->type) {
    case FIELD_BOOL:
        return read_bool(r, to);
    case FIELD_INT:
        return read_int(r, to);
    case FIELD_TEXT:
        return read_text(r, to);
    case FIELD_ENUM:
        return read_enum(r, to);
    case FIELD_DURATION:
        return read_duration(r, to);
    case FIELD_TIME:
        return read_time(r, to);
    case FIELD_NODE:
        *(const struct node **)to = r->value;
        return true;
    case FIELD_TEXTS:
        return read_texts(r, to);
    case FIELD_MAP:
        return read_map(r, to);
    case FIELD_LIST:
        return read_list(r, to);
    }
    return false;
}

static bool refuse_key(const struct fields *table, const struct member *m, struct reading *r)
{
    const char **keys = arena_array(r->arena, const char *, table->count);
    for (size_t i = 0; i < table->count; i++)
        keys[i] = table->rows[i].key;
    struct step key = {r->step, m->key, 0};
    return add_problem(r->err, m->key_at, &key,
                       arena_printf(r->arena, "unknown key '%s' in %s%s", m->key, table->name,
                                    nearest(r, str_from(m->key), keys, table->count)));
}

static const struct field *find_row(const struct fields *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].key, key) == 0)
            return &table->rows[i];
    return NULL;
}

static bool read_members(const struct fields *table, struct reading *r, const struct node *map, unsigned char *into)
{
    bool ok = true;
    for (size_t i = 0; i < map->map.count; i++) {
        const struct member *m = &map->map.members[i];
        r->field = find_row(table, m->key);
        r->value = m->value;
        r->key = m->key;
        ok &= r->field ? read_field(r, into + r->field->offset) : refuse_key(table, m, r);
    }
    return ok;
}

static bool check_required(const struct fields *table, const struct reading *r, const struct node *map)
{
    bool ok = true;
    for (size_t i = 0; i < table->count; i++) {
        const char *wanted = table->rows[i].key;
        struct step key = {r->step, wanted, 0};
        if (table->rows[i].required && !node_get(map, wanted))
            ok = add_problem(r->err, map->at, &key, arena_printf(r->arena, "missing '%s' in %s", wanted, table->name));
    }
    return ok;
}

static bool read_at(const struct fields *table, const struct node *map, struct arena *a, void *into, struct error *err,
                    const struct step *step)
{
    struct reading r = {.arena = a, .err = err, .step = step};
    if (table->at_offset != FIELDS_NO_PLACE)
        memcpy((unsigned char *)into + table->at_offset, &map->at, sizeof map->at);
    if (map->kind != NODE_MAP)
        return add_problem(err, map->at, step,
                           arena_printf(a, "%s is %s; expected %s", table->name, node_kind_words(map, map->kind),
                                        node_kind_words(map, NODE_MAP)));
    bool ok = read_members(table, &r, map, into);
    return check_required(table, &r, map) && ok;
}

bool fields_read(const struct fields *table, const struct node *map, struct arena *a, void *into, struct error *err)
{
    return read_at(table, map, a, into, err, NULL);
}
