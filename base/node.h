/* node.h - an immutable tree of YAML or JSON values, each with its location.
 *
 * Shapes:  struct node; lists and maps keep the order of the document. A node may have several parents (YAML aliases,
 *          patched copies), so it has no parent pointer, and a walk over a tree must limit its own length.
 * Units:   integers are exact int64; every other number is a double.
 * Errors:  none; a look-up that finds nothing returns NULL.
 * Source:  JSON Pointer RFC 6901.
 */
#pragma once
#include "base/error.h"
#include "base/str.h"

enum node_kind {
    NODE_NULL,
    NODE_BOOL,
    NODE_INT,
    NODE_REAL,
    NODE_TEXT,
    NODE_LIST,
    NODE_MAP,
};

struct node;

struct member {
    const char *key;
    struct where key_at;
    const struct node *value;
};

struct node {
    enum node_kind kind;
    bool json; /* read from JSON, so messages use the words of JSON */
    struct where at;
    union {
        bool truth;
        int64_t integer;
        double real;
        struct str text; /* also NUL-terminated: text.s can be kept */
        struct {
            size_t count;
            const struct node *const *items;
        } list;
        struct {
            size_t count;
            const struct member *members;
        } map;
    };
};

/* Returns "null", "boolean", "integer", "number", "string", "array" or "object". */
const char *node_kind_name(enum node_kind kind);
/* Returns the kind as the author of the node knows it, with its article: "text", "a list" and "a map" in YAML, "a
 * string", "an array" and "an object" in JSON. */
const char *node_kind_words(const struct node *n, enum node_kind kind);

/* The look-ups return NULL if the value is absent or the node has another kind. */
const struct node *node_get(const struct node *map, const char *key);
const struct node *node_get_str(const struct node *map, struct str key);
const struct node *node_at(const struct node *list, size_t i);
const struct member *node_member(const struct node *map, size_t i);
size_t node_count(const struct node *n); /* of a list or map; otherwise 0 */

/* Resolves an RFC 6901 pointer; "" is the root. NULL if the pointer is invalid or leads nowhere. */
const struct node *node_pointer(const struct node *root, const char *pointer);
bool node_pointer_valid(const char *pointer);
/* Returns the pointer with "/key" appended, escaped. */
const char *node_pointer_add(struct arena *a, const char *pointer, struct str key);

/* Returns true if two members have the same key; *first and *again are their indexes. */
bool members_clash(const struct member *members, size_t count, size_t *first, size_t *again);

/* 1 equals 1.0; the order of members does not matter. */
bool node_equal(const struct node *x, const struct node *y);
bool node_is_number(const struct node *n);
double node_number(const struct node *n);                           /* the node must be a number */
const char *node_text(const struct node *n);                        /* NULL if it is not text */
const char *node_get_text(const struct node *map, const char *key); /* NULL if absent or not text */

/* Constructors. Values, items and members are not copied; text is, NUL-terminated. */
const struct node *node_new_null(struct arena *a);
const struct node *node_new_bool(struct arena *a, bool truth);
const struct node *node_new_int(struct arena *a, int64_t value);
const struct node *node_new_text(struct arena *a, struct str text);
const struct node *node_new_list(struct arena *a, const struct node *const *items, size_t count);
const struct node *node_new_map(struct arena *a, const struct member *members, size_t count);
/* Returns a copy of the map with that member set; a new member is the last. */
const struct node *node_with(struct arena *a, const struct node *map, const char *key, const struct node *value);
/* Returns a copy of the map without that member. */
const struct node *node_without(struct arena *a, const struct node *map, const char *key);
/* Returns the map without the members that begin with "x-"; another node, or NULL, is returned as it is. At the top
 * level of a document they are a place for anchors. */
const struct node *node_without_extensions(struct arena *a, const struct node *map);
