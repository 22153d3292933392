/* child.h - a function of ours in a process of its own, heard through the loop: for what may crash,
 * hang or leak.
 *
 * Shapes:  the child is a copy of this process that has the standard streams and nothing else open,
 *          and runs no loop. What `run` writes into `out` is handed to `ended`. It dies with us.
 * Units:   microseconds.
 * Errors:  `why` says why the output is not all of it: no process could be had, it took too long, a
 *          signal or a status ended it; NULL: it is.
 */
#pragma once
#include "base/buf.h"
#include "base/loop.h"

struct child_work {
    void (*run)(void *ctx, struct buf *out);                   /* there */
    void (*ended)(void *ctx, struct str out, const char *why); /* here, later, once */
    void *ctx;
    int64_t limit_us;
};

struct child;

struct child *child_new(struct loop *l, const struct child_work *work);
/* Ends it, and `ended` is not called; NULL is fine. Who has ended is freed already. */
void child_free(struct child *c);
