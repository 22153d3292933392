/* The schema of a table of fields. The mock's test schema.py checks complete schemas with a
 * validator. */
#include "base/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/matcher.h"

struct item {
    const char *name;
    int64_t count;
    int mode;
    struct field_time at;
    const struct node *body;
    struct field_list tags;
};

static const char *const modes[] = {"runs", "frozen"};

static const struct field rows[] = {
    FIELD("name", FIELD_TEXT, struct item, name, .required = true, .min = 1, .max = 9, .help = "Its name."),
    FIELD("count", FIELD_INT, struct item, count, .max = INT64_MAX),
    FIELD("mode", FIELD_ENUM, struct item, mode, .texts = modes, .text_count = 2),
    FIELD("at", FIELD_TIME, struct item, at, .help = "When."),
    FIELD("body", FIELD_NODE, struct item, body, .shape = "expectation"),
    FIELD("tags", FIELD_TEXTS, struct item, tags, .min = 1),
};
static const struct fields table = FIELD_TABLE("item", rows, struct item, FIELDS_NO_PLACE);

static const char *print(struct arena *a)
{
    static const struct schema_definition definitions[] = {
        {.name = "word", .shape = "{type: string, pattern: '^[a-z]+$'}"},
    };
    struct buf out = {.arena = a};
    struct json w = json_begin(&out, 0);
    schema_write(&w, &(struct schema){"An item", &table, definitions, 1, false});
    return buf_c(&out);
}

static void a_table_becomes_an_object_without_additional_properties(void **state)
{
    (void)state;
    struct arena a = {0};
    struct buf out = {.arena = &a};
    struct json w = json_begin(&out, 0);
    json_open_map(&w);
    schema_put_fields(&w, &table);
    json_close_map(&w);
    assert_string_equal(buf_c(&out), "{\"type\":\"object\",\"required\":[\"name\"],\"additionalProperties\":false,"
                                     "\"properties\":{"
                                     "\"name\":{\"description\":\"Its name.\",\"type\":\"string\",\"minLength\":1,"
                                     "\"maxLength\":9},"
                                     "\"count\":{\"type\":\"integer\",\"minimum\":0},"
                                     "\"mode\":{\"enum\":[\"runs\",\"frozen\"]},"
                                     "\"at\":{\"description\":\"When.\",\"$ref\":\"#/$defs/time\"},"
                                     "\"body\":{\"$ref\":\"#/$defs/expectation\"},"
                                     "\"tags\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"string\"}}}}");
    arena_end(&a);
}

static void a_schema_adds_its_definitions_to_the_common_ones(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct node *schema = json_parse(&a, str_from(print(&a)), "schema", NULL);
    assert_string_equal(node_get_text(schema, "title"), "An item");
    assert_string_equal(node_text(node_pointer(schema, "/$defs/word/pattern")), "^[a-z]+$");
    assert_non_null(node_pointer(schema, "/$defs/duration/pattern"));
    arena_end(&a);
}

static void every_matcher_is_listed_with_its_operand(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct node *schema = json_parse(&a, str_from(print(&a)), "schema", NULL);
    const struct node *listed = node_pointer(schema, "/$defs/matchers/properties");
    const struct matcher *m;
    size_t count = 0;
    for (; (m = matcher_at(count)); count++)
        assert_true(node_count(node_get(listed, m->name)) >= 2);
    assert_int_equal(node_count(listed), count);
    assert_true(count > 10);
    arena_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_becomes_an_object_without_additional_properties),
        cmocka_unit_test(a_schema_adds_its_definitions_to_the_common_ones),
        cmocka_unit_test(every_matcher_is_listed_with_its_operand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
