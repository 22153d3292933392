/* string_pool.h - immutable texts that records point to, shared between worlds.
 *
 * Shapes:  struct string_pool: append-only, reference-counted. The fork of a world gets a new pool that holds a
 *          reference to the older one. The texts of removed and overwritten records stay until the pool is replaced:
 *          string_pool_replace starts a new pool; the world then copies the texts that its records have in the old
 *          pools (compaction.h), and releases those.
 *          A base pool is one of an initial state, which other worlds share: it is not replaced while they do.
 * Units:   bytes.
 * Errors:  none.
 */
#pragma once
#include "base/str.h"

struct string_pool;

/* The new pool holds a reference to `older`, which may be NULL. */
struct string_pool *string_pool_new(struct string_pool *older);
void string_pool_release(struct string_pool *t);
/* The same in steps, like table_end_some; a chunk of texts counts as several pages. */
bool string_pool_release_some(struct string_pool **t, size_t *pages);

/* These replace *t by a new pool on top of it if it is a base pool of other worlds. */
const char *string_pool_keep(struct string_pool **t, struct str text);
const char *string_pool_keep_c(struct string_pool **t, const char *text); /* NULL stays NULL */
const char *const *string_pool_keep_list(struct string_pool **t, const char *const *texts, size_t count);
/* Copies the list, but not its texts, so that the caller can replace some of them. */
const char **string_pool_keep_pointers(struct string_pool **t, const char *const *texts, size_t count);
size_t string_pool_bytes(const struct string_pool *t); /* without pools that other worlds share */

void string_pool_set_base(struct string_pool *t); /* this pool and those below it */

/* True if the pools above the base have so much more than at their last replacement that most of it may be garbage.
 * `rows` is the number of records that a replacement has to look at. */
bool string_pool_is_wasteful(struct string_pool *t, size_t rows);

/* The pools that are being replaced, reference-counted, so that the forks of a world share them. */
struct string_pool_old;
/* Replaces *t by an empty pool above the base. Returns the pools that were there. */
struct string_pool_old *string_pool_replace(struct string_pool **t);
bool string_pool_old_has(const struct string_pool_old *o, const void *text);
struct string_pool_old *string_pool_old_hold(struct string_pool_old *o); /* o may be NULL, also below */
void string_pool_old_release(struct string_pool_old *o);
size_t string_pool_old_bytes(const struct string_pool_old *o); /* without pools that other worlds share */
void string_pool_replaced(struct string_pool *t);              /* all live texts are in this pool now */
