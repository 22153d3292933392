/* node.h - one immutable tree for what YAML and JSON say, every value with its place.
 *
 * Shapes:  struct node; lists keep their order, maps keep their members' order. Nodes may be shared
 *          by several parents (YAML aliases, patched copies), so nothing in a node tells its
 *          parent, and walkers bound what they produce.
 * Units:   integers are exact int64; every other number is a double.
 * Errors:  none here; look-ups answer NULL.
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
    struct where at;
    union {
        bool truth;
        int64_t integer;
        double real;
        struct str text; /* NUL-ended as well: text.s can be kept */
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

const char *node_kind_name(
    enum node_kind kind); /* "null" "boolean" "integer" "number" "string" "array" "object" */

const struct node *node_get(const struct node *map,
                            const char *key); /* NULL: no such member, or no map */
const struct node *node_get_str(const struct node *map, struct str key);
const struct node *node_at(const struct node *list, size_t i);
const struct member *node_member(const struct node *map, size_t i); /* NULL: none, or no map */
size_t node_count(const struct node *n);                            /* of a list or map; else 0 */

/* RFC 6901: "" is the whole, "/a/0". NULL where nothing stands. */
const struct node *node_pointer(const struct node *root, const char *pointer);
bool node_pointer_valid(const char *pointer);
const char *node_pointer_add(struct arena *a, const char *pointer,
                             struct str key); /* + "/key", escaped */

bool node_equal(const struct node *x,
                const struct node *y); /* 1 equals 1.0; members in any order */
bool node_is_number(const struct node *n);
double node_number(const struct node *n);    /* of an integer or a real */
const char *node_text(const struct node *n); /* NULL unless it is a string */
const char *node_get_text(const struct node *map,
                          const char *key); /* both in one; NULL if absent or no string */

/* Building. Values, items and members are kept, not copied; text is copied, NUL-ended. */
const struct node *node_new_null(struct arena *a);
const struct node *node_new_bool(struct arena *a, bool truth);
const struct node *node_new_int(struct arena *a, int64_t value);
const struct node *node_new_real(struct arena *a, double value);
const struct node *node_new_text(struct arena *a, struct str text);
const struct node *node_new_list(struct arena *a, const struct node *const *items, size_t count);
const struct node *node_new_map(struct arena *a, const struct member *members, size_t count);
const struct node *
node_with(struct arena *a, const struct node *map, const char *key,
          const struct node *value); /* a copy with that member set (last if new) */
const struct node *node_without(struct arena *a, const struct node *map, const char *key);
