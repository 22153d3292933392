/* run.h - plays a plan against a target.
 *
 * Shapes:  each scenario is a task: a stack of frames (its own steps, the flows in use), one thing
 *          under way at a time; all tasks share one loop and one client. What a task creates it
 *          cleans up, last first, also after a failure or an interrupt.
 * Errors:  only what stops the whole run (target out of reach, mock that does not start); all else
 *          is in the results.
 */
#pragma once
#include "conformance/plan/plan.h"
#include "conformance/result.h"
#include "conformance/run/target.h"

/* Told of every value that must never be printed, before it can reach a result. */
typedef void run_secret_fn(void *ctx, const char *name, const char *value);

struct run_options {
    int jobs; /* scenarios at once; 0 = as many as there are on a mock, 1 on a real target */
    int64_t timeout_ms; /* of one request */
    const char *ca_file;
    bool insecure;
    bool allow_writes, allow_costly;
    const char *mock_binary; /* to start a mock; NULL: none is started */
    const char *mock_fixture;
    const char *suite_version; /* told in the results */
    enum level gate;
    run_secret_fn *secret; /* may be NULL */
    void *secret_ctx;
    const struct run_events *events; /* may be NULL */
};

bool run_plan(struct arena *a, const struct plan *plan, const struct target *target,
              const struct run_options *options, struct run *out, struct error *err);
