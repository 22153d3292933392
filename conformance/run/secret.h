/* secret.h - which values of a response must never be printed: tokens, keys, OAuth states.
 *
 * Shapes:  known by their member's name. A `state` is one only if it looks minted (long, with
 *          digits): most are words such as "published".
 * Errors:  none.
 */
#pragma once
#include "base/node.h"

typedef void secret_fn(void *ctx, const char *name, const char *value);

void secrets_visit(const struct node *response, secret_fn *fn, void *ctx);
