/* texts.h - the immutable texts that records point to, shared by worlds.
 *
 * Shapes:  struct texts: an append-only pool counted by reference. A fork gets a pool of its own
 *          that keeps the older one alive.
 * Errors:  none.
 */
#pragma once
#include "base/str.h"

struct texts;

struct texts *texts_new(struct texts *older); /* older may be NULL; holds a reference to it */
struct texts *texts_hold(struct texts *t);
void texts_release(struct texts *t);

const char *texts_keep(struct texts *t, struct str text);
const char *texts_keep_c(struct texts *t, const char *text); /* NULL stays NULL */
const char *const *texts_keep_list(struct texts *t, const char *const *texts, size_t count);
size_t texts_bytes(const struct texts *t); /* of this pool alone */
