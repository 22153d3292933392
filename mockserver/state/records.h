/* records.h - every record kind described as a table of its fields, so that a dump, a patch or an
 * edit is a walk over rows.
 *
 * Shapes:  struct record_type {kind, fields}; a field is {name, offset, type, texts | refers}. The
 *          words are ours, not a provider's. Together with the provider, the rows say all there is
 *          in a record: what has none is lost to a fixture of it.
 * Units:   FIELD times are milliseconds in the record and ISO 8601 text outside.
 * Errors:  record_set: an unknown field, a wrong type, a value that is not one of the texts.
 */
#pragma once
#include "base/error.h"
#include "mockserver/state/world.h"

/* Of numbers and times from outside, either way: what is made of a few of them fits an int64_t. */
#define RECORD_NUMBER_MAX INT64_C(1000000000000000)

enum record_field_type {
    RECORD_TEXT,   /* const char * */
    RECORD_BOOL,   /* bool */
    RECORD_INT,    /* int64_t */
    RECORD_TIME,   /* int64_t ms; 0 = none */
    RECORD_ENUM,   /* int-sized enum with texts */
    RECORD_REF,    /* uint32_t row of another kind, shown as that record's public id */
    RECORD_CHANGE, /* uint32_t seq in the change log; 0 = none */
    RECORD_TEXTS,  /* const char *const *, counted by the uint32_t at count_offset */
    RECORD_INTS,   /* int64_t [count], shown without the zeros at its end */
};

struct record_field {
    const char *name;
    enum record_field_type type;
    size_t offset;
    const char *const *texts;
    size_t text_count;
    enum record_kind refers;
    bool fixed;  /* identity: shown, never set from outside */
    bool needed; /* of a TEXT or REF: never none, not even where invariants are not asked */
    size_t count_offset, count;
};

struct record_type {
    enum record_kind kind;
    const char *name; /* plural, as in paths: "accounts" */
    size_t size;
    size_t id_offset;       /* of const char *public_id */
    size_t provider_offset; /* of int provider; SIZE_MAX: follows `owner` */
    const struct record_field *fields;
    size_t field_count;
};

const struct record_type *record_type(enum record_kind kind);
const struct record_type *record_type_named(struct str name);
const struct record_field *record_field_named(const struct record_type *s, struct str name);

int record_provider(const struct world *w, enum record_kind kind, uint32_t row);
/* The word for its state in the change log; "present" where a kind has no states. */
const char *record_state(const struct world *w, enum record_kind kind, uint32_t row);
const char *record_id(const struct world *w, enum record_kind kind, uint32_t row);
uint32_t record_find(const struct world *w, enum record_kind kind,
                     struct str public_id); /* any provider; first match */

/* A field's value as text, number, bool or several, without knowing JSON: which is meant is said by
 * `type`. The text of a TIME stands in time_text of the very struct that record_get filled. */
struct record_value {
    bool none;
    const char *text; /* TEXT, ENUM, REF, TIME (ISO text in time_text) */
    int64_t number;   /* INT, CHANGE; of a TIME its milliseconds, of a REF its row */
    bool truth;
    const char *const *texts;
    const int64_t *numbers;
    size_t count;
    char time_text[40];
};
void record_get(const struct world *w, enum record_kind kind, uint32_t row,
                const struct record_field *f, struct record_value *out);

/* Writes fields of one record and keeps its indexes and events right. All or nothing. It may break
 * what world_check demands (a tester may wish that): from then on w->checks is off. */
struct record_edit {
    const struct record_field *field;
    struct record_value value;
};
bool record_update(struct world *w, enum record_kind kind, uint32_t row,
                   const struct record_edit *edits, size_t count, struct error *err);
