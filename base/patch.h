/* patch.h - JSON Patch and JSON merge patch on node trees.
 *
 * Shapes:  a patch is a node: a list of {op, path, value | from}. The result is a new tree sharing
 * what did not change. Errors:  patch_check names the member at fault and its place; patch_apply
 * can fail only on what the document lacks. Source:  RFC 6902 (add remove replace move copy test),
 * RFC 7396.
 */
#pragma once
#include "base/node.h"

bool patch_check(const struct node *patch, struct error *err);
const struct node *patch_apply(struct arena *a, const struct node *document,
                               const struct node *patch, struct error *err);
const struct node *patch_merge(struct arena *a, const struct node *document,
                               const struct node *patch);
