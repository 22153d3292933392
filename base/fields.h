/* fields.h - reads a YAML or JSON map into a struct, driven by a table of its members.
 *
 * Shapes:  struct fields: a named table of rows {key, type, offset, required, help}. The same rows produce the
 *          reference page and the editor schema, so write `help` for the author of the file.
 * Units:   FIELD_DURATION and FIELD_TIME give milliseconds (base/time.h).
 * Errors:  reports all mistakes of a map at once, each with its location and JSON pointer (struct problem): unknown key
 *          ("did you mean"), missing member, wrong type, value out of range, value not in the list. Valid members are
 *          stored even if others are wrong, so that a caller can continue and collect more mistakes. An invalid member
 *          leaves its target unchanged, as if it were absent; so even a required member may be unset. A list of texts
 *          with one invalid item is invalid as a whole.
 *
 * An absent member leaves its target unchanged, so set the defaults before reading.
 */
#pragma once
#include "base/array.h"
#include "base/node.h"

enum field_type {
    FIELD_BOOL,     /* bool */
    FIELD_INT,      /* int64_t */
    FIELD_TEXT,     /* const char * */
    FIELD_ENUM,     /* int: index into texts[], or a value of words */
    FIELD_DURATION, /* int64_t ms: 800ms, 1h30m, -30d */
    FIELD_TIME,     /* struct field_time: an instant, or a duration from a start known later */
    FIELD_NODE,     /* const struct node *: any value, not checked */
    FIELD_TEXTS,    /* struct field_list of const char * */
    FIELD_MAP,      /* the sub-table's struct, embedded */
    FIELD_LIST,     /* struct field_list of the sub-table's structs */
};

struct field_list {
    size_t count;
    void *items; /* an array of const char *, or of the sub-table's struct */
};

struct field_time {
    bool given, relative;
    int64_t ms; /* since the epoch; if relative, from the start */
};

/* The words that stand for the values of an enum in one format, for example a provider's API. The enum's order does not
 * matter. Two values may have the same word: reading it gives the first of them. */
struct enum_word {
    int value;
    const char *text;
};
struct enum_words {
    const struct enum_word *rows;
    size_t count;    /* one row for each value that may have to be written */
    size_t accepted; /* only the first rows may be read */
};

struct field {
    const char *key;
    enum field_type type;
    bool required;
    size_t offset; /* offsetof(struct ..., member) */
    const char *help;
    /* Limits of the value (FIELD_INT) or of the length (text and lists). 0,0 = no limits; max < min = no upper
     * limit. FIELD_DURATION: NOT_NEGATIVE or none. */
    int64_t min, max;
    const char *const *texts; /* FIELD_ENUM: these, or `words` */
    size_t text_count;
    const struct enum_words *words;
    const struct fields *sub; /* FIELD_MAP, FIELD_LIST */
    const char *shape;        /* schema of a value that the type does not describe: base/schema.h */
};

#define NOT_NEGATIVE .min = 0, .max = -1
bool field_not_negative(const struct field *f);

struct fields {
    const char *name; /* what one such map is called in messages: "social account" */
    const struct field *rows;
    size_t count;
    size_t size;      /* of the struct */
    size_t at_offset; /* offset of a struct where that receives the map's location */
};

#define FIELDS_NO_PLACE SIZE_MAX /* at_offset: do not store the location */

/* One row: FIELD("id", FIELD_TEXT, struct account_file, id, .required = true, .help = "...") */
#define FIELD(name_, kind_, struct_, member_, ...)                                                                     \
    {                                                                                                                  \
        .key = (name_), .type = (kind_), .offset = offsetof(struct_, member_), __VA_ARGS__                             \
    }
/* The table of the rows: FIELD_TABLE("account", rows, struct account_file, FIELDS_NO_PLACE) */
#define FIELD_TABLE(name_, rows_, struct_, at_)                                                                        \
    {                                                                                                                  \
        (name_), (rows_), COUNT(rows_), sizeof(struct_), (at_)                                                         \
    }

/* Reads `map` into the struct `into`. Returns false if it added a problem. */
bool fields_read(const struct fields *table, const struct node *map, struct arena *a, void *into, struct error *err);

/* The words that a FIELD_ENUM accepts. */
size_t field_word_count(const struct field *f);
const char *field_word(const struct field *f, size_t i);

const char *enum_word_of(const struct enum_words *w, int value); /* the value must have a word */
/* Returns the row of an accepted word, or NULL. */
const struct enum_word *enum_word_find(const struct enum_words *w, struct str text);
