/* record_json.h - reads and writes a record's fields as JSON, with the names of record_type.h.
 *
 * Shapes:  {"provider", field: value ...}; a field without a value is null. Values are read one by one: the state patch
 *          of the admin API and the set_state effect of rules use this.
 * Units:   times are ISO 8601 text with milliseconds.
 * Errors:  an unknown field ("did you mean"), a wrong type, a value that is not in the list of allowed ones; each with
 *          its place. References are resolved by record_update, not here.
 */
#pragma once
#include "base/json.h"
#include "mockserver/state/record.h"

void record_print(struct json *out, const struct world *w, enum record_kind kind, uint32_t row);
void record_value_write(struct json *out, const struct record_field *f, const struct record_value *v);

/* All return NULL or false, with an error, if the name or the value is not valid. */
const struct record_type *record_type_read(const char *name, struct where at, struct error *err);
const struct record_field *record_field_read(const struct record_type *s, const struct member *m, struct error *err);
bool record_value_read(struct arena *a, const struct record_field *f, const struct node *value,
                       struct record_value *out, struct error *err);
/* Checks an integer (of INT, INTS, or a TIME given as a number) against RECORD_NUMBER_MAX. */
bool record_number_fits(const struct record_field *f, const struct node *value, struct error *err);
bool record_value_equal(const struct record_field *f, const struct record_value *x, const struct record_value *y);
