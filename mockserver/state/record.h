/* record.h - what all kinds of records have in common: creation, transitions, public ids, fields by name.
 *
 * Shapes:  struct transition: a change of one record. Call transition_begin, write to the record that it returns, call
 *          transition_end; that updates the index entries, adds to the change log and runs the check. The record is
 *          valid until another record of its kind is edited or added.
 *          struct index_entries: the index entries of a record in its current state, computed from its members. The
 *          entry of the public id has key = a hash of the id and order = the scope in which the id is unique: the
 *          provider, or the organization (record_type.h).
 *          struct record_value: a field's value, independent of JSON; the field's type says which members are used. A
 *          REF with a text is looked up by that id, a TIME is parsed from its text; without a text, `number` is the row
 *          or the ms.
 *          The order of a rebuild from an export: rebuild_row for all records, since they refer to each other; then
 *          record_write for their fields; then rebuild_entry for each record; then the changes, events (world.h),
 *          quotas (tenant.h) and replies.
 *          Public ids are generated from the world's seed, the name of its namespace and a counter, without the clock.
 *          The same seed, name and sequence of calls give the same ids.
 * Units:   a TIME is milliseconds in the record and ISO 8601 text outside.
 * Errors:  look-ups return ROW_NONE. record_update, record_write: a field that cannot be changed, a wrong type, an
 *          unknown enum text, a REF to a record that does not exist.
 */
#pragma once
#include "base/error.h"
#include "mockserver/state/world.h"

/* Largest absolute value of numbers and times from input: sums of a few of them fit an int64_t. */
#define RECORD_NUMBER_MAX INT64_C(1000000000000000)

#define INDEX_ENTRIES_MAX 7

struct index_entries {
    struct {
        enum world_index index;
        struct index_entry entry;
    } items[INDEX_ENTRIES_MAX];
    size_t count;
};
void index_entries_put(struct index_entries *to, enum world_index index, int64_t key, int64_t order, uint32_t row);
void index_entries_of(const struct world *w, enum record_kind kind, uint32_t row, struct index_entries *out);

/* The rows that the record refers to, in the order of its fields, except the record that it belongs to. */
#define RECORD_REFERENCES_MAX 5
struct record_references {
    uint32_t rows[RECORD_REFERENCES_MAX];
};
void record_references_of(const struct world *w, enum record_kind kind, uint32_t row, struct record_references *out);
/* Key in INDEX_OWNED for the records of kind `part` that belong to the record. */
int64_t record_owned_key(enum record_kind owner, uint32_t row, enum record_kind part);

/* Adds a copy of `record` with copies of its texts: queues its events, indexes it, logs the change `what`. */
uint32_t record_create(struct world *w, enum record_kind kind, const void *record, enum transition_kind what);
/* The same inside another transition, which then runs the check; all texts are in the world's string pool already. */
uint32_t record_add(struct world *w, enum record_kind kind, const void *record, enum transition_kind what);

struct transition {
    struct world *w;
    enum record_kind kind;
    uint32_t row;
    int from; /* the state before */
    struct index_entries before;
    struct record_references references; /* likewise */
};
void *transition_begin(struct transition *t, struct world *w, enum record_kind kind, uint32_t row);
void transition_end(const struct transition *t, enum transition_kind what);
/* Only updates what is derived from the record: the change is a part of another transition. */
void transition_end_part(const struct transition *t);

int record_provider(const struct world *w, enum record_kind kind, uint32_t row);
/* The record's state for the change log: a value of its kind's enum of states; 0 if the kind has no states. */
int record_state(const struct world *w, enum record_kind kind, uint32_t row);
/* The texts of the kind's states; {"present"} if the kind has no states. */
const char *const *record_state_texts(enum record_kind kind, size_t *count);
const char *record_state_text(enum record_kind kind, int state); /* NULL for STATE_NONE */
const char *record_id(const struct world *w, enum record_kind kind, uint32_t row);
/* The row in the record's first field that refers to a record of kind `owner`; ROW_NONE if there is no such field. */
uint32_t record_owner(const struct world *w, enum record_kind kind, uint32_t row, enum record_kind owner);
/* The scope in which the record refers to records of kind `of`: its provider, or its organization. */
int64_t record_scope(const struct world *w, enum record_kind kind, uint32_t row, enum record_kind of);
uint32_t record_find(const struct world *w, enum record_kind kind, struct str public_id); /* the first, of any scope */
uint32_t record_find_in(const struct world *w, enum record_kind kind, int64_t scope, struct str public_id);
/* Returns true if exactly one record of that kind has the id, in any scope. */
bool record_id_is_unique(const struct world *w, enum record_kind kind, struct str public_id);

/* ULID: 26 characters of Crockford's base 32; UUID: version 4; HEX8: 8 hex digits; CUID: 24 characters of lower-case
 * base 36; OPAQUE: 44 characters that need no escape in a path; OPEN: for ids that the provider's documents show in
 * several forms: ULIDs, in hostile mode also UUIDs and OPAQUE. */
enum id_form {
    ID_ULID,
    ID_UUID,
    ID_HEX8,
    ID_CUID,
    ID_OPAQUE,
    ID_OPEN,
};

/* Returns an id that no record has. It lives in the world's string pool. */
const char *ids_mint(struct world *w, const char *prefix, enum id_form form);
/* Writes an id to `out`; does not check whether a record has it. */
void ids_write(struct world *w, const char *prefix, enum id_form form, char out[64]);
/* Writes the ULID of entry `number` of a log: the same at every call, and never one that is minted. */
void ids_write_numbered(const struct world *w, const char *prefix, uint64_t number, char out[64]);
uint64_t ids_random(struct world *w); /* the next number of the world's random sequence */

const struct record_type *record_type_named(struct str name);
const struct record_field *record_field_named(const struct record_type *s, struct str name);

struct record_value {
    bool none;        /* null */
    const char *text; /* TEXT, ENUM, REF (public id), TIME */
    int64_t number;   /* INT, CHANGE, REF (row), TIME (ms) */
    bool truth;
    const char *const *texts;
    const int64_t *numbers;
    size_t count;
    char time_text[40]; /* `text` of a TIME points to it, so do not copy the struct */
};
void record_get(const struct world *w, enum record_kind kind, uint32_t row, const struct record_field *f,
                struct record_value *out);
/* Writes one field of a record. The caller updates the indexes, the events and the change log. */
bool record_write(struct world *w, int64_t scope, const struct record_field *f, const struct record_value *v,
                  void *record, struct error *err);

/* Writes fields of one record and updates its indexes and events. On error nothing is written. An edit may violate an
 * invariant on purpose; w->checks is then turned off. */
struct record_edit {
    const struct record_field *field;
    struct record_value value;
};
bool record_update(struct world *w, enum record_kind kind, uint32_t row, const struct record_edit *edits, size_t count,
                   struct error *err);

/* Adds an empty record. */
uint32_t rebuild_row(struct world *w, enum record_kind kind, int provider);
/* The next record gets the number last + 1. */
void rebuild_skip(struct world *w, enum record_kind kind, uint32_t last);
/* Returns the name of a required field that is missing, so that the record cannot be indexed, or NULL. All records must
 * pass before the first call of rebuild_entry. world_check finds all other errors. */
const char *rebuild_missing_field(const struct world *w, enum record_kind kind, uint32_t row);
/* Computes the members that have no field, and adds the record to the indexes. */
void rebuild_entry(struct world *w, enum record_kind kind, uint32_t row);
/* If the export has no changes: logs the creation of every record. */
void rebuild_changes(struct world *w);
/* If the export has no events: queues the events that every record's state implies. */
void rebuild_events(struct world *w);
