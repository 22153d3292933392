/* watch.h - tells when files change, through the loop.
 *
 * Shapes:  struct watch {paths}. Directories are watched, not files: a file that is replaced by
 *          another of its name (an editor, sed -i), comes into being or goes is noticed as well as
 *          one that is written, and so is a link on the way to it that is turned elsewhere.
 *          `changed` is called once for a burst of changes, WATCH_QUIET_US after its last; what
 *          changes from the beginning of that call on makes it be called again.
 * Units:   microseconds.
 * Errors:  ERROR_SYSTEM, where the system's limits leave no room to watch.
 */
#pragma once
#include "base/error.h"
#include "base/loop.h"

#define WATCH_QUIET_US INT64_C(150000)

struct watch;

struct watch *watch_new(struct loop *l, void (*changed)(void *ctx), void *ctx, struct error *err);
/* These from now on, and no others; a path that does not exist is waited for. */
bool watch_files(struct watch *w, const char *const *paths, size_t count, struct error *err);
void watch_free(struct watch *w); /* NULL is fine; not from within `changed` */
