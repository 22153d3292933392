/* task.h - one scenario being played: a stack of frames, one thing under way at a time.
 *
 *   create namespace -> steps (frames push and pop with `use`) -> cleanup, last first -> delete it
 *
 * Shapes:  struct runner is what all tasks of a run share. A frame is the scenario's own steps or
 *          those of a flow in use. `current` is the step (and case) under way, with its references
 *          resolved. An action (start_*) either ends at once or sends something whose response goes
 *          on; each step ends in task_step_done, whatever became of it.
 * Errors:  none; what goes wrong becomes verdicts, and blocks what would have followed.
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
    struct listener *listener; /* NULL: no target could reach it */
    struct vars vars;          /* the outermost scope: target, run */
    const char *id;            /* of this run: unique */
    bool interrupted;
    struct task *active; /* the newest first */
    size_t active_count;
    void (*ended)(struct runner *r); /* one task less */
};

struct frame {
    const struct step *steps;
    size_t count, index, case_index;
    struct vars vars;    /* of the scenario or flow */
    const char *prefix;  /* of its steps' names: "" or "first." */
    const char *blocked; /* why nothing more of it runs; NULL: it runs */
    enum verdict blocked_as;
    const struct flow *flow; /* NULL: the scenario's own */
};

struct pending_cleanup {
    struct exchange_record *request; /* takes it back; or looks for it, where `where` is given */
    const char *name;                /* of the step */
    const struct step *step;
    const struct cleanup *how;
    struct vars vars;         /* with what the step was resolved */
    const struct node *where; /* what is looked for; NULL: it is known */
};

/* The step under way. */
struct current {
    const struct step *step;
    const char *name; /* with prefix and case: "first.reject[linkedin]" */
    struct vars vars; /* of the case, around it the frame's */
    struct expectation expect, stop;
    const struct reading *readings;
    struct retry retry;
    int64_t began_us;
    struct exchange_record *request, *exchange;
    struct arena *arena; /* where this attempt's response lives */
    const struct node *body, *redirect;
    const char *body_error;
    const struct headers *headers; /* with the body */
    struct hook hook;              /* of expect_webhook, its references resolved */
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
    struct inbox *inbox; /* NULL: without a listener */
    int64_t began_us;

    struct frame frames[TASK_DEPTH_MAX];
    size_t depth;
    struct current current;
    struct arena scratch; /* responses of `eventually` that are not the last */

    struct {
        struct pending_cleanup *items;
        size_t count, room;
    } cleanups;

    task_response_fn *on_response;
    task_resume_fn *on_resume;
    uint64_t timer;                 /* while it waits in real time */
    void (*cancel)(struct task *t); /* ends a consent that waits for someone; NULL: none does */
    void *driver;                   /* what that knows */
    bool going, ready;              /* see task.c */
    struct task *next_active;
};

/* task.c: stepping */
void task_start(struct runner *r, const struct scenario *s, size_t number);
void task_not_applicable(struct runner *r, const struct scenario *s, const char *why);
void task_begin(struct task *t);   /* makes the top frame's step and case the current one */
bool task_resolve(struct task *t); /* its expectations; else it is judged blocked already */
void task_go(struct task *t);      /* with the top frame's next step */
void task_step_done(struct task *t);
void task_block(struct task *t, enum verdict as, const char *why); /* the rest of the top frame */
void task_interrupt(struct task *t); /* wakes it; what it created is cleaned up */
void task_end(struct task *t);       /* the namespace is deleted: its result is complete */
struct frame *task_frame(struct task *t);

/* transport.c: sending, waiting */
void task_send(struct task *t, struct arena *a, struct exchange_record *x, task_response_fn *then);
void task_wait(struct task *t, int64_t ms, task_resume_fn *then);
void task_record(struct task *t, struct exchange_record *x); /* for the reports */
/* The response is copied; what was asked is shared. */
struct exchange_record *exchange_copy(struct arena *a, const struct exchange_record *x);
int64_t exchange_now_ms(const struct exchange_record *x); /* its Date; else the wall clock */
int64_t exchange_retry_after_ms(const struct exchange_record *x); /* -1: it does not say */

/* call.c: a step that is one request, sent again for `eventually`, `consistently` or a 429 */
void call_start(struct task *t);

/* judge.c: from a response to verdicts, captures and cleanup */
struct check_input judge_input(struct task *t, struct arena *a);
void judge_read_body(struct task *t, struct arena *a);
bool judge_holds(struct task *t, struct arena *a); /* its expectation, or one of its readings */
void judge_response(struct task *t);               /* then the step is done */
void judge_kept(struct task *t,
                bool held); /* likewise; what came is kept, what else was asked held */
void judge_error(struct task *t, const char *why);              /* likewise */
void judge_outputs(struct task *t, const struct node *outputs); /* of `use`; likewise */
void judge_blocked(struct task *t, const char *missing);        /* a reference without a value */
void judge_not_applicable(struct task *t, const char *why);
void judge_unsendable(struct task *t, const struct request_problem *problem);

/* skipped_checks.c: the checks of what is not played */
struct check_input step_input(struct task *t, struct arena *a, const struct step *step,
                              const char *name); /* nothing came back yet */
const char *step_name(struct arena *a, const char *prefix, const struct step *step,
                      size_t case_index);
void skipped_checks_of_case(struct task *t, const struct step *step, const char *prefix,
                            size_t case_index, enum verdict verdict, const char *why);
void skipped_checks_of_step(struct task *t, const struct step *step, const char *name,
                            enum verdict verdict,
                            const char *why); /* without those of a flow it uses */

/* flow.c */
void flow_start(struct task *t);
void flow_end(struct task *t); /* its last step is done: outputs, and the checks of `use` */

/* consent.c, simulate.c */
void consent_start(struct task *t);
void simulate_start(struct task *t);
void advance_start(struct task *t);

/* webhook.c */
void webhook_start(struct task *t);
void webhook_undecided(const struct check_input *in, const struct step *step, enum verdict verdict,
                       const char *why, struct check_list *out);

/* cleanup.c */
void cleanup_register(struct task *t);
void cleanup_lost(
    struct task *t); /* no response: what it may have created is looked for, at the end */
void cleanup_played(struct task *t); /* by the scenario itself: it need not be played again */
void cleanup_start(struct task *t);  /* ends in task_end */
