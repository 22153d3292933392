/* yaml_tree.h - builds a node tree from the events of a YAML parser.
 *
 * Shapes:  start with {.arena, .err, .at.file}; set `at` before each event. At the end `root` is the result, unless
 *          `refused` is set; then end `scratch`. Aliases share nodes.
 * Errors:  an invalid value does not stop the reading, so that all of them are reported. The functions return false if
 *          the structure is unclear or a limit is exceeded; reading must stop then.
 */
#pragma once
#include "base/node.h"

#define YAML_MAX_DEPTH   64
#define YAML_MAX_ANCHORS 256
#define YAML_MAX_NODES   40000000 /* values of a file, without those of aliases */
#define YAML_MAX_ALIASED 4000000  /* values that the aliases of a file add, counted at each use */
#define YAML_MAX_MERGED  4096     /* members that one merge key adds */
#define YAML_KEYS        1024     /* the texts of so many keys are shared */

struct yaml_anchor {
    struct str name;
    const struct node *node; /* NULL while the value is still open */
    size_t nodes;            /* in the value; each use of an alias counts */
    int height;              /* nested lists and maps in the value */
};

/* An open list or map; its members are in yaml_tree.pending from index `first`. */
struct yaml_level {
    enum node_kind kind;
    struct where at;
    size_t first, nodes_before;
    int height; /* nested lists and maps in the members read */
    struct yaml_anchor *anchor;
    struct member next; /* in a map: the key whose value comes next */
};

struct yaml_tree {
    struct arena *arena, scratch;
    struct error *err;
    bool refused;
    struct where at;    /* location of the current event */
    int directive_line; /* of %YAML, for a message */
    struct {
        struct member *items;
        size_t count, room;
    } pending;
    struct yaml_level levels[YAML_MAX_DEPTH];
    int depth;
    struct yaml_anchor anchors[YAML_MAX_ANCHORS];
    size_t anchor_count;
    size_t nodes, aliased; /* nodes: with those of aliases */
    const char *keys[YAML_KEYS];
    const struct node *root;
};

/* The tag and the anchor before a value; .s is NULL if there is none. */
struct yaml_marks {
    struct str tag, anchor;
};

bool yaml_tree_error(struct yaml_tree *t, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* at t->at; always returns false */

bool yaml_tree_scalar(struct yaml_tree *t, struct str text, bool plain, struct yaml_marks marks);
bool yaml_tree_alias(struct yaml_tree *t, struct str name);
bool yaml_tree_open(struct yaml_tree *t, enum node_kind kind, struct yaml_marks marks);
bool yaml_tree_close(struct yaml_tree *t);
