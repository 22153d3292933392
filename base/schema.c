#include "base/schema.h"

#include <assert.h>

#include "base/array.h"
#include "base/matcher.h"
#include "base/yaml.h"

#define SCHEMA_URI "https://json-schema.org/draft/2020-12/schema"

static void put_matchers(struct json *w);

/* clang-format off */
#define DATE      "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
#define TIME      "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?"
#define INSTANT   "pattern: '^" DATE "T" TIME "(Z|[+-][0-9]{2}:[0-9]{2})$'"
#define SPAN      "(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$'"
#define DURATION  "pattern: '^[+-]?" SPAN
#define EXPECTED  "{$ref: '#/$defs/expectation'}"
#define MATCHERS  "{$ref: '#/$defs/matchers'}"
#define SCALAR    "{type: [string, number, boolean, 'null']}"
#define LIST      "{type: array, items: " EXPECTED "}"
#define OPEN_MAP  "{type: object, patternProperties: {'^[$]': false}, additionalProperties: " EXPECTED "}"

static const struct schema_definition always[] = {
    {.name = "duration",         .shape = "{type: string, " DURATION "}"},
    {.name = "time",             .shape = "{type: string, anyOf: [{" INSTANT "}, {" DURATION "}]}"},
    {.name = "expectation",      .shape = "{anyOf: [" SCALAR ", " LIST ", " OPEN_MAP ", " MATCHERS "]}"},
    {.name = "text_expectation", .shape = "{anyOf: [{type: string}, " MATCHERS "]}"},
    {.name = "matchers",         .write = put_matchers},
};
/* clang-format on */

void schema_put_shape(struct json *w, const char *shape)
{
    struct arena a = {0};
    if (shape[0] != '{') {
        json_put_text(w, "$ref", arena_printf(&a, "#/$defs/%s", shape));
    } else {
        const struct node *map = yaml_parse(&a, str_from(shape), "shape", NULL);
        assert(map);
        for (size_t i = 0; i < node_count(map); i++)
            json_put_node(w, map->map.members[i].key, map->map.members[i].value);
    }
    arena_end(&a);
}

static void put_matchers(struct json *w)
{
    const struct matcher *m;
    json_put_text(w, "type", "object");
    json_put_int(w, "minProperties", 1);
    json_put_bool(w, "additionalProperties", false);
    json_key(w, "properties");
    json_open_map(w);
    for (size_t i = 0; (m = matcher_at(i)); i++) {
        json_key(w, m->name);
        json_open_map(w);
        json_put_text(w, "description", m->help);
        schema_put_shape(w, m->operand);
        json_close_map(w);
    }
    json_close_map(w);
}

static void put_range(struct json *w, const struct field *f, const char *least, const char *most)
{
    if (!f->min && !f->max)
        return;
    if (f->min || f->type == FIELD_INT)
        json_put_int(w, least, f->min);
    if (f->max >= f->min && f->max < INT64_MAX)
        json_put_int(w, most, f->max);
}

static void put_enum(struct json *w, const struct field *f)
{
    json_key(w, "enum");
    json_open_list(w);
    for (size_t i = 0; i < field_word_count(f); i++)
        json_text(w, field_word(f, i));
    json_close_list(w);
}

static void put_items(struct json *w, const struct field *f)
{
    json_put_text(w, "type", "array");
    put_range(w, f, "minItems", "maxItems");
    json_key(w, "items");
    json_open_map(w);
    if (f->type == FIELD_TEXTS)
        json_put_text(w, "type", "string");
    else
        schema_put_fields(w, f->sub);
    json_close_map(w);
}

static void put_type(struct json *w, const struct field *f)
{
    switch (f->type) {
    case FIELD_BOOL:
        json_put_text(w, "type", "boolean");
        break;
    case FIELD_INT:
        json_put_text(w, "type", "integer");
        put_range(w, f, "minimum", "maximum");
        break;
    case FIELD_TEXT:
        json_put_text(w, "type", "string");
        put_range(w, f, "minLength", "maxLength");
        break;
    case FIELD_ENUM:
        put_enum(w, f);
        break;
    case FIELD_DURATION:
        schema_put_shape(w, field_not_negative(f) ? "{type: string, pattern: '^[+]?" SPAN "}" : "duration");
        break;
    case FIELD_TIME:
        schema_put_shape(w, "time");
        break;
    case FIELD_NODE:
        break; /* any value */
    case FIELD_MAP:
        schema_put_fields(w, f->sub);
        break;
    case FIELD_TEXTS:
    case FIELD_LIST:
        put_items(w, f);
        break;
    }
}

static void put_field(struct json *w, const struct field *f)
{
    json_key(w, f->key);
    json_open_map(w);
    if (f->help)
        json_put_text(w, "description", f->help);
    if (f->shape)
        schema_put_shape(w, f->shape);
    else
        put_type(w, f);
    json_close_map(w);
}

static void put_required(struct json *w, const struct fields *table)
{
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++)
        count += table->rows[i].required;
    if (!count)
        return;
    json_key(w, "required");
    json_open_list(w);
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].required)
            json_text(w, table->rows[i].key);
    json_close_list(w);
}

void schema_put_fields(struct json *w, const struct fields *table)
{
    json_put_text(w, "type", "object");
    put_required(w, table);
    json_put_bool(w, "additionalProperties", false);
    json_key(w, "properties");
    json_open_map(w);
    for (size_t i = 0; i < table->count; i++)
        put_field(w, &table->rows[i]);
    json_close_map(w);
}

static void put_definitions(struct json *w, const struct schema_definition *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_key(w, list[i].name);
        json_open_map(w);
        if (list[i].shape)
            schema_put_shape(w, list[i].shape);
        else if (list[i].fields)
            schema_put_fields(w, list[i].fields);
        else
            list[i].write(w);
        json_close_map(w);
    }
}

void schema_write(struct json *w, const struct schema *s)
{
    json_open_map(w);
    json_put_text(w, "$schema", SCHEMA_URI);
    json_put_text(w, "title", s->title);
    schema_put_fields(w, s->root);
    if (s->extensions) {
        json_key_map(w, "patternProperties");
        json_key_map(w, "^x-");
        json_close_map(w);
        json_close_map(w);
    }
    json_key(w, "$defs");
    json_open_map(w);
    put_definitions(w, always, COUNT(always));
    put_definitions(w, s->definitions, s->count);
    json_close_map(w);
    json_close_map(w);
}
