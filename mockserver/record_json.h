/* record_json.h - a record's fields to JSON and from it, in the words of state/records.h.
 *
 * Shapes:  {"id", "provider", field: value ...}; what is not there is null. Reading goes one value
 *          at a time, so that a patch and a rule's edit share it.
 * Units:   times are ISO 8601 text with milliseconds.
 * Errors:  an unknown field ("did you mean"), a value of the wrong type or not one of the words, at
 *          its place. Whether a record that is referred to exists is asked by record_set.
 */
#pragma once
#include "base/json.h"
#include "mockserver/state/records.h"

void record_print(struct json *out, const struct world *w, enum record_kind kind, uint32_t row);
void record_value_write(struct json *out, const struct record_field *f,
                        const struct record_value *v);

const struct record_type *record_type_read(const char *name, struct where at, struct error *err);
const struct record_field *record_field_read(const struct record_type *s, const struct member *m,
                                             struct error *err);
bool record_value_read(struct arena *a, const struct record_field *f, const struct node *value,
                       struct record_value *out, struct error *err);
/* Of INT, INTS and a TIME that is said as a number: RECORD_NUMBER_MAX. */
bool record_number_fits(const struct record_field *f, const struct node *value, struct error *err);
bool record_value_equal(const struct record_field *f, const struct record_value *x,
                        const struct record_value *y);
