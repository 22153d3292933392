#include "mockserver/cli/schema.h"

#include "base/array.h"
#include "base/edit.h"
#include "base/schema.h"
#include "mockserver/fixture/fixture.h"
#include "mockserver/fixture/records.h"
#include "mockserver/provider_api/provider.h"
#include "mockserver/provider_api/record_json.h"
#include "mockserver/provider_api/webhooks.h"
#include "mockserver/rules/rule.h"

enum { SCHEMA_FIXTURE, SCHEMA_RULE };
const char *const schema_names[] = {[SCHEMA_FIXTURE] = "fixture", [SCHEMA_RULE] = "rule"};
const size_t schema_count = COUNT(schema_names);

static void put_providers(struct json *w)
{
    json_key(w, "enum");
    json_open_list(w);
    for (size_t i = 0; i < provider_count; i++)
        json_text(w, providers[i]->name);
    json_close_list(w);
}

static bool is_repeated_operation(const struct provider *d, size_t route)
{
    size_t i = 0;
    while (strcmp(d->routes[i].operation, d->routes[route].operation) != 0)
        i++;
    return i < route;
}

/* Each name with and without the provider, because `provider:` may be given separately. */
static void put_operations(struct json *w)
{
    struct arena a = {0};
    json_key(w, "anyOf");
    json_open_list(w);
    for (size_t bare = 0; bare < 2; bare++) {
        json_open_map(w);
        json_key(w, "enum");
        json_open_list(w);
        for (size_t d = 0; d < provider_count; d++)
            for (size_t r = 0; r < providers[d]->route_count; r++)
                if (!is_repeated_operation(providers[d], r))
                    json_text(w,
                              bare ? providers[d]->routes[r].operation
                                   : arena_printf(&a, "%s.%s", providers[d]->name, providers[d]->routes[r].operation));
        json_close_list(w);
        json_close_map(w);
    }
    json_close_list(w);
    arena_end(&a);
}

/* Lists each event once, even if several providers have it. */
static bool is_repeated_event(size_t provider, const char *event)
{
    for (size_t d = 0; d < provider; d++)
        for (size_t i = 0; providers[d]->webhooks && i < providers[d]->webhooks->event_count; i++)
            if (strcmp(providers[d]->webhooks->events[i], event) == 0)
                return true;
    return false;
}

static void put_events(struct json *w)
{
    json_key(w, "enum");
    json_open_list(w);
    json_text(w, "*");
    for (size_t d = 0; d < provider_count; d++) {
        const struct webhooks *of = providers[d]->webhooks;
        for (size_t i = 0; of && i < of->event_count; i++)
            if (!is_repeated_event(d, of->events[i]))
                json_text(w, of->events[i]);
        if (of)
            json_text(w, of->test_event);
    }
    json_close_list(w);
}

static void put_value(struct json *w, const struct record_field *f)
{
    static const char *const shapes[] = {
        [RECORD_TEXT] = "{type: [string, 'null']}",
        [RECORD_BOOL] = "{type: [boolean, 'null']}",
        [RECORD_INT] = "{type: [integer, 'null']}",
        [RECORD_TIME] = "{type: [string, 'null']}",
        [RECORD_REF] = "{type: [string, 'null']}",
        [RECORD_CHANGE] = "{type: [integer, 'null']}",
        [RECORD_TEXTS] = "{type: array, items: {type: string}}",
        [RECORD_INTS] = "{type: array, items: {type: integer}}",
    };
    json_key(w, f->name);
    json_open_map(w);
    if (f->type != RECORD_ENUM) {
        schema_put_shape(w, shapes[f->type]);
    } else {
        json_key(w, "enum");
        json_open_list(w);
        for (size_t i = 0; i < f->text_count; i++)
            json_text(w, f->texts[i]);
        json_null(w);
        json_close_list(w);
    }
    json_close_map(w);
}

/* `where` may name any field. */
static void put_where(struct json *w, const struct record_type *s)
{
    json_key(w, "where");
    json_open_map(w);
    schema_put_shape(w, "{type: object, additionalProperties: false}");
    json_key(w, "properties");
    json_open_map(w);
    for (size_t i = 0; i < s->field_count; i++)
        put_value(w, &s->fields[i]);
    json_close_map(w);
    json_close_map(w);
}

/* `set` may name the same fields, except those that cannot change. */
static void put_set(struct json *w, const struct record_type *s)
{
    struct arena a = {0};
    json_key(w, "set");
    json_open_map(w);
    schema_put_shape(w, arena_printf(&a, "set_state/properties/%s/properties/where", record_kind_texts[s->kind]));
    json_key(w, "properties");
    json_open_map(w);
    for (size_t i = 0; i < s->field_count; i++)
        if (s->fields[i].fixed)
            json_put_bool(w, s->fields[i].name, false);
    json_close_map(w);
    json_close_map(w);
    arena_end(&a);
}

static void put_set_state(struct json *w)
{
    schema_put_shape(w, "{type: object, additionalProperties: false}");
    json_key(w, "properties");
    json_open_map(w);
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        const struct record_type *s = record_types[kind];
        json_key(w, record_kind_texts[kind]);
        json_open_map(w);
        schema_put_shape(w, "{type: object, required: [set], additionalProperties: false}");
        json_key(w, "properties");
        json_open_map(w);
        put_where(w, s);
        put_set(w, s);
        json_key(w, "limit");
        json_open_map(w);
        schema_put_shape(w, "{type: integer, minimum: 1}");
        json_close_map(w);
        json_close_map(w);
        json_close_map(w);
    }
    json_close_map(w);
}

static void put_effects(struct json *w)
{
    schema_put_shape(w, "{type: object, minProperties: 1, additionalProperties: false}");
    json_key(w, "properties");
    json_open_map(w);
    for (size_t i = 0; i < rule_effect_count; i++) {
        const struct effect *e = &rule_effects[i];
        json_key(w, e->name);
        json_open_map(w);
        json_put_text(w, "description", e->help);
        if (e->fields)
            schema_put_fields(w, e->fields);
        else
            schema_put_shape(w, e->shape);
        json_close_map(w);
    }
    json_close_map(w);
}

/* The form in a fixture, where a reference may be a record's number. */
static void put_fixture_value(struct json *w, const struct record_field *f)
{
    static const char *const shapes[] = {
        [RECORD_TEXT] = "{type: [string, 'null']}",
        [RECORD_BOOL] = "{type: boolean}",
        [RECORD_INT] = "{type: integer}",
        [RECORD_TIME] = "instant",
        [RECORD_REF] = "record_name",
        [RECORD_CHANGE] = "{type: [integer, 'null'], minimum: 0}",
        [RECORD_TEXTS] = "{type: array, items: {type: string}}",
    };
    json_key(w, f->name);
    json_open_map(w);
    if (f->type == RECORD_ENUM) {
        json_key(w, "enum");
        json_open_list(w);
        for (size_t i = 0; i < f->text_count; i++)
            json_text(w, f->texts[i]);
        json_close_list(w);
    } else if (f->type == RECORD_INTS) {
        schema_put_shape(w, "{type: array, items: {type: integer}}");
        json_put_int(w, "maxItems", (int64_t)f->count);
    } else {
        schema_put_shape(w, shapes[f->type]);
    }
    json_close_map(w);
}

static void put_record(struct json *w, const struct record_type *s)
{
    bool has_provider = s->provider_offset != SIZE_MAX; /* else that of its organization */
    json_open_map(w);
    schema_put_shape(w, has_provider ? "{type: object, required: [provider], additionalProperties: false}"
                                     : "{type: object, additionalProperties: false}");
    json_key(w, "properties");
    json_open_map(w);
    if (has_provider) {
        json_key(w, "provider");
        json_open_map(w);
        schema_put_shape(w, "provider");
        json_close_map(w);
    }
    for (size_t i = 0; i < s->field_count; i++)
        put_fixture_value(w, &s->fields[i]);
    json_close_map(w);
    json_close_map(w);
}

static void put_records(struct json *w)
{
    schema_put_shape(w, "{type: object, additionalProperties: false}");
    json_key(w, "properties");
    json_open_map(w);
    for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        json_key(w, record_kind_texts[kind]);
        json_open_map(w);
        json_put_text(w, "type", "array");
        json_key(w, "items");
        put_record(w, record_types[kind]);
        json_close_map(w);
    }
    json_close_map(w);
}

#define NAMED "type: object, patternProperties: {'^[$]': false}"

#define FIXTURES_OWN 4 /* the first definitions, which only the fixture schema uses */

static const struct schema_definition definitions[] = {
    {.name = "records",       .write = put_records                                                            },
    {.name = "runtime_state", .fields = &runtime_state_fields                                                 },
    {.name = "instant",       .shape = "{type: [string, integer, 'null']}"                                    },
    {.name = "record_name",   .shape = "{type: [string, integer, 'null']}"                                    },
    {.name = "rule",          .fields = &rule_fields                                                          },
    {.name = "provider",      .write = put_providers                                                          },
    {.name = "operation",     .write = put_operations                                                         },
    {.name = "event",         .write = put_events                                                             },
    {.name = "named_texts",   .shape = "{" NAMED ", additionalProperties: {$ref: '#/$defs/text_expectation'}}"},
    {.name = "effects",       .write = put_effects                                                            },
    {.name = "headers",       .shape = "{type: object, additionalProperties: {type: [string, 'null']}}"       },
    {.name = "patch",
     .shape = "{type: array, items: {type: object, required: [op, path], properties: {"
              "op: {enum: [add, remove, replace, move, copy, test]}, path: {type: string},"
              " from: {type: string}, value: {}}}}"                                                           },
    {.name = "edits",         .shape = "{type: array, minItems: 1, items: {$ref: '#/$defs/edit'}}"            },
    {.name = "edit",          .fields = &edit_fields                                                          },
    {.name = "set_state",     .write = put_set_state                                                          },
    {.name = "delay",
     .shape = "{anyOf: [{$ref: '#/$defs/duration'}, {type: object, required: [lognormal],"
              " properties: {lognormal: {$ref: '#/$defs/lognormal'}},"
              " additionalProperties: false}]}"                                                               },
    {.name = "lognormal",     .fields = &rule_spread_fields                                                   },
};

void schema_print(struct json *w, size_t which)
{
    struct arena a = {0};
    const struct fields fixture = fixture_fields(&a);
    const bool rule = which == SCHEMA_RULE;
    const size_t skip = rule ? FIXTURES_OWN + 1 : 0; /* + the rule, which is the root of its schema */
    const struct schema s = {
        .title = rule ? "A rule: scripted behaviour of the mock" : "A fixture: the initial state of a namespace",
        .root = rule ? &rule_fields : &fixture,
        .extensions = !rule,
        .definitions = definitions + skip,
        .count = COUNT(definitions) - skip,
    };
    schema_write(w, &s);
    arena_end(&a);
}
