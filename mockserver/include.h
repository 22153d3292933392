/* include.h - a fixture file with the files it includes, as one tree.
 *
 * Shapes:  what a file includes comes first: maps are merged member by member, lists are put one
 *          behind the other, and where both say something else the including file wins. A file that
 *          is reached twice counts once. Every value keeps its own file and place.
 * Errors:  a file that cannot be read, YAML that is none, a cycle: at the including line.
 */
#pragma once
#include "base/node.h"

const struct node *include_load(struct arena *a, const char *path, struct error *err);
