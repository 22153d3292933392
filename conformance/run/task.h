/* task.h - one running scenario.
 *
 *   create the namespace -> run the steps -> clean up, last first -> delete the namespace
 *
 * Shapes:  struct runner is shared by all tasks of a run. A task has a stack of frames: the first
 *          is the scenario's own steps, each other is a flow that a `use` step runs. `current` is
 *          the step and case that runs now, with its references replaced; a task runs one at a
 *          time. The function that starts a step (call_start, flow_start, ...) either ends the step
 *          at once or sends a request and ends it in the response callback. Every step ends with a
 *          call to task_step_done, whatever its verdict.
 * Errors:  none. A failure becomes a verdict and blocks the steps that follow.
 */
#pragma once
#include "conformance/check/check.h"
#include "conformance/run/admin.h"
#include "conformance/run/client.h"
#include "conformance/run/listener.h"
#include "conformance/run/resolve.h"
#include "conformance/run/retry.h"
#include "conformance/run/run.h"
#include "conformance/run/vars.h"

#define TASK_DEPTH_MAX 16

struct task;

struct runner {
    struct arena *arena;
    struct run *run;
    const struct plan *plan;
    const struct target *target;
    const struct run_options *options;
    struct loop *loop;
    struct client *client;
    struct listener *listener; /* NULL: the target cannot reach one */
    struct vars vars;          /* the outermost scope: `target`, `run` */
    const char *id;            /* unique id of this run */
    bool interrupted;
    struct task *active; /* running tasks, newest first */
    size_t active_count;
    void (*ended)(struct runner *r); /* is called when a task has ended */
};

struct frame {
    const struct step *steps;
    size_t count, index, case_index;
    struct vars vars;    /* scope of the scenario or flow */
    const char *prefix;  /* prefix of its step names: "" or "first." */
    const char *blocked; /* why its remaining steps are skipped; NULL: they run */
    enum verdict blocked_as;
    const struct flow *flow; /* NULL: the scenario's own */
};

struct pending_cleanup {
    struct exchange_record *request; /* the cleanup, or the lookup if `where` is not NULL */
    const char *name;                /* of the step that created the resource */
    const struct step *step;
    const struct cleanup *how;
    struct vars vars;         /* copy of the step's scopes, for a lookup */
    const struct node *where; /* the expectation that identifies the resource; NULL: no lookup */
};

/* The step that runs now. */
struct current {
    const struct step *step;
    const char *name; /* with prefix and case: "first.reject[linkedin]" */
    struct vars vars; /* scope of the case, inside the frame's */
    struct expectation expect, stop;
    const struct reading *readings;
    struct retry retry;
    int64_t began_us;
    struct exchange_record *request, *exchange;
    struct arena *arena; /* of the response: the task's scratch arena, later the run's */
    const struct node *body, *redirect;
    const char *body_error;
    const struct headers *headers; /* of the response, or of a webhook delivery */
    struct hook hook;              /* of expect_webhook, with its references replaced */
    int64_t now_ms;
};

typedef void task_response_fn(struct task *t, struct exchange_record *x);
typedef void task_resume_fn(struct task *t);

struct task {
    struct runner *runner;
    const struct scenario *scenario;
    struct scenario_result *result;
    struct check_list checks;
    struct namespace namespace;
    struct inbox *inbox; /* webhook deliveries; NULL: no listener */
    int64_t began_us;

    struct frame frames[TASK_DEPTH_MAX];
    size_t depth;
    struct current current;
    struct arena scratch; /* the response of the current attempt */

    struct {
        struct pending_cleanup *items;
        size_t count, room;
    } cleanups;

    task_response_fn *on_response;
    task_resume_fn *on_resume;
    uint64_t timer;                 /* set while the task waits in real time */
    void (*cancel)(struct task *t); /* cancels a waiting consent driver; NULL: none waits */
    void *driver;                   /* state of that driver */
    bool going, ready;              /* see task_step in task.c */
    struct task *next_active;
};

/* task.c: stepping */
void task_start(struct runner *r, const struct scenario *s, size_t number);
void task_not_applicable(struct runner *r, const struct scenario *s, const char *why);
void task_begin(struct task *t); /* sets `current` to the top frame's step and case */
/* Replaces the references in the step's expectations. Returns false if one has no value; the step
 * has then ended as blocked. */
bool task_resolve(struct task *t);
void task_step(struct task *t);                                    /* runs the top frame's next step */
void task_step_done(struct task *t);                               /* ends the current case and runs the next one */
void task_block(struct task *t, enum verdict as, const char *why); /* skips the frame's other steps */
void task_interrupt(struct task *t);                               /* ends a wait at once; cleanup still runs */
void task_end(struct task *t);                                     /* completes the result, after cleanup */
struct frame *task_frame(struct task *t);                          /* the top frame */

/* transport.c: sending, waiting */
void task_send(struct task *t, struct arena *a, struct exchange_record *x, task_response_fn *then);
/* Waits `ms`: advances the namespace's clock if it has one, else waits in real time. */
void task_wait(struct task *t, int64_t ms, task_resume_fn *then);
void task_record(struct task *t, struct exchange_record *x); /* adds x to the scenario's result */
/* Copies the response to `a`; the request is shared. */
struct exchange_record *exchange_copy(struct arena *a, const struct exchange_record *x);
int64_t exchange_now_ms(const struct exchange_record *x);         /* its Date header, else the wall clock */
int64_t exchange_retry_after_ms(const struct exchange_record *x); /* -1: no Retry-After */

/* call.c: a step with one request, which is repeated for `eventually`, `consistently` or a 429 */
void call_start(struct task *t);

/* judge.c: turns a response into verdicts, captures and cleanups. The functions from judge_response
 * to judge_unsendable end the step. */
struct check_input judge_input(struct task *t, struct arena *a);
void judge_read_body(struct task *t, struct arena *a);
/* Returns true if the step's expectation holds, and one of its readings if it has any. */
bool judge_holds(struct task *t, struct arena *a);
void judge_response(struct task *t);
/* Like judge_response, for a response that is already on the run's arena. `held` is false if
 * another check of the step has failed. */
void judge_recorded(struct task *t, bool held);
void judge_error(struct task *t, const char *why);              /* no usable response */
void judge_outputs(struct task *t, const struct node *outputs); /* of a `use` step */
void judge_blocked(struct task *t, const char *missing);        /* a reference without a value */
void judge_not_applicable(struct task *t, const char *why);
void judge_skipped(struct task *t, enum verdict verdict, const char *why);
void judge_unsendable(struct task *t, const struct request_problem *problem);

/* skipped_checks.c: the checks of steps that do not run */
struct check_input step_input(struct task *t, struct arena *a, const struct step *step,
                              const char *name); /* without a response */
const char *step_name(struct arena *a, const char *prefix, const struct step *step, size_t case_index);
void skipped_checks_of_case(struct task *t, const struct step *step, const char *prefix, size_t case_index,
                            enum verdict verdict, const char *why);
void skipped_checks_of_step(struct task *t, const struct step *step, const char *name, enum verdict verdict,
                            const char *why); /* without the checks of a flow it uses */

/* flow.c */
void flow_start(struct task *t);
void flow_end(struct task *t); /* after the last step: sets the outputs, checks the `use` step */

/* consent.c, simulate.c */
void consent_start(struct task *t);
void simulate_start(struct task *t);
void advance_start(struct task *t);

/* webhook.c */
void webhook_start(struct task *t);
void webhook_undecided(const struct check_input *in, const struct step *step, enum verdict verdict, const char *why,
                       struct check_list *out);

/* cleanup.c */
void cleanup_register(struct task *t); /* registers the cleanups of the current step */
void cleanup_lost(struct task *t);     /* no response: registers a lookup of the resource */
/* Drops a cleanup whose request the scenario sent itself. */
void cleanup_already_sent(struct task *t);
void cleanup_start(struct task *t); /* runs the cleanups, then calls task_end */
