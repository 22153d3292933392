#include "mockserver/cli/example.h"

#include <stdlib.h>

#include "base/yaml.h"
#include "mockserver/fixture/sample.h"

#define OF struct example_call
static const struct field call_rows[] = {
    FIELD("call", FIELD_TEXT, OF, call, .required = true),
    FIELD("key", FIELD_TEXT, OF, key, .required = false),
    FIELD("headers", FIELD_NODE, OF, headers, .required = false),
    FIELD("body", FIELD_NODE, OF, body, .required = false),
    FIELD("status", FIELD_INT, OF, status, .required = true),
    FIELD("sees", FIELD_NODE, OF, sees, .required = false),
    FIELD("has", FIELD_NODE, OF, has, .required = false),
    FIELD("save", FIELD_NODE, OF, save, .required = false),
    FIELD("late", FIELD_DURATION, OF, late_ms, .required = false),
    FIELD("cut", FIELD_TEXT, OF, cut, .required = false),
    FIELD("speed", FIELD_INT, OF, speed, .required = false),
};
static const struct fields call_fields = FIELD_TABLE("call", call_rows, OF, FIELDS_NO_PLACE);
#undef OF

#define OF struct example
static const struct field example_rows[] = {
    FIELD("of", FIELD_TEXT, OF, of, .required = true),
    FIELD("says", FIELD_TEXT, OF, says, .required = true),
    FIELD("fixture", FIELD_TEXT, OF, fixture, .required = false),
    FIELD("rule", FIELD_TEXT, OF, rule, .required = false),
    FIELD("hits", FIELD_INT, OF, hits, .min = 1, .max = INT32_MAX),
    FIELD("value", FIELD_NODE, OF, value, .required = false),
    FIELD("expectation", FIELD_NODE, OF, expectation, .required = false),
    FIELD("calls", FIELD_LIST, OF, calls, .sub = &call_fields),
};
static const struct fields example_fields = FIELD_TABLE("example", example_rows, OF, FIELDS_NO_PLACE);
#undef OF

struct page {
    struct field_list examples;
};

static const struct field page_rows[] = {
    FIELD("examples", FIELD_LIST, struct page, examples, .required = true, .sub = &example_fields),
};
static const struct fields page_fields = FIELD_TABLE("page", page_rows, struct page, FIELDS_NO_PLACE);

struct field_list examples_read(struct arena *a)
{
    struct error err = {0};
    struct page page = {0};
    struct str text = str_of((const char *)reference_examples, reference_examples_bytes);
    const struct node *node = yaml_parse(a, text, "examples.yaml", &err);
    if (!node || !fields_read(&page_fields, node, a, &page, &err)) {
        error_print(&err, stderr);
        abort();
    }
    return page.examples;
}
