/* scenario.h - what is asked of a target, with where each key stands in its file.
 *
 * Shapes:  scenario > steps; a step is one action with its expectation. Values keep their
 *          references ($step.name) until they are run. A flow is steps with typed inputs and
 *          outputs, used by scenarios through `use`.
 * Units:   milliseconds.
 * Errors:  scenarios_load (load.h) names every mistake with its place, before anything is sent.
 * Source:  the reference page, printed from the field tables in yaml.c.
 */
#pragma once
#include "base/match.h"
#include "base/node.h"

struct expectation {
    bool given;
    struct where at;
    const int64_t *statuses; /* accepted ones; none: any */
    size_t status_count;
    const struct node *headers;  /* name -> expectation; NULL: none */
    const struct node *body;     /* NULL: none */
    const struct node *outputs;  /* of `use`: output -> expectation */
    const struct node *redirect; /* of `consent` */
};

struct reading { /* one accepted side of a dispute */
    const char *name;
    struct expectation expect;
};

struct citation {
    const char *claim;
    const char *pointer; /* which checks of the step decide it: "" all, "status", "/items" and
                            below, "headers/Retry-After" */
    struct where at;
};

struct capture {
    const char *name, *pointer;
    struct where at;
};

struct input {
    const char *name;
    const char *type;         /* of a flow's input: one of input_types[]; NULL: any */
    const struct node *value; /* given to a flow, or its default; NULL: required */
    struct where at;
};

#define STEP_KINDS(X)                                                                              \
    X(CALL, "call")                                                                                \
    X(USE, "use")                                                                                  \
    X(CONSENT, "consent")                                                                          \
    X(SIMULATE, "simulate")                                                                        \
    X(ADVANCE, "advance")                                                                          \
    X(INSPECT, "inspect")                                                                          \
    X(WEBHOOK, "expect_webhook")
enum step_kind {
#define X(name, text) STEP_##name,
    STEP_KINDS(X)
#undef X
        STEP_KIND_COUNT
};
extern const char *const step_kind_texts[];

struct hook { /* what must, or must not, be delivered to the runner's own listener */
    const char *event;
    bool none;
    int64_t count; /* exactly so many events; 0: one at least */
    int64_t within_ms;
    const char *signature_header; /* NULL: the signature is not looked at */
    const struct node *secret;
};

struct flow;

struct lookup {       /* looks for what a lost response may have created */
    const char *path; /* of a GET */
    const struct node *query;
    const char *in; /* pointer to a list of such resources; NULL: the response is the resource */
    const struct node *where;       /* the resource looks so */
    const struct capture *captures; /* of the step, from the resource */
    size_t capture_count;
};

struct cleanup {
    const char *method, *path;
    const int64_t
        *already_gone; /* statuses that say that nothing is left, beside 2xx, 404 and 410 */
    size_t already_gone_count;
    const struct lookup *lookup; /* NULL: there is no way to look for it */
};

struct step {
    enum step_kind kind;
    struct where at;
    const char *id;            /* NULL: set-up without a name; reports then say its number */
    size_t number;             /* 1.. within its scenario or flow */
    const struct node *source; /* the map it was read from */
    const char *note;

    const char *method, *path; /* CALL: path with references; INSPECT: path below state/ */
    const char *as;            /* actor; NULL: the target's first */
    const struct node *query, *headers, *body;
    const char *raw_body; /* body bytes as they are */

    const struct flow *flow; /* USE */
    const struct node *with;

    const char *outcome; /* CONSENT: approve, deny, abandon, exchange_error */
    const struct node *consent_at, *consent_state, *consent_handle;

    const char *simulate;       /* SIMULATE: its name; `body` is its body */
    const struct node *advance; /* ADVANCE: "3h", {by}, {to} or {until: next_event} */

    const struct hook *hook; /* WEBHOOK; its `expect` is of the delivery */

    struct expectation expect;
    const char *dispute; /* one_of: which dispute */
    const struct reading *readings;
    size_t reading_count;

    bool eventually, consistently;
    int64_t every_ms, for_ms, settle_ms;
    struct expectation stop; /* eventually gives up when this is seen */

    const struct node *cases; /* name -> list of values, zipped into cases; NULL: one case */
    size_t case_count;        /* 1 without cases */

    const struct capture *captures;
    size_t capture_count;
    const struct citation *citations;
    size_t citation_count;
    const struct cleanup *cleanups; /* played last first */
    size_t cleanup_count;
    bool no_cleanup; /* `cleanup: none`: what it creates cannot be taken back */
};

struct flow {
    const char *name, *file;
    struct where at;
    const struct input *inputs;
    size_t input_count;
    const struct input *outputs; /* value: a reference into the flow's steps */
    size_t output_count;
    const struct step *steps;
    size_t step_count;
};

struct scenario {
    const char *name, *title, *note, *file;
    struct where at;
    const char *const *requires, *const *tags, *const *exclusive;
    size_t require_count, tag_count, exclusive_count;
    const struct input *vars;
    size_t var_count;
    const struct step *steps;
    size_t step_count;
};

/* "", and "/" in a file, is everything; "/items" is itself and what stands below it, matchers
 * included: "/items/$each/status/$in". */
bool claim_pointer_covers(const struct citation *c, const char *pointer, const char *matcher);
