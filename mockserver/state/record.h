/* record.h - describes every record kind as a table of its fields; exports, patches and edits walk
 * these tables.
 *
 * Shapes:  struct record_type {kind, fields}; a field is {name, type, offset, texts | refers}. The
 *          names are provider-neutral. Every member of a record needs a row, except `provider` and
 *          a key's `digest`: an export loses members without a row.
 * Units:   a TIME is milliseconds in the record and ISO 8601 text outside.
 * Errors:  record_update: a field that cannot be changed, a wrong type, an unknown enum text.
 */
#pragma once
#include "base/error.h"
#include "mockserver/state/world.h"

/* Largest absolute value of numbers and times from input: sums of a few of them fit an int64_t. */
#define RECORD_NUMBER_MAX INT64_C(1000000000000000)

enum record_field_type {
    RECORD_TEXT,   /* const char * */
    RECORD_BOOL,   /* bool */
    RECORD_INT,    /* int64_t */
    RECORD_TIME,   /* int64_t ms; 0 = none */
    RECORD_ENUM,   /* int-sized enum with texts */
    RECORD_REF,    /* uint32_t row of a record, shown as its public id */
    RECORD_CHANGE, /* uint32_t seq in the change log; 0 = none */
    RECORD_TEXTS,  /* const char *const *, counted by the uint32_t at count_offset */
    RECORD_INTS,   /* int64_t [count], shown without trailing zeros */
};

struct record_field {
    const char *name;
    enum record_field_type type;
    size_t offset;
    const char *const *texts;
    size_t text_count;
    enum record_kind refers;
    bool fixed;  /* read-only: shown, but record_update rejects it */
    bool needed; /* TEXT or REF: must not be null, even if invariants are not checked */
    size_t count_offset, count;
};

struct record_type {
    enum record_kind kind;
    const char *name; /* plural, as in paths: "accounts" */
    size_t size;
    size_t id_offset;       /* of const char *public_id */
    size_t provider_offset; /* of int provider; SIZE_MAX: taken from the owner */
    const struct record_field *fields;
    size_t field_count;
};

const struct record_type *record_type(enum record_kind kind);
const struct record_type *record_type_named(struct str name);
const struct record_field *record_field_named(const struct record_type *s, struct str name);

int record_provider(const struct world *w, enum record_kind kind, uint32_t row);
/* Text of the record's state for the change log; "present" if the kind has no states. */
const char *record_state(const struct world *w, enum record_kind kind, uint32_t row);
const char *record_id(const struct world *w, enum record_kind kind, uint32_t row);
uint32_t record_find(const struct world *w, enum record_kind kind,
                     struct str public_id); /* of any provider; the first match */

/* A field's value, independent of JSON; the field's type says which members are used. The text of a
 * TIME points to time_text of the same struct, so do not copy the struct. */
struct record_value {
    bool none;        /* null */
    const char *text; /* TEXT, ENUM, REF (public id), TIME */
    int64_t number;   /* INT, CHANGE, REF (row), TIME (ms) */
    bool truth;
    const char *const *texts;
    const int64_t *numbers;
    size_t count;
    char time_text[40];
};
void record_get(const struct world *w, enum record_kind kind, uint32_t row, const struct record_field *f,
                struct record_value *out);

/* Writes fields of one record and updates its indexes and events. On error nothing is written. An
 * edit may violate an invariant on purpose; w->checks is then turned off. */
struct record_edit {
    const struct record_field *field;
    struct record_value value;
};
bool record_update(struct world *w, enum record_kind kind, uint32_t row, const struct record_edit *edits, size_t count,
                   struct error *err);

bool record_write(struct world *w, int64_t scope, const struct record_field *f, const struct record_value *v,
                  void *record, struct error *err);
/* Queues the events that the record's state implies. Events that are queued already and no longer
 * apply do nothing when they run. */
void record_queue_events(struct world *w, enum record_kind kind, uint32_t row);

#define INDEX_ENTRIES_MAX 7

struct world_index_entry {
    enum world_index index;
    struct index_entry entry;
};

struct index_entries {
    struct world_index_entry items[INDEX_ENTRIES_MAX];
    size_t count;
};

void index_entries_of(const struct world *w, enum record_kind kind, uint32_t row, struct index_entries *out);
/* Adds the entries of a new record. */
void index_entries_add(struct world *w, enum record_kind kind, uint32_t row);
/* Replaces the entries `before` with those of the record's current state. */
void index_entries_move(struct world *w, enum record_kind kind, uint32_t row, const struct index_entries *before);

/* The provider or the organization: see above. */
int64_t index_entries_scope(const struct world *w, enum record_kind kind, uint32_t row);
uint32_t index_entries_find(const struct world *w, enum record_kind kind, int64_t scope, struct str public_id);
/* Returns true if exactly one record of that kind has the id, in any scope. */
bool index_entries_unique(const struct world *w, enum record_kind kind, struct str public_id);
/* Returns true if a record of any kind has the id. */
bool index_entries_taken(const struct world *w, struct str public_id);

/* Adds an empty record. */
uint32_t rebuild_row(struct world *w, enum record_kind kind, int provider);
/* Returns the name of a required field that is missing, or NULL. All records must pass before the
 * first call of rebuild_entry. */
const char *rebuild_missing_field(const struct world *w, enum record_kind kind, uint32_t row);
/* Adds the record to the indexes; computes the digest of a key. */
void rebuild_entry(struct world *w, enum record_kind kind, uint32_t row);
/* If the export has no changes: logs the creation of every record. */
void rebuild_changes(struct world *w);
/* If the export has no events: queues the events that every record's state implies. */
void rebuild_events(struct world *w);
void rebuild_change(struct world *w, const struct change *change); /* copies the texts */

enum id_form {
    ID_ULID,
    ID_UUID,
    ID_HEX8,
    ID_CUID,
    ID_OPEN,
};

/* Returns an id that no record has. It lives in the world's string pool. */
const char *ids_mint(struct world *w, const char *prefix, enum id_form form);
/* Writes an id to `out`; does not check whether a record has it. */
void ids_write(struct world *w, const char *prefix, enum id_form form, char out[64]);
uint64_t ids_random(struct world *w); /* the next number of the world's random sequence */
