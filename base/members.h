/* members.h - checks that a map has no duplicate keys; shared by the YAML and JSON readers.
 *
 * Errors:  none.
 */
#pragma once
#include "base/node.h"

/* Returns true if two members have the same key; *first and *again are their indexes. */
bool members_clash(const struct member *members, size_t count, size_t *first, size_t *again);
