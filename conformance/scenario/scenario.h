/* scenario.h - scenarios, steps and flows as loaded from YAML, with their places in the files.
 *
 * Shapes:  a scenario has steps; a step is one action with an expectation. Values keep their references ($step.name)
 *          until the step runs. A flow is a list of steps with typed inputs and outputs; a step runs it with `use`. A
 *          suite is loaded from paths, each a file or a folder. A folder is searched recursively for *.yaml, without
 *          claims.yaml, disputes.yaml, operations.yaml, target-schema.yaml, mutants.yaml, mutants/ and targets/;
 *          files in flows/ are validated but do not run. A step finds its flow in a `flows` folder next to the
 *          scenario or above it. The capabilities, actors, resources and simulations that a scenario names must be
 *          known (target_schema.h).
 * Units:   milliseconds.
 * Errors:  suite_load reports every mistake in every file, each at file:line:col.
 * Source:  the field tables in yaml.c describe the keys.
 */
#pragma once
#include "base/enum.h"
#include "base/match.h"
#include "base/node.h"
#include "conformance/scenario/catalogue.h"

struct expectation {
    bool given;
    struct where at;
    const int64_t *statuses; /* accepted statuses; none: any */
    size_t status_count;
    const struct node *headers;  /* name -> expectation; NULL: none */
    const struct node *body;     /* NULL: none */
    const struct node *outputs;  /* of `use`: output -> expectation */
    const struct node *redirect; /* of `consent` */
};

struct reading { /* one accepted reading of a dispute */
    const char *name;
    struct expectation expect;
};

struct citation {
    const char *claim;
    /* The checks that decide the claim: "" all, "status", "/items" (with all below it), "headers/Retry-After". Of a
     * `use` step also those of its flow: "steps", "steps/url", "steps/url/status", "steps/url/body/state". */
    const char *pointer;
    struct where at;
};

struct capture {
    const char *name, *pointer;
    struct where at;
};

struct input {
    const char *name;
    const char *type;         /* of a flow's input: one of input_types[]; NULL: any */
    const struct node *value; /* value passed to a flow, or default value; NULL: required */
    struct where at;
};

#define STEP_KINDS(X)                                                                                                  \
    X(STEP_CALL, "call")                                                                                               \
    X(STEP_USE, "use")                                                                                                 \
    X(STEP_CONSENT, "consent")                                                                                         \
    X(STEP_SIMULATE, "simulate")                                                                                       \
    X(STEP_ADVANCE, "advance")                                                                                         \
    X(STEP_INSPECT, "inspect")                                                                                         \
    X(STEP_WEBHOOK, "expect_webhook")
enum step_kind { STEP_KINDS(ENUM_NAME) STEP_KIND_COUNT };
extern const char *const step_kind_texts[];

enum rate_limit {
    RATE_LIMIT_OF_SCENARIO, /* as the scenario's `wait_for_rate_limit` says */
    RATE_LIMIT_WAIT,        /* after an unexpected 429, waits for Retry-After and sends the request again */
    RATE_LIMIT_JUDGE,       /* judges it as any other response */
};

struct hook { /* expects a webhook delivery, or none, at the listener of the runner */
    const char *event;
    bool none;
    int64_t count;    /* exact number of events; 0: at least one */
    int64_t attempts; /* at least this many deliveries of the first event; 0: any number */
    int64_t within_ms;
    const char *signature_header; /* NULL: the signature is not verified */
    const struct node *secret;
};

struct flow;

struct lookup {       /* finds a resource that a call created although its response was lost */
    const char *path; /* path of a GET request */
    const struct node *query;
    const char *in;                 /* pointer to a list of resources; NULL: the response is the resource */
    const struct node *where;       /* expectation that the resource matches */
    const struct capture *captures; /* captures of the step, read from the resource */
    size_t capture_count;
};

struct cleanup {
    const char *method, *path;
    /* Statuses that mean the resource no longer exists, besides 2xx. After another 404 or 410 a GET of the same URL,
     * which operations.yaml must have, must show it. */
    const int64_t *already_gone;
    size_t already_gone_count;
    const struct lookup *lookup; /* NULL: it cannot be looked up */
};

/* How to see as which user the account of the step was connected. A person, or the browser of a consent command, may
 * have been logged in as another one than the scenario asked for. */
struct connected_as {
    const struct node *handle;   /* that the scenario asked for */
    const struct lookup *lookup; /* finds the account */
    const char *at;              /* pointer to the handle in the account */
};

/* The response must be the same as that of an earlier step: the status, the body and some headers. */
struct same_as {
    const char *step;           /* id of the earlier step */
    const char *const *except;  /* pointers to members that may differ; `*` is each item of a list */
    const char *const *headers; /* headers that must be the same */
    size_t except_count, header_count;
    const struct node *ids; /* pairs [THERE, HERE] of ids that the responses may repeat; NULL: none */
    struct where at;
};

struct step {
    enum step_kind kind;
    struct where at;
    const char *id;            /* NULL: unnamed; reports show the number */
    size_t number;             /* within its scenario or flow, from 1 */
    const struct node *source; /* the map that it was read from */
    const char *note;

    const char *method, *path; /* CALL: path with references; INSPECT: path below state/ */
    bool to_url;               /* CALL: `path` is a reference to a URL that a response contained */
    /* Actor. Default: the schema's first one; NULL, without a schema: the target's. With to_url NULL: no key is sent.
     */
    const char *as;
    const struct node *query, *headers, *body;
    const char *raw_body;            /* body, sent as it is */
    const char *body_file;           /* its file, as written in the scenario; NULL: none */
    struct str file_body;            /* body, the content of body_file */
    const char *const *undocumented; /* names that the step uses on purpose, see documented.h */
    size_t undocumented_count;

    const struct flow *flow; /* USE */
    const struct node *with;

    const char *outcome; /* CONSENT: approve, deny, abandon, exchange_error */
    const struct node *consent_at, *consent_state, *consent_handle;

    const char *simulate;       /* SIMULATE: name; the parameters are in `body` */
    const struct node *advance; /* ADVANCE: "3h", {by}, {to} or {until: next_event} */

    const struct hook *hook; /* WEBHOOK; `expect` applies to the delivery */

    struct expectation expect;
    const struct same_as *same_as; /* NULL: no comparison with an earlier response */
    const char *dispute;           /* the dispute that one_of settles */
    const struct reading *readings;
    size_t reading_count;

    enum rate_limit rate_limit; /* what an unexpected 429 means */
    bool eventually, consistently;
    int64_t every_ms, for_ms, settle_ms;
    double backoff;             /* factor by which each pause of eventually is longer than the one before; 0: 1 */
    int64_t max_every_ms;       /* longest pause; 0: no limit */
    struct expectation stop;    /* eventually stops when a response matches this */
    struct expectation pending; /* eventually decides nothing if the last response matches this */

    const struct node *cases; /* name -> list of values, one per case; NULL: one case */
    size_t case_count;        /* 1 without cases */

    const struct capture *captures;
    size_t capture_count;
    const struct citation *citations;
    size_t citation_count;
    const struct cleanup *cleanups; /* sent in reverse order */
    size_t cleanup_count;
    const struct connected_as *connected_as; /* NULL: the step completes no connect */
    bool no_cleanup;                         /* `cleanup: none`: what the step creates cannot be removed */
};

struct flow {
    const char *name, *file;
    struct where at;
    const struct input *inputs;
    size_t input_count;
    const struct input *outputs; /* value: a reference to a step of the flow */
    size_t output_count;
    const struct step *steps;
    size_t step_count;
};

struct scenario {
    const char *name, *title, *note, *file;
    struct where at;
    const struct catalogue *catalogue; /* of its provider */
    const char *const *requires, *const *tags, *const *exclusive;
    size_t require_count, tag_count, exclusive_count;
    bool judges_limits; /* `wait_for_rate_limit: false` */
    const struct input *vars;
    size_t var_count;
    const struct step *steps;
    size_t step_count;
};

struct isolation { /* the size of an isolation.yaml, and what it leaves out (isolation.h) */
    const char *file;
    size_t operations, strangers; /* each operation has a cell for each stranger */
    size_t checked, not_applicable;
    const char *const *gaps; /* for example "read_job: no row" */
    size_t gap_count;
};

struct suite {
    struct arena *arena;
    const struct scenario **scenarios; /* in order of file path */
    size_t scenario_count;
    const struct catalogue *const *catalogues; /* one per provider folder */
    size_t catalogue_count;
    const struct isolation *isolations; /* one per isolation.yaml, whose scenarios are among those above */
    size_t isolation_count;
};

struct given_target {          /* the target on the command line */
    const char *file;          /* NULL: no target file */
    const char *const *actors; /* names of additional actors */
    size_t actor_count;
};

/* Like suite_load; the scenarios may also use the names that the given target declares, and these are checked too. */
bool suite_load_for(struct arena *a, const char *const *paths, size_t count, const struct given_target *given,
                    struct suite *out, struct error *err);
/* `err` must not be NULL. */
bool suite_load(struct arena *a, const char *const *paths, size_t count, struct suite *out, struct error *err);

/* Returns true if one of the texts, for example tags, is `text`. */
bool has_text(const char *const *texts, size_t count, const char *text);

/* Returns the name of the header that is captured, or NULL if it is a part of the body. */
const char *capture_header(const struct capture *c);

/* Returns true if the check at this pointer, with this matcher, decides the claim. "" covers every check. "/items"
 * covers "/items" and everything below it, for example "/items/$each/status/$in". */
bool claim_pointer_covers(const struct citation *c, const char *pointer, const char *matcher);
