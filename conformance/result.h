/* result.h - START HERE: what a run writes and every report reads.
 *
 *   options -> load -> plan -> run -> report;  a check is one expectation against one response.
 *
 * Shapes:  run > scenario results > checks; beside them the exchanges, what each claim came to,
 *          which side of a dispute was seen, and what was left behind. Plain data on the run's
 *          arena; reports only read it.
 * Units:   microseconds for durations, milliseconds since the epoch for instants.
 * Errors:  an expectation that does not hold is data here, never a struct error.
 */
#pragma once
#include "base/error.h"
#include "base/http/message.h"
#include "base/node.h"

#define VERDICTS(X)                                                                                \
    X(PASS, "pass")                                                                                \
    X(FAIL, "fail")                                                                                \
    X(WARN, "warn")                     /* a should does not hold */                               \
    X(KNOWN, "known")                   /* fails, and the baseline says so, with a reason */       \
    X(FIXED, "fixed")                   /* in the baseline, yet it passes: remove it there */      \
    X(VACUOUS, "vacuous")               /* nothing to decide on: an empty list, say */             \
    X(BLOCKED, "blocked")               /* an earlier step did not get through */                  \
    X(NOT_APPLICABLE, "not-applicable") /* a capability is missing */                              \
    X(DISPUTED, "disputed")             /* the documents disagree; which side was seen is told */  \
    X(ERROR, "error")                   /* network, exhausted rate limit, a control that failed */
enum verdict {
#define X(name, text) VERDICT_##name,
    VERDICTS(X)
#undef X
        VERDICT_COUNT
};
extern const char *const verdict_texts[];

#define LEVELS(X) X(MUST, "must") X(SHOULD, "should") X(MAY, "may")
enum level {
#define X(name, text) LEVEL_##name,
    LEVELS(X)
#undef X
        LEVEL_COUNT
};
extern const char *const level_texts[];

struct claim { /* one testable sentence of the documents, from claims.yaml */
    const char *id, *says, *source, *observe /* api, simulated, none */, *why /* for none */;
    enum level level;
    struct where at;
};

struct exchange_record { /* one request and its response (the last one, where a step repeats) */
    const char *method, *url;
    struct headers request_headers, response_headers;
    struct str request_body, response_body;
    int status;        /* 0: no response */
    const char *error; /* NULL, or why there is no response */
    bool sent;         /* it left: without a response, what it asks may yet have been done */
    int attempts;      /* 1, or how often eventually or consistently asked */
    int64_t started_ms, duration_us;
};

struct check {
    const char *id; /* scenario/step[case]/pointer/matcher: stable */
    const char *step, *pointer, *matcher;
    enum verdict verdict;
    const char *expected, *actual; /* short */
    const char
        *why; /* blocked by what, not applicable for want of what, which side: in words; or NULL */
    struct where at; /* of the expectation in its file */
    const struct claim *const *claims;
    size_t claim_count;
    const struct exchange_record *exchange; /* NULL: nothing was sent */
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
    enum verdict verdict; /* the worst of its checks */
    const char *why;      /* not applicable: for want of what */
};

enum claim_outcome {
    CLAIM_HOLDS, /* a check that cites it passed and none failed */
    CLAIM_FAILS,
    CLAIM_UNDECIDED, /* cited, but no check decided it in this run */
    CLAIM_UNCITED,   /* no scenario of this run cites it */
};

struct claim_result {
    const struct claim *claim;
    enum claim_outcome outcome;
    uint32_t counts[VERDICT_COUNT]; /* of the checks that cite it */
};

struct dispute_result {
    const char *id, *about, *seen; /* which reading the target takes; NULL: not seen */
};

struct leftover { /* created on the target and not cleaned up */
    const char *what, *cleanup, *why;
};

struct run {
    struct arena *arena;
    const char *target, *base_url, *suite_version;
    int64_t started_ms, duration_us;
    enum level gate; /* failures of claims at this level or above make the run red */
    struct {
        struct scenario_result **items;
        size_t count, room;
    } scenarios;
    struct claim_result *claims;
    size_t claim_count;
    struct dispute_result *disputes;
    size_t dispute_count;
    struct {
        struct leftover *items;
        size_t count, room;
    } leftovers;
    uint32_t counts[VERDICT_COUNT]; /* of all checks */
    uint32_t checks, calls;
    bool interrupted;
    int exit_code;
    const char *verdict_why; /* one sentence: why this exit code */
};

/* Told as it happens, for progress and for NDJSON; any may be NULL. */
struct run_events {
    void (*scenario_started)(void *ctx, const struct run *r, const struct scenario_result *s);
    void (*scenario_ended)(void *ctx, const struct run *r, const struct scenario_result *s);
    void *ctx;
};

enum verdict verdict_worse(enum verdict x, enum verdict y);
bool check_is_red(const struct run *r, const struct check *c); /* it makes the run red */
void run_count(struct run *r);  /* totals, scenario verdicts and claim outcomes from the checks */
void run_decide(struct run *r); /* exit_code and verdict_why, from what run_count found */
