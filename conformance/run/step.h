/* step.h - the functions that the phases of a step call, by file. phases.c has the table of phases.
 *
 * Shapes:  a section below is a file. A file calls only functions of the sections before it; session.c comes last. A
 *          phase is a function of the task that returns what follows. A judge_ function that returns NEXT_CASE has
 *          ended the case of the step with undecided checks.
 * Errors:  none. A failure becomes a verdict and blocks the steps that follow.
 */
#pragma once
#include "conformance/run/task.h"

typedef enum next phase_fn(struct task *t);

/* --- cleanup.c: removes what a scenario created ------------------------------------------- */

/* Registers the cleanups of the current step, and drops those that the step itself has sent. */
phase_fn cleanup_register;
void cleanup_lost(struct task *t);  /* no usable response: registers a lookup of the resource */
void cleanup_start(struct task *t); /* runs the cleanups, then calls task_end */
/* Ends the task at once. What it has not cleaned up is reported as left behind. */
void cleanup_abandon(struct task *t);

/* --- same_as.c: compares a response with that of an earlier step --------------------------- */

void same_as_keep(struct task *t); /* the response of the current step, for the steps that follow */
/* Adds the check `same_as`. Returns true if it did not fail. */
bool same_as_check(struct task *t, const struct check_input *in);
struct check *same_as_add(const struct check_input *in, const struct same_as *how, enum verdict verdict,
                          struct check_list *out);

/* --- judge.c: turns a response into verdicts and captures --------------------------------- */

struct check_input judge_input(struct task *t, struct arena *a);
void judge_read_body(struct task *t, struct arena *a);
/* Returns true if the step's expectation holds, and one of its readings if it has any. *undecided is the reason if only
 * the unknown time of the response leaves this undecided, else NULL. */
bool judge_holds(struct task *t, struct arena *a, const char **undecided);
/* Returns true if the step names the status: in its expectation, in a reading, or in `stop`. */
bool judge_expects_status(const struct step *step, int status);
void judge_read_date(struct task *t); /* the time of the response, for the comparisons that need it */

phase_fn judge_record;  /* copies the response from the attempt's arena to the result */
phase_fn judge_check;   /* the expectation, then the readings of a dispute */
phase_fn judge_capture; /* the values that later steps use */
phase_fn judge_block;   /* skips the other steps if they need this one */

enum next judge_error(struct task *t, const char *why);       /* no usable response */
enum next judge_undecided(struct task *t, const char *why);   /* likewise; the response is already recorded */
enum next judge_blocked(struct task *t, const char *missing); /* a reference without a value */
enum next judge_unsendable(struct task *t, const struct request_problem *problem);
enum next judge_other_user(struct task *t, const char *asked, const char *connected);
enum next judge_skipped(struct task *t, enum verdict verdict, const char *why);
enum next judge_pending(struct task *t); /* the wait ended in an intermediate state */

/* The checks of steps that do not run. */
const char *step_name(struct arena *a, const char *prefix, const struct step *step, size_t case_index);
void skipped_checks_of_case(struct task *t, const struct step *step, const char *prefix, size_t case_index,
                            enum verdict verdict, const char *why);
void skipped_checks_of_step(struct task *t, const struct step *step, const char *name, enum verdict verdict,
                            const char *why); /* without the checks of a flow it uses */

/* --- confirm.c: whether an unexpected response is the provider's answer ------------------- */

/* After an unexpected 401 with a key that was accepted before, or an unexpected 502, 503 or 504, sends the check call
 * of the actor. If that fails in the same way, the step is undecided: the key does not work any more, or the server
 * does not. */
phase_fn confirm_ask, confirm_judge;
void key_accepted(const struct runner *r, const struct actor *actor);
const char *key_refused(const struct task *t); /* why the current request is not sent; NULL: its key works */

/* --- call.c: requests to the endpoint and to the admin API -------------------------------- */

phase_fn call_prepare, call_send, call_receive, call_repeat;           /* call, inspect */
phase_fn simulate_prepare, advance_prepare, admin_send, admin_receive; /* simulate, advance */

#define RETRY_WAIT_MAX_MS ((int64_t)5 * 60 * 1000)

struct observation {        /* what the caller found in a response */
    bool holds, stops;      /* the expectation, the `stop` of eventually */
    bool final;             /* no later response can change the result */
    bool limited;           /* a 429 that the step does not expect */
    int64_t retry_after_ms; /* below 0: no Retry-After */
};

enum retry_next { RETRY_DECIDED, RETRY_AGAIN, RETRY_GIVE_UP };

struct retry_decision {
    enum retry_next next;
    int64_t wait_ms; /* before the next request */
    const char *why; /* of RETRY_GIVE_UP */
};

/* Decides whether to send a step's request again: a pure function of the responses. `eventually` repeats the request
 * until the expectation holds or `stop` matches; the caller then judges `pending`. `consistently` repeats it until the
 * expectation holds (at most for `settle`), and then checks at each interval that it still holds. Both end at once with
 * a 5xx that the step does not expect. After a 429 that the step does not expect, the request is sent again when
 * Retry-After has passed, unless the step has `wait_for_rate_limit: false`. Times are of the namespace's clock, or real
 * time on a target without one. */
struct retry_decision retry_decide(struct retry *r, const struct step *step, const struct observation *seen);

/* --- consent.c: acts as the user on an OAuth consent page --------------------------------- */

phase_fn consent_act, consent_receive;
/* If a person or a browser consented: sees as which user the account was connected, and ends the scenario with an error
 * if that is not the one it asked for. Both are phases of the step that has `connected_as`. */
phase_fn consent_look_up, consent_compare;

/* --- webhook.c: receives webhook deliveries ----------------------------------------------- */

phase_fn webhook_prepare, webhook_repeat, webhook_record;
/* When the steps have ended: `none` decides nothing if no expected delivery arrived in the scenario. */
void webhook_end(struct task *t);

/* A server on the runner's loop, with one path per scenario: its inbox. A delivery is recorded as an exchange whose
 * request is the target's; the response is 200, sent at once. `url` is the address that the target uses; NULL:
 * http://127.0.0.1:<port>. Port 0: a free one. Fails if the port cannot be bound (ERROR_SYSTEM). */
struct listener *listener_new(struct loop *l, struct arena *a, const char *url, int port, struct error *err);
void listener_free(struct listener *l);
struct inbox *listener_open(struct listener *l, const char *name);
const char *inbox_url(const struct inbox *box); /* ends in /name */

/* Verifies the signature of a delivery: the header is "t=<seconds>,v1=<hex>"; v1 is the HMAC-SHA256 of "<t>.<body>".
 * While a secret is being rotated there are several v1; one match is enough. If none matches, *why is the reason; else
 * it is NULL. Or the header is "sha256=<hex>", the HMAC-SHA256 of the body. Sources: Layers documentation, "Webhooks";
 * PostEverywhere, Developer pages, "Webhooks". */
bool signature_matches(struct str header, struct str secret, struct str body, const char **why);

/* --- phases.c: starts a scenario ---------------------------------------------------------- */

void scenario_start(struct runner *r, const struct scenario *s, size_t number);
/* `variable`: the unset environment variable that is the reason; NULL: there is another reason. */
void scenario_not_applicable(struct runner *r, const struct scenario *s, const char *why, const char *variable);
void scenario_not_started(struct runner *r, const struct scenario *s, const char *why); /* its checks are blocked */

/* --- skip_reason.c: whether a scenario can run on the target ------------------------------ */

/* Returns the reason as a sentence, or NULL if the scenario can run. It can run if the target has the capabilities,
 * resources, actors and environment variables that the scenario and its flows use, and if --allow-writes and
 * --allow-costly permit what it does. `simulations` is the list in the admin API's manifest; NULL if it has none.
 * *variable is the environment variable that is not set, if that is the reason; else NULL. */
const char *skip_reason_for(const struct runner *r, const struct planned *p, const struct node *simulations,
                            const char **variable);
/* Describes the first resource, actor or environment variable that the scenario names and that does not exist. Returns
 * NULL if all of them exist. */
const char *find_missing_name(const struct vars *root, const struct target *t, const struct scenario *sc,
                              const char **variable);
