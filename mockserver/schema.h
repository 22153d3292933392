/* schema.h - what the editor is told of a fixture and of a rule, printed from the tables that read
 * them.
 *
 * Shapes:  a schema by its name, "fixture" or "rule" (base/schema.h). The copies in schema/ are what
 *          the modelines of fixtures point to; a test holds them to what is printed here.
 * Errors:  none.
 */
#pragma once
#include "base/json.h"

extern const char *const schema_names[];
extern const size_t schema_count;

void schema_print(struct json *w, size_t which);
