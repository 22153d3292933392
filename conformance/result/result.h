/* result.h - START HERE: the result of a run, written by the runner and read by every report.
 *
 *   options -> load scenarios -> plan -> run -> report
 *
 * A run executes scenarios against a target. Each step of a scenario sends a request and compares the response with its
 * expectation. A check is one such comparison; it decides the claims that the step cites. A claim is one testable
 * sentence of the provider's documentation.
 *
 * Shapes:  a run has scenario results, each with checks and exchanges. It also has the outcome of each claim, the
 *          observed reading of each dispute, and the resources that could not be cleaned up. All of it is plain data on
 *          the run's arena; reports only read it.
 * Units:   durations in microseconds, times in milliseconds since the Unix epoch.
 * Errors:  none. A failed check is data, not a struct error.
 */
#pragma once
#include "base/enum.h"
#include "base/error.h"
#include "base/http/message.h"
#include "base/node.h"

#define VERDICTS(X)                                                                                                    \
    X(VERDICT_PASS, "pass")                                                                                            \
    X(VERDICT_FAIL, "fail")                                                                                            \
    X(VERDICT_WARN, "warn")                     /* failed, but every cited claim is a should or a may */               \
    X(VERDICT_VACUOUS, "vacuous")               /* nothing to compare, for example an empty list */                    \
    X(VERDICT_BLOCKED, "blocked")               /* an earlier step failed, unexpected status, or still pending */      \
    X(VERDICT_NOT_APPLICABLE, "not-applicable") /* not run, because the target lacks what it needs */                  \
    X(VERDICT_DISPUTED, "disputed")             /* the documents disagree; `why` has the observed side */              \
    X(VERDICT_ERROR, "error")                   /* no usable response: network, dead key, no Date header, ... */
enum verdict { VERDICTS(ENUM_NAME) VERDICT_COUNT };
extern const char *const verdict_texts[];

/* What a check does to the claims that it cites. Its verdict decides this:
 *
 *   supports   pass                               the claim holds, if no other check refutes or prevents it
 *   refutes    fail, warn                         the claim fails, whatever its other checks say
 *   prevents   blocked, error                     the claim stays undecided, unless another check refutes it
 *   ignored    vacuous, disputed, not-applicable  no effect: such a check is never a reason why a claim holds
 *
 * A step whose status is unexpected refutes only the claims that cite its status; its other checks are blocked. A step
 * of a flow cites the claims of the `use` step that runs the flow, so a flow that fails refutes these. */
enum claim_effect { CLAIM_SUPPORTED, CLAIM_REFUTED, CLAIM_PREVENTED, CLAIM_IGNORED };

struct verdict_row {
    const char *tally;  /* word in the tally */
    const char *mark;   /* sign before a failure card */
    const char *phrase; /* what the summary says of undecided checks; NULL: it does not count them */
    int badness;        /* the larger, the worse */
    enum claim_effect effect;
    bool decided; /* the response decided the check */
    bool settled; /* --failed does not run the scenario again */
};
extern const struct verdict_row verdict_rows[VERDICT_COUNT];

#define LEVELS(X) X(LEVEL_MUST, "must") X(LEVEL_SHOULD, "should") X(LEVEL_MAY, "may")
enum level { LEVELS(ENUM_NAME) LEVEL_COUNT };
extern const char *const level_texts[];

struct origin {                     /* where the documentation states a claim; each may be NULL */
    const char *document, *heading; /* the title and the heading, as they are printed */
    const char *url;                /* of the heading */
    const char *path;               /* of the heading on the provider's site, if the host is not known */
};

struct claim { /* one testable sentence of the documentation, from claims.yaml */
    const char *id, *says, *source /* DOCUMENT#NAME */, *observe /* api, simulated, none */;
    const char *why; /* why it cannot be observed; NULL unless observe is "none" */
    enum level level;
    struct where at;
    struct origin origin;
};

struct attempt {       /* one request of a step that sends its request again */
    int status;        /* 0: no response */
    int64_t waited_ms; /* before it, after the attempt before: of the namespace's clock if there is one */
    int64_t started_ms;
};

struct exchange_record { /* a request and its response; of a repeated step, the last ones */
    const char *method, *url;
    struct headers request_headers, response_headers;
    struct str request_body, response_body;
    const char *body_file; /* the file that the request body was read from; NULL: none */
    int status;            /* 0: no response */
    const char *error;     /* why there is no response; NULL: there is one */
    bool sent;             /* the request was sent: even without a response it may have had an effect */
    struct {
        struct attempt *items;
        size_t count, room;
    } attempts; /* all of them, also the one in this record; empty: it was sent once */
    int64_t started_ms, duration_us;
};

struct check {
    const char *id; /* scenario/step[case]/pointer/matcher; the same in every run */
    const char *step, *pointer, *matcher;
    enum verdict verdict;
    const char *expected, *actual; /* shortened for display */
    const char *why;               /* the reason for the verdict, as a sentence; may be NULL */
    struct where at;               /* position of the expectation in its file */
    const struct claim *const *claims;
    size_t claim_count;
    const struct exchange_record *exchange; /* NULL: no request was sent */
};

struct scenario_result {
    const char *name, *title, *file, *note;
    const char *const *tags;
    size_t tag_count;
    struct {
        struct check *items;
        size_t count, room;
    } checks;
    struct {
        const struct exchange_record **items;
        size_t count, room;
    } exchanges;
    int64_t started_ms, duration_us;
    enum verdict verdict;       /* the worst verdict of its checks */
    const char *why;            /* why the scenario is not applicable or did not start; NULL: it ran */
    bool not_started;           /* the run ended before it */
    const char *unset_variable; /* the environment variable that it lacks; NULL: none */
};

enum claim_outcome {
    CLAIM_HOLDS,     /* a check supports it, and none refutes or prevents it */
    CLAIM_FAILS,     /* a check refutes it */
    CLAIM_UNDECIDED, /* cited, but neither */
    CLAIM_UNCITED,   /* no scenario of this run cites it */
};

struct claim_result {
    const struct claim *claim;
    enum claim_outcome outcome;
    uint32_t counts[VERDICT_COUNT]; /* the checks that cite it, by verdict */
};

struct dispute_result {
    const char *id, *about;
    const char *observed; /* name of the reading; NULL: none */
};

struct leftover {                     /* a resource that the run created and could not clean up */
    const char *what, *cleanup, *why; /* cleanup: the request that would remove it */
};

enum preflight_outcome {
    PREFLIGHT_UNCHECKED, /* no call can check it, or none was sent */
    PREFLIGHT_OK,
    PREFLIGHT_WRONG,
};

struct preflight_result { /* one check of the target before the run */
    const char *check;    /* "actor full", for example */
    const char *detail;   /* a sentence */
    enum preflight_outcome outcome;
};

struct run {
    struct arena *arena;
    const char *target, *base_url, *suite_version;
    int64_t started_ms, duration_us;
    enum level gate; /* a failed claim of this level or above makes the run fail */
    struct {
        struct scenario_result **items;
        size_t count, room;
    } scenarios;
    struct claim_result *claims;
    size_t claim_count;
    struct dispute_result *disputes;
    size_t dispute_count;
    struct {
        struct preflight_result *items;
        size_t count, room;
    } preflight; /* none: the runner started the mock itself */
    struct {
        struct leftover *items;
        size_t count, room;
    } leftovers;
    uint32_t counts[VERDICT_COUNT]; /* all checks, by verdict */
    uint32_t checks, calls;
    bool interrupted;
    const char *nothing_to_do; /* why no scenario had to run, as a sentence; NULL: some had to */
    int exit_code;
    const char *verdict_why; /* the reasons for the exit code, the most serious first, separated by "; " */
};

/* Callbacks during a run, for progress and for NDJSON. Each may be NULL. */
struct run_events {
    void (*scenario_started)(void *ctx, const struct run *r, const struct scenario_result *s);
    void (*scenario_ended)(void *ctx, const struct run *r, const struct scenario_result *s);
    void (*waiting)(void *ctx, const struct run *r, const char *text); /* at intervals; may be NULL */
    void *ctx;
};

/* Returns true if this check makes the run fail (exit status 1). */
bool check_fails_run(const struct run *r, const struct check *c);
void run_count(struct run *r); /* sets totals, scenario verdicts and claim outcomes */

/* The exit status of a run: the first of these that applies. All that apply are in verdict_why.
 *
 *   2    invalid input, or a report that cannot be written
 *   130  interrupted
 *   4    nothing was judged: no scenario was selected, or none could run
 *   1    a claim at or above the gate failed, or a check that cites no claim
 *   3    the target or the network failed
 *   5    something that the run created is still on the target, or a report would have contained a secret
 *   4    the run proves too little: no check passed, one had nothing to compare, or a claim at or above the gate is
 *        undecided because an earlier step failed or a wait ended too early
 *   0    none of these
 */
void run_decide(struct run *r);                        /* sets exit_code and verdict_why; call run_count first */
void run_fail(struct run *r, const struct error *err); /* likewise, if the run did not take place */
int run_exit_status(const struct run *r, const struct error *err); /* of the run and of its reports */

/* --- secrets in responses ----------------------------------------------------------------- */

#define GENERATED_MIN_BYTES 16 /* a value of a response is a secret only if it has as many, without blanks */

/* --- totals ------------------------------------------------------------------------------- */

/* Claims are counted in five ways: all of the catalogue, observable (`observe` is not none), cited by a scenario of
 * this run, exercised (they hold or fail), holding. */
struct totals {
    uint32_t claims, observable, cited, exercised, holding;
    uint32_t scenarios, not_applicable; /* not_applicable: none of their checks ran */
    uint32_t not_started;
};

extern const char *const outcome_texts[]; /* by enum claim_outcome */

struct totals totals_of(const struct run *r);
enum verdict scenario_verdict(const struct scenario_result *s); /* worst verdict of its checks */

/* For example "312 checks, 312 passed, 0 failed, 3 not applicable". */
const char *totals_tally(struct arena *a, const struct run *r);

/* Returns the SHA-256, in hex, of the ids of the executed checks (decided or vacuous): sorted by byte, without
 * duplicates, each followed by a newline. Runs with different digests executed different checks. `count` gets the
 * number of ids; it may be NULL. */
const char *totals_executed(struct arena *a, const struct run *r, size_t *count);
