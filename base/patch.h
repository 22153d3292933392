/* patch.h - JSON Patch and JSON merge patch on node trees.
 *
 * Shapes:  a patch is a node: a list of {op, path, value | from}. The result is a new tree sharing
 *          what did not change.
 * Errors:  patch_check names the member at fault and its place, all at once; patch_apply checks
 *          too, and beyond that fails only on what the document lacks or by growing it past the
 *          limits.
 * Source:  RFC 6902 (add remove replace move copy test), RFC 7396.
 */
#pragma once
#include "base/node.h"

#define PATCH_MAX_DEPTH 64
#define PATCH_MAX_NODES 1000000

bool patch_check(const struct node *patch, struct error *err);
const struct node *patch_apply(struct arena *a, const struct node *document,
                               const struct node *patch, struct error *err);
const struct node *patch_merge(struct arena *a, const struct node *document,
                               const struct node *patch);
