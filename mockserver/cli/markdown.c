#include "mockserver/cli/markdown.h"

#include <stdarg.h>

#include "base/array.h"
#include "base/json.h"
#include "base/time.h"
#include "base/yaml.h"
#include "mockserver/cli/reference.h"

static const char *const field_heads[] = {"key", "value", "description"};

void md_heading(struct buf *out, int level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_printf(out, "%.*s %s\n\n", level, "######", arena_vprintf(out->arena, format, args));
    va_end(args);
}

void md_text(struct buf *out, const char *text)
{
    buf_printf(out, "%s\n\n", text);
}

/* Escapes bars, which would end the cell. */
static void add_cell(struct buf *out, const char *text)
{
    buf_text(out, " ");
    for (const char *c = text; *c; c++) {
        if (*c == '|')
            buf_byte(out, '\\');
        buf_byte(out, *c);
    }
    buf_text(out, " |");
}

void md_row(struct buf *out, const char *const *cells, size_t columns)
{
    buf_text(out, "|");
    for (size_t i = 0; i < columns; i++)
        add_cell(out, cells[i]);
    buf_text(out, "\n");
}

void md_table(struct buf *out, const char *const *heads, size_t columns)
{
    md_row(out, heads, columns);
    for (size_t i = 0; i < columns; i++)
        buf_text(out, i ? "---|" : "|---|");
    buf_text(out, "\n");
}

static const char *range(struct arena *a, const struct field *f, const char *type, const char *unit)
{
    if (!f->min && !f->max)
        return type;
    if (f->max < f->min || f->max >= INT32_MAX)
        return arena_printf(a, "%s, at least %lld", type, (long long)f->min);
    if (f->min == f->max)
        return arena_printf(a, "%s, %lld%s", type, (long long)f->min, unit);
    return arena_printf(a, "%s, %lld to %lld%s", type, (long long)f->min, (long long)f->max, unit);
}

static const char *enum_text(struct arena *a, const struct field *f)
{
    struct buf text = {.arena = a};
    for (size_t i = 0; i < field_word_count(f); i++)
        buf_printf(&text, "%s`%s`", i ? ", " : "", field_word(f, i));
    return buf_c(&text);
}

static const char *type_text(const char *type)
{
    if (strcmp(type, "boolean") == 0)
        return "`true`, `false`";
    return strcmp(type, "array") == 0 ? "list" : strcmp(type, "string") == 0 ? "text" : type;
}

/* The types that a schema allows: its `type`, or those of its `anyOf`. */
static void add_types(struct buf *out, const struct node *schema)
{
    const struct node *type = node_get(schema, "type"), *any = node_get(schema, "anyOf");
    if (type && type->kind == NODE_TEXT)
        buf_printf(out, "%s%s", out->n ? " or " : "", type_text(node_text(type)));
    for (size_t i = 0; type && i < node_count(type); i++)
        buf_printf(out, "%s%s", out->n ? " or " : "", type_text(node_text(node_at(type, i))));
    for (size_t i = 0; i < node_count(any); i++)
        add_types(out, node_at(any, i));
}

/* A JSON schema in a few words: the values of its enum, or its types. */
static const char *schema_text(struct arena *a, const char *text)
{
    const struct node *schema = yaml_parse(a, str_from(text), "shape", NULL);
    const struct node *list = node_get(schema, "enum");
    struct buf out = {.arena = a};
    for (size_t i = 0; i < node_count(list); i++)
        buf_printf(&out, "%s`%s`", i ? ", " : "", node_text(node_at(list, i)));
    if (!out.n)
        add_types(&out, schema);
    return out.n ? buf_c(&out) : "any value";
}

/* A named shape is described elsewhere on the page under its name. */
static const char *shape_text(struct arena *a, const char *name)
{
    if (name[0] == '{')
        return schema_text(a, name);
    char *words = arena_text(a, name);
    for (char *c = words; *c; c++)
        if (*c == '_')
            *c = ' ';
    return words;
}

static const char *value_text(struct arena *a, const struct field *f)
{
    if (f->shape)
        return shape_text(a, f->shape);
    switch (f->type) {
    case FIELD_BOOL:
        return "`true`, `false`";
    case FIELD_INT:
        return range(a, f, "integer", "");
    case FIELD_TEXT:
        return f->max ? range(a, f, "text", " characters") : "text";
    case FIELD_ENUM:
        return enum_text(a, f);
    case FIELD_DURATION:
        return field_not_negative(f) ? "duration, at least 0s" : "duration";
    case FIELD_TIME:
        return "time";
    case FIELD_NODE:
        return "any value";
    case FIELD_TEXTS:
        return range(a, f, "list of texts", " items");
    case FIELD_MAP:
        return "object";
    case FIELD_LIST:
        return "list of objects";
    }
    return "";
}

static void add_fields(struct buf *out, const struct fields *table, const char *prefix, bool deep)
{
    struct arena *a = out->arena;
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->rows[i];
        const char *what = value_text(a, f);
        md_row(out,
               (const char *const[]){
                   arena_printf(a, "`%s%s`", prefix, f->key),
                   f->required ? arena_printf(a, "%s; required", what) : what,
                   f->help ? f->help : "",
               },
               COUNT(field_heads));
        if (deep && f->sub)
            add_fields(out, f->sub, arena_printf(a, "%s%s.", prefix, f->key), true);
    }
}

void md_fields(struct buf *out, const struct fields *table, bool deep)
{
    md_table(out, field_heads, COUNT(field_heads));
    add_fields(out, table, "", deep);
    buf_text(out, "\n");
}

static void add_json(struct buf *out, const struct node *value)
{
    buf_printf(out, "%s\n", json_print(out->arena, value));
}

static void add_members(struct buf *out, const struct node *map)
{
    for (size_t i = 0; i < node_count(map); i++) {
        const struct member *m = &map->map.members[i];
        const char *text = node_text(m->value);
        buf_printf(out, "%s: %s\n", m->key, text ? text : json_print(out->arena, m->value));
    }
}

static void add_outcome(struct buf *out, const struct example_call *c)
{
    char late[TIME_TEXT_MAX];
    buf_printf(out, "=> %lld", (long long)c->status);
    if (c->late_ms)
        buf_printf(out, " after %s", duration_text(c->late_ms, late));
    if (c->cut)
        buf_printf(out, ", connection closed: %s", c->cut);
    if (c->speed)
        buf_printf(out, " at %lld bytes per second", (long long)c->speed);
    buf_text(out, "\n");
}

static void add_call(struct buf *out, const struct example_call *c)
{
    buf_printf(out, "%s\n", c->call);
    if (c->key)
        buf_printf(out, "%s%s\n", strncmp(c->key, "pn-", 3) == 0 ? "embed-api-key: " : "Authorization: Bearer ",
                   c->key);
    add_members(out, c->headers);
    if (c->body)
        add_json(out, c->body);
    add_outcome(out, c);
    add_members(out, c->has);
    if (c->sees)
        add_json(out, c->sees);
    for (size_t i = 0; i < node_count(c->save); i++)
        buf_printf(out, "save $%s = %s\n", c->save->map.members[i].key, node_text(c->save->map.members[i].value));
}

static void add_block(struct buf *out, const char *language, const char *text)
{
    if (text)
        buf_printf(out, "```%s\n%s```\n", language, text);
}

static void add_calls(struct buf *out, const struct field_list *calls)
{
    const struct example_call *items = calls->items;
    if (!calls->count)
        return;
    buf_text(out, "```\n");
    for (size_t i = 0; i < calls->count; i++) {
        buf_text(out, i ? "\n" : "");
        add_call(out, &items[i]);
    }
    buf_text(out, "```\n");
}

void md_examples(struct buf *out, const struct field_list *examples, const char *of)
{
    const struct example *items = examples->items;
    for (size_t i = 0; i < examples->count; i++) {
        const struct example *e = &items[i];
        if (strcmp(e->of, of) != 0)
            continue;
        if (*e->says)
            md_text(out, e->says);
        if (i && e->fixture && e->fixture == items[i - 1].fixture)
            md_text(out, "With the same fixture:");
        else
            add_block(out, "yaml", e->fixture);
        add_block(out, "yaml", e->rule);
        add_calls(out, &e->calls);
        if (e->value)
            buf_printf(out, "```\n%s  matches  %s\n```\n", json_print(out->arena, e->value),
                       json_print(out->arena, e->expectation));
        buf_text(out, "\n");
    }
}
