/* watch.h - notifies about changed files, on the loop.
 *
 * Shapes:  struct watch: a set of paths. It watches the directories, so it also notices a file that is replaced by
 *          another of the same name (by an editor or sed -i), created or deleted, and a symbolic link on the path that
 *          changes its target. `changed` is called once for a burst of changes, WATCH_QUIET_US after the last one. A
 *          change during that call causes another call.
 * Units:   microseconds.
 * Errors:  ERROR_SYSTEM if the system's limit of watches is reached.
 */
#pragma once
#include "base/error.h"
#include "base/loop.h"

#define WATCH_QUIET_US INT64_C(150000)

struct watch;

struct watch *watch_new(struct loop *l, void (*changed)(void *ctx), void *ctx, struct error *err);
/* Replaces the set of watched paths. A path need not exist yet. */
bool watch_files(struct watch *w, const char *const *paths, size_t count, struct error *err);
void watch_free(struct watch *w); /* NULL is allowed; must not be called in `changed` */
