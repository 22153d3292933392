/* child.h - runs a function in a forked process and reads its output on the loop; for work that may crash, hang or
 * leak.
 *
 * Shapes:  the child is a fork of this process with only the standard streams open; it runs no loop. What `run` writes
 *          to `out` is passed to `ended`. The child is killed when the parent dies.
 * Units:   microseconds.
 * Errors:  `why` is NULL if the output is complete; otherwise it is the reason: the fork failed, the time limit passed,
 *          or a signal or a nonzero status ended the child.
 */
#pragma once
#include "base/buf.h"
#include "base/loop.h"

struct child_work {
    void (*run)(void *ctx, struct buf *out);                   /* called in the child */
    void (*ended)(void *ctx, struct str out, const char *why); /* called once */
    void *ctx;
    int64_t limit_us;
};

struct child;

/* Starts the child. If that fails, `ended` is called later with the reason. */
struct child *child_new(struct loop *l, const struct child_work *work);
/* Kills the child without calling `ended`; NULL is allowed. A child that has ended is freed already: do not call this
 * after `ended`. */
void child_free(struct child *c);
