/* schema.h - a file's schema for editors, printed from the tables that read the file.
 *
 * Shapes:  JSON Schema, draft 2020-12. A table of fields becomes an object that knows its keys and
 *          no others. What the tables cannot tell (a FIELD_NODE, a matcher's operand) is a shape: a
 *          text that either is the name of a definition, or begins with { and is a piece of schema,
 *          written as YAML on one line. duration, time, expectation and text_expectation
 *          (base/match.h) are defined always, a document adds its own.
 * Errors:  none: a shape that is no YAML is our own bug.
 * Source:  json-schema.org/draft/2020-12.
 */
#pragma once
#include "base/fields.h"
#include "base/json.h"

struct schema_definition { /* by one of the three */
    const char *name;
    const char *shape;
    const struct fields *fields;
    void (*write)(struct json *w); /* the members of its map */
};

struct schema {
    const char *title;
    const struct fields *root;
    const struct schema_definition *definitions;
    size_t count;
};

void schema_write(struct json *w, const struct schema *s);

/* Members of a map that the caller opens and closes, so that others can stand beside them. */
void schema_put_shape(struct json *w, const char *shape);
void schema_put_fields(struct json *w, const struct fields *table);
