/* schema.h - the JSON Schemas of fixtures and rules, generated from the tables that read them.
 *
 * Shapes:  a schema is selected by its name, "fixture" or "rule" (base/schema.h). Editors use the copies in schema/
 *          (the modelines of fixtures point to them); a test compares them with the output of schema_print.
 * Units:   -
 * Errors:  none.
 */
#pragma once
#include "base/json.h"

extern const char *const schema_names[];
extern const size_t schema_count;

void schema_print(struct json *w, size_t which);
