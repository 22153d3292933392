/* string_pool.h - immutable texts that records point to, shared between worlds.
 *
 * Shapes:  struct string_pool: append-only, reference-counted. The fork of a world gets a new pool that holds a
 *          reference to the older one.
 * Errors:  none.
 */
#pragma once
#include "base/str.h"

struct string_pool;

/* The new pool holds a reference to `older`, which may be NULL. */
struct string_pool *string_pool_new(struct string_pool *older);
void string_pool_release(struct string_pool *t);

const char *string_pool_keep(struct string_pool *t, struct str text);
const char *string_pool_keep_c(struct string_pool *t, const char *text); /* NULL stays NULL */
const char *const *string_pool_keep_list(struct string_pool *t, const char *const *texts, size_t count);
size_t string_pool_bytes(const struct string_pool *t); /* without the older pools */
