/* schema.h - prints the JSON Schema of a file from the tables that read the file; for editors.
 *
 * Shapes:  JSON Schema, draft 2020-12. A table of fields becomes an object without additional properties. What the
 *          tables do not describe (a FIELD_NODE, the operand of a matcher) has a shape: a text that is either the name
 *          of a definition or a piece of schema, which starts with { and is written as YAML on one line. duration,
 *          time, expectation and text_expectation (base/match.h) are always defined; a schema adds its own definitions.
 * Errors:  none. A shape that is not valid YAML is a programming error.
 * Source:  json-schema.org/draft/2020-12.
 */
#pragma once
#include "base/fields.h"
#include "base/json.h"

struct schema_definition { /* set one of shape, fields and write */
    const char *name;
    const char *shape;
    const struct fields *fields;
    void (*write)(struct json *w); /* writes the members of the definition */
};

struct schema {
    const char *title;
    const struct fields *root;
    const struct schema_definition *definitions;
    size_t count;
    bool extensions; /* the root may have keys that begin with x- */
};

void schema_write(struct json *w, const struct schema *s);

/* These write the members only; the caller opens and closes the map and may add others. */
void schema_put_shape(struct json *w, const char *shape);
void schema_put_fields(struct json *w, const struct fields *table);
