/* task.h - one running scenario: its data, and how it sends, waits and ends.
 *
 *   create the namespace -> run the steps -> clean up, last first -> delete the namespace
 *
 * Shapes:  struct runner is shared by all tasks of a run. A task has a stack of frames: the first is the scenario's own
 *          steps, each other is a flow that a `use` step runs. `current` is the step and case that runs now, with its
 *          references replaced; the steps run one at a time. phases.c runs their phases.
 * Errors:  none. A failure becomes a verdict and blocks the steps that follow.
 */
#pragma once
#include "conformance/check/check.h"
#include "conformance/run/resolve.h"
#include "conformance/run/run.h"

#define TASK_DEPTH_MAX 16

struct inbox;
struct listener;
struct task;

/* Whether it still makes sense to send calls to the endpoint. A call without a response starts an outage, and any
 * response ends it; after OUTAGE_MS the run sends no more calls. Nor does it after several calls in a row that a
 * gateway answered for a dead server. On a target without a clock, a step that got 429 after
 * all its waits ends the waiting for all steps, until a call gets another status. */
struct outage {
    int failures; /* calls in a row without a response */
    int64_t began_us;
    int gateway_failures; /* calls in a row with 502, 503 or 504, as their check calls */
    const char *gone;     /* why no more calls are sent; NULL: they are */
    bool rate_limited;
};

struct key_state {       /* of an actor's key */
    bool accepted;       /* a call with it has succeeded */
    const char *refused; /* why no more calls are sent with it; NULL: they are */
};

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
    int64_t skew_ms;           /* how far the target's clock is ahead of that of this machine */
    bool has_skew;             /* the preflight has seen the target's clock */
    bool interrupted;
    struct outage outage;
    struct key_state *keys; /* as many as actors of the target */
    struct task *active;    /* running tasks, newest first */
    size_t active_count;
    void (*ended)(struct runner *r); /* is called when a task has ended */
};

struct retry {
    int count;          /* responses, without those of an exhausted rate limit */
    int limited;        /* responses of an exhausted rate limit, in a row */
    int64_t elapsed_ms; /* since the first request; set by the caller */
    bool settled;       /* consistently: the expectation has held once */
    int64_t settled_ms; /* elapsed_ms at that time */
};

/* The step that runs now. */
struct current {
    const struct step *step;
    const char *name; /* with prefix and case: "first.reject[linkedin]" */
    struct vars vars; /* scope of the case, inside the frame's */
    struct expectation expect, stop, pending;
    const struct reading *readings;
    struct retry retry;
    int64_t began_us, waited_ms; /* waited_ms: before the last attempt */
    struct exchange_record *request, *exchange;
    struct arena *arena;                  /* of the response: the task's scratch arena, later the run's */
    struct exchange_record *looked_up;    /* of connected_as; NULL: not sent */
    struct exchange_record *confirmation; /* the check call of confirm.c; NULL: not sent */
    const struct node *body, *redirect, *outputs;
    const char *body_error, *body_unread, *server_failure;
    const char *failure;           /* why the step cannot go on after a wait; NULL: it can */
    const struct headers *headers; /* of the response, or of a webhook delivery */
    struct hook hook;              /* of expect_webhook, with its references replaced */
    bool held;                     /* no check has failed */
    bool complete;                 /* every capture has a value */
};

struct frame {
    const struct step *steps;
    size_t count, index, case_index;
    struct vars vars;    /* scope of the scenario or flow */
    const char *prefix;  /* prefix of its step names: "" or "first." */
    const char *blocked; /* why its remaining steps are skipped; NULL: they run */
    enum verdict blocked_as;
    const struct flow *flow; /* NULL: the scenario's own */
    struct current user;     /* the `use` step that runs the flow */
};

struct pending_cleanup {
    struct exchange_record *request; /* the cleanup, or the lookup if `where` is not NULL */
    struct exchange_record *refused; /* the cleanup's response, if that does not prove that the resource is gone */
    struct exchange_record *proof;   /* then: the request that shows it */
    const char *name;                /* of the step that created the resource */
    const struct step *step;
    const struct cleanup *how;
    struct vars vars;         /* copy of the step's scopes, for a lookup */
    int64_t waited_ms;        /* before its last attempt */
    const struct node *where; /* the expectation that identifies the resource; NULL: no lookup */
};

struct kept_response { /* of a step of the scenario, for `same_as` */
    const struct step *step;
    const struct exchange_record *exchange;
    const struct node *body;
    bool held; /* no check of the step has failed */
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
    struct vars scope;   /* around those of the frames: `target.base_url` of the namespace */
    int64_t began_us;

    struct frame frames[TASK_DEPTH_MAX];
    size_t depth;
    struct current current;
    int64_t now_ms;       /* time of the last response, from its Date header */
    bool has_now;         /* false: it had no Date header */
    size_t phase;         /* of the current step: index of the next phase to run, see phases.c */
    struct arena scratch; /* the response of the current attempt */

    struct {
        struct pending_cleanup *items;
        size_t count, room;
    } cleanups;

    struct {
        struct kept_response *items;
        size_t count, room;
    } kept;

    task_resume_fn *walk; /* runs the phases from `phase` on */
    task_response_fn *on_response;
    task_resume_fn *on_resume;
    uint64_t timer;         /* set while the task waits in real time */
    int64_t resumes_us;     /* time at which the timer fires */
    int64_t sent_us;        /* time of the request that has no response yet; 0: none */
    task_resume_fn *cancel; /* cancels a waiting consent driver; NULL: none waits */
    void *driver;           /* state of that driver */
    struct task *next_active;
};

/* What follows a phase of a step. */
enum next {
    NEXT_PHASE,  /* the next phase */
    NEXT_WAIT,   /* the next phase, after a response: task_continue */
    NEXT_REPEAT, /* the phase that acts, after a wait: task_continue */
    NEXT_CASE,   /* this case of the step has ended: the next case or step */
    NEXT_FLOW,   /* a flow has begun: its first step */
    NEXT_RETURN, /* a flow has ended: the rest of its `use` step */
    NEXT_END,    /* the scenario's last step has ended */
};

struct task *task_new(struct runner *r, const struct scenario *s); /* the scenario starts */
void task_end(struct task *t);                                     /* completes the result, after cleanup */
void task_interrupt(struct task *t);                               /* ends a wait at once; cleanup still runs */

struct frame *task_frame(struct task *t);                          /* the top frame */
void task_block(struct task *t, enum verdict as, const char *why); /* skips the frame's other steps */

void task_send(struct task *t, struct arena *a, struct exchange_record *x, task_response_fn *then);
/* Waits `ms`: advances the namespace's clock if it has one, else waits in real time. */
void task_wait(struct task *t, int64_t ms, task_resume_fn *then);
void task_record(struct task *t, struct exchange_record *x); /* adds x to the result, reports its secrets */

/* Reports the members of a JSON text whose values must never be printed, such as tokens and OAuth states: those that
 * the catalogues declare (`secrets` of operations.yaml), and those with a name as in secret_members.c. */
void secret_members_report(const struct runner *r, struct str body);
void secret_headers_report(const struct runner *r, const struct headers *h); /* likewise, and the values of cookies */

/* For phases: */
void task_continue(struct task *t);                           /* what they waited for has come */
enum next task_send_current(struct task *t, struct arena *a); /* sends current.exchange and waits */
enum next task_repeat_after(struct task *t, int64_t ms);      /* waits `ms`, then the step acts again */
