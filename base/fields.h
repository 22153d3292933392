/* fields.h - a YAML or JSON map read into a struct by a table of its members.
 *
 * Shapes:  struct fields: a named table of rows {key, type, where it goes, required, help}. The
 *          same rows print the reference page and the editor schema, so help is a sentence for the
 *          file's writer.
 * Units:   FIELD_DURATION and FIELD_TIME give milliseconds (base/time.h).
 * Errors:  all mistakes of a map at once, each at its place: unknown key ("did you mean"), missing,
 *          wrong type, out of range, not one of. Each also knows its JSON pointer (struct problem).
 *          What was read is written even then, so that a caller can go on to collect mistakes. A
 *          member that was not read, and a list of texts with one that is not, stay as they were:
 *          as if absent, so a required one can be absent too.
 *
 * A member that is absent leaves its target as it was, so defaults are set before reading.
 */
#pragma once
#include "base/node.h"

enum field_type {
    FIELD_BOOL,     /* bool */
    FIELD_INT,      /* int64_t, min..max where max > min */
    FIELD_TEXT,     /* const char * */
    FIELD_ENUM,     /* int: index into texts[] */
    FIELD_DURATION, /* int64_t ms: 800ms 1h30m -30d */
    FIELD_TIME,     /* struct field_time: an instant, or relative to a start that is known later */
    FIELD_NODE,     /* const struct node *: anything, taken as it is */
    FIELD_TEXTS,    /* struct field_list of const char * */
    FIELD_MAP,      /* the sub-table's struct, in place */
    FIELD_LIST,     /* struct field_list of the sub-table's structs */
};

struct field_list {
    size_t count;
    void *items; /* an array of const char *, or of the sub-table's struct */
};

struct field_time {
    bool given, relative;
    int64_t ms; /* since the epoch, or from the start */
};

struct field {
    const char *key;
    enum field_type type;
    bool required;
    size_t offset; /* offsetof(struct ..., member) */
    const char *help;
    int64_t min, max;         /* FIELD_INT; for texts and lists: lengths. 0,0 = any */
    const char *const *texts; /* FIELD_ENUM */
    size_t text_count;
    const struct fields *sub; /* FIELD_MAP, FIELD_LIST */
    const char *shape;        /* of what the type does not tell, for the schema: base/schema.h */
};

struct fields {
    const char *name; /* of one such map, for messages: "social account" */
    const struct field *rows;
    size_t count;
    size_t size;      /* of the struct */
    size_t at_offset; /* where to put the map's struct where; SIZE_MAX = nowhere */
};

#define FIELDS_NO_PLACE SIZE_MAX

/* A row: FIELD("handle", FIELD_TEXT, struct account_file, handle, .required = true, .help = "...")
 */
#define FIELD(name_, kind_, struct_, member_, ...)                                                 \
    {                                                                                              \
        .key = (name_), .type = (kind_), .offset = offsetof(struct_, member_), __VA_ARGS__         \
    }
/* The table of such rows: FIELD_TABLE("account", rows, struct account_file, FIELDS_NO_PLACE) */
#define FIELD_TABLE(name_, rows_, struct_, at_)                                                    \
    {                                                                                              \
        (name_), (rows_), sizeof(rows_) / sizeof *(rows_), sizeof(struct_), (at_)                  \
    }

bool fields_read(const struct fields *table, const struct node *map, struct arena *a, void *into,
                 struct error *err);
