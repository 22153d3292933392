/* members.h - the one rule both formats share: a map names each member once.
 *
 * Errors:  none: which two clash is the response.
 */
#pragma once
#include "base/node.h"

/* True when two of them have the same key; they are then *first and *again. */
bool members_clash(const struct member *members, size_t count, size_t *first, size_t *again);
