/* include.h - a fixture file with the files it includes, as one tree.
 *
 * Shapes:  what a file includes comes first: maps are merged member by member, lists are put one
 *          behind the other, and where both say something else the including file wins. A file that
 *          is reached twice counts once. Every value keeps its own file and place.
 * Errors:  a file that cannot be read, YAML that is none, a cycle: at the including line.
 */
#pragma once
#include "base/node.h"

struct include_file {
    const char *path;
    uint64_t hash; /* of its text; 0: it cannot be read */
};

struct include_files { /* all that were looked for, in the order of reading */
    struct include_file *items;
    size_t count, room;
};

const struct node *include_load(struct arena *a, const char *path, struct include_files *files,
                                struct error *err);
bool include_same(const struct include_files *x, const struct include_files *y);
