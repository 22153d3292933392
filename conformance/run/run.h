/* run.h - runs the scenarios of a plan against a target.
 *
 *   session.c (the run) -> phases.c (START HERE: the phases of a step) -> call, consent, webhook, judge, cleanup
 *
 * Shapes:  each scenario is a task (task.h). All tasks share one event loop and one HTTP client. A task cleans up the
 *          resources it created, last first, also after a failure or interrupt.
 * Errors:  only those that stop the whole run: the preflight finds the target unusable, or the mock server does not
 *          start. Everything else is in the results.
 */
#pragma once
#include "conformance/plan/plan.h"
#include "conformance/result/result.h"
#include "conformance/run/target.h"

/* Is called with each value that must never be printed, before the value can reach a result. With `before`, the value
 * must not be printed directly after that text: a short value may be an ordinary word elsewhere. */
typedef void run_secret_fn(void *ctx, const char *name, const char *before, const char *value);

struct run_options {
    int jobs;           /* scenarios that run at once; 0: 64 if the target has an admin API, else 1 */
    int64_t timeout_ms; /* time limit of one request */
    const char *ca_file;
    bool insecure;
    bool read_only;                  /* no scenario writes, not even to a mock */
    bool allow_writes, allow_costly; /* to a real target */
    bool skip_preflight;
    const char *mock_binary; /* starts this mock server; NULL: starts none */
    const char *mock_fixture;
    bool is_own_fixture;       /* it is that of the target file, so it has what the target declares */
    const char *from;          /* the namespace that those of the scenarios are copies of; NULL: none */
    const char *suite_version; /* copied to the results */
    enum level gate;
    run_secret_fn *secret; /* may be NULL */
    void *secret_ctx;
    const struct run_events *events; /* may be NULL */
    /* Set by an event when the results so far are enough: the run then ends like an interrupted one. May be NULL. */
    const bool *enough;
};

/* Returns true if the run took place; its outcome is then in *out. After a failed preflight *out has its results. */
bool run_plan(struct arena *a, const struct plan *plan, const struct target *target, const struct run_options *options,
              struct run *out, struct error *err);
