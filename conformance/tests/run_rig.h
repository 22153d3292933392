/* run_rig.h - an endpoint that a child process serves, and suites that run against it.
 *
 * Shapes:  the handler runs in the child; `shared` is memory that both processes see. The child ends with its parent.
 * Errors:  served_start returns false. rig_run adds to `err` and returns false.
 */
#pragma once
#include <sys/types.h>

#include "base/http/server.h"
#include "conformance/run/run.h"

struct served {
    pid_t pid;
    int port;
    void *shared; /* zeroed; `size` bytes */
    size_t size;
};

typedef void served_fn(void *shared, struct exchange *x);

bool served_start(struct served *s, size_t size, served_fn *handle);
void served_stop(struct served *s);

/* Returns a target at the endpoint, without actors and resources. */
struct target served_target(struct arena *a, const struct served *s);

/* Runs all scenarios below `path`; the target has every capability that they require. */
bool rig_run(struct arena *a, const char *path, const struct target *target, const struct run_options *options,
             struct run *out, struct error *err);
