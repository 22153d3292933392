/* string_pool.h - the immutable texts that records point to, shared by worlds.
 *
 * Shapes:  struct string_pool: an append-only pool counted by reference. A fork gets a pool of its own
 *          that keeps the older one alive.
 * Errors:  none.
 */
#pragma once
#include "base/str.h"

struct string_pool;

struct string_pool *
string_pool_new(struct string_pool *older); /* older may be NULL; holds a reference to it */
struct string_pool *string_pool_hold(struct string_pool *t);
void string_pool_release(struct string_pool *t);

const char *string_pool_keep(struct string_pool *t, struct str text);
const char *string_pool_keep_c(struct string_pool *t, const char *text); /* NULL stays NULL */
const char *const *string_pool_keep_list(struct string_pool *t, const char *const *texts,
                                         size_t count);
size_t string_pool_bytes(const struct string_pool *t); /* of this pool alone */
