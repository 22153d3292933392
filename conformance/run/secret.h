/* secret.h - finds values in a response that must never be printed: tokens, keys, OAuth states.
 *
 * Shapes:  a secret is a text whose member name matches ("token", "api_key", "state", ...) and that
 *          looks generated: long, with digits, without spaces. A `state` "published" is no secret.
 * Errors:  none.
 */
#pragma once
#include "base/node.h"

/* Is called once per secret. */
typedef void secret_fn(void *ctx, const char *name, const char *value);

void secrets_visit(const struct node *response, secret_fn *fn, void *ctx);
