/* patch.h - JSON Patch on node trees.
 *
 * Shapes:  a patch is a node: a list of {op, path, value | from}. The result is a new tree that shares the unchanged
 *          nodes.
 * Errors:  patch_check reports all invalid steps at once, each with its location. patch_apply calls it first; after
 *          that it fails only if the document has no value at a path, if a test step fails, or if the result exceeds
 *          the limits.
 * Source:  RFC 6902 (add remove replace move copy test).
 */
#pragma once
#include "base/node.h"

#define PATCH_MAX_DEPTH 64
#define PATCH_MAX_NODES 1000000

bool patch_check(const struct node *patch, struct error *err);
const struct node *patch_apply(struct arena *a, const struct node *document, const struct node *patch,
                               struct error *err);
