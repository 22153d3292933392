/* yaml_tree.h - a YAML parser's events, one after another, to a node tree.
 *
 * Shapes:  start with {.arena, .err, .at.file}; set `at` before each event; `root` is the result
 *          unless `refused`; then end `scratch`. Aliases share nodes.
 * Errors:  a problem of one value does not end the reading, so that all of them are told. What
 *          leaves the tree's shape in doubt, or is a limit, does: the functions then answer false.
 */
#pragma once
#include "base/yaml.h"

struct yaml_anchor {
    struct str name;
    const struct node *node; /* NULL while what it names is still open */
    size_t nodes;            /* it stands for, aliases below it counted as often as they occur */
    int height;              /* levels of lists and maps */
};

/* An open list or map; its members wait in yaml_tree.pending from `first` on. */
struct yaml_level {
    enum node_kind kind;
    struct where at;
    size_t first, nodes_before;
    int height; /* of what stands in it so far */
    struct yaml_anchor *anchor;
    struct member next; /* a map's: the key whose value is awaited */
};

struct yaml_tree {
    struct arena *arena, scratch;
    struct error *err;
    bool refused;
    struct where at; /* of the event in hand */
    struct {
        struct member *items;
        size_t count, room;
    } pending;
    struct yaml_level levels[YAML_MAX_DEPTH];
    int depth;
    struct yaml_anchor anchors[YAML_MAX_ANCHORS];
    size_t anchor_count;
    size_t nodes;
    const struct node *root;
};

/* What may stand before a value; .s is NULL where it does not. */
struct yaml_marks {
    struct str tag, anchor;
};

bool yaml_tree_complain(struct yaml_tree *t, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* at t->at; always false */

bool yaml_tree_scalar(struct yaml_tree *t, struct str text, bool plain, struct yaml_marks marks);
bool yaml_tree_alias(struct yaml_tree *t, struct str name);
bool yaml_tree_open(struct yaml_tree *t, enum node_kind kind, struct yaml_marks marks);
bool yaml_tree_close(struct yaml_tree *t);
